//! Messages that wait for the application, by session.

use std::collections::VecDeque;

use pintle_abi_core::{Message, MessageInfo, Session, TRAFFIC_MESSAGE, status};
use pintle_kernel::Inbound;

use super::hash::HashMap;
use super::room::{Class, Stock};
use super::{Mailbox, News};
use crate::application::Answer;
use crate::calls::Calls;

/// The number of sessions that have ended and are kept until their messages are fetched. The oldest is dropped when there are
/// more of them, or when they have more than half of the messages that may wait in all, because the program may never fetch
/// them.
const ENDED_MAX: usize = 16;

/// A message that waits.
pub(super) struct Kept {
    channel: u32,
    message: Message,
    class: Class,
}

/// What waits on one session.
pub(super) struct Queue {
    /// The application created the session, so the messages are those that are sent to its peer.
    own: bool,
    waiting: VecDeque<Kept>,
    /// The queue is full, and the sender waits.
    full: bool,
    /// How much of the session is full: this queue, those of its requests, and the room that it shares with all that
    /// comes from peers. While anything is, it rests.
    resting: usize,
    ended: bool,
}

impl Queue {
    fn new(own: bool) -> Self {
        Self { own, waiting: VecDeque::new(), full: false, resting: 0, ended: false }
    }
}

impl Mailbox {
    /// Notes a session of a plugin that began: for
    /// [`Application::session_created`](crate::Application::session_created).
    pub fn begin(&self, calls: &Calls<'_>, session: Session) {
        self.open(calls, &mut self.sessions.borrow_mut(), session, false);
    }

    /// Notes a session that the application created.
    pub fn begin_own(&self, calls: &Calls<'_>, session: Session) {
        // Callbacks of others ran before the application had the handle, and may have ended the session.
        if calls.client_id(session).is_ok() {
            self.open(calls, &mut self.sessions.borrow_mut(), session, true);
        }
    }

