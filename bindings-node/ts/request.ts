import { Status } from "./constants.js";
import type { Core, WaitOptions } from "./core.js";
import { errorOf, isError, type PintleError, ServiceError } from "./errors.js";
import type { Host } from "./host.js";
import { endLoan, type Message, takeSlip } from "./message.js";
import { addon } from "./native.js";

/** Drops the results of requests to which the program has no reference any more. The requests go on. */
const FORGOTTEN = new FinalizationRegistry<{ core: Core; number: number }>(({ core, number }) => {
  if (!core.closed) core.native.forget(number);
});

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
export class Request implements AsyncIterable<Message> {
  readonly #host: Host;
  readonly #core: Core;
  readonly #number: number;
  #watched = false;
  #status: number | undefined;
  #exception: PintleError | undefined;

  /** @internal */
  constructor(host: Host, core: Core, number: number) {
    this.#host = host;
    this.#core = core;
    this.#number = number;
  }

  /** @internal Has its results dropped once the program has no reference to it. Not needed for one that is awaited at once. */
  watch(): this {
    FORGOTTEN.register(this, { core: this.#core, number: this.#number }, this);
    this.#watched = true;
    return this;
  }

  /** Whether the request is over: all its results have come, read or not. */
  get done(): boolean {
    return this.#status !== undefined || this.#core.closed || this.#core.native.isDone(this.#number);
  }

  /** The status that the request ended with, once its end was read. */
  get status(): number | undefined {
    return this.#status;
  }

  /** Cancels the request in the plugin. If it is done this does nothing. */
  cancel(): void {
    if (!this.done) this.#core.native.cancel(this.#number);
  }

  /**
   * The results until the request is done. An exception of the service is thrown as a ServiceError, a cancelled request as a
   * CancelledError. Each result is closed when the next one is asked for, unless it was {@link Message.retain | retained}.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    for (;;) {
      const result = await this.#next({});
      if (result === null) return;
      try {
        yield result;
      } finally {
        endLoan(result);
      }
    }
  }

  /** Waits until the request is done, and gives copies of the results not read yet. A timeout or an abort cancels it. */
  async wait(options: WaitOptions = {}): Promise<Uint8Array[]> {
    const results: Uint8Array[] = [];
    const deadline = options.timeout === undefined ? undefined : performance.now() + options.timeout;
    for (;;) {
      // A result that has come needs no wait.
      let result = options.signal?.aborted ? undefined : this.#look();
      if (result === undefined) {
        const timeout = deadline === undefined ? undefined : Math.max(0, deadline - performance.now());
        result = await this.#next({ signal: options.signal, timeout });
      }
      if (result === null) return results;
      results.push(result.bytes);
      endLoan(result);
    }
  }

  /** The next result; null at the end. */
  #next(options: WaitOptions): Promise<Message | null> {
    const giveUp = (): void => {
      this.cancel();
      this.#core.native.forget(this.#number);
      this.#end(Status.E_CANCELLED);
    };
    return this.#core.wait(this.#number, () => this.#look(), options, giveUp);
  }

  #look(): Message | null | undefined {
    while (this.#status === undefined) {
      const reply = this.#core.native.reply(this.#number);
      if (reply === undefined) return undefined;
      if (reply === true) return takeSlip(this.#host, this.#core, true);
      if (typeof reply === "number") {
        this.#end(reply);
      } else {
        const [code, text] = reply;
        this.#exception = new ServiceError(code, text);
      }
    }
    if (this.#exception !== undefined) throw this.#exception;
    if (!isError(this.#status)) return null;
    throw errorOf(this.#status, addon.statusText(this.#status));
  }

  #end(status: number): void {
    this.#status = status;
    if (this.#watched) FORGOTTEN.unregister(this);
  }
}
