import { ChannelMode } from "./constants.js";
import type { Data } from "./native.js";
import { Session } from "./session.js";
/** The state of a socket. */
export type SocketState = "open" | "listening" | "connecting" | "stopped" | "closed";
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
export declare class Socket {
    #private;
    private constructor();
    /** The handle of the socket. */
    get handle(): bigint;
    /** Listens on an address. A plugin that knows its scheme serves the socket. A socket that listens keeps the process alive. */
    listen(address: string): void;
    /** Connects to an address as a client. A connected socket keeps the process alive. */
    connect(address: string, token?: Data): void;
    /** Stops the socket: its sessions end, and no others begin. */
    stop(): void;
    /** Stops the socket if it is started, and ends it. Closing again does nothing. */
    close(): void;
    [Symbol.dispose](): void;
    /** Whether the socket is closed. */
    get closed(): boolean;
    /** The state of the socket. */
    get state(): SocketState;
    /** The address at which the socket is served; before that, the address that was asked for. */
    get address(): string;
    /** The mode of each channel of a new session. */
    get channels(): ChannelMode[];
    /** The socket's clock in milliseconds; 0 while it is not started. */
    get time(): number;
    /** The live sessions of this socket. */
    get sessions(): Session[];
    /** Creates a session that belongs to the program, which is its transport. */
    createSession({ clientId, address, user, protocol }?: SessionOptions): Session;
}
