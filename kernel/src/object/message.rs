//! A message: who has it, whose domain it is in, and whether it can be altered.

mod acquired;
mod payload;
mod returned;
mod slots;

use core::sync::atomic::Ordering;

use pintle_abi_core::status;

use crate::base::answer::Answer;
use crate::base::cell::Counter;
use crate::base::domain::Domain;
use crate::base::lock::Locked;
use crate::base::slab::Zeroed;
use crate::base::sync::{AtomicUsize, Cell};
use crate::object::instance::Instance;

pub(crate) use returned::Returned;
pub(crate) use slots::Messages;

/// Nobody writes to it any more.
const SEALED: u8 = 1;

/// A filter chain made it and alone may alter it.
const CHAIN: u8 = 2;

/// A result that has passed the filters.
const FILTERED: u8 = 4;

/// One message. With its slot's head it fills a cache line.
pub(crate) struct Message {
    data: Cell<*mut u8>,
    domain: AtomicUsize,
    capacity: Cell<u32>,
    length: Cell<u32>,
    /// Where reading goes on.
    position: Cell<u32>,
    /// What was given out to be written in place and is not committed yet: room for that many bytes behind the
    /// payload, or that the payload was shown. Both in one number, so that whatever ends one ends the other.
    reserved: Cell<u32>,
    /// References of all instances together.
    references: Cell<u32>,
    /// What of the kernel holds it: a request, a chain, a queue.
    pins: Cell<u32>,
    /// The next one of the list that it is in: what a crossing acquired, or results on their way.
    next: Counter,
    /// The one before it in what a crossing acquired; for a result, its request.
    previous: Counter,
    flags: Cell<u8>,
    /// 0: in no crossing's list; else the frame's depth, or the worker's number, plus 1.
    crossing: Cell<u8>,
    /// The instance whose reference that is.
    acquirer: Cell<u8>,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<crate::base::slab::Slot<Message>>() <= 64);

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Message {}

impl Message {
    #[inline(always)]
    fn is_sealed(&self) -> bool {
        self.flags.get() & SEALED != 0
    }

    #[inline(always)]
    pub(crate) fn seal(&self) {
        self.flags.set(self.flags.get() | SEALED);
    }

    /// A filter begins to write; what an earlier one left open is over.
    pub(crate) fn unseal(&self) {
        self.flags.set(self.flags.get() & !SEALED);
        self.reserved.set(0);
    }

    /// Whether only the running chain has it.
    pub(crate) fn is_chains_own(&self) -> bool {
        self.flags.get() & CHAIN != 0 && self.has_one_pin()
    }

    /// Whether it was marked, which it is no more.
    pub(crate) fn take_filtered(&self) -> bool {
        let flags = self.flags.get();
        self.flags.set(flags & !FILTERED);
        flags & FILTERED != 0
    }

    /// The chain that made it, if one did, is over.
    #[inline(always)]
    pub(crate) fn leave_chain(&self) {
        self.flags.set(self.flags.get() & !CHAIN);
    }

    pub(crate) fn mark_filtered(&self) {
        self.flags.set(self.flags.get() | FILTERED);
    }

    pub(crate) fn give_to_chain(&self) {
        self.flags.set(CHAIN);
    }

    /// Who may touch it. Whoever gave it away published with this word what was done to it before.
    #[inline(always)]
    pub(crate) fn domain(&self) -> Domain {
        self.domain.load(Ordering::Acquire)
    }

    /// Gives it away; the last that a domain does to it.
    pub(crate) fn set_domain(&self, domain: Domain) {
        self.domain.store(domain, Ordering::Release);
    }

    #[inline(always)]
    pub(crate) fn pin(&self) {
        self.pins.set(self.pins.get() + 1);
    }

    /// Takes a pin away; whether nobody has it any more.
    #[inline(always)]
    pub(crate) fn unpin(&self) -> bool {
        self.pins.set(self.pins.get() - 1);
        self.is_unheld()
    }

