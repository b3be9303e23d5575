//! What the application takes in: its inbox, and the sessions that it has paused.

use pintle_abi_core as abi;
use pintle_abi_core::status;

use crate::base::answer::Answer;
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
    /// Some owner was refused a message.
    has_refused: Cell<bool>,
    /// Owners that were refused are to hear in the next turn that there is room.
    has_room: Cell<bool>,
}

impl Inbox {
    pub(super) fn new(slots: Slice<Cell<Waiting>>) -> Self {
        let exists = slots.length() > 0;
        Self { messages: Ring::new(slots), exists, has_refused: Cell::new(false), has_room: Cell::new(false) }
    }

    pub(super) fn has_room(&self) -> bool {
        self.has_room.get()
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
        self.at(index).set(MESSAGE_REFUSED);
        self.inbox.has_refused.set(true);
        Err(status::E_AGAIN)
    }

    /// Takes the oldest message out of the inbox.
    pub(crate) fn fetch(&self) -> Option<Waiting> {
        let waiting = self.inbox.messages.pop()?;
        self.note_room();
        Some(waiting)
    }

    /// The inbox has room, or is no longer in the way.
    pub(crate) fn note_room(&self) {
        if self.inbox.has_refused.get() {
            self.inbox.has_room.set(true);
        }
    }

    /// Whether there is room since somebody was refused. Then each owner with [`take_message_refused`](Self::take_message_refused)
    /// is to hear of it.
    pub(crate) fn take_room(&self) -> bool {
        let has_room = self.inbox.has_room.replace(false);
        if has_room {
            self.inbox.has_refused.set(false);
        }
        has_room
    }

    /// Whether the owner was refused a message, and may try again.
    pub(crate) fn take_message_refused(&self, index: u32) -> bool {
        let session = self.at(index);
        !session.has(PAUSED) && session.clear(MESSAGE_REFUSED)
    }

    /// The application takes nothing from a session for now.
    pub(crate) fn pause(&self, index: u32) {
        self.at(index).set(PAUSED);
    }

    /// The application takes from a session again; whether its owner is to hear of it.
    pub(crate) fn unpause(&self, index: u32) -> bool {
        let session = self.at(index);
        let is_awaited = session.clear(PAUSED) && session.has(MESSAGE_REFUSED);
        if is_awaited {
            self.inbox.has_room.set(true);
        }
        is_awaited
    }
}
