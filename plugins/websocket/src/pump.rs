//! The work on links: bounded rounds that move frames between connections and the host.

use pintle_sdk::{Host, RequestOptions, Session, SessionOptions, Status, debug, status, warn};
use tungstenite::{Bytes, protocol::frame::coding::CloseCode};

use crate::{
    frame::Head,
    link::{Act, Link, Stall},
    transport::Transport,
};

/// Steps of one round; a link that could go on does so in the next turn.
const STEPS: usize = 64;
/// How often a request is handed in for which the host has no memory, before it is refused: a filter may want more
/// than the host ever has.
const TRIES: u32 = 500;
/// Payload bytes of one round.
const BYTES: usize = 1 << 20;

const AGAIN: Status = Status(status::E_AGAIN);
const CAPACITY: Status = Status(status::E_CAPACITY);
const STALE: Status = Status(status::E_STALE);

impl Transport {
    /// Works on a link until it rests or its round is over.
    pub(crate) fn pump(&self, host: &Host, key: usize) {
        if !self.link(key, Link::enter).unwrap_or(false) {
            return;
        }
        let mut bytes = 0;
        for _ in 0..STEPS {
            if bytes >= BYTES {
                break;
            }
            match self.link(key, |link| link.act(&self.config)) {
                Some(Act::Open) => self.open(host, key),
                Some(Act::Deliver(session, head, payload)) => {
                    bytes += payload.len();
                    self.deliver(host, key, session, head, payload);
                }
                Some(Act::Resume(session)) => {
                    if let Err(error) = host.session().resume(session) {
                        debug!(host, "a session could not be resumed: {error}");
                    }
                }
                Some(Act::End { session, why, fault }) => self.ended(host, key, session, &why, fault),
                Some(Act::Next) => {}
                Some(Act::Rest) | None => break,
            }
        }
        self.link(key, Link::leave);
        self.settle(host, key);
    }

    /// After anything that was done to a link outside its rounds, and after a round: lets the watch follow what the
    /// link waits for, plans another round, or removes a link that is closed.
    pub(crate) fn settle(&self, host: &Host, key: usize) {
        let mut state = self.state.borrow_mut();
        let Some(link) = state.links.get_mut(key).filter(|link| !link.busy) else { return };
        if link.is_closed() {
            drop(state);
            return self.remove(host, key);
        }
        let wanted = link.wanted(&self.config);
        let changed = wanted != std::mem::replace(&mut link.interest, wanted);
        let (watch, wants_round) = (link.watch, link.wants_round(&self.config));
        drop(state);
        if changed {
            self.change(host, watch, wanted);
        }
        if wants_round {
            self.soon(host, key);
        }
    }

    /// A session for a connection whose handshake is complete.
    fn open(&self, host: &Host, key: usize) {
        let mut state = self.state.borrow_mut();
        state.clients += 1;
        let client = state.clients;
        let link = &state.links[key];
        let (socket, peer) = (link.socket, link.peer);
        drop(state);
        let options = SessionOptions {
            client_id: client,
            address: peer.into(),
            data: key,
            ..SessionOptions::default()
        };
        match host.session().create(socket, options) {
            Ok(session) if self.link(key, |link| link.opened(session)) == Some(true) => {
                debug!(host, "client {client} is {peer}");
            }
            // Another plugin disconnected it in `session_created`.
            Ok(_) => {}
            Err(error) => {
                warn!(host, "no session for {peer}: {error}");
                self.end(host, key, CloseCode::Again, "no session is free");
            }
        }
    }

    /// Hands a frame to the host.
    fn deliver(&self, host: &Host, key: usize, session: Session, head: Head, payload: Bytes) {
        let handed_in = match head {
            Head::Message { channel } => {
                host.message().from_bytes(&payload).map_err(|error| (error, Stall::Memory)).and_then(
                    |mut message| {
                        let received = host.session().receive(session, channel.into(), &mut message);
                        received.map_err(|error| (error, Stall::Queue))
                    },
                )
            }
            Head::Request { service, id, correlation } => host
                .message()
                .from_bytes(&payload)
                .and_then(|mut message| {
                    host.session().request(
                        session,
                        &RequestOptions::new(service, id, correlation),
                        &mut message,
                    )
                })
                .map_err(|error| (error, Stall::Memory)),
            Head::Cancel { correlation } => {
                // If it is not found, the request is done, and its end is on the way to the asker.
                let _ = host.session().cancel(session, correlation);
                Ok(())
            }
            Head::Result { .. } | Head::Exception { .. } | Head::Done { .. } => {
                warn!(host, "a connection is closed: it answered a request that was never asked");
                return self.end(host, key, CloseCode::Protocol, "no request was asked");
            }
        };
        let Err((error, stall)) = handed_in else { return };
        let hopeless = matches!(head, Head::Request { .. })
            && self.link(key, |link| link.tries >= TRIES).unwrap_or(false);
        match (error.code(), head) {
            (AGAIN, _) => self.keep(host, key, head, payload, Stall::Queue),
            (CAPACITY, _) if stall == Stall::Memory && !hopeless => {
                self.keep(host, key, head, payload, stall)
            }
            // The session ended meanwhile; `session_destroyed` will be called.
            (STALE, _) => {}
            (code, Head::Request { correlation, .. }) => {
                let text = host.last_error().ok().filter(|last| last.code() == code);
                let text = text.as_ref().map_or("", |last| last.text());
                self.link(key, |link| {
                    link.answer(Head::Exception { correlation, code: code.0 }, text.as_bytes());
                    link.answer(Head::Done { correlation, code: code.0 }, b"");
                });
            }
            _ => debug!(host, "what a client sent was refused: {error}"),
        }
    }

    fn keep(&self, host: &Host, key: usize, head: Head, payload: Bytes, stall: Stall) {
        self.link(key, |link| link.keep(head, payload, stall));
        if stall == Stall::Memory {
            self.retry_later(host);
        }
    }

    /// The peer ended the conversation, or broke the protocol.
    fn ended(&self, host: &Host, key: usize, session: Option<Session>, why: &str, fault: bool) {
        let peer = self.link(key, |link| link.peer);
        if let Some(peer) = peer {
            if fault {
                warn!(host, "the connection with {peer} ended: {why}");
            } else {
                debug!(host, "the connection with {peer} ended: {why}");
            }
        }
        self.destroy(host, session);
    }

    /// Ends a link: its session at once, its connection when the close frame has gone.
    pub(crate) fn end(&self, host: &Host, key: usize, code: CloseCode, reason: &str) {
        let session = self.link(key, |link| link.end(code, reason, self.config.handshake)).flatten();
        self.destroy(host, session);
        self.settle(host, key);
    }

    fn destroy(&self, host: &Host, session: Option<Session>) {
        if let Some(session) = session
            && let Err(error) = host.session().destroy(session)
        {
            debug!(host, "the session was gone already: {error}");
        }
    }
}
