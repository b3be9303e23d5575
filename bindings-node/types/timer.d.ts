/** How a timer goes on. */
export interface TimerOptions {
    /** Runs it again every so many milliseconds. Default: it runs once. */
    period?: number;
}
/** A timer of the host, which runs in its turns. It does not keep the process alive. */
export declare class Timer {
    #private;
    /** Its callback is not called any more. Cancelling it again does nothing. */
    cancel(): void;
    /** As {@link cancel}. */
    close(): void;
    [Symbol.dispose](): void;
    /** Whether it will not run any more. */
    get closed(): boolean;
}
