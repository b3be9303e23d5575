import type { Application } from "./application.js";
import { ChannelMode } from "./constants.js";
import { type Inspection } from "./inspection.js";
import type { Limits } from "./limits.js";
import type { LogLine } from "./log.js";
import { type Message } from "./message.js";
import type { Data } from "./native.js";
import { Offer } from "./offer.js";
import { type LoadOptions, Plugin, type UnloadOptions } from "./plugin.js";
import type { Receipt } from "./receipt.js";
import { Session } from "./session.js";
import { Socket } from "./socket.js";
import { Timer, type TimerOptions } from "./timer.js";
/** Options of a new host. */
export interface HostOptions {
    /** Its limits; those that are not named have their defaults. */
    limits?: Partial<Limits>;
    /** The callbacks of the program. */
    application?: Application;
    /** How many messages may wait in each session, and results in each request, before the sender has to wait. Default 64. */
    queue?: number;
    /** Called with each line of the log. Default: warnings and errors go to the console. */
    log?: (line: LogLine) => void;
}
/** Options of a new message. */
export interface MessageOptions {
    /** How many bytes it has room for. Default: as many as it is made with. */
    capacity?: number;
}
/**
 * A host and its plugins, driven by Node's loop.
 *
 * A host keeps the process alive only while a promise of it is awaited, or one of its sockets is started. A host is closed
 * when the program has no reference to it any more.
 */
export declare class Host {
    #private;
    /** Starts a host. */
    constructor(options?: HostOptions);
    /** Says whether a file would be loaded, and why not if it would not. It is neither mapped nor run. */
    static inspect(file: string): Inspection;
    /** The limits in force. */
    get limits(): Limits;
    /** Loads a plugin from its file and creates an instance of it. Its code runs in this process: load only what you trust. */
    load(path: string, options?: LoadOptions): Plugin;
    /** Creates an instance of a plugin that is in the process already, by the address of its `pintle_entry`. */
    loadStatic(entryAddress: bigint, options?: LoadOptions): Plugin;
    /** The live plugins, in the order of loading. */
    get plugins(): Plugin[];
    /** As {@link Plugin.unload}. */
    unload(plugin: Plugin, options?: UnloadOptions): Promise<Receipt>;
    /** The names and receipts of the last 256 plugins that have ended, oldest first. */
    get receipts(): [name: string, receipt: Receipt][];
    /** Opens a socket whose channels have these modes. Default: one channel, which is reliable. */
    open(...modes: ChannelMode[]): Socket;
    /** The live sessions. */
    get sessions(): Session[];
    /** The offer that is published under an id now. A NotFoundError: there is none. */
    findOffer(id: string): Offer;
    /**
     * Publishes a table of the program's under an id. The table is a C struct that begins with a `uint32_t` that holds its size.
     * Plugins may call its functions, inside calls to the host and in its turns, until the offer has ended. The table and all that
     * its functions need must stay at their addresses until the host is closed. A Buffer cannot hold the table, as its bytes may move.
     *
     * A StateError: the id is published already. A PermissionDeniedError: it begins with `pintle.`. A CapacityError: too many
     * offers. An ArgumentError: an empty id, or a size under 8.
     */
    publish(id: string, tableAddress: bigint): Offer;
    /** Calls a function after this many milliseconds, in a turn of this host. */
    timer(delay: number, callback: () => void, options?: TimerOptions): Timer;
    /** Calls a function in a later turn of this host. Throws an AgainError if too many functions wait already. */
    submit(callback: () => void): void;
    /** Makes a message, which can be written to and then sent without a copy. */
    message(data?: Data, { capacity }?: MessageOptions): Message;
    /** Keeps the process alive, even while nothing of this host is awaited. */
    ref(): this;
    /** Lets the process end, even while something of this host is awaited. */
    unref(): this;
    /**
     * Ends the host and gives the receipts of its plugins, which stop in turns of the loop, the last loaded first. Everything that
     * was made from the host is closed. From inside a callback, the end begins after the callback. Closing again does nothing.
     */
    close(): Promise<Receipt[]>;
    /** Whether the host has ended. */
    get closed(): boolean;
    /** Ends the host now, and blocks until its plugins have stopped. From inside a callback it throws a ReentrantError. */
    [Symbol.dispose](): void;
    /** As {@link close}. */
    [Symbol.asyncDispose](): Promise<void>;
}
