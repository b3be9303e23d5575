import { callable, type Core } from "./core.js";

/**
 * Calls one function of a table: it gets the addresses of the publisher and of its table, passes the publisher on, and
 * returns the function's status; nothing stands for `Status.OK`. It keeps neither.
 */
export type OfferCall = (publisher: bigint, table: bigint) => number | void;

/**
 * A table of functions that a plugin, or the program, publishes under an id. Dropped, it goes on. The same offer is always the
 * same object.
 */
export class Offer {
  readonly #core: Core;
  readonly #handle: bigint;
  readonly #id: string;

  private constructor(core: Core, handle: bigint, id: string) {
    this.#core = core;
    this.#handle = handle;
    this.#id = id;
  }

  /** @internal The offer with a handle. */
  static of(core: Core, handle: bigint, id: string): Offer {
    return core.offers.get(handle, () => new Offer(core, handle, id));
  }

  /** Its handle. */
  get handle(): bigint {
    return this.#handle;
  }

  /** The id that it is published under. */
  get id(): string {
    return this.#id;
  }

  /**
   * Runs a function once, inside a call to the publisher. Gives the status that it returned if that is no error, and throws it
   * with the publisher's words if it is. Throws what the function throws.
   *
   * A StaleError: the offer has ended. A PoisonedError: the publisher panicked. A ReentrantError: nested too deep.
   */
  call(run: OfferCall): number {
    callable(run);
    return this.#core.native.callOffer(this.#handle, run);
  }

  /** Ends it, which is the publisher's to do: everybody else is told. Ending it again does nothing. */
  withdraw(): void {
    if (this.closed) return;
    this.#core.native.withdraw(this.#handle);
    this.#core.offers.delete(this.#handle);
  }

  /** Whether it has ended. */
  get closed(): boolean {
    return this.#core.closed || !this.#core.native.isOffered(this.#handle, this.#id);
  }
}
