/** Options of a timer. */
export interface TimerOptions {
    /** The timer runs again whenever this many milliseconds have passed. Default: it runs once. */
    period?: number;
}
/** A timer of the host, which runs in its turns. It does not keep the process alive. */
export declare class Timer {
    #private;
    /** Ends the timer: its callback is not called again. Cancelling again does nothing. */
    cancel(): void;
    /** As {@link cancel}. */
    close(): void;
    [Symbol.dispose](): void;
    /** Whether the callback will not be called again. */
    get closed(): boolean;
}
