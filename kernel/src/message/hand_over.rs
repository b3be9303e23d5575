//! Hand-over: a message leaves its domain for another.
//!
//! It moves if only the caller has it; else a copy travels. The bytes are copied without the lock, so a hand-over has three
//! steps: begin, copy, and finish or give up.

use pintle_abi_core::status;

use super::Access;
use crate::guard::{Answer, Caller, Domain};
use crate::kernel::Kernel;
use crate::slab::NIL;

/// A hand-over that was begun.
#[derive(Clone, Copy)]
pub(crate) struct HandOver {
    message: u32,
    /// The copy that travels in its place, pinned like the message itself meanwhile; `NIL` if the message moves.
    copy: u32,
}

impl HandOver {
    /// Whether a copy is to be made.
    pub(crate) fn is_copy(self) -> bool {
        self.copy != NIL
    }

    /// The message that travels.
    pub(crate) fn traveller(self) -> u32 {
        if self.is_copy() { self.copy } else { self.message }
    }
}

impl Kernel {
    /// Begins to hand over one reference of the caller to a message of its domain.
    ///
    /// # Errors
    /// `E_STATE`: it holds none. `E_CAPACITY`: no message is free for the copy.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn begin_hand_over(
        &self,
        caller: &Caller<'_>,
        _access: Access<'_, '_>,
        index: u32,
    ) -> Answer<HandOver> {
        if !self.messages.holds(caller.record, index) {
            return Err(status::E_STATE);
        }
        let body = self.messages.at(index);
        if body.references.get() == 1 && body.pins.get() == 0 {
            return Ok(HandOver { message: index, copy: NIL });
        }
        let copy = self.messages.begin_copy(index, caller.domain, 0)?;
        body.pin();
        Ok(HandOver { message: index, copy })
    }

    /// Copies the bytes, if there is a copy. The lock is not held.
    pub(crate) fn copy_hand_over(&self, hand_over: HandOver) {
        if hand_over.is_copy() {
            self.messages.copy_payload(hand_over.message, hand_over.copy);
        }
    }

    /// Spends the caller's reference and seals: from now on `target` alone may touch what travels. To spend may free the
    /// message: with [`Access::Kernel`] the lock is not held then.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn finish_hand_over(
        &self,
        caller: &Caller<'_>,
        access: Access<'_, '_>,
        hand_over: HandOver,
        target: Domain,
    ) {
        if hand_over.is_copy() {
            self.finish_copy(hand_over, target);
            self.spend_copied(caller, access, hand_over);
            return;
        }
        let body = self.messages.at(hand_over.message);
        self.messages.held(caller.record, hand_over.message).set(0);
        body.references.set(0);
        self.unlink_acquired(hand_over.message);
        body.pins.set(1);
        body.seal();
        body.set_domain(target);
    }

    /// The half of [`finish_hand_over`](Self::finish_hand_over) that is about a copy.
    pub(crate) fn finish_copy(&self, hand_over: HandOver, target: Domain) {
        let copy = self.messages.at(hand_over.copy);
        copy.seal();
        copy.set_domain(target);
    }

    /// The half of [`finish_hand_over`](Self::finish_hand_over) that is about what was copied.
    pub(crate) fn spend_copied(&self, caller: &Caller<'_>, access: Access<'_, '_>, hand_over: HandOver) {
        self.messages.at(hand_over.message).seal();
        let _ = self.spend(caller.record, access, hand_over.message);
        self.unpin(access, hand_over.message);
    }

    /// Leaves everything as it was before the hand-over began.
    #[cold]
    pub(crate) fn give_up_hand_over(&self, access: Access<'_, '_>, hand_over: HandOver) {
        if hand_over.is_copy() {
            self.unpin(access, hand_over.copy);
            self.unpin(access, hand_over.message);
        }
    }

    /// Hands over within the kernel's domain.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn hand_over(&self, caller: &Caller<'_>, index: u32, target: Domain) -> Answer<u32> {
        let hand_over = self.begin_hand_over(caller, Access::Kernel, index)?;
        self.copy_hand_over(hand_over);
        self.finish_hand_over(caller, Access::Kernel, hand_over, target);
        Ok(hand_over.traveller())
    }
}
