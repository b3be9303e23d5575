//! All instances of a host, and their order by priority.

use pintle_abi_core as abi;
use pintle_abi_core::Callbacks;

use crate::base::answer::Answer;
use crate::base::features::FORKS;
use crate::base::handle::{self, KIND_INSTANCE};
use crate::base::region::Slice;
use crate::base::sync::Cell;
use crate::object::instance::{Instance, ZERO};

impl Instance {
    /// The next one in the order of priorities.
    #[inline(always)]
    pub(crate) fn next<'k>(&self) -> Option<&'k Instance> {
        // SAFETY: NULL, or an instance's place, which is there as long as the kernel.
        unsafe { self.next.get().as_ref() }
    }

    /// The one before it; plugin zero is the first.
    #[inline(always)]
    pub(crate) fn previous(&self) -> Option<&Instance> {
        // SAFETY: as in `next`.
        unsafe { self.previous.get().as_ref() }
    }

    /// Whether it was added after so many others: what began before does not concern it.
    #[inline(always)]
    pub(crate) fn is_newer_than(&self, born: usize) -> bool {
        self.born.get() > born
    }
}

/// The places of all instances of a host, and the order of those that live: a list by priority, plugin zero first.
pub(crate) struct Instances {
    places: Slice<Instance>,
    last: Cell<*const Instance>,
    /// Instances with `message_in`, and with `message_out`.
    filters_in: Cell<u32>,
    filters_out: Cell<u32>,
    /// Counts additions.
    born: Cell<usize>,
    /// Counts the instances that have ended.
    closings: Cell<usize>,
    /// Instances that are being stopped.
    stopping: Cell<u32>,
    tag: u16,
}

impl Instances {
    /// The places are written before they are read.
    pub(crate) fn new(places: Slice<Instance>, tag: u16) -> Self {
        Self {
            places,
            last: Cell::new(places.pointer(ZERO).cast_const()),
            filters_in: Cell::new(0),
            filters_out: Cell::new(0),
            born: Cell::new(0),
            closings: Cell::new(0),
            stopping: Cell::new(0),
            tag,
        }
    }

    pub(crate) fn length(&self) -> u32 {
        self.places.length()
    }

    #[inline(always)]
    pub(crate) fn at(&self, index: u32) -> &Instance {
        // SAFETY: all places are written at start, and indices come from places.
        unsafe { self.places.get(index) }
    }

    pub(crate) fn zero(&self) -> &Instance {
        self.at(ZERO)
    }

    /// All places but plugin zero's.
    pub(crate) fn plugins(&self) -> impl Iterator<Item = &Instance> {
        (1..self.length()).map(|index| self.at(index))
    }

    pub(crate) fn handle(&self, instance: &Instance) -> abi::Instance {
        let low = handle::low_half(self.tag);
        abi::Instance { bits: handle::encode(low, instance.index, instance.life.get()) }
    }

    /// The instance that a handle names, also after it has ended and until another one takes its place.
    pub(crate) fn find(&self, instance: abi::Instance) -> Answer<&Instance> {
        let low = handle::low_half(self.tag);
        let index = (instance.bits as u32) ^ low;
        if index < self.length() {
            let life = handle::life(instance.bits);
            let instance = self.at(index);
            if handle::is_live(life) && instance.life.get() == life {
                return Ok(instance);
            }
        }
        Err(handle::refuse(instance.bits, low, KIND_INSTANCE, self.length()))
    }

    /// Closes all places for ever.
    pub(crate) fn forsake(&self) {
        for index in 0..self.length() {
            self.at(index).forsake();
        }
    }

    /// Plugin zero begins, which is the first in the order and not counted as an addition.
    pub(crate) fn begin_zero(&self, name: &str) {
        let zero = self.zero();
        zero.live(0);
        zero.set_name(name);
        zero.run();
    }

