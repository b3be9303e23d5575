import type { Core } from "./core.js";
import { closed } from "./errors.js";
import type { Host } from "./host.js";
import { addon, type Data } from "./native.js";
import type { Session } from "./session.js";

/** Who has the reference that keeps a message. */
const enum Hold {
  /** No reference is left: the message is closed. */
  None,
  /** The host, until its callback returns. */
  Borrowed,
  /** The iteration, until its next step. */
  Lent,
  /** The program. */
  Own,
}

/** Keeps a message while the program has its view. */
const VIEWED = new WeakMap<ArrayBuffer, Message>();

/** @internal Makes a message of what is on the slip. */
export let takeSlip: (host: Host, core: Core, lent: boolean, session?: Session) => Message;
/** @internal Makes a message that lives until {@link endLoan}. */
export let borrow: (
  host: Host,
  core: Core,
  session: Session,
  channel: number,
  low: number,
  high: number,
  length: number,
) => Message;
/** @internal A callback has returned, or an iteration goes on: closes the message, unless it was retained. */
export let endLoan: (message: Message) => void;
/** @internal Has a registry told when a message is dropped, if it is the program's still. */
export let watch: (message: Message, registry: FinalizationRegistry<{ low: number; high: number }>) => void;
/** @internal Hands a message over with `send`, which spends the reference unless it throws. */
export let handOver: <T>(message: Message, send: () => T) => T;

/**
 * A message: bytes in the host's memory.
 *
 * A message that a callback or an iteration gives is closed when the callback returns or the next one is asked for, unless
 * it was {@link retain | retained}. Any other lives until it is {@link close | closed} or collected.
 */
export class Message {
  readonly #host: Host;
  readonly #core: Core;
  readonly #session: Session | undefined;
  readonly #channel: number;
  readonly #low: number;
  readonly #high: number;
  #length: number;
  #hold: Hold;
  /** Who is told when it is dropped. */
  #watchedBy: FinalizationRegistry<{ low: number; high: number }> | undefined;
  #view: Uint8Array | undefined;
  #viewed: WeakRef<ArrayBuffer> | undefined;

  private constructor(
    host: Host,
    core: Core,
    session: Session | undefined,
    channel: number,
    low: number,
    high: number,
    length: number,
    hold: Hold,
  ) {
    this.#host = host;
    this.#core = core;
    this.#session = session;
    this.#channel = channel;
    this.#low = low;
    this.#high = high;
    this.#length = length;
    this.#hold = hold;
    if (hold === Hold.Own) core.dropped.add(this);
  }

  static {
    takeSlip = (host, core, lent, session) => {
      const { slip } = core;
      const hold = lent ? Hold.Lent : Hold.Own;
      return new Message(host, core, session, slip[2]!, slip[0]!, slip[1]!, slip[3]!, hold);
    };
    borrow = (host, core, session, channel, low, high, length) =>
      new Message(host, core, session, channel, low, high, length, Hold.Borrowed);
    endLoan = (message) => {
      if (message.#hold !== Hold.Own) message.close();
    };
    watch = (message, registry) => {
      if (message.#hold !== Hold.Own) return;
      registry.register(message, { low: message.#low, high: message.#high }, message);
      message.#watchedBy = registry;
    };
    handOver = (message, send) => {
      message.#hideView();
      const answer = send();
      message.#forget();
      return answer;
    };
  }

  /** The handle of the message, while it is not closed. */
  get handle(): bigint {
    this.#live();
    return (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  /** Whether the message is closed. */
  get closed(): boolean {
    return this.#hold === Hold.None || this.#core.closed;
  }

  /** How many bytes the message has. */
  get length(): number {
    this.#live();
    return this.#length;
  }

  /** The channel that the message came on; 0 if the program made it. */
  get channel(): number {
    return this.#channel;
  }

  /** The session that the message came on, if it came on one. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** A copy of the bytes. */
  get bytes(): Uint8Array {
    this.#live();
    const bytes = Buffer.allocUnsafe(this.#length);
    this.#core.native.copyMessage(this.#low, this.#high, bytes);
    return bytes;
  }

  /**
   * The bytes without a copy. They must not be written to. The view becomes empty when the message is closed
   * or handed over.
   */
  get view(): Uint8Array {
    this.#live();
    if (this.#view === undefined) {
      const buffer = this.#core.native.viewMessage(this.#low, this.#high);
      VIEWED.set(buffer, this);
      this.#viewed = new WeakRef(buffer);
      this.#core.views.add(this.#viewed);
      this.#view = new Uint8Array(buffer);
    }
    return this.#view;
  }

  /** Appends bytes. Throws if the message was sent already. */
  write(data: Data): void {
    this.#live();
    const length = this.#core.native.writeMessage(this.#low, this.#high, data);
    this.#hideView();
    this.#length = length;
  }

  /** Keeps a message beyond the callback or the step of an iteration that gave it. */
  retain(): this {
    this.#live();
    if (this.#hold === Hold.Borrowed) this.#core.native.retainMessage(this.#low, this.#high);
    if (this.#hold !== Hold.Own) {
      this.#hold = Hold.Own;
      this.#core.dropped.add(this);
    }
    return this;
  }

  /** Gives the message back to the host. Closing again does nothing. */
  close(): void {
    if (this.closed) return;
    const isOurs = this.#hold !== Hold.Borrowed;
    this.#hideView();
    this.#forget();
    if (isOurs) this.#core.native.releaseMessage(this.#low, this.#high);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #live(): void {
    if (this.closed) throw closed(this.#host.closed ? "the host of the message" : "the message");
  }

  #forget(): void {
    this.#watchedBy?.unregister(this);
    this.#hold = Hold.None;
  }

  /** Empties the view, because its memory is about to be used otherwise. */
  #hideView(): void {
    if (this.#view === undefined || this.#viewed === undefined) return;
    addon.detach(this.#view.buffer as ArrayBuffer);
    this.#core.views.delete(this.#viewed);
    this.#view = undefined;
  }
}
