import { type Message, watch } from "./message.js";

/** So many messages are made before the first of them is watched. */
const RECENT = 64;

/**
 * @internal Gives back messages that the program drops without closing them.
 *
 * To be told that an object is gone costs more than what is usually done with a message. So only those are watched that are
 * still open when the code that got them lets others run.
 */
export class Dropped {
  readonly #registry: FinalizationRegistry<{ low: number; high: number }>;
  #recent: Message[] = [];
  #scheduled = false;

  constructor(giveBack: (low: number, high: number) => void) {
    this.#registry = new FinalizationRegistry(({ low, high }) => {
      giveBack(low, high);
    });
  }

  /** A message is the program's own from now on. */
  add(message: Message): void {
    if (this.#recent.push(message) >= RECENT) this.#watch();
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#watch();
    });
  }

  #watch(): void {
    const recent = this.#recent;
    this.#recent = [];
    for (const message of recent) watch(message, this.#registry);
  }
}
