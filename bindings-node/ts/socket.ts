import { ChannelMode } from "./constants.js";
import type { Core } from "./core.js";
import type { Data } from "./native.js";
import { Session } from "./session.js";

/** The state of a socket. */
export type SocketState = "open" | "listening" | "connecting" | "stopped" | "closed";

const STATES: readonly SocketState[] = ["closed", "open", "listening", "connecting", "stopped"];

/** Options of a session that the program creates. */
export interface SessionOptions {
  /** A number for the peer. Default 0. */
  clientId?: number | bigint;
  /** The address of the peer: `1.2.3.4:5`, `[::1]:5`, or a name that begins with a scheme, as `unix:/run/x.sock`. Default: none. */
  address?: string;
  /** The name that the peer gave, or proved to have. Default: empty. */
  user?: string;
  /** The sub-protocol that was agreed on with the peer. Default: empty. */
  protocol?: string;
}

/** A place at which sessions begin. A socket is always represented by the same object. */
export class Socket {
  readonly #core: Core;
  readonly #handle: bigint;
  #closed = false;

  private constructor(core: Core, handle: bigint) {
    this.#core = core;
    this.#handle = handle;
  }

  /** @internal The socket with a handle. */
  static of(core: Core, handle: bigint): Socket {
    return core.sockets.get(handle, () => new Socket(core, handle));
  }

  /** The handle of the socket. */
  get handle(): bigint {
    return this.#handle;
  }

  /** Listens on an address. A plugin that knows its scheme serves the socket. A socket that listens keeps the process alive. */
  listen(address: string): void {
    this.#core.native.listen(this.#handle, address);
    this.#core.started(this.#handle);
  }

  /** Connects to an address as a client. A connected socket keeps the process alive. */
  connect(address: string, token: Data = NO_TOKEN): void {
    this.#core.native.connect(this.#handle, address, token);
    this.#core.started(this.#handle);
  }

  /** Stops the socket: its sessions end, and no others begin. */
  stop(): void {
    this.#core.stopped(this.#handle);
    this.#core.native.stopSocket(this.#handle);
  }

  /** Stops the socket if it is started, and ends it. Closing again does nothing. */
  close(): void {
    if (this.closed) return;
    this.#closed = true;
    this.#core.stopped(this.#handle);
    this.#core.sockets.delete(this.#handle);
    this.#core.native.closeSocket(this.#handle);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Whether the socket is closed. */
  get closed(): boolean {
    return this.#closed || this.#core.closed;
  }

  /** The state of the socket. */
  get state(): SocketState {
    return this.closed ? "closed" : (STATES[this.#core.native.socketState(this.#handle)] ?? "closed");
  }

  /** The address at which the socket is served; before that, the address that was asked for. */
  get address(): string {
    return this.#core.native.socketAddress(this.#handle);
  }

  /** The mode of each channel of a new session. */
  get channels(): ChannelMode[] {
    return this.#core.native.socketChannels(this.#handle) as ChannelMode[];
  }

  /** The socket's clock in milliseconds; 0 while it is not started. */
  get time(): number {
    return this.#core.native.socketTime(this.#handle);
  }

  /** The live sessions of this socket. */
  get sessions(): Session[] {
    const { native } = this.#core;
    const handles = native.sessions().filter((session) => native.socketOf(session) === this.#handle);
    return handles.map((session) => Session.of(this.#core, session));
  }

  /** Creates a session that belongs to the program, which is its transport. */
  createSession({ clientId = 0, address = "", user = "", protocol = "" }: SessionOptions = {}): Session {
    const { native } = this.#core;
    return Session.of(this.#core, native.createSession(this.#handle, clientId, address, user, protocol));
  }
}

const NO_TOKEN = new Uint8Array();
