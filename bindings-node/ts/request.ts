import { Status } from "./constants.js";
import type { Core, WaitOptions } from "./core.js";
import { errorOf, type PintleError, ServiceError } from "./errors.js";
import type { Host } from "./host.js";
import { endLoan, type Message, takeSlip } from "./message.js";
import { addon } from "./native.js";

/** Drops the results of requests that nobody has any more. They go on. */
const FORGOTTEN = new FinalizationRegistry<{ core: Core; number: number }>(({ core, number }) => {
  if (!core.closed) core.native.forget(number);
});

/** No result: there are no more. */
const END = Symbol("the end");

/**
 * A request to a service, until it is done. Its results wait, at most as many as the host's `queue`; then the service is
 * made to wait.
 */
export class Request implements AsyncIterable<Message> {
  readonly #host: Host;
  readonly #core: Core;
  readonly #number: number;
  #status: number | undefined;
  #exception: PintleError | undefined;

  /** @internal */
  constructor(host: Host, core: Core, number: number) {
    this.#host = host;
    this.#core = core;
    this.#number = number;
  }

  /** @internal Has its results dropped when nobody has it any more. Who awaits it has it. */
  forgetWhenDropped(): void {
    FORGOTTEN.register(this, { core: this.#core, number: this.#number }, this);
  }

  /** Whether all of its results have come, read or not. */
  get done(): boolean {
    return this.#status !== undefined || this.#core.closed || this.#core.native.isDone(this.#number);
  }

  /** How it ended, once its end was read. */
  get status(): number | undefined {
    return this.#status;
  }

  /** Cancels it in the plugin. Cancelling what is done does nothing. */
  cancel(): void {
    if (!this.done) this.#core.native.cancel(this.#number);
  }

  /**
   * The results, then the end. An exception of the service is thrown as a ServiceError, a cancelled request as a
   * CancelledError. Each result lives until the next one is asked for, unless it is {@link Message.retain | retained}.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    for (;;) {
      const result = this.#look() ?? (await this.#next({}));
      if (result === END) return;
      try {
        yield result;
      } finally {
        endLoan(result);
      }
    }
  }

  /** Waits until it is done, and gives copies of the results that were not read yet. Giving up cancels it. */
  async wait(options: WaitOptions = {}): Promise<Uint8Array[]> {
    const { signal, timeout } = options;
    const deadline = timeout === undefined ? undefined : performance.now() + timeout;
    const results: Uint8Array[] = [];
    for (;;) {
      let result = this.#look();
      if (result === undefined) {
        const left = deadline === undefined ? undefined : Math.max(0, deadline - performance.now());
        result = await this.#next({ signal, timeout: left });
      }
      if (result === END) return results;
      results.push(result.bytes);
      endLoan(result);
    }
  }

  #next(options: WaitOptions): Promise<Message | typeof END> {
    const giveUp = (): void => {
      this.cancel();
      this.#core.native.forget(this.#number);
      this.#end(Status.E_CANCELLED);
    };
    return this.#core.wait(this.#number, () => this.#look(), options, giveUp);
  }

  /** The next result, the end, or nothing yet. */
  #look(): Message | typeof END | undefined {
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
    if (this.#status === Status.OK || this.#status === Status.CONSUMED) return END;
    throw errorOf(this.#status, addon.statusText(this.#status));
  }

  #end(status: number): void {
    this.#status = status;
    FORGOTTEN.unregister(this);
  }
}