    /// An instance whose place is prepared begins, and is put into the order.
    pub(crate) fn begin(&self, instance: &Instance) {
        self.born.set(self.born.get() + 1);
        instance.live(self.born.get());
        self.link(instance);
        instance.run();
    }

    fn link(&self, instance: &Instance) {
        self.count_filters(instance, 1);
        let mut previous = self.zero();
        while let Some(next) = previous.next()
            && next.priority.get() <= instance.priority.get()
        {
            previous = next;
        }
        instance.previous.set(previous);
        instance.next.set(previous.next.replace(instance));
        instance.next().map_or(&self.last, |next| &next.previous).set(instance);
    }

    /// The stop of an instance begins. [`Instance::stop`] says how far it is.
    pub(crate) fn begin_stop(&self) {
        self.stopping.set(self.stopping.get() + 1);
    }

    pub(crate) fn are_stopping(&self) -> bool {
        // Where all are forsaken, nobody stops any more.
        self.stopping.get() > 0 && !(FORKS && self.zero().is_abandoned())
    }

    /// An instance has ended: it leaves the order, and its receipt is written. Only while nothing walks the order.
    pub(crate) fn close(&self, instance: &Instance, outcome: u32) {
        self.count_filters(instance, -1);
        // SAFETY: a linked instance has one before it, plugin zero at least; places live as long as the kernel.
        unsafe { &*instance.previous.get() }.next.set(instance.next.get());
        instance.next().map_or(&self.last, |next| &next.previous).set(instance.previous.get());
        self.stopping.set(self.stopping.get() - 1);
        self.closings.set(self.closings.get() + 1);
        instance.close(outcome, self.closings.get());
    }

    /// Gives plugin zero its callbacks.
    ///
    /// # Safety
    /// As for [`Instance::learn`].
    pub(crate) unsafe fn teach_zero(&self, callbacks: *const Callbacks) {
        self.count_filters(self.zero(), -1);
        // SAFETY: as the caller says.
        unsafe { self.zero().learn(callbacks) };
        self.count_filters(self.zero(), 1);
    }

    /// Counts the filters of an instance that is added (`1`) or removed (`-1`). Where nobody has a filter, a chain
    /// costs one comparison.
    fn count_filters(&self, instance: &Instance, by: i32) {
        let callbacks = instance.callbacks();
        let filters = [(callbacks.message_in, &self.filters_in), (callbacks.message_out, &self.filters_out)];
        for (filter, count) in filters {
            if filter.is_some() {
                count.set(count.get().wrapping_add_signed(by));
            }
        }
    }

    /// Whether any instance has `message_in`.
    #[inline(always)]
    pub(crate) fn have_filters_in(&self) -> bool {
        self.filters_in.get() != 0
    }

    /// Whether any instance has `message_out`.
    #[inline(always)]
    pub(crate) fn have_filters_out(&self) -> bool {
        self.filters_out.get() != 0
    }

    /// How many instances were added so far: a walk passes over those that came after it began.
    #[inline(always)]
    pub(crate) fn born(&self) -> usize {
        self.born.get()
    }

    /// The last one in the order of priorities; plugin zero, if there is no other.
    #[inline(always)]
    pub(crate) fn last(&self) -> &Instance {
        // SAFETY: set at start, and only ever to places, which live as long as the kernel.
        unsafe { &*self.last.get() }
    }

    /// The instances in priority order, without plugin zero.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Instance> {
        core::iter::successors(self.zero().next(), |instance| instance.next())
    }

    /// The instances that hear a callback: plugin zero and then those that were there when the walk began, in priority
    /// order, each if its tags allow the callback when its turn comes.
    pub(crate) fn hearers(&self, kind: u8) -> Hearers<'_> {
        Hearers { next: Some(self.zero()), newest: self.born.get(), kind }
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
            if !instance.is_newer_than(self.newest) && instance.hears(self.kind) {
                return Some(instance);
            }
        }
        None
    }
}
