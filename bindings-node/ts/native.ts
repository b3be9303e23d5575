import { existsSync } from "node:fs";
import path from "node:path";

import { errorOf } from "./errors.js";
import type { Limits } from "./limits.js";

/** Bytes that can be passed in: any view of them, or all of a buffer. */
export type Data = ArrayBufferView | ArrayBuffer;

/** @internal A receipt, as the addon has it. */
export interface NativeReceipt {
  outcome: "live" | "stopped" | "forced" | "abandoned";
  poisoned: boolean;
  image: "static" | "unmapped" | "resident";
  calls: number;
  left: Record<string, number>;
  reason: string;
  clean: boolean;
  text: string;
}

/** @internal A live plugin, as the addon has it. */
export interface NativePlugin {
  handle: bigint;
  name: string;
  path: string | null;
  descriptor: unknown;
}

/** @internal Is called for each request or result that passes. */
export type RequestEvent = (
  session: bigint,
  service: number,
  id: number,
  flags: number,
  correlation: bigint,
  low: number,
  high: number,
  length: number,
) => number | void;

/** @internal What the addon tells: only what is there is told. */
export interface Events {
  socketAttached?(socket: bigint, address: string): void;
  socketDetached?(socket: bigint): void;
  sessionCreated?(session: bigint): void;
  sessionDestroyed?(session: bigint): void;
  sessionWritable?(session: bigint): void;
  messageIn?(session: bigint, channel: number, low: number, high: number, length: number): number | void;
  messageOut?(session: bigint, channel: number, low: number, high: number, length: number): number | void;
  sessionSend?(session: bigint, channel: number, low: number, high: number, length: number): number | void;
  sessionDisconnect?(session: bigint): number | void;
  requestIn?: RequestEvent;
  resultOut?: RequestEvent;
  offerPublished?(offer: bigint, id: string): void;
  offerEnded?(offer: bigint, id: string): void;
  timer?(timer: bigint): void;
  task?(task: number): void;
  log?(level: number, plugin: string, target: string, text: string): void;
  /** Something came for a session (a bigint) or a request (a number), or it has ended. */
  arrived?(id: bigint | number): void;
  /** A plugin has ended. */
  unloaded?(plugin: bigint, name: string, receipt: NativeReceipt): void;
}

/** @internal A host, as the addon has it: sessions and the like are named by their handles, messages by two halves. */
export interface NativeHost {
  /** Where functions leave a message: both halves of its handle, its channel, its length. */
  readonly slip: Uint32Array;
  limits(): Limits;
  /** Whether arrivals are told. */
  expect(expected: boolean): void;
  keepAlive(keep: boolean): void;
  /** Ends all plugins, and tells each. */
  stop(milliseconds: number): void;
  /** Frees everything: views are to be detached before the program goes on. */
  free(): void;

  load(path: string, instance: string, config: string, priority: number): bigint;
  loadStatic(entry: bigint, instance: string, config: string, priority: number): bigint;
  plugins(): NativePlugin[];
  unload(plugin: bigint, milliseconds: number): void;
  /** Whether the end of a plugin is still to be told. */
  isUnloading(plugin: bigint): boolean;
  receipt(plugin: bigint): NativeReceipt;

  open(modes: readonly number[]): bigint;
  listen(socket: bigint, address: string): void;
  connect(socket: bigint, address: string, token: Data): void;
  stopSocket(socket: bigint): void;
  closeSocket(socket: bigint): void;
  socketAddress(socket: bigint): string;
  socketState(socket: bigint): number;
  socketTime(socket: bigint): number;
  socketChannels(socket: bigint): number[];

  createSession(
    socket: bigint,
    clientId: number | bigint,
    address: string,
    user: string,
    protocol: string,
  ): bigint;
  destroySession(session: bigint): void;
  disconnect(session: bigint): void;
  sessions(): bigint[];
  isLive(session: bigint): boolean;
  isOwn(session: bigint): boolean;
  address(session: bigint): string;
  user(session: bigint): string;
  protocol(session: bigint): string;
  socketOf(session: bigint): bigint;
  rtt(session: bigint): [number, number];
  setChannelMode(session: bigint, channel: number, mode: number): void;
  bindSend(session: bigint): (data: Data | { handle: bigint }, channel?: number) => void;
  bindReceive(session: bigint): (data: Data | { handle: bigint }, channel?: number) => void;
  bindRequest(session: bigint): (service: number, id: number, data: Data | { handle: bigint }) => number;
  bindTake(session: bigint): () => boolean;
  bindClientId(session: bigint): () => number | bigint;
  bindChannelMode(session: bigint): (channel: number) => number;

  /** Nothing yet; a result, on the slip; a status, which is the end; or an exception. */
  reply(request: number): undefined | true | number | [code: number, text: string];
  isDone(request: number): boolean;
  cancel(request: number): void;
  forget(request: number): void;

  message(data: Data, capacity: number): void;
  writeMessage(low: number, high: number, data: Data): number;
  copyMessage(low: number, high: number, into: Uint8Array): void;
  viewMessage(low: number, high: number): ArrayBuffer;
  retainMessage(low: number, high: number): void;
  releaseMessage(low: number, high: number): void;
  /** As `releaseMessage`, in a later turn. */
  postMessage(low: number, high: number): void;

  findOffer(id: string): bigint;
  publish(id: string, table: bigint): bigint;
  isOffered(offer: bigint, id: string): boolean;
  callOffer(offer: bigint, run: (publisher: bigint, table: bigint) => number | void): number;
  withdraw(offer: bigint): void;

  startTimer(milliseconds: number, period?: number): bigint;
  cancelTimer(timer: bigint): void;
  submit(task: number): void;
}

interface Addon {
  setFailure(make: (code: number, text: string, plugin: string | null) => Error): void;
  start(limits: Partial<Limits>, events: Events, queue: number): NativeHost;
  inspect(path: string): unknown;
  statusName(code: number): string;
  statusText(code: number): string;
  detach(buffer: ArrayBuffer): void;
}

function libc(): string {
  if (process.platform !== "linux") return "";
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime === undefined ? "-musl" : "-gnu";
}

function load(): Addon {
  const name = `pintle.${process.platform}-${process.arch}${libc()}.node`;
  const file = path.join(__dirname, "..", name);
  if (!existsSync(file)) {
    throw new Error(
      `${file} is missing: this package was installed without the binary for this platform; ` +
        `build it with \`cargo xtask npm\` in the source tree of Pintle, or copy one that was.`,
    );
  }
  const loaded = require(file) as Addon;
  loaded.setFailure((code, text, plugin) => errorOf(code, text, plugin ?? undefined));
  return loaded;
}

/** @internal What the native code offers. */
export const addon: Addon = load();
