//! Which message travels when a service answers: the payload of its request, or one that it hands over.

use pintle_abi_core as abi;

use crate::base::answer::Answer;
use crate::base::domain::KERNEL;
use crate::dispatch::caller::Caller;
use crate::kernel::Kernel;
use crate::object::message::Access;
use crate::object::request::State;

impl Kernel {
    /// The pinned message that travels as a result on the kernel thread: the payload of the request itself, or what the
    /// caller hands over.
    pub(crate) fn take_result(&self, caller: &Caller<'_>, request_index: u32, message: u32) -> Answer<u32> {
        let request = self.requests.at(request_index);
        if self.messages.holds(caller.instance, message) || request.payload() != message {
            return self.hand_over(caller, message, KERNEL);
        }
        if request.state() == State::Arriving {
            // The payload stays with the request, because `slow_request` is shown it later.
            let copy = self.messages.copy(message, KERNEL, 0)?;
            self.messages.at(copy).seal();
            return Ok(copy);
        }
        request.take_payload();
        Ok(message)
    }

    /// Spends what [`take_result`](Self::take_result) would have taken.
    /// `life` is that of the request when it gave the message.
    pub(crate) fn spend_result(
        &self,
        caller: &Caller<'_>,
        request_index: u32,
        life: u32,
        message: abi::Message,
    ) {
        let Ok(index) = self.messages.find(message) else {
            return;
        };
        let request = self.requests.at(request_index);
        if self.messages.holds(caller.instance, index) {
            let _ = self.spend(caller.instance, Access::Kernel, index);
        } else if request.life() == life && request.payload() == index && request.state() != State::Arriving {
            request.take_payload();
            self.unpin(Access::Kernel, index);
        }
    }
}
