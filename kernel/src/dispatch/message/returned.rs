//! References that other threads gave back: counted under the lock, spent in a turn.

use pintle_abi_core as abi;

use crate::base::answer::Answer;
use crate::base::domain::KERNEL;
use crate::base::handle;
use crate::base::slab::NIL;
use crate::kernel::Kernel;
use crate::object::instance::Instance;
use crate::object::message::Access;

impl Kernel {
    /// Releases a reference to a message that may be in use on another thread, or of the kernel's domain from another thread.
    pub(crate) fn give_back(&self, instance: &Instance, message: abi::Message) -> Answer {
        let messages = &self.messages;
        let life = handle::life(message.bits);
        let mut others = 0..self.instances.length();
        loop {
            // The lock guards every message that is not the kernel's, whoever calls.
            let locked = self.shared.lock();
            let index = messages.find(message)?;
            if messages.at(index).domain() != KERNEL {
                return self.spend(instance, Access::Locked(&locked), index);
            }
            // Once the handle's life has begun, nothing more is counted of earlier ones: what is forgotten under one
            // hold of the lock stays so.
            if messages.has_stale_counts(&locked, index, life)
                && let Some(other) = others.next()
            {
                messages.forget_stale_count(&locked, other, index);
                continue;
            }
            return messages.give_back(&locked, instance, index, life);
        }
    }

    /// Puts into effect what other threads gave back.
    #[cold]
    pub(crate) fn take_returns(&self) {
        let messages = &self.messages;
        let mut index = messages.take_returns(&self.shared.lock());
        while index != NIL {
            let (next, life) = messages.take_returned(&self.shared.lock(), index);
            match life {
                None => messages.free_returned(index),
                Some(life) => self.spend_returned(index, life),
            }
            index = next;
        }
    }

    fn spend_returned(&self, index: u32, life: u32) {
        for instance in 0..self.instances.length() {
            let count = self.messages.take_returned_of(&self.shared.lock(), instance, index, life);
            for _ in 0..count {
                if self.messages.lives_still(index, life) {
                    let _ = self.spend(self.instance(instance), Access::Kernel, index);
                }
            }
        }
    }
}
