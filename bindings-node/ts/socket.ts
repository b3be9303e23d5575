import { ChannelMode } from "./constants.js";
import type { Core } from "./core.js";
import type { Data } from "./native.js";
import { Session } from "./session.js";

/** What a socket does. */
export type SocketState = "open" | "listening" | "connecting" | "stopped" | "closed";

const STATES: readonly SocketState[] = ["closed", "open", "listening", "connecting", "stopped"];

/** What a session that the program creates begins with. */
export interface SessionOptions {
  /** A number for the peer. Default 0. */
  clientId?: number | bigint;
  /** Where the peer is: `1.2.3.4:5`, `[::1]:5`, or a name with its scheme such as `unix:/run/x.sock`. Default: nowhere. */
  address?: string;
  /** Who the peer says, or proved, to be. Default: empty. */
  user?: string;
  /** The sub-protocol that was agreed on with the peer. Default: empty. */
  protocol?: string;
}

/** A place where sessions arise. The same socket is always the same object. */
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

  /** Its handle. */
  get handle(): bigint {
    return this.#handle;
  }

  /** Listens: a plugin that knows the address's scheme serves the socket. The process stays alive for it. */
  listen(address: string): void {
    this.#core.native.listen(this.#handle, address);
    this.#core.started(this.#handle);
  }

  /** Connects as a client. The process stays alive for it. */
  connect(address: string, token: Data = NO_TOKEN): void {
    this.#core.native.connect(this.#handle, address, token);
    this.#core.started(this.#handle);
  }

  /** Ends its sessions and takes no more. */
  stop(): void {
    this.#core.stopped(this.#handle);
    this.#core.native.stopSocket(this.#handle);
  }

  /** Stops it if need be, and ends it. Closing it again does nothing. */
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

  /** Whether it is closed. */
  get closed(): boolean {
    return this.#closed || this.#core.closed;
  }

  /** What it does. */
  get state(): SocketState {
    return this.closed ? "closed" : (STATES[this.#core.native.socketState(this.#handle)] ?? "closed");
  }

  /** The address that it serves, or was asked to. */
  get address(): string {
    return this.#core.native.socketAddress(this.#handle);
  }

  /** The modes that sessions begin with, by channel. */
  get channels(): ChannelMode[] {
    return this.#core.native.socketChannels(this.#handle) as ChannelMode[];
  }

  /** Its clock, in milliseconds; 0 unless it is started. */
  get time(): number {
    return this.#core.native.socketTime(this.#handle);
  }

  /** The sessions that arose here and have not ended. */
  get sessions(): Session[] {
    const { native } = this.#core;
    const handles = native.sessions().filter((session) => native.socketOf(session) === this.#handle);
    return handles.map((session) => Session.of(this.#core, session));
  }

  /** Creates a session of the program's own, for which it is the transport. */
  createSession({ clientId = 0, address = "", user = "", protocol = "" }: SessionOptions = {}): Session {
    const { native } = this.#core;
    return Session.of(this.#core, native.createSession(this.#handle, clientId, address, user, protocol));
  }
}

const NO_TOKEN = new Uint8Array();
