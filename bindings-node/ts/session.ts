import { type ChannelMode, Status } from "./constants.js";
import type { Core, WaitOptions } from "./core.js";
import { closed, errorOf } from "./errors.js";
import type { Host } from "./host.js";
import { endLoan, handOver, Message, takeSlip } from "./message.js";
import type { Data } from "./native.js";
import { Request } from "./request.js";
import { Socket } from "./socket.js";

/** Round-trip times, in milliseconds. */
export interface RoundTrip {
  mean: number;
  /** The mean deviation from the mean. */
  deviation: number;
}

/**
 * A connection to one peer.
 *
 * A session belongs to a plugin or to the program, which is then its transport. Messages for the program wait in the session:
 * those that came from the peer if it belongs to a plugin, those that were sent to the peer if it belongs to the program. When
 * as many wait as the host's `queue` says, the sender has to wait.
 *
 * A session is always represented by the same object.
 */
export class Session implements AsyncIterable<Message> {
  readonly #host: Host;
  readonly #core: Core;
  readonly #handle: bigint;
  readonly #own: boolean;
  #takeNext: (() => boolean) | undefined;
  #ask: ((service: number, id: number, data: Data | Message) => number) | undefined;
  #readClientId: (() => number | bigint) | undefined;
  #readMode: ((channel: number) => number) | undefined;

  private constructor(core: Core, handle: bigint) {
    this.#host = core.host;
    this.#core = core;
    this.#handle = handle;
    this.#own = core.native.isOwn(handle);
  }

  /** @internal The session with a handle. */
  static of(core: Core, handle: bigint): Session {
    return core.sessions.get(handle, () => new Session(core, handle));
  }

  /** The handle of the session. */
  get handle(): bigint {
    return this.#handle;
  }

  /** Sends bytes, which are copied, or a message, which is not, to the peer. Throws an AgainError if the owner is full. */
  get send(): (data: Data | Message, channel?: number) => void {
    return this.#bind("send", this.#core.native.bindSend(this.#handle));
  }

  /** Hands in a message as if the peer had sent it. Only for sessions of the program. */
  get receive(): (data: Data | Message, channel?: number) => void {
    return this.#bind("receive", this.#core.native.bindReceive(this.#handle));
  }

  /** Makes a native function, which is bound to this session, a property of it: the next use finds it there. */
  #bind<F extends object>(name: string, bound: F): F {
    Object.defineProperty(this, name, { value: this.#core.keptBy(bound) });
    return bound;
  }

  /** Asks a service as if the peer did. Only for sessions of the program. A message is closed by this call. */
  request(service: number, id: number, data: Data | Message = EMPTY): Request {
    return this.#request(service, id, data).watch();
  }

  #request(service: number, id: number, data: Data | Message): Request {
    if (!this.#own) {
      const text = "only a session of the program's own can ask: the answers go to the session's owner";
      throw errorOf(Status.E_NOT_OWNER, text);
    }
    this.#ask ??= this.#core.native.bindRequest(this.#handle);
    const ask = this.#ask;
    const number =
      data instanceof Message ? handOver(data, () => ask(service, id, data)) : ask(service, id, data);
    return new Request(this.#host, this.#core, number);
  }

  /** Asks a service and waits for all results. A timeout or an abort cancels the request in the plugin. */
  async call(
    service: number,
    id: number,
    data: Data | Message = EMPTY,
    options: WaitOptions = {},
  ): Promise<Uint8Array[]> {
    options.signal?.throwIfAborted();
    return this.#request(service, id, data).wait(options);
  }

  /** The oldest message that waits; null if there is none. */
  take(): Message | undefined {
    return this.#take(false);
  }

  #take(lent: boolean): Message | undefined {
    this.#takeNext ??= this.#core.native.bindTake(this.#handle);
    return this.#takeNext() ? takeSlip(this.#host, this.#core, lent, this) : undefined;
  }

  /** Waits for the next message. Rejects with a ClosedError if the session has ended and no message is left. */
  next(options: WaitOptions = {}): Promise<Message> {
    return this.#next(false, options);
  }

  #next(lent: boolean, options: WaitOptions): Promise<Message> {
    const look = (): Message | undefined => {
      const message = this.#take(lent);
      if (message === undefined && this.closed) throw closed("the session");
      return message;
    };
    return this.#core.wait(this.#handle, look, options);
  }

  /**
   * The messages until the session ends. Each is closed when the next one is asked for, unless it was
   * {@link Message.retain | retained}.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    for (;;) {
      let message: Message;
      try {
        message = await this.#next(true, {});
      } catch (error) {
        if (this.closed) return;
        throw error;
      }
      try {
        yield message;
      } finally {
        endLoan(message);
      }
    }
  }

  /** Asks the owner to end the session. */
  disconnect(): void {
    this.#core.native.disconnect(this.#handle);
  }

  /** Ends the session. Closing again does nothing. */
  close(): void {
    if (!this.closed) this.#core.native.destroySession(this.#handle);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Whether the session has ended. */
  get closed(): boolean {
    return this.#core.closed || !this.#core.native.isLive(this.#handle);
  }

  /** Whether the program created the session. */
  get own(): boolean {
    return this.#own;
  }

  /** The number that the owner of the session gave the peer; a bigint if it is too large for a number. */
  get clientId(): number | bigint {
    this.#readClientId ??= this.#core.native.bindClientId(this.#handle);
    return this.#readClientId();
  }

  /** The address of the peer: `1.2.3.4:5`, `[::1]:5`, a name such as `unix:/run/x.sock`, or empty. */
  get address(): string {
    return this.#core.native.address(this.#handle);
  }

  /** The user name of the peer, proved or not, as the owner of the session gave it; empty if it gave none. */
  get user(): string {
    return this.#core.native.user(this.#handle);
  }

  /** The sub-protocol that was agreed with the peer; empty if there is none. */
  get protocol(): string {
    return this.#core.native.protocol(this.#handle);
  }

  /** The socket at which the session began. */
  get socket(): Socket {
    return Socket.of(this.#core, this.#core.native.socketOf(this.#handle));
  }

  /** The round-trip time, as the owner of the session measured it. */
  get rtt(): RoundTrip {
    const [mean, deviation] = this.#core.native.rtt(this.#handle);
    return { mean, deviation };
  }

  /** The mode of a channel. */
  channelMode(channel: number): ChannelMode {
    this.#readMode ??= this.#core.native.bindChannelMode(this.#handle);
    return this.#readMode(channel) as ChannelMode;
  }

  /** Changes the mode of a channel. */
  setChannelMode(channel: number, mode: ChannelMode): void {
    this.#core.native.setChannelMode(this.#handle, channel, mode);
  }
}

const EMPTY = new Uint8Array();
