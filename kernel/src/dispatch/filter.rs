//! Filter chains: everything that comes in or goes out of a session passes them.

use core::cell::Cell;

use pintle_abi_core as abi;
use pintle_abi_core::rules::callback;
use pintle_abi_core::{MessageInfo, Plugin, TRAFFIC_MESSAGE, status};

use crate::base::answer::{Answer, check};
use crate::base::handle;
use crate::base::slab::Head;
use crate::dispatch::crossing::Gate;
use crate::kernel::Kernel;
use crate::object::frame::Frame;
use crate::object::instance::{Instance, ZERO};
use crate::object::message::{Access, Message};

/// A filter callback.
type Filter = unsafe extern "C" fn(*mut Plugin, *const MessageInfo) -> i32;

/// What filters are told of a plain message; the chain adds which one.
#[inline(always)]
pub(crate) const fn plain(session: abi::Session, channel: u32) -> MessageInfo {
    MessageInfo {
        size: size_of::<MessageInfo>() as u32,
        kind: TRAFFIC_MESSAGE,
        session,
        message: abi::Message { bits: 0 },
        channel,
        service: 0,
        id: 0,
        flags: 0,
        correlation: 0,
        request: abi::Request { bits: 0 },
    }
}

impl Kernel {
    /// Passes a pinned message through `message_in` of all but the owner, plugin zero last, which hears it as an owner too.
    /// The pin is on whatever message it leaves, also if it is refused.
    #[inline(always)]
    pub(crate) fn filter_in(
        &self,
        session: u32,
        info: impl FnOnce() -> MessageInfo,
        message: &mut u32,
    ) -> Answer {
        if !self.instances.have_filters_in() {
            return Ok(());
        }
        let slot = self.sessions.slot(session);
        self.walk_in(slot, self.sessions.at(session).owner(), &Cell::new(info()), message)
    }

    #[inline(never)]
    fn walk_in(&self, session: &Head, owner: u32, info: &Cell<MessageInfo>, message: &mut u32) -> Answer {
        let Some(gate) = self.gate() else {
            return self.too_deep_for(callback::MESSAGE_IN, owner);
        };
        let mut chain = Chain::new(self, gate, session, info, message);
        let mut next = self.zero_instance().next();
        while let Some(instance) = next {
            if instance.index() != owner
                && let Some(filter) = instance.callbacks().message_in
            {
                chain.pass(instance, callback::MESSAGE_IN, filter)?;
            }
            next = instance.next();
        }
        match self.zero_instance().callbacks().message_in {
            Some(filter) => chain.pass(self.zero_instance(), callback::MESSAGE_IN, filter),
            None => Ok(()),
        }
    }

    /// As [`filter_in`](Self::filter_in), through `message_out`, plugin zero first and the others in reverse.
    #[inline(always)]
    pub(crate) fn filter_out(
        &self,
        session: u32,
        info: impl FnOnce() -> MessageInfo,
        message: &mut u32,
    ) -> Answer {
        if !self.instances.have_filters_out() {
            return Ok(());
        }
        let slot = self.sessions.slot(session);
        self.walk_out(slot, self.sessions.at(session).owner(), &Cell::new(info()), message)
    }

    #[inline(never)]
    fn walk_out(&self, session: &Head, owner: u32, info: &Cell<MessageInfo>, message: &mut u32) -> Answer {
        let Some(gate) = self.gate() else {
            return self.too_deep_for(callback::MESSAGE_OUT, owner);
        };
        let mut chain = Chain::new(self, gate, session, info, message);
        if owner != ZERO
            && let Some(filter) = self.zero_instance().callbacks().message_out
        {
            chain.pass(self.zero_instance(), callback::MESSAGE_OUT, filter)?;
        }
        let mut next = self.instances.last();
        while let Some(before) = next.previous() {
            if next.index() != owner
                && let Some(filter) = next.callbacks().message_out
            {
                chain.pass(next, callback::MESSAGE_OUT, filter)?;
            }
            next = before;
        }
        Ok(())
    }

