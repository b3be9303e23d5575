//! What the application takes in: its inbox, and the sessions that it has paused.

use pintle_abi_core as abi;
use pintle_abi_core::status;

use crate::base::answer::Answer;
use crate::base::cell::Counter;
use crate::base::region::Slice;
use crate::base::ring::Ring;
use crate::base::sync::Cell;
use crate::object::session::{MESSAGE_REFUSED, PAUSED, Sessions};

/// A message in the application's inbox.
#[derive(Clone, Copy)]
pub(crate) struct Waiting {
    pub(crate) session: abi::Session,
    pub(crate) channel: u32,
    pub(crate) message: u32,
}

/// The application's inbox. Its messages are pinned.
pub(super) struct Inbox {
    messages: Ring<Waiting>,
    exists: bool,
    /// Sessions whose owner was refused a message and may try again once there is room; not those that are paused.
    refused: Counter,
    /// There is room since then: those owners are to hear so in the next turn.
    has_room: Cell<bool>,
}

impl Inbox {
    pub(super) fn new(slots: Slice<Cell<Waiting>>) -> Self {
        let exists = slots.length() > 0;
        Self { messages: Ring::new(slots), exists, refused: Counter::new(0), has_room: Cell::new(false) }
    }

    pub(super) fn has_room(&self) -> bool {
        self.has_room.get()
    }

    /// One owner less waits for room.
    fn forget_refused(&self) {
        self.refused.sub(1);
        if self.refused.get() == 0 {
            self.has_room.set(false);
        }
    }
}

impl Sessions {
    #[inline(always)]
    pub(crate) fn has_inbox(&self) -> bool {
        self.inbox.exists
    }

    /// Whether a message may come in on a session. If not, its owner hears of it when one may.
    #[inline(always)]
    pub(crate) fn admit_message(&self, index: u32, to_inbox: bool) -> Answer {
        if to_inbox && self.inbox.messages.is_full() || self.at(index).has(PAUSED) {
            return self.refuse_message(index);
        }
        Ok(())
    }

    /// Puts a message that came in on a session into the inbox.
    pub(crate) fn put(&self, index: u32, waiting: Waiting) -> Answer {
        if self.inbox.messages.push(waiting) { Ok(()) } else { self.refuse_message(index) }
    }

    fn refuse_message(&self, index: u32) -> Answer {
        let session = self.at(index);
        if !session.has(MESSAGE_REFUSED) {
            session.set(MESSAGE_REFUSED);
            if !session.has(PAUSED) {
                self.inbox.refused.add(1);
            }
        }
        Err(status::E_AGAIN)
    }

    /// Whether the owner of a session waits for room.
    fn waits_for_room(&self, index: u32) -> bool {
        let session = self.at(index);
        session.has(MESSAGE_REFUSED) && !session.has(PAUSED)
    }

    /// The owner of a session does not wait for room any more.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn forget_refused(&self, index: u32) {
        if self.waits_for_room(index) {
            self.inbox.forget_refused();
        }
    }

    /// Takes the oldest message out of the inbox.
    pub(crate) fn fetch(&self) -> Option<Waiting> {
        let waiting = self.inbox.messages.pop()?;
        self.note_room();
        Some(waiting)
    }

    /// The inbox has room, or is no longer in the way.
    pub(crate) fn note_room(&self) {
        if self.inbox.refused.get() > 0 {
            self.inbox.has_room.set(true);
        }
    }

    /// Whether there is room since somebody was refused. Then each owner with [`take_message_refused`](Self::take_message_refused)
    /// is to hear of it.
    pub(crate) fn take_room(&self) -> bool {
        self.inbox.has_room.replace(false)
    }

    /// Whether the owner was refused a message, and may try again.
    pub(crate) fn take_message_refused(&self, index: u32) -> bool {
        let waits = self.waits_for_room(index);
        if waits {
            self.at(index).clear(MESSAGE_REFUSED);
            self.inbox.forget_refused();
        }
        waits
    }

    /// The application takes nothing from a session for now.
    pub(crate) fn pause(&self, index: u32) {
        self.forget_refused(index);
        self.at(index).set(PAUSED);
    }

    /// The application takes from a session again; whether its owner is to hear of it.
    pub(crate) fn unpause(&self, index: u32) -> bool {
        let session = self.at(index);
        let is_awaited = session.clear(PAUSED) && session.has(MESSAGE_REFUSED);
        if is_awaited {
            self.inbox.refused.add(1);
            self.inbox.has_room.set(true);
        }
        is_awaited
    }
}
