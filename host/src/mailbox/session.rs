//! Messages that wait for the application, by session.

use std::collections::VecDeque;

use pintle_abi_core::{Message, MessageInfo, Session, TRAFFIC_MESSAGE, status};
use pintle_kernel::Inbound;

use super::{Mailbox, News};
use crate::application::Answer;
use crate::calls::Calls;

/// Sessions that ended with messages waiting, and are kept until these are fetched. More of them push out the oldest.
const ENDED_MAX: usize = 16;

/// What waits on one session.
pub(super) struct Queue {
    /// The application created the session: what comes is what others send to its peer.
    own: bool,
    waiting: VecDeque<(u32, Message)>,
    /// Whoever fills it was told to wait.
    full: bool,
    /// How much of the session is full: this queue, and those of its requests. While anything is, it rests.
    resting: usize,
    ended: bool,
}

impl Queue {
    fn new(own: bool) -> Self {
        Self { own, waiting: VecDeque::new(), full: false, resting: 0, ended: false }
    }
}

impl Mailbox {
    /// Notes a session that began: a plugin's, or the application's `own`.
    pub fn begin(&self, session: Session, own: bool) {
        self.sessions.borrow_mut().entry(session).or_insert_with(|| Queue::new(own));
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
    /// What the application hands in on a session of its own is not kept: what waits there is what others send to its
    /// peer. Nor is a request, which goes on to its service.
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
        calls.retain(message).map_err(|error| error.code)?;
        let (was_empty, fills) = {
            let mut sessions = self.sessions.borrow_mut();
            let queue = sessions.entry(session).or_insert_with(|| Queue::new(own));
            let was_empty = queue.waiting.is_empty();
            queue.waiting.push_back((channel, message));
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
        Ok(())
    }

    /// Lets a session that rested because its queue was full go on, if that is about to be half empty. This may run
    /// callbacks: whoever has to do with what they left behind calls it by itself, before anything is taken.
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
        let mut sessions = self.sessions.borrow_mut();
        let queue = sessions.get_mut(&session)?;
        let taken = queue.waiting.pop_front();
        if queue.ended && queue.waiting.is_empty() {
            sessions.remove(&session);
            self.ended.borrow_mut().retain(|other| *other != session);
        }
        taken.map(|(channel, message)| Inbound { session, channel, message })
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
        let oldest = {
            let mut ended = self.ended.borrow_mut();
            ended.push_back(session);
            if ended.len() > ENDED_MAX { ended.pop_front() } else { None }
        };
        let forgotten = oldest.and_then(|session| self.sessions.borrow_mut().remove(&session));
        for (_, message) in forgotten.into_iter().flat_map(|queue| queue.waiting) {
            // It can only be gone already.
            let _ = calls.release(message);
        }
    }

    /// Lets whoever fills the session's queues wait.
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
