/** Hosts for native Pintle plugins. See the README. */
export type { Answer, Application } from "./application.js";
export { ChannelMode, NO_WORKERS, Status } from "./constants.js";
export type { WaitOptions } from "./core.js";
export * from "./errors.js";
export { Host, type HostOptions, type MessageOptions } from "./host.js";
export { inspect, type Descriptor, type Finding, type Inspection, type Report } from "./inspection.js";
export type { Limits } from "./limits.js";
export type { LogLevel, LogLine } from "./log.js";
export { Message } from "./message.js";
export type { Data } from "./native.js";
export { Offer, type OfferCall } from "./offer.js";
export { Plugin, type LoadOptions, type UnloadOptions } from "./plugin.js";
export { Receipt } from "./receipt.js";
export { Request, type RequestInfo } from "./request.js";
export { Session, type RoundTrip } from "./session.js";
export { Socket, type SessionOptions, type SocketState } from "./socket.js";
export { Timer, type TimerOptions } from "./timer.js";
