/**
 * Gets the addresses of a publisher and of its table. It calls one function of the table, passes the publisher to it, and
 * returns its status; nothing stands for `Status.OK`. It keeps neither address.
 */
export type OfferCall = (publisher: bigint, table: bigint) => number | void;
/**
 * A table of functions that a plugin, or the program, publishes under an id. It stays published when this object goes. The same
 * offer is always the same object.
 */
export declare class Offer {
    #private;
    private constructor();
    /** Its handle. */
    get handle(): bigint;
    /** The id that it is published under. */
    get id(): string;
    /**
     * Runs a function once, inside a call to the publisher. Gives the status that it returned if that is no error. An error is
     * thrown, with the publisher's words; what the function throws is thrown.
     *
     * A StaleError: the offer has ended. A PoisonedError: the publisher panicked. A ReentrantError: nested too deep.
     */
    call(run: OfferCall): number;
    /** Ends the offer: all plugins are told. Ending it again does nothing. A NotOwnerError: a plugin published it. */
    withdraw(): void;
    /** Whether the offer has ended. */
    get closed(): boolean;
}
