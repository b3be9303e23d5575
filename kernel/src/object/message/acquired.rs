//! What crossings acquired: each has a list, linked through the messages, of what it has not given away.

use pintle_abi_core as abi;

use crate::base::domain::KERNEL;
use crate::base::slab::NIL;
use crate::object::frame::{Frame, Frames};
use crate::object::instance::Instance;
use crate::object::message::{Message, Messages};
use crate::object::worker::Workers;

impl Message {
    /// The instance whose reference keeps it in a crossing's list.
    pub(crate) fn acquirer(&self) -> u32 {
        self.acquirer.get().into()
    }

    /// Whether it is in a crossing's list for a reference of this instance.
    #[inline(always)]
    pub(crate) fn is_acquired_by(&self, instance: &Instance) -> bool {
        self.crossing.get() != 0 && self.acquirer() == instance.index()
    }
}

impl Messages {
    /// Puts a message into the list of a crossing: one on the kernel thread, by its depth.
    #[inline(always)]
    pub(crate) fn link(&self, frames: &Frames, instance: &Instance, index: u32) {
        // Read once, because the compiler does not merge two reads of a counter.
        let depth = frames.depth();
        if depth > 0 {
            self.at(index).acquirer.set(instance.index() as u8);
            self.link_to(frames.at(depth), depth, index);
        }
    }

    /// As [`link`](Self::link), of a crossing on a worker.
    pub(crate) fn link_on_worker(&self, workers: &Workers, worker: u32, instance: &Instance, index: u32) {
        self.at(index).acquirer.set(instance.index() as u8);
        self.link_to(workers.frame(worker), worker + 1, index);
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn link_to(&self, frame: &Frame, crossing: u32, index: u32) {
        let slab = self.slab;
        let message = slab.at(index);
        let next = frame.acquired();
        message.next.set(next);
        message.previous.set(NIL);
        if next != NIL {
            slab.at(next).previous.set(index);
        }
        frame.set_acquired(index);
        message.crossing.set(crossing as u8);
    }

    /// Takes a message out of its crossing's list, if it is in one.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn unlink(&self, frames: &Frames, workers: &Workers, index: u32) {
        let message = self.at(index);
        let crossing = u32::from(message.crossing.get());
        if crossing == 0 {
            return;
        }
        let (previous, next) = (message.previous.get(), message.next.get());
        if previous != NIL {
            self.at(previous).next.set(next);
        } else if message.domain() == KERNEL {
            frames.at(crossing).set_acquired(next);
        } else {
            workers.frame(crossing - 1).set_acquired(next);
        }
        if next != NIL {
            self.at(next).previous.set(previous);
        }
        message.crossing.set(0);
    }

    /// A small message that was used before, acquired by the running crossing; `None` if there is no such message or crossing.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn acquire_quick(
        &self,
        frames: &Frames,
        instance: &Instance,
        capacity: usize,
    ) -> Option<abi::Message> {
        let depth = frames.depth();
        if capacity > self.capacity[0] as usize || depth == 0 {
            return None;
        }
        let slab = self.slab;
        let index = slab.reuse(&self.pools[0])?;
        let message = slab.at(index);
        message.empty();
        message.flags.set(0);
        let bits = slab.begin(index);
        message.references.set(1);
        message.pins.set(0);
        message.acquirer.set(instance.index() as u8);
        self.held(instance, index).set(1);
        self.link_to(frames.at(depth), depth, index);
        Some(abi::Message { bits })
    }

    /// Ends a small message whose only reference is the running crossing's own, if the crossing acquired nothing since; whether
    /// it was one.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn release_quick(
        &self,
        frames: &Frames,
        instance: &Instance,
        index: u32,
        message: &Message,
    ) -> bool {
        let slab = self.slab;
        let depth = frames.depth();
        // A message in a crossing's list has a reference of its acquirer: if there is one reference, it is that.
        let is_the_last = message.references.get() == 1
            && message.pins.get() == 0
            && depth != 0
            && u32::from(message.crossing.get()) == depth
            && message.acquirer() == instance.index();
        if !is_the_last || message.previous.get() != NIL {
            return false;
        }
        debug_assert_eq!(self.held(instance, index).get(), 1);
        let next = message.next.get();
        frames.at(depth).set_acquired(next);
        if next != NIL {
            slab.at(next).previous.set(NIL);
        }
        self.held(instance, index).set(0);
        message.references.set(0);
        message.crossing.set(0);
        slab.end(index);
        slab.give_back(index, &self.pools[0]);
        true
    }
}
