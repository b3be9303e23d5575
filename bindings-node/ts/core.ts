import { eventsOf } from "./application.js";
import { Dropped } from "./dropped.js";
import { closed, errorOf } from "./errors.js";
import { Status } from "./constants.js";
import { Host, type HostOptions } from "./host.js";
import { addon, type NativeHost, type NativeReceipt } from "./native.js";
import type { Offer } from "./offer.js";
import { Plugin } from "./plugin.js";
import { Receipt } from "./receipt.js";
import type { Session } from "./session.js";
import type { Socket } from "./socket.js";

/** What a session, a plugin (a bigint) or a request (a number) goes by. */
type Id = bigint | number;

/** How long to wait for something. */
export interface WaitOptions {
  /** Gives up when it is aborted, with its reason. */
  signal?: AbortSignal | undefined;
  /** Gives up after this many milliseconds, with a TimeoutError. */
  timeout?: number | undefined;
}

interface Waiter {
  /** Looks whether it has come. */
  look(): void;
  fail(error: unknown): void;
}

/** Whoever has one of these has its host. */
const KEPT = new WeakMap<object, Host>();

/** @internal Refuses what cannot be called now, rather than when it is to be called. */
export function callable(callback: unknown): void {
  if (typeof callback !== "function") throw new TypeError(`a function is wanted, not ${String(callback)}`);
}

/** Objects by their handles, for as long as somebody has them. */
class Known<T extends object> {
  readonly #known = new Map<bigint, WeakRef<T>>();
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  get(handle: bigint, make: () => T): T {
    const known = this.#known.get(handle)?.deref();
    if (known !== undefined) return known;
    const made = make();
    this.#known.set(handle, new WeakRef(made));
    return this.#core.keptBy(made);
  }

  find(handle: bigint): T | undefined {
    return this.#known.get(handle)?.deref();
  }

  delete(handle: bigint): void {
    this.#known.delete(handle);
  }
}

/** The hosts of this environment that are not closed. */
const LIVE = new Set<Core>();

/** Hosts that are not to be dropped: something is awaited of them or served. */
const BUSY = new Map<Core, Host>();

/** How many receipts are kept for whoever asks later. */
const RECEIPTS = 256;

/** How long plugins may take to stop when the process exits, in milliseconds: an exit must not look like a hang. */
const LAST_WAIT = 1000;

process.on("exit", () => {
  for (const core of LIVE) {
    try {
      core.end(LAST_WAIT);
    } catch {
      // Nobody is left to hear of it.
    }
  }
});

/** Hosts that nobody has any more are closed. */
const ABANDONED = new FinalizationRegistry<Core>((core) => {
  void core.close();
});

/**
 * @internal What a host is made of. It does not keep its {@link Host}, or anything that keeps that, alive: so a host that
 * the program has dropped is found and closed.
 */
export class Core {
  readonly native: NativeHost;
  /** Where native functions leave a message. */
  readonly slip: Uint32Array;
  readonly options: HostOptions;
  readonly plugins = new Known<Plugin>(this);
  readonly sockets = new Known<Socket>(this);
  readonly sessions = new Known<Session>(this);
  readonly offers = new Known<Offer>(this);
  readonly receipts: [name: string, receipt: Receipt][] = [];
  readonly timers = new Map<bigint, () => void>();
  readonly tasks = new Map<number, () => void>();
  /** Buffers over memory of the host. */
  readonly views = new Set<WeakRef<ArrayBuffer>>();
  /** Gives back messages that were dropped without being closed. */
  readonly dropped: Dropped;
  closed = false;
  #waiters = new Map<Id, Set<Waiter>>();
  /** How many wait for something. */
  #waiting = 0;
  /** Sockets that the program has started. */
  readonly #started = new Set<bigint>();
  /** What the program said of keeping the process alive. */
  #wish: boolean | undefined;
  #host: WeakRef<Host>;
  #closing: Promise<Receipt[]> | undefined;
  /** Once the host ends: how its plugins ended. */
  #ended: Receipt[] | undefined;
  #lastTask = 0;

  constructor(options: HostOptions, host: Host) {
    this.options = options;
    this.#host = new WeakRef(host);
    this.native = addon.start(options.limits ?? {}, eventsOf(this), options.queue ?? 64);
    this.slip = this.native.slip;
    const native = this.native;
    const views = this.views;
    this.dropped = new Dropped((low, high) => {
      native.postMessage(low, high);
      for (const view of views) if (view.deref() === undefined) views.delete(view);
    });
    LIVE.add(this);
    ABANDONED.register(host, this);
  }

  /** The host, for objects that are made for its callbacks. */
  get host(): Host {
    const host = this.#host.deref();
    if (host !== undefined) return host;
    const again = new Host(this);
    this.#host = new WeakRef(again);
    ABANDONED.register(again, this);
    return again;
  }

