import { type ChannelMode } from "./constants.js";
import type { WaitOptions } from "./core.js";
import { Message } from "./message.js";
import type { Data } from "./native.js";
import { Request } from "./request.js";
import { Socket } from "./socket.js";
/** Round-trip times, in milliseconds. */
export interface RoundTrip {
    mean: number;
    /** The mean deviation from that. */
    deviation: number;
}
/**
 * One peer.
 *
 * A session is a plugin's, or the program's own: of an own one the program is the transport. Messages that reach the program
 * wait on the session, at most as many as the host's `queue`; then whoever sends is made to wait. For sessions of plugins
 * that is what came from the peer, for own ones what was sent to it.
 *
 * The same session is always the same object.
 */
export declare class Session implements AsyncIterable<Message> {
    #private;
    private constructor();
    /** Its handle. */
    get handle(): bigint;
    /** Sends to the peer: bytes, which are copied, or a message, which is not. Throws an AgainError if the owner is full. */
    get send(): (data: Data | Message, channel?: number) => void;
    /** Hands in what came from the peer. For own sessions. */
    get receive(): (data: Data | Message, channel?: number) => void;
    /** Asks a service as if the peer did. For own sessions. A message is handed over: it is closed by that. */
    request(service: number, id: number, data?: Data | Message): Request;
    /** Asks a service, and waits for all results. Giving up cancels the request in the plugin. */
    call(service: number, id: number, data?: Data | Message, options?: WaitOptions): Promise<Uint8Array[]>;
    /** The next message that waits, if one does. */
    take(): Message | undefined;
    /** Waits for the next message. It is a ClosedError if the session has ended and none is left. */
    next(options?: WaitOptions): Promise<Message>;
    /**
     * The messages until the session ends. Each lives until the next one is asked for, unless it is
     * {@link Message.retain | retained}.
     */
    [Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined>;
    /** Asks the owner to end the session. */
    disconnect(): void;
    /** Ends the session. Closing it again does nothing. */
    close(): void;
    [Symbol.dispose](): void;
    /** Whether it has ended. */
    get closed(): boolean;
    /** Whether the program created it. */
    get own(): boolean;
    /** The number that its owner gave the peer; a bigint if it is too large for a number. */
    get clientId(): number | bigint;
    /** Where the peer is: `1.2.3.4:5`, `[::1]:5`, a name such as `unix:/run/x.sock`, or nothing. */
    get address(): string;
    /** Who the peer says, or proved, to be; empty if its owner did not tell. */
    get user(): string;
    /** The sub-protocol that was agreed on with the peer; empty if there is none. */
    get protocol(): string;
    /** The socket that it arose on. */
    get socket(): Socket;
    /** The round-trip time, as the owner knows it. */
    get rtt(): RoundTrip;
    /** The mode of a channel. */
    channelMode(channel: number): ChannelMode;
    /** Changes the mode of a channel. */
    setChannelMode(channel: number, mode: ChannelMode): void;
}
