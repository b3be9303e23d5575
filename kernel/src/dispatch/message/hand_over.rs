//! Hand-over: a message leaves its domain for another.
//!
//! It moves if only the caller has it; else a copy travels, whose bytes are copied without the lock.

use crate::base::answer::Answer;
use crate::base::domain::Domain;
use crate::base::lock::Locked;
use crate::dispatch::caller::Caller;
use crate::kernel::Kernel;
use crate::object::message::Access;

impl Kernel {
    /// Hands over one reference of the caller to a message of its domain within the kernel's.
    ///
    /// # Errors
    /// `E_STATE`: it holds none. `E_CAPACITY`: no message is free for the copy. Nothing was changed then.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn hand_over(&self, caller: &Caller<'_>, index: u32, target: Domain) -> Answer<u32> {
        if self.messages.is_only_of(caller.instance, index)? {
            self.move_over(caller, index, target);
            return Ok(index);
        }
        let copy = self.messages.begin_copy(index, caller.domain, 0)?;
        self.messages.copy_payload(index, copy);
        self.finish_copy(caller, Access::Kernel, index, copy, target);
        Ok(copy)
    }

    /// As [`hand_over`](Self::hand_over), from any domain. The lock is left while bytes are copied; `may` tells whether what
    /// the message is handed over for can still happen.
    ///
    /// # Errors
    /// Also what `may` refuses with.
    pub(crate) fn hand_over_locked(
        &self,
        caller: &Caller<'_>,
        locked: &mut Locked<'_>,
        index: u32,
        target: Domain,
        may: &dyn Fn(&Locked<'_>) -> Answer,
    ) -> Answer<u32> {
        if self.messages.is_only_of(caller.instance, index)? {
            self.move_over(caller, index, target);
            return Ok(index);
        }
        let copy = self.messages.begin_copy(index, caller.domain, 0)?;
        self.messages.at(index).pin();
        locked.leave(|| self.messages.copy_payload(index, copy));
        let answer = may(locked);
        match answer {
            Ok(()) => self.finish_copy(caller, Access::Locked(locked), index, copy, target),
            Err(_) => self.unpin(Access::Locked(locked), copy),
        }
        self.unpin(Access::Locked(locked), index);
        answer.map(|()| copy)
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn move_over(&self, caller: &Caller<'_>, index: u32, target: Domain) {
        self.messages.unlink(&self.frames, &self.workers, index);
        self.messages.send_off(caller.instance, index, target);
    }

    /// The copy travels, and the caller's reference to the message is spent.
    fn finish_copy(
        &self,
        caller: &Caller<'_>,
        access: Access<'_, '_>,
        message: u32,
        copy: u32,
        target: Domain,
    ) {
        self.messages.at(message).seal();
        self.messages.at(copy).seal();
        self.messages.at(copy).set_domain(target);
        let _ = self.spend(caller.instance, access, message);
    }
}
