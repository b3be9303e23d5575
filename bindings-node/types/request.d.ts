import type { WaitOptions } from "./core.js";
import { type Message } from "./message.js";
/** Describes a request to a filter: the one that passes, or the one that the passing result answers. */
export interface RequestInfo {
    /** The service that the request is for. */
    readonly service: number;
    /** The request's number within the service. */
    readonly id: number;
    /** 0, as no flag is defined yet. */
    readonly flags: number;
    /** The number by which the asker knows the request. */
    readonly correlation: bigint;
}
/**
 * A request to a service. Its results wait until they are read; when as many wait as the host's `queue` says, the service
 * has to wait.
 */
export declare class Request implements AsyncIterable<Message> {
    #private;
    /** Whether the request is over: all its results have come, read or not. */
    get done(): boolean;
    /** The status that the request ended with, once its end was read. */
    get status(): number | undefined;
    /** Cancels the request in the plugin. If it is done this does nothing. */
    cancel(): void;
    /**
     * The results until the request is done. An exception of the service is thrown as a ServiceError, a cancelled request as a
     * CancelledError. Each result is closed when the next one is asked for, unless it was {@link Message.retain | retained}.
     */
    [Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined>;
    /** Waits until the request is done, and gives copies of the results not read yet. A timeout or an abort cancels it. */
    wait(options?: WaitOptions): Promise<Uint8Array[]>;
}
