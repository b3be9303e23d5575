import { type Message } from "./message.js";
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
