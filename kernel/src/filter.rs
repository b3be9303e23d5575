//! Filter chains: everything that comes in or goes out of a session passes them.

use pintle_abi_core::{Message, Plugin, Session, rules::callback, status};

use crate::crossing::Gate;
use crate::guard::{Answer, KERNEL, check};
use crate::kernel::Kernel;
use crate::message::Body;
use crate::plugin::{Record, ZERO};
use crate::session::Peer;
use crate::slab::{NIL, Slot};

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
        *message = chain.end();
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
        *message = chain.end();
        answer
    }
}

/// A filter callback.
type Filter = unsafe extern "C" fn(*mut Plugin, Session, u32, Message) -> i32;

/// One message on its way through the filters of one session.
struct Chain<'k> {
    kernel: &'k Kernel,
    /// `None`: nested too deep for any crossing.
    gate: Option<Gate<'k>>,
    peer: &'k Slot<Peer>,
    handle: Session,
    channel: u32,
    body: &'k Body,
    message: u32,
    shown: Message,
    /// A filter has replaced the message by a copy, which the chain has to seal again.
    is_copy: bool,
    newest: u64,
}

impl<'k> Chain<'k> {
    #[inline(always)]
    fn new(kernel: &'k Kernel, session: u32, handle: Session, channel: u32, message: u32) -> Self {
        Self {
            kernel,
            gate: kernel.gate(),
            peer: kernel.sessions.slab.slot(session),
            handle,
            channel,
            body: kernel.messages.at(message),
            message,
            shown: kernel.messages.handle(message),
            is_copy: false,
            newest: kernel.born.get(),
        }
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
        let Some(gate) = &self.gate else {
            return Err(self.kernel.too_deep(record, place));
        };
        self.body.position.set(0);
        let (handle, channel, shown) = (self.handle, self.channel, self.shown);
        // SAFETY: the instance's own callback with its own pointer; nothing of the kernel is borrowed mutably.
        let call = |plugin| unsafe { filter(plugin, handle, channel, shown) };
        let status = gate.cross(record, place, self.message, call);
        let left = gate.left();
        if left != self.message || self.is_copy {
            self.take_over(left);
        }
        check(status)?;
        // Whether the session is still the one that the chain is about.
        if self.peer.generation() == (handle.bits >> 32) as u32 { Ok(()) } else { Err(status::E_STALE) }
    }

    /// The message that goes on: from here on it is edited like any other.
    #[inline(always)]
    fn end(self) -> u32 {
        if self.is_copy {
            self.body.leave_chain();
        }
        self.message
    }

    /// The filter edited: what it left goes on, sealed.
    #[cold]
    #[inline(never)]
    fn take_over(&mut self, left: u32) {
        if left != self.message {
            self.kernel.unpin(KERNEL, self.message);
            self.message = left;
            self.body = self.kernel.messages.at(left);
            self.shown = self.kernel.messages.handle(left);
            self.is_copy = true;
        }
        self.body.seal();
    }
}
