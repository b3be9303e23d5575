import { type ChannelMode } from "./constants.js";
import type { WaitOptions } from "./core.js";
import { Message } from "./message.js";
import type { Data } from "./native.js";
import { Request } from "./request.js";
import { Socket } from "./socket.js";
/** Round-trip times, in milliseconds. */
export interface RoundTrip {
    mean: number;
    /** The mean deviation from the mean. */
    deviation: number;
}
/**
 * A connection to one peer.
 *
 * A session belongs to a plugin or to the program, which is then its transport. Messages for the program wait in the session:
 * those that came from the peer if it belongs to a plugin, those that were sent to the peer if it belongs to the program. When
 * as many wait as the host's `queue` says, the sender has to wait.
 *
 * A session is always represented by the same object.
 */
export declare class Session implements AsyncIterable<Message> {
    #private;
    private constructor();
    /** The handle of the session. */
    get handle(): bigint;
    /** Sends bytes, which are copied, or a message, which is not, to the peer. Throws an AgainError if the owner is full. */
    get send(): (data: Data | Message, channel?: number) => void;
    /** Hands in a message as if the peer had sent it. Only for sessions of the program. */
    get receive(): (data: Data | Message, channel?: number) => void;
    /** Asks a service as if the peer did. Only for sessions of the program. A message is closed by this call. */
    request(service: number, id: number, data?: Data | Message): Request;
    /** Asks a service and waits for all results. A timeout or an abort cancels the request in the plugin. */
    call(service: number, id: number, data?: Data | Message, options?: WaitOptions): Promise<Uint8Array[]>;
    /** The oldest message that waits; null if there is none. */
    take(): Message | undefined;
    /** Waits for the next message. Rejects with a ClosedError if the session has ended and no message is left. */
    next(options?: WaitOptions): Promise<Message>;
    /**
     * The messages until the session ends. Each is closed when the next one is asked for, unless it was
     * {@link Message.retain | retained}.
     */
    [Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined>;
    /** Asks the owner to end the session. */
    disconnect(): void;
    /** Ends the session. Closing again does nothing. */
    close(): void;
    [Symbol.dispose](): void;
    /** Whether the session has ended. */
    get closed(): boolean;
    /** Whether the program created the session. */
    get own(): boolean;
    /** The number that the owner of the session gave the peer; a bigint if it is too large for a number. */
    get clientId(): number | bigint;
    /** The address of the peer: `1.2.3.4:5`, `[::1]:5`, a name such as `unix:/run/x.sock`, or empty. */
    get address(): string;
    /** The user name of the peer, proved or not, as the owner of the session gave it; empty if it gave none. */
    get user(): string;
    /** The sub-protocol that was agreed with the peer; empty if there is none. */
    get protocol(): string;
    /** The socket at which the session began. */
    get socket(): Socket;
    /** The round-trip time, as the owner of the session measured it. */
    get rtt(): RoundTrip;
    /** The mode of a channel. */
    channelMode(channel: number): ChannelMode;
    /** Changes the mode of a channel. */
    setChannelMode(channel: number, mode: ChannelMode): void;
}
