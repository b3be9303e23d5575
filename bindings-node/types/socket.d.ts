import { ChannelMode } from "./constants.js";
import type { Data } from "./native.js";
import { Session } from "./session.js";
/** What a socket does. */
export type SocketState = "open" | "listening" | "connecting" | "stopped" | "closed";
/** What a session that the program creates begins with. */
export interface SessionOptions {
    /** A number for the peer. Default 0. */
    clientId?: number | bigint;
    /** Where the peer is: `1.2.3.4:5`, `[::1]:5`, or a name with its scheme such as `unix:/run/x.sock`. Default: nowhere. */
    address?: string;
    /** Who the peer says, or proved, to be. Default: empty. */
    user?: string;
    /** The sub-protocol that was agreed on with the peer. Default: empty. */
    protocol?: string;
}
/** A place where sessions arise. The same socket is always the same object. */
export declare class Socket {
    #private;
    private constructor();
    /** Its handle. */
    get handle(): bigint;
    /** Listens: a plugin that knows the address's scheme serves the socket. The process stays alive for it. */
    listen(address: string): void;
    /** Connects as a client. The process stays alive for it. */
    connect(address: string, token?: Data): void;
    /** Ends its sessions and takes no more. */
    stop(): void;
    /** Stops it if need be, and ends it. Closing it again does nothing. */
    close(): void;
    [Symbol.dispose](): void;
    /** Whether it is closed. */
    get closed(): boolean;
    /** What it does. */
    get state(): SocketState;
    /** The address that it serves, or was asked to. */
    get address(): string;
    /** The modes that sessions begin with, by channel. */
    get channels(): ChannelMode[];
    /** Its clock, in milliseconds; 0 unless it is started. */
    get time(): number;
    /** The sessions that arose here and have not ended. */
    get sessions(): Session[];
    /** Creates a session of the program's own, for which it is the transport. */
    createSession({ clientId, address, user, protocol }?: SessionOptions): Session;
}
