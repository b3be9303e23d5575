//! Filter chains: everything that comes in or goes out of a session passes them.

use pintle_abi_core::{Message, Plugin, Session, rules::callback, status};

use crate::guard::{Answer, KERNEL};
use crate::kernel::Kernel;
use crate::plugin::{Record, ZERO};
use crate::slab::NIL;

impl Kernel {
    /// Passes a pinned message through `message_in` of all but the owner, plugin zero last.
    #[inline(always)]
    pub(crate) fn filter_in(&self, session: u32, handle: Session, channel: u32, message: &mut u32) -> Answer {
        let mut chain = Chain::new(self, session, handle, channel, *message);
        let owner = self.sessions.at(session).owner.get();
        let mut index = self.zero_record().next.get();
        let mut answer = Ok(());
        while index != NIL && answer.is_ok() {
            let record = self.record(index);
            if index != owner {
                answer = chain.pass(record, callback::MESSAGE_IN, record.callbacks().message_in);
            }
            index = record.next.get();
        }
        if owner != ZERO && answer.is_ok() {
            let zero = self.zero_record();
            answer = chain.pass(zero, callback::MESSAGE_IN, zero.callbacks().message_in);
        }
        *message = chain.message;
        answer
    }

    /// Passes a pinned message through `message_out` of all but the owner, plugin zero first.
    #[inline(always)]
    pub(crate) fn filter_out(
        &self,
        session: u32,
        handle: Session,
        channel: u32,
        message: &mut u32,
    ) -> Answer {
        let mut chain = Chain::new(self, session, handle, channel, *message);
        let owner = self.sessions.at(session).owner.get();
        let mut answer = Ok(());
        if owner != ZERO {
            let zero = self.zero_record();
            answer = chain.pass(zero, callback::MESSAGE_OUT, zero.callbacks().message_out);
        }
        let mut index = self.last.get();
        while index != ZERO && answer.is_ok() {
            let record = self.record(index);
            if index != owner {
                answer = chain.pass(record, callback::MESSAGE_OUT, record.callbacks().message_out);
            }
            index = record.previous.get();
        }
        *message = chain.message;
        answer
    }
}

/// A filter callback.
type Filter = unsafe extern "C" fn(*mut Plugin, Session, u32, Message) -> i32;

/// One message on its way through the filters of one session.
struct Chain<'k> {
    kernel: &'k Kernel,
    session: u32,
    handle: Session,
    channel: u32,
    message: u32,
    shown: Message,
    /// A filter has replaced the message by a copy, which the chain has to seal again.
    is_copy: bool,
    newest: u64,
}

impl<'k> Chain<'k> {
    #[inline(always)]
    fn new(kernel: &'k Kernel, session: u32, handle: Session, channel: u32, message: u32) -> Self {
        let shown = kernel.messages.handle(message);
        Self { kernel, session, handle, channel, message, shown, is_copy: false, newest: kernel.born.get() }
    }

    /// Shows the message to one filter, if the instance has it and was there when the chain began.
    #[inline(always)]
    fn pass(&mut self, record: &Record, place: u8, filter: Option<Filter>) -> Answer {
        let Some(filter) = filter else {
            return Ok(());
        };
        if record.born.get() > self.newest || !record.hears(place) {
            return Ok(());
        }
        let kernel = self.kernel;
        kernel.messages.at(self.message).position.set(0);
        let (handle, channel, shown) = (self.handle, self.channel, self.shown);
        // SAFETY: the instance's own callback with its own pointer; nothing of the kernel is borrowed mutably.
        let call = |plugin| unsafe { filter(plugin, handle, channel, shown) };
        let (status, left) = kernel.cross_filtering(record, place, self.message, call);
        if left != self.message || self.is_copy {
            self.take_over(left);
        }
        if status != status::OK {
            return Err(status);
        }
        if kernel.sessions.is_still(self.session, self.handle) { Ok(()) } else { Err(status::E_STALE) }
    }

    /// The filter edited: what it left goes on, sealed.
    #[cold]
    fn take_over(&mut self, left: u32) {
        if left != self.message {
            self.kernel.unpin(KERNEL, self.message);
            self.message = left;
            self.shown = self.kernel.messages.handle(left);
            self.is_copy = true;
        }
        self.kernel.messages.at(left).seal();
    }
}
