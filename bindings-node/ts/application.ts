import type { Core } from "./core.js";
import { levelOf, writeToConsole } from "./log.js";
import { borrow, endLoan, type Message } from "./message.js";
import type { Events } from "./native.js";
import { Offer } from "./offer.js";
import type { RequestInfo } from "./request.js";
import { Session } from "./session.js";
import { Socket } from "./socket.js";

/** What a callback answers: nothing, or a status such as `Status.CONSUMED`. */
export type Answer = number | void;

/**
 * The program, as plugin zero of its host. All of it is optional.
 *
 * Callbacks run inside the call to the host that caused them, which throws what they throw; from the loop they run like
 * listeners, and what they throw is an uncaught exception. Messages live until the callback returns, unless they are
 * {@link Message.retain | retained}.
 */
export interface Application {
  /** A plugin serves a socket, at this address. */
  socketAttached?(socket: Socket, address: string): void;
  /** A plugin no longer serves a socket. */
  socketDetached?(socket: Socket): void;
  /** A plugin created a session. */
  sessionCreated?(session: Session): void;
  /** A session is gone. */
  sessionDestroyed?(session: Session): void;
  /** What was refused with an AgainError on this session can be tried again. */
  sessionWritable?(session: Session): void;
  /** A plugin published an interface. */
  offerPublished?(offer: Offer): void;
  /** A plugin's offer has ended. */
  offerEnded?(offer: Offer): void;
  /**
   * A message came in, through all filters; or a request, on channel 0xFFFFFFFF. Without this callback, messages of a
   * plugin's peer wait on their session; requests, and what the program hands in on a session of its own, go on without.
   */
  messageIn?(session: Session, channel: number, message: Message): Answer;
  /** A message goes out: the first of the filters. `Status.CONSUMED` takes it, another status refuses it. */
  messageOut?(session: Session, channel: number, message: Message): Answer;
  /** A request came in: as {@link messageIn}, which gets it without this callback. */
  requestIn?(session: Session, request: RequestInfo, message: Message): Answer;
  /** A result of a request goes out: as {@link messageOut}, which gets it without this callback. */
  resultOut?(session: Session, request: RequestInfo, message: Message): Answer;
  /** A message for the peer of a session that the program created. Without this callback it waits on its session. */
  sessionSend?(session: Session, channel: number, message: Message): Answer;
  /** A session that the program created is to end, now or later. Without this callback it is refused. */
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
