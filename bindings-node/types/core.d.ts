/** How long to wait for something. */
export interface WaitOptions {
    /** Gives up when it is aborted, with its reason. */
    signal?: AbortSignal | undefined;
    /** Gives up after this many milliseconds, with a TimeoutError. */
    timeout?: number | undefined;
}
