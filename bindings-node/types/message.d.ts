import { type Data } from "./native.js";
import type { Session } from "./session.js";
/**
 * Bytes on their way, in the host's memory.
 *
 * A message that a callback or an iteration gives lives until the callback returns or the next one is asked for, unless
 * it is {@link retain | retained}. Any other lives until it is {@link close | closed}, or collected.
 */
export declare class Message {
    #private;
    private constructor();
    /** Its handle, while it is not closed. */
    get handle(): bigint;
    /** Whether it is closed. */
    get closed(): boolean;
    /** How many bytes it holds. */
    get length(): number;
    /** The channel that it came on; 0 for one that did not come. */
    get channel(): number;
    /** The session that it came on, if it came. */
    get session(): Session | undefined;
    /** A copy of its bytes. */
    get bytes(): Uint8Array;
    /**
     * Its bytes where they are, without a copy. They are to be read only; the view becomes empty when the message is closed
     * or handed over.
     */
    get view(): Uint8Array;
    /** Appends bytes. A message that was sent takes no more. */
    write(data: Data): void;
    /** Keeps a message beyond the callback or the step of an iteration that gave it. */
    retain(): this;
    /** Gives it back. Closing it again does nothing. */
    close(): void;
    [Symbol.dispose](): void;
}