    /// Seals and pins it: it is shown to others, and its holder has it again when that is over.
    #[inline(always)]
    pub(crate) fn lend(&self) {
        self.seal();
        self.pin();
    }

    /// Whether nobody has it any more.
    #[inline(always)]
    pub(crate) fn is_unheld(&self) -> bool {
        self.references.get() == 0 && self.pins.get() == 0
    }

    /// Whether nobody has it but who pinned it, once.
    pub(crate) fn has_one_pin(&self) -> bool {
        self.references.get() == 0 && self.pins.get() == 1
    }

    /// The link of results on their way.
    #[inline(always)]
    pub(crate) fn result_link(&self) -> &Counter {
        &self.next
    }

    /// It is a result of a request, on its way.
    #[inline(always)]
    pub(crate) fn carry_result(&self, request: u32) {
        self.previous.set(request);
    }

    /// The request that it is a result of.
    pub(crate) fn request(&self) -> u32 {
        self.previous.get()
    }
}

#[cfg(target_pointer_width = "64")]
/// References that one instance holds of one message. Wide enough that a broadcast, which may keep one for every session,
/// does not meet its end.
pub(crate) type Held = u32;

#[cfg(not(target_pointer_width = "64"))]
/// As above; memory is scarce, and so are sessions.
pub(crate) type Held = u16;

/// The proof that a message may be touched: it is in the kernel's domain and this is the kernel thread, or the lock is
/// held.
#[derive(Clone, Copy)]
pub(crate) enum Access<'l, 's> {
    Kernel,
    Locked(&'l Locked<'s>),
}

impl Messages {
    /// How many references an instance holds.
    #[inline(always)]
    pub(crate) fn count_held(&self, instance: &Instance, index: u32) -> Held {
        self.held(instance, index).get()
    }

    #[inline(always)]
    pub(crate) fn holds(&self, instance: &Instance, index: u32) -> bool {
        self.count_held(instance, index) > 0
    }

    /// Adds a reference of an instance.
    pub(crate) fn keep(&self, instance: &Instance, index: u32) -> Answer {
        let held = self.held(instance, index);
        if held.get() == Held::MAX {
            return Err(status::E_CAPACITY);
        }
        held.set(held.get() + 1);
        let message = self.at(index);
        message.references.set(message.references.get() + 1);
        Ok(())
    }

    /// Turns the pin of a message that was handed over into a reference of the instance that gets it; whether that is now its
    /// crossing's own. An instance that holds all the references that it may gets no more.
    pub(crate) fn give_to_crossing(&self, instance: &Instance, index: u32) -> bool {
        let message = self.at(index);
        message.rewind();
        let kept = self.keep(instance, index);
        // Others may have retained it on its way.
        message.pins.set(message.pins.get() - 1);
        kept.is_ok()
    }

    /// Takes a reference of an instance away.
    #[inline(always)]
    pub(crate) fn spend(&self, instance: &Instance, index: u32) -> Answer<&Message> {
        let held = self.held(instance, index);
        let count = held.get();
        if count == 0 {
            return Err(status::E_STATE);
        }
        held.set(count - 1);
        let message = self.at(index);
        message.references.set(message.references.get() - 1);
        Ok(message)
    }

    /// Whether an instance alone has a message.
    #[inline(always)]
    pub(crate) fn is_only_of(&self, instance: &Instance, index: u32) -> Answer<bool> {
        if !self.holds(instance, index) {
            return Err(status::E_STATE);
        }
        let message = self.at(index);
        Ok(message.references.get() == 1 && message.pins.get() == 0)
    }

    /// A message that an instance alone has leaves for a domain, sealed: a pin stands for the reference.
    #[inline(always)]
    pub(crate) fn send_off(&self, instance: &Instance, index: u32, target: Domain) {
        let message = self.at(index);
        self.held(instance, index).set(0);
        message.references.set(0);
        message.pins.set(1);
        message.seal();
        message.set_domain(target);
    }
}
