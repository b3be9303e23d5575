import type { WaitOptions } from "./core.js";
import { type Message } from "./message.js";
/** What a filter is told of a request, or of the one that a result answers. */
export interface RequestInfo {
    /** The service that is asked. */
    readonly service: number;
    /** The request's number within the service. */
    readonly id: number;
    /** Zero: no flag is defined yet. */
    readonly flags: number;
    /** The number that the asker knows the request by. */
    readonly correlation: bigint;
}
/**
 * A request to a service, until it is done. Its results wait, at most as many as the host's `queue`; then the service is
 * made to wait.
 */
export declare class Request implements AsyncIterable<Message> {
    #private;
    /** Whether all of its results have come, read or not. */
    get done(): boolean;
    /** How it ended, once its end was read. */
    get status(): number | undefined;
    /** Cancels it in the plugin. Cancelling what is done does nothing. */
    cancel(): void;
    /**
     * The results, then the end. An exception of the service is thrown as a ServiceError, a cancelled request as a
     * CancelledError. Each result lives until the next one is asked for, unless it is {@link Message.retain | retained}.
     */
    [Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined>;
    /** Waits until it is done, and gives copies of the results that were not read yet. Giving up cancels it. */
    wait(options?: WaitOptions): Promise<Uint8Array[]>;
}
