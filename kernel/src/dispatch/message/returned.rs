//! References that other threads gave back: counted under the lock, spent in a turn.

use pintle_abi_core::status;

use crate::base::answer::Answer;
use crate::base::domain::KERNEL;
use crate::base::lock::{Locked, RETURNS};
use crate::base::slab::NIL;
use crate::kernel::Kernel;
use crate::object::instance::Instance;
use crate::object::message::{Access, Held};

impl Kernel {
    /// Gives back a reference to a message of the kernel's domain, from another thread. Takes effect in a turn.
    ///
    /// `life` is that of the caller's handle. The slot's own may be a later one: the kernel thread ends messages of its
    /// domain, and begins others in their slots, without the lock.
    pub(crate) fn return_message(
        &self,
        locked: &Locked<'_>,
        instance: &Instance,
        index: u32,
        life: u32,
    ) -> Answer {
        let messages = &self.messages;
        if messages.returned(index).life.replace(life) != life {
            for other in 0..messages.instances {
                messages.returned_held(other, index).set(0);
            }
        }
        let count = messages.returned_held(instance.index(), index);
        if count.get() == Held::MAX {
            return Err(status::E_STATE);
        }
        count.set(count.get() + 1);
        messages.note_return(locked, index);
        locked.tell(RETURNS);
        Ok(())
    }

    /// Puts into effect what other threads gave back.
    #[cold]
    pub(crate) fn take_returns(&self) {
        let messages = &self.messages;
        let locked = self.shared.lock();
        locked.note(RETURNS, false);
        let mut index = messages.returned_first.replace(NIL);
        drop(locked);
        while index != NIL {
            let locked = self.shared.lock();
            let entry = messages.returned(index);
            let next = entry.next.get();
            entry.is_listed.set(false);
            let is_ended = entry.is_ended.replace(false);
            let life = entry.life.get();
            drop(locked);
            if is_ended {
                messages.at(index).set_domain(KERNEL);
                messages.slab.free(index, messages.pool_of(index));
            } else {
                for instance in 0..messages.instances {
                    self.spend_returned(instance, index, life);
                }
            }
            index = next;
        }
    }

    fn spend_returned(&self, instance: u32, index: u32, life: u32) {
        let locked = self.shared.lock();
        let count = self.messages.returned_held(instance, index).replace(0);
        drop(locked);
        for _ in 0..count {
            let slot = self.messages.slab.slot(index);
            if slot.is_live() && slot.life() == life && self.messages.at(index).domain() == KERNEL {
                let _ = self.spend(self.instance(instance), Access::Kernel, index);
            }
        }
    }
}
