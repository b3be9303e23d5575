//! Queues for an application that fetches events instead of being called: messages by session and replies by request
//! ([`Mailbox`]), or all events in the order in which they came ([`EventQueue`]).
//!
//! Both are filled by the callbacks of an [`Application`](crate::Application) and emptied by the program. All queues are
//! bounded: when one is full, the sender has to wait until it is half empty, and messages from the peers of plugins take at
//! most half of the host's messages.
//!
//! Everything here belongs to the kernel thread.

mod event_queue;
mod hash;
mod peer;
mod request;
mod room;
mod session;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use pintle_abi_core::Session;

pub use event_queue::EventQueue;
use hash::HashMap;
use request::Replies;
pub use request::Reply;
use room::Room;
use session::Queue;

/// Something that has changed since it was last looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Messages wait on a session that had none, or it has ended.
    Session(Session),
    /// Replies wait for a request that had none.
    Request(u64),
}

/// Messages and replies that wait.
pub struct Mailbox {
    capacity: usize,
    sessions: RefCell<HashMap<Session, Queue>>,
    /// Sessions that ended while messages waited, oldest first.
    ended: RefCell<VecDeque<Session>>,
    /// For what comes from the peers of plugins.
    room: Room,
    requests: RefCell<HashMap<u64, Replies>>,
    /// Room for the replies of the next request.
    spare: Cell<Option<VecDeque<Reply>>>,
    last_request: Cell<u64>,
    news: RefCell<Vec<News>>,
}

impl Mailbox {
    /// A mailbox in which at most `capacity` messages wait for each session, and as many results for each request.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            sessions: RefCell::default(),
            ended: RefCell::default(),
            room: Room::default(),
            requests: RefCell::default(),
            spare: Cell::default(),
            last_request: Cell::new(0),
            news: RefCell::default(),
        }
    }

    /// The sessions and requests that have changed since the last call.
    #[must_use]
    pub fn news(&self) -> Vec<News> {
        self.news.take()
    }

    /// Drops the list of changes, for a program that does not read it.
    pub fn drop_news(&self) {
        self.news.borrow_mut().clear();
    }

    /// Whether anything has changed.
    #[must_use]
    pub fn has_news(&self) -> bool {
        !self.news.borrow().is_empty()
    }

    fn tell(&self, news: News) {
        self.news.borrow_mut().push(news);
    }
}
