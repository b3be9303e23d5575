import type { Core } from "./core.js";
import { levelOf, writeToConsole } from "./log.js";
import { borrow, endLoan, type Message } from "./message.js";
import type { Events } from "./native.js";
import { Offer } from "./offer.js";
import type { RequestInfo } from "./request.js";
import { Session } from "./session.js";
import { Socket } from "./socket.js";

/** What a callback returns: nothing, or a status such as `Status.CONSUMED`. */
export type Answer = number | void;

/**
 * The callbacks of the program, which is plugin zero of its host. All of them are optional.
 *
 * A callback runs inside the call to the host that caused it, and what it throws is thrown by that call. If the loop caused it,
 * what it throws is an uncaught exception. A message is closed when the callback returns, unless it was
 * {@link Message.retain | retained}.
 */
export interface Application {
  /** A plugin begins to serve a socket, at this address. */
  socketAttached?(socket: Socket, address: string): void;
  /** A plugin no longer serves a socket. */
  socketDetached?(socket: Socket): void;
  /** A plugin created a session. */
  sessionCreated?(session: Session): void;
  /** A session has ended. */
  sessionDestroyed?(session: Session): void;
  /** A send on this session that threw an AgainError can be tried again. */
  sessionWritable?(session: Session): void;
  /** A plugin published a table of functions. */
  offerPublished?(offer: Offer): void;
  /** A plugin's offer has ended. */
  offerEnded?(offer: Offer): void;
  /**
   * A message, or on channel 0xFFFFFFFF a request, came in and passed all filters. Without this callback, messages of a
   * plugin's peer wait in their session; requests go on to their service, and messages of the program's own sessions end here.
   */
  messageIn?(session: Session, channel: number, message: Message): Answer;
  /** A message goes out; this is its first filter. `Status.CONSUMED` takes the message, an error refuses it. */
  messageOut?(session: Session, channel: number, message: Message): Answer;
  /** A request came in. Without this callback, {@link messageIn} is called for requests. */
  requestIn?(session: Session, request: RequestInfo, message: Message): Answer;
  /** A result of a request goes out. Without this callback, {@link messageOut} is called for results. */
  resultOut?(session: Session, request: RequestInfo, message: Message): Answer;
  /** A message goes to the peer of a session that the program created. Without this callback it waits in the session. */
  sessionSend?(session: Session, channel: number, message: Message): Answer;
  /** The end of a session that the program created was asked for. Without this callback the call is refused. */
  sessionDisconnect?(session: Session): Answer;
}

/** @internal What the addon tells a host. */
export function eventsOf(core: Core): Events {
  const application = core.options.application ?? {};
  const log = core.options.log ?? writeToConsole;
  const session = (handle: bigint): Session => Session.of(core, handle);
  const socket = (handle: bigint): Socket => Socket.of(core, handle);
  const events: Events = {
    socketDetached(handle) {
      core.stopped(handle);
      application.socketDetached?.(socket(handle));
    },
    sessionDestroyed(handle) {
      application.sessionDestroyed?.(session(handle));
      core.sessions.delete(handle);
    },
    offerEnded(handle, id) {
      application.offerEnded?.(Offer.of(core, handle, id));
      core.offers.delete(handle);
    },
    timer(handle) {
      core.timers.get(handle)?.();
    },
    task(number) {
      const task = core.tasks.get(number);
      core.tasks.delete(number);
      task?.();
    },
    log(level, plugin, target, text) {
      log({ level: levelOf(level), plugin, target, text });
    },
    arrived(id) {
      core.arrived(id);
    },
    unloaded(handle, name, receipt) {
      core.ended(handle, name, receipt);
    },
  };
  if (application.socketAttached) {
    events.socketAttached = (handle, address) => application.socketAttached?.(socket(handle), address);
  }
  if (application.sessionCreated) {
    events.sessionCreated = (handle) => application.sessionCreated?.(session(handle));
  }
  if (application.sessionWritable) {
    events.sessionWritable = (handle) => application.sessionWritable?.(session(handle));
  }
  if (application.sessionDisconnect) {
    events.sessionDisconnect = (handle) => application.sessionDisconnect?.(session(handle));
  }
  if (application.offerPublished) {
    events.offerPublished = (handle, id) => application.offerPublished?.(Offer.of(core, handle, id));
  }
  for (const name of ["messageIn", "messageOut", "sessionSend"] as const) {
    if (!application[name]) continue;
    events[name] = (handle, channel, low, high, length) => {
      const from = session(handle);
      const message = borrow(core.host, core, from, channel, low, high, length);
      try {
        return application[name]?.(from, channel, message);
      } finally {
        endLoan(message);
      }
    };
  }
  for (const name of ["requestIn", "resultOut"] as const) {
    if (!application[name]) continue;
    events[name] = (handle, service, id, flags, correlation, low, high, length) => {
      const from = session(handle);
      const message = borrow(core.host, core, from, CHANNEL_SERVICE, low, high, length);
      try {
        return application[name]?.(from, { service, id, flags, correlation }, message);
      } finally {
        endLoan(message);
      }
    };
  }
  return events;
}

/** The channel of requests and results. */
const CHANNEL_SERVICE = 0xffffffff;