    /// Nested too deep for any crossing: the chain is refused if it has a filter that would be called.
    #[cold]
    #[inline(never)]
    fn too_deep_for(&self, kind: u8, owner: u32) -> Answer {
        let mut hearers = self.instances.hearers(kind);
        let hears = |instance: &Instance| {
            instance.index() != owner || instance.is_zero() && kind == callback::MESSAGE_IN
        };
        match hearers.find(|instance| hears(instance) && instance.filter(kind).is_some()) {
            Some(instance) => Err(self.too_deep(instance, kind)),
            None => Ok(()),
        }
    }
}

/// Names the message that the next filter is to see.
#[inline(always)]
fn show(info: &Cell<MessageInfo>, message: abi::Message) {
    // SAFETY: the cell's own place, to which no reference is ever made.
    unsafe { (&raw mut (*info.as_ptr()).message).write(message) }
}

impl Instance {
    fn filter(&self, kind: u8) -> Option<Filter> {
        if kind == callback::MESSAGE_IN { self.callbacks().message_in } else { self.callbacks().message_out }
    }
}

/// One message on its way through the filters of one session.
struct Chain<'k, 'm> {
    kernel: &'k Kernel,
    gate: Gate<'k>,
    session: &'k Head,
    message: &'k Message,
    /// Which message that is; whoever began the chain reads here which one it left.
    index: &'m mut u32,
    /// What the filters are told. A callback may scribble over it, so nothing is read back from it; it lies outside the
    /// chain, which can then stay in registers.
    info: &'m Cell<MessageInfo>,
    /// What the frame holds at the beginning of a crossing, and at the end of one that has touched nothing.
    showing: u64,
    /// Of the session's slot as long as the session lives.
    life: u32,
    newest: usize,
}

impl<'k, 'm> Chain<'k, 'm> {
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn new(
        kernel: &'k Kernel,
        gate: Gate<'k>,
        session: &'k Head,
        info: &'m Cell<MessageInfo>,
        index: &'m mut u32,
    ) -> Self {
        let message = kernel.messages.at(*index);
        message.leave_chain();
        show(info, kernel.messages.handle(*index));
        Self {
            kernel,
            gate,
            session,
            message,
            info,
            showing: Gate::showing(*index),
            life: handle::life(info.get().session.bits),
            index,
            newest: kernel.instances.born(),
        }
    }

    /// Shows the message to one filter, if its instance was there when the chain began and may hear it.
    ///
    /// What is rare is a function of the kernel that gets numbers and not the chain: a chain of which nobody has the
    /// address stays in registers from filter to filter.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn pass(&mut self, instance: &Instance, kind: u8, filter: Filter) -> Answer {
        if instance.is_newer_than(self.newest) || !instance.hears(kind) {
            return Ok(());
        }
        self.message.rewind();
        self.gate.begin(instance, kind, self.showing);
        // SAFETY: the instance's own callback with its own pointer; nothing of the kernel is borrowed mutably, and the
        // info outlives the call.
        let status = unsafe { filter(instance.pointer(), self.info.as_ptr()) };
        if self.gate.holds() != self.showing {
            self.touched();
        }
        if status != status::OK {
            self.kernel.filter_failed(instance, kind, status)?;
        }
        if self.session.life() == self.life { Ok(()) } else { Err(status::E_STALE) }
    }

    /// The filter acquired or edited.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn touched(&mut self) {
        let left = self.kernel.settle_filter(self.gate.frame(), *self.index, self.info);
        *self.index = left;
        self.message = self.kernel.messages.at(left);
        self.showing = Gate::showing(left);
    }
}

impl Kernel {
    /// What a filter acquired goes; which message it left, sealed, in place of the one `before`.
    #[cold]
    #[inline(never)]
    fn settle_filter(&self, frame: &Frame, before: u32, info: &Cell<MessageInfo>) -> u32 {
        self.release_acquired(frame);
        let left = frame.filtering();
        if left != before {
            self.unpin(Access::Kernel, before);
            show(info, self.messages.handle(left));
        }
        self.messages.at(left).seal();
        left
    }

    /// A filter answered something else than `OK`: whether that ends the chain.
    #[cold]
    #[inline(never)]
    fn filter_failed(&self, instance: &Instance, kind: u8, status: i32) -> Answer {
        match status {
            status::CONSUMED => return Err(status),
            status::E_PANIC => self.panicked(instance, kind),
            _ => {}
        }
        check(status)
    }
}