  /** Notes that whoever has `object` has the host. */
  keptBy<T extends object>(object: T): T {
    KEPT.set(object, this.host);
    return object;
  }

  /**
   * Waits until `look` gives something: it is called now, and whenever something has come for `id`. Whoever gives up tells
   * `abandon`.
   */
  wait<T>(id: Id, look: () => T | undefined, options: WaitOptions = {}, abandon?: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const { signal, timeout } = options;
      signal?.throwIfAborted();
      const found = look();
      if (found !== undefined) {
        resolve(found);
        return;
      }
      const leave = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
        this.#leave(id, waiter);
      };
      const fail = (error: unknown): void => {
        leave();
        reject(error);
      };
      const waiter: Waiter = {
        look: () => {
          try {
            const found = look();
            if (found === undefined) return;
            leave();
            resolve(found);
          } catch (error) {
            fail(error);
          }
        },
        fail,
      };
      const giveUp = (error: unknown): void => {
        fail(error);
        abandon?.();
      };
      const aborted = (): void => giveUp(signal?.reason);
      signal?.addEventListener("abort", aborted, { once: true });
      const timer =
        timeout === undefined
          ? undefined
          : setTimeout(() => giveUp(errorOf(Status.E_TIMEOUT, `it took longer than ${timeout} ms`)), timeout);
      this.#enter(id, waiter);
    });
  }

  #enter(id: Id, waiter: Waiter): void {
    const waiters = this.#waiters.get(id) ?? new Set();
    this.#waiters.set(id, waiters.add(waiter));
    this.#waiting += 1;
    this.#update();
  }

  #leave(id: Id, waiter: Waiter): void {
    const waiters = this.#waiters.get(id);
    if (waiters?.delete(waiter) !== true) return;
    if (waiters.size === 0) this.#waiters.delete(id);
    this.#waiting -= 1;
    this.#update();
  }

  /** Something has come. */
  arrived(id: Id): void {
    for (const waiter of [...(this.#waiters.get(id) ?? [])]) waiter.look();
  }

  /** The program has started a socket. */
  started(socket: bigint): void {
    this.#started.add(socket);
    this.#update();
  }

  /** Nothing serves a socket any more. */
  stopped(socket: bigint): void {
    if (this.#started.delete(socket)) this.#update();
  }

  /** Whether the host keeps the process alive; undefined: while something is awaited or served. */
  wish(alive: boolean | undefined): void {
    this.#wish = alive;
    this.#update();
  }

  #update(): void {
    if (this.closed) return;
    const busy = this.#waiting > 0 || this.#started.size > 0;
    if (busy) BUSY.set(this, this.host);
    else BUSY.delete(this);
    this.native.expect(this.#waiting > 0);
    this.native.keepAlive(this.#wish ?? busy);
  }

  /** Has `task` run in a later turn. */
  submit(task: () => void): void {
    callable(task);
    this.#lastTask = (this.#lastTask + 1) >>> 0;
    this.native.submit(this.#lastTask);
    this.tasks.set(this.#lastTask, task);
  }

  /** A plugin has ended. */
  ended(handle: bigint, name: string, native: NativeReceipt): void {
    const receipt = new Receipt(native);
    this.receipts.push([name, receipt]);
    if (this.receipts.length > RECEIPTS) this.receipts.shift();
    this.#ended?.push(receipt);
    this.plugins.find(handle)?.ended(receipt);
    this.plugins.delete(handle);
    this.arrived(handle);
  }

  /** Ends the host once its plugins have stopped in turns of the loop. */
  close(): Promise<Receipt[]> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<Receipt[]> {
    let thrown: { error: unknown } | undefined;
    // Not inside the callback that this may have been called from.
    await undefined;
    const ended: Receipt[] = [];
    this.#ended = ended;
    while (!this.closed) {
      const plugin = Plugin.all(this).at(-1);
      if (plugin === undefined) break;
      try {
        await plugin.unload();
      } catch (error) {
        // A callback of the application threw. That does not keep the host from ending.
        thrown ??= { error };
        if (!plugin.closed) break;
      }
    }
    this.end(0);
    if (thrown !== undefined) throw thrown.error;
    return ended;
  }

  /** Ends the host now: plugins have so many milliseconds to stop. */
  end(milliseconds: number): void {
    if (this.closed) return;
    try {
      this.native.stop(milliseconds);
    } finally {
      this.#free();
    }
  }

  #free(): void {
    // From inside a callback this throws, and nothing has ended.
    this.native.free();
    for (const view of this.views) {
      const buffer = view.deref();
      if (buffer !== undefined) addon.detach(buffer);
    }
    this.closed = true;
    BUSY.delete(this);
    LIVE.delete(this);
    for (const waiters of [...this.#waiters.values()]) {
      for (const waiter of [...waiters]) waiter.fail(closed("the host"));
    }
  }
}