    /// The queue of a session. It is new if there was no message for the session before; it is then paused if the others are.
    fn open<'q>(
        &self,
        calls: &Calls<'_>,
        sessions: &'q mut HashMap<Session, Queue>,
        session: Session,
        own: bool,
    ) -> &'q mut Queue {
        sessions.entry(session).or_insert_with(|| {
            let mut queue = Queue::new(own);
            if !own && self.room.is_full() {
                queue.resting = 1;
                // Only a session that has ended refuses, and nothing comes in on it any more.
                let _ = calls.pause(session, true);
            }
            queue
        })
    }

    /// The sessions that have not ended, in no order.
    #[must_use]
    pub fn sessions(&self) -> Vec<Session> {
        let sessions = self.sessions.borrow();
        sessions.iter().filter(|(_, queue)| !queue.ended).map(|(session, _)| *session).collect()
    }

    /// Whether a session has not ended.
    #[must_use]
    pub fn is_live(&self, session: Session) -> bool {
        self.sessions.borrow().get(&session).is_some_and(|queue| !queue.ended)
    }

    /// Whether the application created this session.
    #[must_use]
    pub fn is_own(&self, session: Session) -> bool {
        self.sessions.borrow().get(&session).is_some_and(|queue| queue.own)
    }

    /// How many messages wait on a session.
    #[must_use]
    pub fn waiting(&self, session: Session) -> usize {
        self.sessions.borrow().get(&session).map_or(0, |queue| queue.waiting.len())
    }

    /// Keeps a message that came in: for [`Application::message_in`](crate::Application::message_in).
    ///
    /// Messages that the application hands in on its own session are not kept, because that queue is for messages to the peer.
    /// Requests are not kept either: they go on to their services.
    ///
    /// # Errors
    /// `E_CAPACITY`: the message has too many references.
    pub fn keep_incoming(&self, calls: &Calls<'_>, info: &MessageInfo) -> Answer {
        if info.kind != TRAFFIC_MESSAGE || self.is_own(info.session) {
            return Ok(());
        }
        self.keep(calls, info.session, false, info.channel, info.message)
    }

    /// Keeps a message for the peer of a session of the application's own: for
    /// [`Application::session_send`](crate::Application::session_send).
    ///
    /// # Errors
    /// `E_CAPACITY`: the message has too many references.
    pub fn keep_outgoing(
        &self,
        calls: &Calls<'_>,
        session: Session,
        channel: u32,
        message: Message,
    ) -> Answer {
        self.keep(calls, session, true, channel, message)
    }

    fn keep(&self, calls: &Calls<'_>, session: Session, own: bool, channel: u32, message: Message) -> Answer {
        let class = Class::of(calls, message);
        let (was_empty, fills) = {
            let mut sessions = self.sessions.borrow_mut();
            let queue = self.open(calls, &mut sessions, session, own);
            if own && queue.full && queue.waiting.len() >= self.capacity {
                // The application let the session go on before there was room. The answer suspends it again.
                return Err(status::E_AGAIN);
            }
            calls.retain(message).map_err(|error| error.code)?;
            let was_empty = queue.waiting.is_empty();
            queue.waiting.push_back(Kept { channel, message, class });
            let fills = !queue.full && queue.waiting.len() >= self.capacity;
            queue.full |= fills;
            (was_empty, fills)
        };
        if was_empty {
            self.tell(News::Session(session));
        }
        if fills {
            self.rest(calls, session);
        }
        if !own && self.room.take(calls, class) {
            self.each_peer(|session| self.rest(calls, session));
        }
        Ok(())
    }

    /// Does something with every live session of a plugin.
    fn each_peer(&self, work: impl Fn(Session)) {
        let sessions = self.sessions.borrow();
        let peers = sessions.iter().filter(|(_, queue)| !queue.own && !queue.ended);
        let peers: Vec<_> = peers.map(|(session, _)| *session).collect();
        drop(sessions);
        peers.into_iter().for_each(work);
    }

    /// A message of a plugin's peer waits no longer: all such peers may go on if there is room by that.
    fn give_room(&self, calls: &Calls<'_>, class: Class) {
        if self.room.give_back(calls, class) {
            self.each_peer(|session| self.go_on(calls, session));
        }
    }

    /// Resumes a session that was paused because its queue was full, if the queue is about to be half empty. This may run
    /// callbacks, so a caller that must handle their errors calls it before it takes a message.
    pub fn make_room(&self, calls: &Calls<'_>, session: Session) {
        let has_room = {
            let mut sessions = self.sessions.borrow_mut();
            let Some(queue) = sessions.get_mut(&session) else { return };
            let has_room = queue.full && queue.waiting.len() <= self.capacity / 2 + 1;
            queue.full &= !has_room;
            has_room
        };
        if has_room {
            self.go_on(calls, session);
        }
    }

    /// Takes the oldest message that waits on a session. It carries a reference that is plugin zero's to release.
    ///
    /// [Makes room](Self::make_room) first.
    pub fn take(&self, calls: &Calls<'_>, session: Session) -> Option<Inbound> {
        self.make_room(calls, session);
        let (kept, own) = {
            let mut sessions = self.sessions.borrow_mut();
            let queue = sessions.get_mut(&session)?;
            let (taken, own) = (queue.waiting.pop_front(), queue.own);
            if queue.ended && queue.waiting.is_empty() {
                sessions.remove(&session);
                self.ended.borrow_mut().retain(|other| *other != session);
            }
            (taken?, own)
        };
        if !own {
            self.give_room(calls, kept.class);
        }
        Some(Inbound { session, channel: kept.channel, message: kept.message })
    }

    /// Notes that a session has ended: for
    /// [`Application::session_destroyed`](crate::Application::session_destroyed). Its requests are over; messages that
    /// wait can still be taken.
    pub fn end(&self, calls: &Calls<'_>, session: Session) {
        self.end_requests(session, status::E_CANCELLED);
        let waits = {
            let mut sessions = self.sessions.borrow_mut();
            let Some(queue) = sessions.get_mut(&session) else { return };
            queue.ended = true;
            let waits = !queue.waiting.is_empty();
            if !waits {
                sessions.remove(&session);
            }
            waits
        };
        self.tell(News::Session(session));
        if !waits {
            return;
        }
        self.ended.borrow_mut().push_back(session);
        while let Some(oldest) = self.surplus(calls) {
            let forgotten = self.sessions.borrow_mut().remove(&oldest);
            let Some(queue) = forgotten else { continue };
            for kept in queue.waiting {
                // The release fails only if the message is released already.
                let _ = calls.release(kept.message);
                if !queue.own {
                    self.give_room(calls, kept.class);
                }
            }
        }
    }

    /// The oldest of the sessions that have ended, if more is kept of them than may be.
    fn surplus(&self, calls: &Calls<'_>) -> Option<Session> {
        let (mut ended, sessions) = (self.ended.borrow_mut(), self.sessions.borrow());
        let mut stock = Stock::default();
        for kept in ended.iter().filter_map(|session| sessions.get(session)).flat_map(|queue| &queue.waiting)
        {
            stock.add(kept.class);
        }
        let fits = ended.len() <= ENDED_MAX && stock.is_half_empty(calls);
        if fits { None } else { ended.pop_front() }
    }

    /// Pauses the session, so that its senders have to wait.
    pub(super) fn rest(&self, calls: &Calls<'_>, session: Session) {
        let own = {
            let mut sessions = self.sessions.borrow_mut();
            let Some(queue) = sessions.get_mut(&session) else { return };
            queue.resting += 1;
            if queue.resting > 1 {
                return;
            }
            queue.own
        };
        // Only a session that has ended refuses, and nothing fills its queues any more.
        let _ = if own { calls.suspend(session) } else { calls.pause(session, true) };
    }

    /// Undoes one [`rest`](Self::rest).
    pub(super) fn go_on(&self, calls: &Calls<'_>, session: Session) {
        let own = {
            let mut sessions = self.sessions.borrow_mut();
            let Some(queue) = sessions.get_mut(&session) else { return };
            queue.resting -= 1;
            if queue.resting > 0 || queue.ended {
                return;
            }
            queue.own
        };
        // As above.
        let _ = if own { calls.resume(session) } else { calls.pause(session, false) };
    }
}
