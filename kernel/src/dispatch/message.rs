//! Finding messages, and the proof that a caller may touch them.

mod hand_over;
mod reference;
mod returned;

use pintle_abi_core as abi;
use pintle_abi_core::status;

use crate::base::answer::Answer;
use crate::base::domain::{Domain, KERNEL};
use crate::base::lock::Locked;
use crate::dispatch::caller::Caller;
use crate::kernel::Kernel;
use crate::object::message::Access;

impl<'k> Caller<'k> {
    /// The worker on whose thread the caller is. The search goes through all workers, so it comes before the lock is taken.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn worker(&self) -> Option<u32> {
        if self.domain == KERNEL { None } else { self.kernel.workers.find_in(self.domain) }
    }

    /// The lock, if the caller needs it to touch messages of its domain.
    pub(crate) fn lock(&self) -> Option<Locked<'k>> {
        (self.domain != KERNEL).then(|| self.kernel.shared.lock())
    }
}

/// The access that [`Caller::lock`] gives.
pub(crate) fn access<'l, 's>(locked: &'l Option<Locked<'s>>) -> Access<'l, 's> {
    locked.as_ref().map_or(Access::Kernel, Access::Locked)
}

impl Kernel {
    /// The caller holds the lock, or is in the kernel's domain.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn find_message(&self, domain: Domain, message: abi::Message) -> Answer<u32> {
        let index = self.messages.find(message)?;
        if self.messages.at(index).domain() != domain {
            return Err(status::E_WRONG_THREAD);
        }
        Ok(index)
    }
}
