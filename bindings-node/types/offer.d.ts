/**
 * Calls one function of a table: it gets the addresses of the publisher and of its table, passes the publisher on, and
 * returns the function's status; nothing stands for `Status.OK`. It keeps neither.
 */
export type OfferCall = (publisher: bigint, table: bigint) => number | void;
/**
 * A table of functions that a plugin, or the program, publishes under an id. Dropped, it goes on. The same offer is always the
 * same object.
 */
export declare class Offer {
    #private;
    private constructor();
    /** Its handle. */
    get handle(): bigint;
    /** The id that it is published under. */
    get id(): string;
    /**
     * Runs a function once, inside a call to the publisher. Gives the status that it returned if that is no error, and throws it
     * with the publisher's words if it is. Throws what the function throws.
     *
     * A StaleError: the offer has ended. A PoisonedError: the publisher panicked. A ReentrantError: nested too deep.
     */
    call(run: OfferCall): number;
    /** Ends it, which is the publisher's to do: everybody else is told. Ending it again does nothing. */
    withdraw(): void;
    /** Whether it has ended. */
    get closed(): boolean;
}
