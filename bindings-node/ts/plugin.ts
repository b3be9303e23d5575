import type { Core } from "./core.js";
import { closed } from "./errors.js";
import { type Descriptor, camelCase } from "./inspection.js";
import type { NativePlugin } from "./native.js";
import { Receipt } from "./receipt.js";

/** How long a plugin may take to stop by default, in milliseconds. */
const PATIENCE = 5000;

/** Options of loading a plugin. */
export interface LoadOptions {
  /** The name of the instance, unique in its host. Default: the plugin's id, with a number if another instance has it. */
  instance?: string;
  /** The configuration of the instance. */
  config?: string;
  /** Filters with a lower priority come first, equal ones in the order of loading. Default 0. */
  priority?: number;
}

/** Options of unloading a plugin. */
export interface UnloadOptions {
  /** How many milliseconds the plugin may take to stop. Default 5000. */
  timeout?: number;
}

/** An instance of a plugin. It is always represented by the same object. */
export class Plugin {
  /** The handle of the instance. */
  readonly handle: bigint;
  /** The name of the instance in its host. */
  readonly name: string;
  /** The file that the plugin was loaded from, if it was loaded from one. */
  readonly path: string | undefined;
  /** The description that the plugin gives of itself. */
  readonly descriptor: Descriptor;
  readonly #core: Core;
  #ending: Promise<Receipt> | undefined;
  #receipt: Receipt | undefined;

  private constructor(core: Core, native: NativePlugin) {
    this.#core = core;
    this.handle = native.handle;
    this.name = native.name;
    this.path = native.path ?? undefined;
    this.descriptor = camelCase(native.descriptor) as Descriptor;
  }

  /** @internal The live plugins of a host, in the order of loading. */
  static all(core: Core): Plugin[] {
    const plugins = core.native.plugins();
    return plugins.map((native) => core.plugins.get(native.handle, () => new Plugin(core, native)));
  }

  /** Asks the instance to stop and gives its receipt once it has. Throws a ClosedError if it has ended. */
  unload(options: UnloadOptions = {}): Promise<Receipt> {
    if (this.#ending === undefined) {
      if (this.closed) return Promise.reject(closed("the plugin"));
      this.#ending = this.#unload(options.timeout ?? PATIENCE).finally(() => {
        this.#ending = undefined;
      });
    }
    return this.#ending;
  }

  async #unload(timeout: number): Promise<Receipt> {
    const { native } = this.#core;
    let thrown: { error: unknown } | undefined;
    try {
      native.unload(this.handle, timeout);
    } catch (error) {
      // A callback of the application may have thrown, which does not keep the plugin from ending.
      if (!native.isUnloading(this.handle)) throw error;
      thrown = { error };
    }
    await this.#core.wait(this.handle, () => (native.isUnloading(this.handle) ? undefined : true));
    if (thrown !== undefined) throw thrown.error;
    return this.receipt;
  }

  /** @internal Keeps the final receipt. */
  ended(receipt: Receipt): void {
    this.#receipt = receipt;
  }

  /** The receipt: so far while the instance is live, final once it has ended. */
  get receipt(): Receipt {
    return this.#receipt ?? new Receipt(this.#core.native.receipt(this.handle));
  }

  /** Whether the instance has ended. */
  get closed(): boolean {
    return this.#receipt !== undefined;
  }
}
