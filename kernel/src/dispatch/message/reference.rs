//! References and pins: who holds a message, what a crossing acquired, and moving between domains.

use pintle_abi_core::status;

use crate::base::answer::Answer;
use crate::base::domain::{Domain, KERNEL};
use crate::base::features::QUICK;
use crate::base::lock::RETURNS;
use crate::base::slab::NIL;
use crate::dispatch::caller::Caller;
use crate::kernel::Kernel;
use crate::object::frame::Frame;
use crate::object::instance::Instance;
use crate::object::message::{Access, Held};

impl Kernel {
    /// A new message with one reference, owned by the running crossing if there is one. Outside the kernel's domain
    /// the lock is held.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn acquire_message(&self, caller: &Caller<'_>, capacity: usize) -> Answer<u32> {
        let index = match self.messages.allocate(caller.domain, capacity) {
            Ok(index) => index,
            Err(status) => self.allocate_again(caller.domain, capacity, status)?,
        };
        let message = self.messages.at(index);
        message.references.set(1);
        message.pins.set(0);
        message.acquirer.set(caller.instance.index() as u8);
        self.messages.held(caller.instance, index).set(1);
        if caller.domain == KERNEL {
            if let Some(frame) = self.frames.top() {
                self.link_acquired(frame, index, self.frames.depth() as u8);
            } else {
                message.crossing.set(0);
            }
        } else {
            message.crossing.set(0);
            if let Some(worker) = self.workers.find_in(caller.domain) {
                self.link_acquired(self.workers.frame(worker), index, worker as u8 + 1);
            }
        }
        Ok(index)
    }

    /// As [`acquire_message`](Self::acquire_message), where a small one that was used before is free, inside a crossing.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn acquire_quick(&self, instance: &Instance, capacity: usize) -> Option<u32> {
        let messages = &self.messages;
        let depth = self.frames.depth();
        if capacity > messages.capacity[0] as usize || depth == 0 {
            return None;
        }
        let index = messages.slab.reuse(&messages.pools[0])?;
        let message = messages.at(index);
        message.length.set(0);
        message.position.set(0);
        message.reserved.set(0);
        message.flags.set(0);
        messages.slab.begin(index);
        message.references.set(1);
        message.pins.set(0);
        message.acquirer.set(instance.index() as u8);
        messages.held(instance, index).set(1);
        self.link_acquired(self.frames.at(depth), index, depth as u8);
        Some(index)
    }

    /// As [`spend`](Self::spend), where the one reference is the running crossing's own and it acquired nothing since.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn release_quick(&self, instance: &Instance, index: u32) -> bool {
        let messages = &self.messages;
        let message = messages.at(index);
        let held = messages.held(instance, index);
        let depth = self.frames.depth();
        let is_the_last = held.get() == 1 && message.references.get() == 1 && message.pins.get() == 0;
        let is_the_newest = u32::from(message.crossing.get()) == depth
            && message.previous.get() == NIL
            && depth != 0
            && u32::from(message.acquirer.get()) == instance.index();
        if !is_the_last || !is_the_newest {
            return false;
        }
        let next = message.next.get();
        self.frames.at(depth).set_acquired(next);
        if next != NIL {
            messages.at(next).previous.set(NIL);
        }
        held.set(0);
        message.references.set(0);
        message.crossing.set(0);
        messages.slab.end(index);
        messages.slab.give_back(index, &messages.pools[0]);
        true
    }

    /// None was free: what other threads gave back may help.
    #[cold]
    #[inline(never)]
    fn allocate_again(&self, domain: Domain, capacity: usize, refused: i32) -> Answer<u32> {
        if domain != KERNEL || !self.shared.has(RETURNS) {
            return Err(refused);
        }
        self.take_returns();
        self.messages.allocate(KERNEL, capacity)
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn link_acquired(&self, frame: &Frame, index: u32, crossing: u8) {
        let message = self.messages.at(index);
        let next = frame.acquired();
        message.next.set(next);
        message.previous.set(NIL);
        if next != NIL {
            self.messages.at(next).previous.set(index);
        }
        frame.set_acquired(index);
        message.crossing.set(crossing);
    }

    /// Takes a message out of its crossing's list, if it is in one.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn unlink_acquired(&self, index: u32) {
        let message = self.messages.at(index);
        let crossing = message.crossing.get();
        if crossing == 0 {
            return;
        }
        let (previous, next) = (message.previous.get(), message.next.get());
        if previous != NIL {
            self.messages.at(previous).next.set(next);
        } else if message.domain() == KERNEL {
            self.frames.at(crossing.into()).set_acquired(next);
        } else {
            self.workers.frame(u32::from(crossing) - 1).set_acquired(next);
        }
        if next != NIL {
            self.messages.at(next).previous.set(previous);
        }
        message.crossing.set(0);
    }

    /// Releases what a crossing acquired and did not give away.
    #[cold]
    pub(crate) fn release_acquired(&self, access: Access<'_, '_>, frame: &Frame) {
        while frame.acquired() != NIL {
            let index = frame.acquired();
            let message = self.messages.at(index);
            // Spending unlinks it; the first reference is there as long as it is linked.
            let _ = self.spend(self.instance(u32::from(message.acquirer.get())), access, index);
        }
    }

    /// Spends one reference of an instance.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn spend(&self, instance: &Instance, access: Access<'_, '_>, index: u32) -> Answer {
        let held = self.messages.held(instance, index);
        let count = held.get();
        if count == 0 {
            return Err(status::E_STATE);
        }
        held.set(count - 1);
        let message = self.messages.at(index);
        if message.crossing.get() != 0 && u32::from(message.acquirer.get()) == instance.index() {
            self.unlink_acquired(index);
        }
        let references = message.references.get() - 1;
        message.references.set(references);
        if references == 0 && message.pins.get() == 0 {
            self.free_message(access, index);
        }
        Ok(())
    }

    /// Adds a reference of an instance.
    pub(crate) fn keep(&self, instance: &Instance, index: u32) -> Answer {
        let held = self.messages.held(instance, index);
        if held.get() == Held::MAX {
            return Err(status::E_CAPACITY);
        }
        held.set(held.get() + 1);
        let message = self.messages.at(index);
        message.references.set(message.references.get() + 1);
        Ok(())
    }

    /// Takes a pin away.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn unpin(&self, access: Access<'_, '_>, index: u32) {
        let message = self.messages.at(index);
        message.pins.set(message.pins.get() - 1);
        if message.pins.get() == 0 && message.references.get() == 0 {
            self.free_message(access, index);
        }
    }

    /// Turns a pin into a reference of an instance.
    pub(crate) fn turn_pin_into_reference(&self, instance: &Instance, index: u32) {
        if self.keep(instance, index).is_ok() {
            self.unpin(Access::Kernel, index);
        }
    }

    /// Turns the pin of a message that was handed over into the first reference of a crossing, as if it had acquired
    /// it. Under the lock for a worker's crossing.
    pub(crate) fn give_to_crossing(&self, instance: &Instance, index: u32, frame: &Frame, crossing: u8) {
        let message = self.messages.at(index);
        message.position.set(0);
        let kept = self.keep(instance, index);
        message.pins.set(message.pins.get() - 1);
        // Others may have retained it on its way. An instance that holds all the references that it may gets no more.
        if kept.is_ok() {
            message.acquirer.set(instance.index() as u8);
            self.link_acquired(frame, index, crossing);
        }
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn free_message(&self, access: Access<'_, '_>, index: u32) {
        self.messages.slab.end(index);
        if QUICK && matches!(access, Access::Kernel) && self.messages.pools[0].contains(index) {
            self.messages.slab.free(index, &self.messages.pools[0]);
        } else {
            self.free_elsewhere(access, index);
        }
    }

    /// A large one, or one that was freed away from its home.
    #[cold]
    fn free_elsewhere(&self, access: Access<'_, '_>, index: u32) {
        let messages = &self.messages;
        match (access, messages.is_kernels(index)) {
            (Access::Kernel, false) => {
                let _locked = self.shared.lock();
                messages.slab.free(index, messages.pool_of(index));
            }
            (Access::Locked(locked), true) => {
                messages.returned(index).is_ended.set(true);
                messages.note_return(locked, index);
                locked.tell(RETURNS);
            }
            _ => messages.slab.free(index, messages.pool_of(index)),
        }
    }

    /// A pinned, sealed message of the kernel's domain with these bytes, if one is free.
    pub(crate) fn text_message(&self, text: &[u8]) -> Option<u32> {
        let index = self.messages.allocate(KERNEL, text.len()).ok()?;
        let message = self.messages.at(index);
        // SAFETY: the payload is at least that long, and nobody else has it.
        unsafe { core::ptr::copy_nonoverlapping(text.as_ptr(), message.data.get(), text.len()) };
        message.length.set(text.len() as u32);
        message.references.set(0);
        message.pins.set(1);
        message.crossing.set(0);
        message.seal();
        Some(index)
    }
}
