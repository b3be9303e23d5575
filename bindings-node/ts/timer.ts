import { callable, type Core } from "./core.js";

/** Options of a timer. */
export interface TimerOptions {
  /** The timer runs again whenever this many milliseconds have passed. Default: it runs once. */
  period?: number;
}

/** A timer of the host, which runs in its turns. It does not keep the process alive. */
export class Timer {
  readonly #core: Core;
  readonly #handle: bigint;

  /** @internal */
  constructor(core: Core, delay: number, callback: () => void, { period }: TimerOptions) {
    callable(callback);
    this.#core = core;
    this.#handle = core.native.startTimer(delay, period);
    const handle = this.#handle;
    core.timers.set(handle, () => {
      if (period === undefined) core.timers.delete(handle);
      callback();
    });
  }

  /** Ends the timer: its callback is not called again. Cancelling again does nothing. */
  cancel(): void {
    if (this.closed) return;
    this.#core.timers.delete(this.#handle);
    this.#core.native.cancelTimer(this.#handle);
  }

  /** As {@link cancel}. */
  close(): void {
    this.cancel();
  }

  [Symbol.dispose](): void {
    this.cancel();
  }

  /** Whether the callback will not be called again. */
  get closed(): boolean {
    return this.#core.closed || !this.#core.timers.has(this.#handle);
  }
}
