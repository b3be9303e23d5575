import type { Core } from "./core.js";
import { closed } from "./errors.js";
import { type Descriptor, camelCase } from "./inspection.js";
import type { NativePlugin } from "./native.js";
import { Receipt } from "./receipt.js";

/** How long a plugin may take to stop unless somebody says otherwise, in milliseconds. */
const PATIENCE = 5000;

/** How one plugin is loaded. */
export interface LoadOptions {
  /** The instance's name, unique in its host. Default: the plugin's id, with a number if it is taken. */
  instance?: string;
  /** What the plugin gets as its configuration. */
  config?: string;
  /** Lower comes first among the filters; equal ones in the order of loading. Default 0. */
  priority?: number;
}

/** How a plugin is unloaded. */
export interface UnloadOptions {
  /** How many milliseconds it may take. Default 5000. */
  timeout?: number;
}

/** An instance of a plugin. The same one is always the same object. */
export class Plugin {
  /** Its handle. */
  readonly handle: bigint;
  /** Its name in its host. */
  readonly name: string;
  /** The file that it was loaded from, if it was. */
  readonly path: string | undefined;
  /** What it says of itself. */
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

  /** Ends it: it is asked to stop, and what it left behind is told. One that has ended is a ClosedError. */
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

  /** @internal Notes how it ended. */
  ended(receipt: Receipt): void {
    this.#receipt = receipt;
  }

  /** What it did: so far, while it is live, and for good once it has ended. */
  get receipt(): Receipt {
    return this.#receipt ?? new Receipt(this.#core.native.receipt(this.handle));
  }

  /** Whether it has ended. */
  get closed(): boolean {
    return this.#receipt !== undefined;
  }
}
