//! Instances: one record each, record 0 for plugin zero.

use pintle_abi_core as abi;

use crate::base::answer::Answer;
use crate::base::handle::{self, KIND_INSTANCE};
use crate::kernel::Kernel;
use crate::object::instance::{Instance, ZERO};

impl Kernel {
    #[inline(always)]
    pub(crate) fn record(&self, index: u32) -> &Instance {
        // SAFETY: all records are written at start, and indices come from records.
        unsafe { self.records.get(index) }
    }

    pub(crate) fn zero_record(&self) -> &Instance {
        self.record(ZERO)
    }

    pub(crate) fn instance_of(&self, record: &Instance) -> abi::Instance {
        abi::Instance { bits: handle::encode(self.low(), record.index, record.life.get()) }
    }

    /// The record that a handle names, also after its instance has ended and until another one takes its place.
    pub(crate) fn find_instance(&self, instance: abi::Instance) -> Answer<&Instance> {
        let low = self.low();
        let index = (instance.bits as u32) ^ low;
        if index < self.records.length() {
            let record = self.record(index);
            let life = handle::life(instance.bits);
            if handle::is_live(life) && record.life.get() == life {
                return Ok(record);
            }
        }
        Err(handle::refuse(instance.bits, low, KIND_INSTANCE, self.records.length()))
    }

    /// Puts an instance into the order of priorities.
    pub(crate) fn link(&self, record: &Instance) {
        self.count_filters(record, 1);
        let mut previous = self.zero_record();
        while let Some(next) = previous.next()
            && next.priority.get() <= record.priority.get()
        {
            previous = next;
        }
        record.previous.set(previous);
        record.next.set(previous.next.replace(record));
        record.next().map_or(&self.last, |next| &next.previous).set(record);
    }

    /// The last one in the order of priorities; plugin zero, if there is no other.
    #[inline(always)]
    pub(crate) fn last_record(&self) -> &Instance {
        // SAFETY: set at start, and only ever to records, which live as long as the kernel.
        unsafe { &*self.last.get() }
    }

    /// Takes an instance out of the order. Only while nothing walks it.
    pub(crate) fn unlink(&self, record: &Instance) {
        self.count_filters(record, -1);
        // SAFETY: a linked instance has one before it, plugin zero at least; records live as long as the kernel.
        unsafe { &*record.previous.get() }.next.set(record.next.get());
        record.next().map_or(&self.last, |next| &next.previous).set(record.previous.get());
    }

    /// The instances in priority order, without plugin zero.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Instance> {
        core::iter::successors(self.zero_record().next(), |record| record.next())
    }

    /// The instances that hear a callback: plugin zero and then those that were there when the walk began, in priority
    /// order, each if its tags allow the callback when its turn comes.
    pub(crate) fn hearers(&self, place: u8) -> Hearers<'_> {
        Hearers { next: Some(self.zero_record()), newest: self.born.get(), place }
    }
}

/// A walk over the instances that hear a callback.
pub(crate) struct Hearers<'k> {
    next: Option<&'k Instance>,
    newest: usize,
    place: u8,
}

impl<'k> Iterator for Hearers<'k> {
    type Item = &'k Instance;

    fn next(&mut self) -> Option<&'k Instance> {
        while let Some(record) = self.next {
            self.next = record.next();
            if record.born.get() <= self.newest && record.hears(self.place) {
                return Some(record);
            }
        }
        None
    }
}
