import type { Application } from "./application.js";
import { ChannelMode } from "./constants.js";
import { Core } from "./core.js";
import { LoadError } from "./errors.js";
import { type Inspection, inspect } from "./inspection.js";
import type { Limits } from "./limits.js";
import type { LogLine } from "./log.js";
import { type Message, takeSlip } from "./message.js";
import type { Data } from "./native.js";
import { Offer } from "./offer.js";
import { type LoadOptions, Plugin, type UnloadOptions } from "./plugin.js";
import type { Receipt } from "./receipt.js";
import { Session } from "./session.js";
import { Socket } from "./socket.js";
import { Timer, type TimerOptions } from "./timer.js";

/** What a host is started with. */
export interface HostOptions {
  /** How much it may hold. What is not named has its default. */
  limits?: Partial<Limits>;
  /** What takes part as plugin zero. */
  application?: Application;
  /** How many messages may wait for each session, and results for each request, before others are made to wait. Default 64. */
  queue?: number;
  /** Where the log goes. Default: warnings and errors go to the console. */
  log?: (line: LogLine) => void;
}

/** What a message begins with. */
export interface MessageOptions {
  /** How many bytes it has room for. Default: as many as it begins with. */
  capacity?: number;
}

/**
 * A host and its plugins, driven by Node's loop.
 *
 * It keeps the process alive only while something is awaited, or a socket is started. One that the program has dropped is
 * closed.
 */
export class Host {
  readonly #core: Core;

  /** Starts a host. */
  constructor(options?: HostOptions);
  /** @internal */
  constructor(core: Core);
  constructor(options: HostOptions | Core = {}) {
    this.#core = options instanceof Core ? options : new Core(options, this);
  }

  /** Says what would become of a file that is loaded. Nothing of it is mapped or run. */
  static inspect(file: string): Inspection {
    return inspect(file);
  }

  /** The limits in force. */
  get limits(): Limits {
    return this.#core.native.limits();
  }

  /** Loads a plugin from its file and creates an instance of it. Native code can do anything to the process: trust it. */
  load(path: string, options: LoadOptions = {}): Plugin {
    const { instance = "", config = "", priority = 0 } = options;
    try {
      return this.#plugin(this.#core.native.load(path, instance, config, priority));
    } catch (error) {
      if (error instanceof LoadError) error.path = path;
      throw error;
    }
  }

  /** Creates an instance of a plugin that is in the process already: the address of its `pintle_entry`. */
  loadStatic(entryAddress: bigint, options: LoadOptions = {}): Plugin {
    const { instance = "", config = "", priority = 0 } = options;
    return this.#plugin(this.#core.native.loadStatic(entryAddress, instance, config, priority));
  }

  #plugin(handle: bigint): Plugin {
    return this.plugins.find((plugin) => plugin.handle === handle) as Plugin;
  }

  /** The live plugins, in the order of loading. */
  get plugins(): Plugin[] {
    return Plugin.all(this.#core);
  }

  /** Ends a plugin. As {@link Plugin.unload}. */
  unload(plugin: Plugin, options?: UnloadOptions): Promise<Receipt> {
    return plugin.unload(options);
  }

  /** The names and receipts of plugins that have ended here, oldest first. The last 256 are kept. */
  get receipts(): [name: string, receipt: Receipt][] {
    return [...this.#core.receipts];
  }

  /** Opens a socket whose channels have these modes. Default: one, which is reliable. */
  open(...modes: ChannelMode[]): Socket {
    const all = modes.length === 0 ? [ChannelMode.RELIABLE] : modes;
    return Socket.of(this.#core, this.#core.native.open(all));
  }

  /** The sessions that have not ended. */
  get sessions(): Session[] {
    return this.#core.native.sessions().map((session) => Session.of(this.#core, session));
  }

  /** The offer that stands under an id now. A NotFoundError: there is none. */
  findOffer(id: string): Offer {
    return Offer.of(this.#core, this.#core.native.findOffer(id), id);
  }

  /**
   * Publishes a table of the program's under an id: a struct of C that begins with a `uint32_t` which says its size. Plugins may
   * call its functions, inside calls to the host and in its turns, until the offer has ended; the table and all that its
   * functions need stay where they are until the host is closed. So it does not lie in a Buffer, whose bytes may move.
   *
   * A StateError: the id is published already. A PermissionDeniedError: it begins with `pintle.`. A CapacityError: too many
   * offers. An ArgumentError: an empty id, or a size under 8.
   */
  publish(id: string, tableAddress: bigint): Offer {
    return Offer.of(this.#core, this.#core.native.publish(id, tableAddress), id);
  }

  /** Calls back after so many milliseconds, in a turn of this host. */
  timer(delay: number, callback: () => void, options: TimerOptions = {}): Timer {
    return new Timer(this.#core, delay, callback, options);
  }

  /** Calls back in a later turn of this host. Throws an AgainError if too many wait. */
  submit(callback: () => void): void {
    this.#core.submit(callback);
  }

  /** A message that can be written and then sent without a copy. */
  message(data: Data = NOTHING, { capacity = 0 }: MessageOptions = {}): Message {
    this.#core.native.message(data, capacity);
    return takeSlip(this, this.#core, false);
  }

  /** Keeps the process alive, whatever this host does. */
  ref(): this {
    this.#core.wish(true);
    return this;
  }

  /** Lets the process end, whatever this host does. */
  unref(): this {
    this.#core.wish(false);
    return this;
  }

  /**
   * Ends the host: its plugins stop, the last one first, in turns of the loop. Gives their receipts. Whatever was made from
   * it is closed. Called from inside a callback, it ends afterwards; closing it again does nothing.
   */
  close(): Promise<Receipt[]> {
    return this.#core.close();
  }

  /** Whether it has ended. */
  get closed(): boolean {
    return this.#core.closed;
  }

  /** Ends the host now, and waits for its plugins to stop. From inside a callback it throws a ReentrantError. */
  [Symbol.dispose](): void {
    this.#core.end(PATIENCE);
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** How long plugins may take to stop in a synchronous end, in milliseconds. */
const PATIENCE = 5000;

const NOTHING = new Uint8Array();
