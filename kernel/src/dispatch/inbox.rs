//! Messages on their way to the application: on loan while they pass the filters, and in its inbox.

use pintle_abi_core as abi;
use pintle_abi_core::status;

use crate::base::answer::Answer;
use crate::kernel::Kernel;
use crate::object::message::Access;

impl Kernel {
    /// A dispatch that has a message on loan: sealed and pinned until it is over. `run` may replace it.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn borrow(&self, message_index: u32, run: impl FnOnce(&mut u32) -> Answer) -> Answer {
        let dispatch = self.dispatch();
        let message = self.messages.at(message_index);
        message.lend();
        let mut current = message_index;
        let answer = run(&mut current);
        self.unpin(Access::Kernel, current);
        drop(dispatch);
        answer
    }
}

/// One message of the application's inbox.
#[derive(Clone, Copy, Debug)]
pub struct Inbound {
    /// Where it came from; the session may have ended meanwhile.
    pub session: abi::Session,
    /// The channel that it came on.
    pub channel: u32,
    /// The message, with a reference that is plugin zero's now.
    pub message: abi::Message,
}

impl Kernel {
    /// Takes the oldest message of the application's inbox.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: it is empty. `E_WRONG_THREAD`.
    pub fn take(&self) -> Result<Inbound, i32> {
        self.on_kernel_thread()?;
        let inbound = self.sessions.fetch().ok_or(status::E_NOT_FOUND)?;
        if self.sessions.has_ready() {
            self.wake_outside_turn();
        }
        self.messages.at(inbound.message).rewind();
        self.turn_pin_into_reference(self.zero_instance(), inbound.message);
        Ok(Inbound {
            session: inbound.session,
            channel: inbound.channel,
            message: self.messages.handle(inbound.message),
        })
    }
}
