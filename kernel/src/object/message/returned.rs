//! What other threads gave back of messages of the kernel's domain, until the kernel thread takes it.

use pintle_abi_core::status;

use crate::base::answer::Answer;
use crate::base::domain::KERNEL;
use crate::base::lock::{Locked, RETURNS};
use crate::base::slab::NIL;
use crate::base::sync::Cell;
use crate::object::instance::Instance;
use crate::object::message::{Held, Messages};

/// What other threads gave back of one message; under the lock.
pub(crate) struct Returned {
    next: Cell<u32>,
    /// Of the slot, when a reference was given back last.
    life: Cell<u32>,
    is_listed: Cell<bool>,
    /// An instance may have given back a reference of that life which the kernel thread has not taken.
    has_counts: Cell<bool>,
    /// Its last reference went on another thread: the slot waits to be freed by the kernel thread.
    is_ended: Cell<bool>,
}

impl Messages {
    /// Puts a message into the list of returns.
    fn note_return(&self, locked: &Locked<'_>, index: u32) {
        let entry = self.returned(index);
        if !entry.is_listed.replace(true) {
            entry.next.set(self.returned_first.replace(index));
        }
        locked.tell(RETURNS);
    }

    /// Whether references were given back of a life of the slot that is over, and may be counted still.
    pub(crate) fn has_stale_counts(&self, _locked: &Locked<'_>, index: u32, life: u32) -> bool {
        let entry = self.returned(index);
        entry.has_counts.get() && entry.life.get() != life
    }

    /// Forgets what an instance gave back in a life that is over.
    pub(crate) fn forget_stale_count(&self, _locked: &Locked<'_>, instance: u32, index: u32) {
        self.returned_held(instance, index).set(0);
    }

    /// Gives back a reference to a message of the kernel's domain, from another thread. Takes effect in a turn.
    ///
    /// `life` is that of the caller's handle. The slot's own may be a later one: the kernel thread ends messages of its
    /// domain, and begins others in their slots, without the lock. No references of another life are counted.
    pub(crate) fn give_back(
        &self,
        locked: &Locked<'_>,
        instance: &Instance,
        index: u32,
        life: u32,
    ) -> Answer {
        let count = self.returned_held(instance.index(), index);
        if count.get() == Held::MAX {
            return Err(status::E_STATE);
        }
        let entry = self.returned(index);
        entry.life.set(life);
        entry.has_counts.set(true);
        count.set(count.get() + 1);
        self.note_return(locked, index);
        Ok(())
    }

    /// A message of the kernel thread's own pools has ended on another thread: its slot is free in a turn.
    pub(crate) fn end_elsewhere(&self, locked: &Locked<'_>, index: u32) {
        self.returned(index).is_ended.set(true);
        self.note_return(locked, index);
    }

    /// Takes the list of returns: its first message, or `NIL`.
    pub(crate) fn take_returns(&self, locked: &Locked<'_>) -> u32 {
        locked.note(RETURNS, false);
        self.returned_first.replace(NIL)
    }

    /// Takes a message out of the list that was taken: the next one, or `NIL`, and the life in which it was given back; none if
    /// it has ended, and is to be freed.
    pub(crate) fn take_returned(&self, _locked: &Locked<'_>, index: u32) -> (u32, Option<u32>) {
        let entry = self.returned(index);
        entry.is_listed.set(false);
        let is_ended = entry.is_ended.replace(false);
        (entry.next.get(), (!is_ended).then(|| entry.life.get()))
    }

    /// Takes the references of an instance that were given back in a life. If others are counted by now, their life has listed
    /// the message anew.
    pub(crate) fn take_returned_of(
        &self,
        _locked: &Locked<'_>,
        instance: u32,
        index: u32,
        life: u32,
    ) -> Held {
        let entry = self.returned(index);
        if instance + 1 == self.instances && !entry.is_listed.get() {
            entry.has_counts.set(false);
        }
        if entry.life.get() == life { self.returned_held(instance, index).replace(0) } else { 0 }
    }

    /// Whether a message of the kernel's domain lives that life still.
    pub(crate) fn lives_still(&self, index: u32, life: u32) -> bool {
        let slot = self.slab.slot(index);
        slot.is_live() && slot.life() == life && self.at(index).domain() == KERNEL
    }

    /// Frees a message that has ended on another thread.
    pub(crate) fn free_returned(&self, index: u32) {
        self.at(index).set_domain(KERNEL);
        self.free(index);
    }

    fn returned_held(&self, instance: u32, index: u32) -> &Cell<Held> {
        // SAFETY: as in `held`.
        unsafe { self.returned_held.get(index * self.instances + instance) }
    }

    fn returned(&self, index: u32) -> &Returned {
        // SAFETY: as in `held`.
        unsafe { self.returned.get(index) }
    }
}
