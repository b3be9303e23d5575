import type { NativeReceipt } from "./native.js";

/** What a plugin did and left behind. */
export class Receipt {
  /** How the plugin ended: `live` if it has not; `forced` if it did not stop in time; `abandoned` if a call of it still runs. */
  readonly outcome: "live" | "stopped" | "forced" | "abandoned";
  /** Whether a callback of the plugin panicked or threw. */
  readonly poisoned: boolean;
  /** What became of the plugin's image in memory. */
  readonly image: "static" | "unmapped" | "resident";
  /** How many callbacks, tasks, timers and watches of it were run. */
  readonly calls: number;
  /** How many objects of each kind it left behind, which the host then ended; empty if there were none. */
  readonly left: Readonly<Record<string, number>>;
  /** Why the image stayed in memory, or why the plugin was abandoned; empty if neither happened. */
  readonly reason: string;
  /** Whether the plugin stopped in time and left nothing behind. */
  readonly clean: boolean;
  readonly #text: string;

  /** @internal */
  constructor(native: NativeReceipt) {
    this.outcome = native.outcome;
    this.poisoned = native.poisoned;
    this.image = native.image;
    this.calls = native.calls;
    this.left = Object.freeze(native.left);
    this.reason = native.reason;
    this.clean = native.clean;
    this.#text = native.text;
  }

  /** A summary in one sentence. */
  toString(): string {
    return this.#text;
  }
}
