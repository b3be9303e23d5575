//! The order of the instances, by priority, and who hears a broadcast.

use pintle_abi_core as abi;

use crate::base::answer::Answer;
use crate::base::handle::{self, KIND_INSTANCE};
use crate::kernel::Kernel;
use crate::object::instance::{Instance, ZERO};

impl Kernel {
    #[inline(always)]
    pub(crate) fn instance(&self, index: u32) -> &Instance {
        // SAFETY: all records are written at start, and indices come from records.
        unsafe { self.instances.get(index) }
    }

    pub(crate) fn zero_instance(&self) -> &Instance {
        self.instance(ZERO)
    }

    pub(crate) fn instance_of(&self, instance: &Instance) -> abi::Instance {
        abi::Instance { bits: handle::encode(self.low(), instance.index, instance.life.get()) }
    }

    /// The instance that a handle names, also after it has ended and until another one takes its place.
    pub(crate) fn find_instance(&self, instance: abi::Instance) -> Answer<&Instance> {
        let low = self.low();
        let index = (instance.bits as u32) ^ low;
        if index < self.instances.length() {
            let life = handle::life(instance.bits);
            let instance = self.instance(index);
            if handle::is_live(life) && instance.life.get() == life {
                return Ok(instance);
            }
        }
        Err(handle::refuse(instance.bits, low, KIND_INSTANCE, self.instances.length()))
    }

    /// Puts an instance into the order of priorities.
    pub(crate) fn link(&self, instance: &Instance) {
        self.count_filters(instance, 1);
        let mut previous = self.zero_instance();
        while let Some(next) = previous.next()
            && next.priority.get() <= instance.priority.get()
        {
            previous = next;
        }
        instance.previous.set(previous);
        instance.next.set(previous.next.replace(instance));
        instance.next().map_or(&self.last, |next| &next.previous).set(instance);
    }

    /// The last one in the order of priorities; plugin zero, if there is no other.
    #[inline(always)]
    pub(crate) fn last_instance(&self) -> &Instance {
        // SAFETY: set at start, and only ever to records, which live as long as the kernel.
        unsafe { &*self.last.get() }
    }

    /// Takes an instance out of the order. Only while nothing walks it.
    pub(crate) fn unlink(&self, instance: &Instance) {
        self.count_filters(instance, -1);
        // SAFETY: a linked instance has one before it, plugin zero at least; records live as long as the kernel.
        unsafe { &*instance.previous.get() }.next.set(instance.next.get());
        instance.next().map_or(&self.last, |next| &next.previous).set(instance.previous.get());
    }

    /// The instances in priority order, without plugin zero.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Instance> {
        core::iter::successors(self.zero_instance().next(), |instance| instance.next())
    }

    /// The instances that hear a callback: plugin zero and then those that were there when the walk began, in priority
    /// order, each if its tags allow the callback when its turn comes.
    pub(crate) fn hearers(&self, kind: u8) -> Hearers<'_> {
        Hearers { next: Some(self.zero_instance()), newest: self.born.get(), kind }
    }
}

/// A walk over the instances that hear a callback.
pub(crate) struct Hearers<'k> {
    next: Option<&'k Instance>,
    newest: usize,
    kind: u8,
}

impl<'k> Iterator for Hearers<'k> {
    type Item = &'k Instance;

    fn next(&mut self) -> Option<&'k Instance> {
        while let Some(instance) = self.next {
            self.next = instance.next();
            if instance.born.get() <= self.newest && instance.hears(self.kind) {
                return Some(instance);
            }
        }
        None
    }
}
