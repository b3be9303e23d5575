import { type Data } from "./native.js";
import type { Session } from "./session.js";
/**
 * A message: bytes in the host's memory.
 *
 * A message that a callback or an iteration gives is closed when the callback returns or the next one is asked for, unless
 * it was {@link retain | retained}. Any other lives until it is {@link close | closed} or collected.
 */
export declare class Message {
    #private;
    private constructor();
    /** The handle of the message, while it is not closed. */
    get handle(): bigint;
    /** Whether the message is closed. */
    get closed(): boolean;
    /** How many bytes the message has. */
    get length(): number;
    /** The channel that the message came on; 0 if the program made it. */
    get channel(): number;
    /** The session that the message came on, if it came on one. */
    get session(): Session | undefined;
    /** A copy of the bytes. */
    get bytes(): Uint8Array;
    /**
     * The bytes without a copy. They must not be written to. The view becomes empty when the message is closed
     * or handed over.
     */
    get view(): Uint8Array;
    /** Appends bytes. Throws if the message was sent already. */
    write(data: Data): void;
    /** Keeps a message beyond the callback or the step of an iteration that gave it. */
    retain(): this;
    /** Gives the message back to the host. Closing again does nothing. */
    close(): void;
    [Symbol.dispose](): void;
}
