//! A connection with the host's objects for it: its session, its watch, and what waits for it.

use std::{
    net::SocketAddr,
    os::fd::AsRawFd,
    time::{Duration, Instant},
};

use pintle_sdk::{Readiness, Session, Socket, Watch};
use tungstenite::{Bytes, protocol::frame::coding::CloseCode};

use crate::{
    config::Config,
    connection::{Connection, Step},
    frame::Head,
    ping::{Due, Pings},
};

/// One connection, as the transport keeps it.
pub struct Link {
    /// The socket at which it began.
    pub socket: Socket,
    /// The other end.
    pub peer: SocketAddr,
    /// The socket is attached to for the sake of this connection alone.
    pub attached: bool,
    /// The session, while there is one.
    pub session: Option<Session>,
    /// The watch over the fd.
    pub watch: Option<Watch>,
    /// The conditions that the watch is for.
    pub interest: Readiness,
    /// A call further up the stack is working on it.
    pub busy: bool,
    /// Work on it was asked for while it was busy.
    pub again: bool,
    /// Whether the host refused a frame that is kept.
    pub stall: Stall,
    /// How often it had no memory for that frame.
    pub tries: u32,
    connection: Connection,
    kept: Option<(Head, Bytes)>,
    owing: bool,
    /// The connection may hold bytes that its fd does not show.
    unread: bool,
    deadline: Option<Instant>,
    pings: Pings,
}

/// The condition on which a frame that the host refused is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stall {
    /// Nothing: no frame was refused, or it can be tried again.
    None,
    /// A place in a queue is free: the host calls back.
    Queue,
    /// A message or request is free: there is no callback for that.
    Memory,
}

/// The next step for a link, which takes a call to the host.
#[derive(Debug)]
pub enum Act {
    /// The opening handshake is complete: a session is to be created.
    Open,
    /// A frame came for the session.
    Deliver(Session, Head, Bytes),
    /// The session can send again.
    Resume(Session),
    /// The conversation is over.
    End {
        /// The session to destroy.
        session: Option<Session>,
        /// A sentence.
        why: String,
        /// The peer broke the protocol.
        fault: bool,
    },
    /// Nothing for the host; there may be more.
    Next,
    /// Nothing to do before something happens.
    Rest,
}

/// The result of sending a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It was sent or queued.
    Yes,
    /// It was queued, and too much waits: the session must be suspended.
    Full,
    /// The connection is not open.
    Closed,
}

impl Link {
    /// A link whose opening handshake begins.
    pub fn new(socket: Socket, peer: SocketAddr, connection: Connection, config: &Config) -> Self {
        let now = Instant::now();
        Self {
            socket,
            peer,
            attached: false,
            session: None,
            watch: None,
            interest: Readiness::NONE,
            busy: false,
            again: false,
            stall: Stall::None,
            tries: 0,
            connection,
            kept: None,
            owing: false,
            unread: false,
            deadline: Some(now + config.handshake),
            pings: Pings::new(now),
        }
    }

    /// The fd to watch.
    pub fn fd(&self) -> isize {
        self.connection.tcp().as_raw_fd() as isize
    }

    /// Whether nothing is left of the connection.
    pub fn is_closed(&self) -> bool {
        self.connection.is_closed()
    }

    /// Begins a round of work; small frames that are sent in it travel together. `false`: one is running already, and
    /// will be followed by another.
    pub fn enter(&mut self) -> bool {
        if self.busy {
            self.again = true;
            return false;
        }
        self.busy = true;
        self.connection.drain();
        self.connection.cork(true);
        true
    }

    /// Ends a round of work.
    pub fn leave(&mut self) {
        self.busy = false;
        self.connection.cork(false);
        if self.again {
            self.again = false;
            self.unread = true;
            self.stall = Stall::None;
        }
    }

    /// Whether there is work that does not show in the readiness of an fd.
    pub fn wants_round(&self, config: &Config) -> bool {
        self.can_resume(config) || self.unread && self.is_read(config)
    }

