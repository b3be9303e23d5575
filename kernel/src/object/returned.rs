//! What other threads gave back of one message.

use crate::base::lock::Locked;
use crate::base::sync::Cell;
use crate::object::message::Messages;

/// What other threads gave back of one message; under the lock.
#[derive(Default)]
pub(crate) struct Returned {
    pub(crate) next: Cell<u32>,
    /// Of the slot, when a reference was given back last.
    pub(crate) life: Cell<u32>,
    pub(crate) is_listed: Cell<bool>,
    /// Its last reference went on another thread: the slot waits to be freed by the kernel thread.
    pub(crate) is_ended: Cell<bool>,
}

impl Messages {
    /// Puts a message into the list of returns.
    pub(crate) fn note_return(&self, _locked: &Locked<'_>, index: u32) {
        let entry = self.returned(index);
        if !entry.is_listed.replace(true) {
            entry.next.set(self.returned_first.replace(index));
        }
    }
}
