//! References that other threads gave back: counted under the lock, spent in a turn.

use crate::base::slab::NIL;
use crate::kernel::Kernel;
use crate::object::message::Access;

impl Kernel {
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
            let count = self.messages.take_returned_of(&self.shared.lock(), instance, index);
            for _ in 0..count {
                if self.messages.lives_still(index, life) {
                    let _ = self.spend(self.instance(instance), Access::Kernel, index);
                }
            }
        }
    }
}