    /// Chooses what to do next. What can be sent comes first, then what was kept, then what the peer sent.
    pub fn act(&mut self, config: &Config) -> Act {
        if let Some(session) = self.session.filter(|_| self.can_resume(config)) {
            self.owing = false;
            return Act::Resume(session);
        }
        if !self.is_read(config) {
            return Act::Rest;
        }
        if let Some((session, (head, payload))) = self.session.zip(self.kept.take()) {
            return Act::Deliver(session, head, payload);
        }
        self.tries = 0;
        let step = self.connection.step();
        self.unread = !matches!(step, Step::Wait | Step::Closed);
        match step {
            Step::Opened => Act::Open,
            Step::Frame(head, payload) => match self.session {
                Some(session) => Act::Deliver(session, head, payload),
                None => Act::Next,
            },
            Step::Pong(data) => {
                self.pings.answered(Instant::now(), &data);
                Act::Next
            }
            Step::Other => Act::Next,
            Step::Wait | Step::Closed => Act::Rest,
            Step::Ended { why, fault } => {
                let session = self.over(config.handshake);
                Act::End { session, why, fault }
            }
        }
    }

    /// Keeps a frame that the host refuses for now; the connection is not read until it is taken.
    pub fn keep(&mut self, head: Head, payload: Bytes, stall: Stall) {
        self.stall = stall;
        self.tries += u32::from(stall == Stall::Memory);
        self.kept = Some((head, payload));
    }

    /// The opening handshake ended with this session, which may be over already.
    pub fn opened(&mut self, session: Session) -> bool {
        let open = self.connection.is_open();
        if open {
            self.session = Some(session);
            self.deadline = None;
        }
        open
    }

    /// Sends a frame.
    pub fn send(&mut self, head: Head, payload: &[u8], config: &Config) -> Sent {
        if !self.answer(head, payload) {
            return Sent::Closed;
        }
        if self.connection.queued() >= config.high_water {
            self.connection.drain();
        }
        if self.owing || self.connection.queued() < config.high_water {
            return Sent::Yes;
        }
        self.owing = true;
        Sent::Full
    }

    /// Sends an answer of the transport's own; there are at most two for each frame that is read. `false`: the
    /// connection is not open.
    pub fn answer(&mut self, head: Head, payload: &[u8]) -> bool {
        self.connection.send(head, payload).is_ok()
    }

    /// Closes the connection behind what was sent; the session to destroy, if there is one.
    pub fn end(&mut self, code: CloseCode, reason: &str, wait: Duration) -> Option<Session> {
        self.connection.close(code, reason);
        self.over(wait)
    }

    fn over(&mut self, wait: Duration) -> Option<Session> {
        self.deadline = Some(Instant::now() + wait);
        self.kept = None;
        self.stall = Stall::None;
        self.owing = false;
        self.session.take()
    }

    /// Shortens the time that is left to close.
    pub fn hurry(&mut self, wait: Duration) {
        let latest = Instant::now() + wait;
        self.deadline = Some(self.deadline.map_or(latest, |deadline| deadline.min(latest)));
    }

    /// The conditions for which the fd must be watched.
    pub fn wanted(&self, config: &Config) -> Readiness {
        if self.connection.is_connecting() {
            return Readiness::WRITABLE;
        }
        let queued = self.connection.queued();
        let write = if queued > 0 { Readiness::WRITABLE } else { Readiness::NONE };
        let read = if self.is_read(config) { Readiness::READABLE } else { Readiness::NONE };
        write | read
    }

    /// Whether the session was suspended, and can go on.
    fn can_resume(&self, config: &Config) -> bool {
        self.owing && self.connection.queued() <= config.low_water
    }

    fn is_read(&self, config: &Config) -> bool {
        self.stall == Stall::None
            && (!self.connection.is_open() || self.connection.queued() < config.high_water)
    }

    /// Whether a handshake took too long; then the connection is given up.
    pub fn expire(&mut self, now: Instant) -> bool {
        let late = self.deadline.is_some_and(|deadline| deadline <= now);
        if late {
            self.connection.abandon();
        }
        late
    }

    /// Pings the peer if it is time. `false`: it has left too many pings unanswered.
    pub fn ping(&mut self, now: Instant, config: &Config) -> bool {
        if !self.connection.is_open() {
            return true;
        }
        let heard = self.is_read(config);
        match self.pings.due(now, config.ping, heard) {
            Due::Nothing => true,
            Due::Ping(data) => self.connection.ping(&data).is_ok(),
            Due::Lost => false,
        }
    }

    /// The round-trip time: its mean and its mean deviation.
    pub fn rtt(&self) -> Option<(Duration, Duration)> {
        self.pings.estimate()
    }
}

#[cfg(test)]
mod tests;
