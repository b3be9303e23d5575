//! References and pins: who holds a message, what a crossing acquired, and moving between domains.

use crate::base::answer::Answer;
use crate::base::domain::{Domain, KERNEL};
use crate::base::features::QUICK;
use crate::base::lock::{Locked, RETURNS};
use crate::base::slab::NIL;
use crate::dispatch::caller::Caller;
use crate::kernel::Kernel;
use crate::object::frame::Frame;
use crate::object::instance::Instance;
use crate::object::message::Access;

impl Kernel {
    /// A new message with one reference, owned by the running crossing if there is one. Outside the kernel's domain
    /// the lock is held, and `worker` is that of the caller's thread.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn acquire_message(
        &self,
        caller: &Caller<'_>,
        worker: Option<u32>,
        capacity: usize,
    ) -> Answer<u32> {
        let (messages, instance) = (&self.messages, caller.instance);
        let mut is_second_try = false;
        let index = loop {
            match messages.begin(caller.domain, capacity, instance) {
                Ok(index) => break index,
                Err(refused) if is_second_try => return Err(refused),
                Err(refused) => self.make_room(caller.domain, refused)?,
            }
            is_second_try = true;
        };
        if caller.domain == KERNEL {
            messages.link(&self.frames, instance, index);
        } else if let Some(worker) = worker {
            messages.link_on_worker(&self.workers, worker, instance, index);
        }
        Ok(index)
    }

    /// No message was free: takes what other threads have given back, if they have.
    #[cold]
    #[inline(never)]
    fn make_room(&self, domain: Domain, refused: i32) -> Answer {
        if domain != KERNEL || !self.shared.has(RETURNS) {
            return Err(refused);
        }
        self.take_returns();
        Ok(())
    }

    /// Releases what a crossing on the kernel thread acquired and did not give away.
    #[cold]
    pub(crate) fn release_acquired(&self, frame: &Frame) {
        while self.release_newest(Access::Kernel, frame) {}
    }

    /// As [`release_acquired`](Self::release_acquired) for a worker, which takes the lock for each message anew. Gives the lock
    /// under which nothing was left to release.
    pub(crate) fn lock_when_released(&self, frame: &Frame) -> Locked<'_> {
        loop {
            let locked = self.shared.lock();
            if !self.release_newest(Access::Locked(&locked), frame) {
                return locked;
            }
        }
    }

    /// Releases the message that a crossing acquired last; whether there was one.
    fn release_newest(&self, access: Access<'_, '_>, frame: &Frame) -> bool {
        let index = frame.acquired();
        if index == NIL {
            return false;
        }
        // Spending unlinks it; the first reference is there as long as it is linked.
        let _ = self.spend(self.instance(self.messages.at(index).acquirer()), access, index);
        true
    }

    /// Spends one reference of an instance.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn spend(&self, instance: &Instance, access: Access<'_, '_>, index: u32) -> Answer {
        let message = self.messages.spend(instance, index)?;
        if message.is_acquired_by(instance) {
            self.messages.unlink(&self.frames, &self.workers, index);
        }
        if message.is_unheld() {
            self.free_message(access, index);
        }
        Ok(())
    }

    /// Takes a pin away.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn unpin(&self, access: Access<'_, '_>, index: u32) {
        if self.messages.at(index).unpin() {
            self.free_message(access, index);
        }
    }

    /// Turns a pin into a reference of an instance.
    pub(crate) fn turn_pin_into_reference(&self, instance: &Instance, index: u32) {
        if self.messages.keep(instance, index).is_ok() {
            self.unpin(Access::Kernel, index);
        }
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn free_message(&self, access: Access<'_, '_>, index: u32) {
        self.messages.end(index);
        if !(QUICK && matches!(access, Access::Kernel) && self.messages.free_quick(index)) {
            self.free_elsewhere(access, index);
        }
    }

    /// Frees a large message, or one that ends on another thread than the one whose pool it comes from.
    #[cold]
    fn free_elsewhere(&self, access: Access<'_, '_>, index: u32) {
        let messages = &self.messages;
        match (access, messages.is_kernels(index)) {
            (Access::Kernel, false) => {
                let _locked = self.shared.lock();
                messages.free(index);
            }
            (Access::Locked(locked), true) => messages.end_elsewhere(locked, index),
            _ => messages.free(index),
        }
    }

    /// A pinned, sealed message of the kernel's domain with these bytes, if one is free.
    pub(crate) fn text_message(&self, text: &[u8]) -> Option<u32> {
        let index = self.messages.begin_pinned(KERNEL, text.len()).ok()?;
        let message = self.messages.at(index);
        // SAFETY: there is room for that many bytes, and nobody else has the message.
        unsafe { message.fill(text) };
        message.seal();
        Some(index)
    }
}
