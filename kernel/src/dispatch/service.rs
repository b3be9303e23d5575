//! Services: who offers which, and the `service` table.

use pintle_abi_core as abi;

use crate::base::answer::Answer;
use crate::base::domain::KERNEL;
use crate::base::slab::NIL;
use crate::dispatch::caller::Caller;
use crate::kernel::Kernel;
use crate::object::message::Access;
use crate::object::request::State;

impl Kernel {
    /// The pinned message that travels as a result on the kernel thread: the payload of the request itself, or what the
    /// caller hands over.
    pub(crate) fn take_result(&self, caller: &Caller<'_>, request: u32, message: u32) -> Answer<u32> {
        let ask = self.requests.at(request);
        if self.messages.holds(caller.record, message) || ask.message.get() != message {
            return self.hand_over(caller, message, KERNEL);
        }
        if ask.state() == State::Arriving {
            // `slow_request` is still to see it.
            let copy = self.messages.copy(message, KERNEL, 0)?;
            self.messages.at(copy).seal();
            return Ok(copy);
        }
        ask.message.set(NIL);
        Ok(message)
    }

    /// Spends what [`take_result`](Self::take_result) would have taken.
    /// `life` is that of the request when it gave the message.
    pub(crate) fn spend_result(&self, caller: &Caller<'_>, request: u32, life: u32, message: abi::Message) {
        let Ok(index) = self.messages.find(message) else {
            return;
        };
        let ask = self.requests.at(request);
        if self.messages.holds(caller.record, index) {
            let _ = self.spend(caller.record, Access::Kernel, index);
        } else if ask.life() == life && ask.message.get() == index && ask.state() != State::Arriving {
            ask.message.set(NIL);
            self.unpin(Access::Kernel, index);
        }
    }
}
