/**
 * A function that is called with the addresses of a publisher and of its table. It calls one function of the table, passes the
 * publisher to it, and returns its status; returning nothing means `Status.OK`. It must not keep either address, as both are
 * valid during the call only.
 */
export type OfferCall = (publisher: bigint, table: bigint) => number | void;
/**
 * A table of functions that a plugin, or the program, publishes under an id. It stays published when this object is gone. An offer
 * is always represented by the same object.
 */
export declare class Offer {
    #private;
    private constructor();
    /** The handle of the offer. */
    get handle(): bigint;
    /** The id that it is published under. */
    get id(): string;
    /**
     * Runs a function once, inside a call to the publisher. Returns the status that the function returned unless it is an error.
     * An error is thrown with the publisher's text, and what the function throws is thrown as it is.
     *
     * A StaleError: the offer has ended. A PoisonedError: the publisher panicked. A ReentrantError: calls are nested too deep.
     */
    call(run: OfferCall): number;
    /** Ends the offer and tells all plugins. Withdrawing again does nothing. A NotOwnerError: a plugin published it. */
    withdraw(): void;
    /** Whether the offer has ended. */
    get closed(): boolean;
}
