//! The slots and pools of messages: how one is found, begins and ends.

use core::ptr::NonNull;

use pintle_abi_core as abi;
use pintle_abi_core::{Limits, status};

use crate::base::answer::Answer;
use crate::base::domain::{Domain, KERNEL, TRANSIT};
use crate::base::handle::{self, KIND_MESSAGE};
use crate::base::region::{Cursor, IS_LAZY, LINE, Slice};
use crate::base::slab::{FreeList, NIL, Slab, Wrap};
use crate::base::sync::Cell;
use crate::object::instance::Instance;
use crate::object::message::returned::Returned;
use crate::object::message::{Held, Message};

const POOLS: usize = 4;

/// Large enough payloads begin on cache lines.
fn stride(capacity: u32) -> usize {
    (capacity as usize).next_multiple_of(if capacity < 64 { 8 } else { LINE })
}

/// All messages of a host, in four pools: small and large ones of the kernel thread, small and large ones of all
/// other threads.
pub(crate) struct Messages {
    pub(super) slab: Slab<Message, KIND_MESSAGE>,
    pub(super) pools: [FreeList; POOLS],
    bytes: [NonNull<u8>; POOLS],
    /// Of small and of large ones, in bytes.
    pub(super) capacity: [u32; 2],
    /// References that each instance holds of each message.
    held: Slice<Cell<Held>>,
    pub(super) returned_held: Slice<Cell<Held>>,
    pub(super) returned: Slice<Returned>,
    pub(super) returned_first: Cell<u32>,
    pub(super) instances: u32,
}

impl Messages {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u16) -> Self {
        let small = limits.message_bytes;
        let large = limits.large_message_bytes;
        let counts =
            [limits.messages, limits.large_messages, limits.worker_messages, limits.worker_large_messages];
        let capacity = [small, large];
        let mut first = 0;
        let pools = counts.map(|count| {
            let pool = FreeList::new(first, first + count);
            first += count;
            pool
        });
        let total = first;
        let instances = limits.plugins + 1;
        Self {
            slab: Slab::take(cursor, total, handle::low_half(tag), Wrap::StartOver),
            pools,
            held: cursor.take(instances * total),
            returned_held: cursor.take(instances * total),
            returned: cursor.take(total),
            bytes: core::array::from_fn(|pool| cursor.bytes(stride(capacity[pool % 2]), counts[pool])),
            capacity,
            returned_first: Cell::new(NIL),
            instances,
        }
    }

    /// Begins the rows of the other threads' messages. They allocate under the lock, which is not held for a loop over the
    /// instances.
    pub(crate) fn begin_rows_of_threads(self) -> Self {
        if IS_LAZY {
            let first = self.pools[2].used().start;
            self.begin_rows(first, self.returned.length() - first);
        }
        self
    }

    #[inline(always)]
    pub(crate) fn at(&self, index: u32) -> &Message {
        self.slab.at(index)
    }

    pub(crate) fn handle(&self, index: u32) -> abi::Message {
        abi::Message { bits: self.slab.bits(index) }
    }

    /// The references that an instance holds of a message.
    #[inline(always)]
    pub(super) fn held(&self, instance: &Instance, index: u32) -> &Cell<Held> {
        // Rows of one message lie together, so that one line of the cache serves all instances.
        // SAFETY: the message's row was written at start, or when its slot was first used.
        unsafe { self.held.get(index * self.instances + instance.index()) }
    }

    /// The live message that a handle names.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn find(&self, message: abi::Message) -> Answer<u32> {
        self.slab.find(message.bits, &self.pools[0]).or_else(|refused| self.find_elsewhere(message, refused))
    }

    /// A live small message of the kernel's domain, or `None` for whatever else it may be.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn find_quick(&self, handle: abi::Message) -> Option<(u32, &Message)> {
        let slab = &self.slab;
        let index = slab.find_quick(handle.bits, &self.pools[0])?;
        let message = slab.at(index);
        (message.domain() == KERNEL).then_some((index, message))
    }

    #[cold]
    fn find_elsewhere(&self, message: abi::Message, refused: i32) -> Answer<u32> {
        let index = (message.bits as u32) ^ self.slab.low();
        match self.pools[1..].iter().find(|pool| pool.contains(index)) {
            Some(pool) => self.slab.find(message.bits, pool),
            None => Err(refused),
        }
    }

    /// The pool that serves a domain; `Err` if no class is that large.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn pool(&self, domain: Domain, capacity: usize) -> Answer<usize> {
        let first = if domain == KERNEL { 0 } else { 2 };
        if capacity <= self.capacity[0] as usize {
            Ok(first)
        } else if capacity <= self.capacity[1] as usize {
            Ok(first + 1)
        } else {
            Err(status::E_CAPACITY)
        }
    }

    /// Whether a message comes from the kernel thread's pools.
    pub(crate) fn is_kernels(&self, index: u32) -> bool {
        index < self.pools[2].used().start
    }

    /// A new message without references or pins. Outside the kernel's domain the lock is held.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn allocate(&self, domain: Domain, capacity: usize) -> Answer<u32> {
        let pool = self.pool(domain, capacity)?;
        let untouched = self.pools[pool].fresh();
        let index = self.slab.allocate(&self.pools[pool]).ok_or(status::E_CAPACITY)?;
        if index == untouched {
            self.prepare(pool, index);
        }
        let message = self.at(index);
        message.empty();
        message.flags.set(0);
        message.crossing.set(0);
        message.set_domain(domain);
        self.slab.begin(index);
        Ok(index)
    }

    #[cold]
    fn prepare(&self, pool: usize, index: u32) {
        let within = index - self.pools[pool].used().start;
        let message = self.at(index);
        message
            .data
            .set(self.bytes[pool].as_ptr().wrapping_add(within as usize * stride(self.capacity[pool % 2])));
        message.capacity.set(self.capacity[pool % 2]);
        if IS_LAZY && self.is_kernels(index) {
            self.begin_rows(index, 1);
        }
    }

    /// Begins what is counted of some messages for each instance, at zero.
    fn begin_rows(&self, first: u32, count: u32) {
        let (row, cells) = (first * self.instances, count * self.instances);
        // SAFETY: numbers and flags, and nobody has these messages yet.
        unsafe {
            self.held.zero(row, cells);
            self.returned_held.zero(row, cells);
            self.returned.zero(first, count);
        }
    }

    /// A new message with one reference of an instance. Outside the kernel's domain the lock is held.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn begin(&self, domain: Domain, capacity: usize, instance: &Instance) -> Answer<u32> {
        let index = self.allocate(domain, capacity)?;
        let message = self.at(index);
        message.references.set(1);
        message.pins.set(0);
        self.held(instance, index).set(1);
        Ok(index)
    }

    /// A new message that nobody has but who pins it. Outside the kernel's domain the lock is held.
    pub(crate) fn begin_pinned(&self, domain: Domain, capacity: usize) -> Answer<u32> {
        let index = self.allocate(domain, capacity)?;
        let message = self.at(index);
        message.references.set(0);
        message.pins.set(1);
        Ok(index)
    }

    /// A pinned message as long as another, for a copy of it, which nobody can touch yet.
    pub(crate) fn begin_copy(&self, source: u32, pool_of: Domain, capacity: usize) -> Answer<u32> {
        let length = self.at(source).length();
        let index = self.begin_pinned(pool_of, capacity.max(length))?;
        self.at(index).end_copy(length);
        self.at(index).set_domain(TRANSIT);
        Ok(index)
    }

    /// Copies one payload into another as long. Both are pinned, or this thread's alone; the lock is not held.
    pub(crate) fn copy_payload(&self, source: u32, target: u32) {
        let (from, to) = (self.at(source), self.at(target));
        // SAFETY: both payloads are as long as their capacities, apart from each other, and plugins reach them only
        // through raw pointers.
        unsafe { core::ptr::copy_nonoverlapping(from.data.get(), to.data.get(), from.length()) };
    }

    /// A pinned copy of a message of the kernel's domain, in a domain.
    pub(crate) fn copy(&self, source: u32, domain: Domain, capacity: usize) -> Answer<u32> {
        let index = self.begin_copy(source, KERNEL, capacity)?;
        self.copy_payload(source, index);
        self.at(index).set_domain(domain);
        Ok(index)
    }

    /// Nobody has it any more: its handle is stale. Its slot is to be freed.
    #[inline(always)]
    pub(crate) fn end(&self, index: u32) {
        self.slab.end(index);
    }

    /// Frees the slot of a message that has ended, on the thread that its pool belongs to, or under the lock.
    pub(crate) fn free(&self, index: u32) {
        let pool = self.pools.iter().find(|pool| pool.contains(index)).unwrap_or(&self.pools[0]);
        self.slab.free(index, pool);
    }

    /// As [`free`](Self::free) on the kernel thread, if it is one of its small messages; whether it was.
    #[inline(always)]
    pub(crate) fn free_quick(&self, index: u32) -> bool {
        let is_small = self.pools[0].contains(index);
        if is_small {
            self.slab.free(index, &self.pools[0]);
        }
        is_small
    }

    /// The messages that were used at least once.
    pub(crate) fn used(&self) -> impl Iterator<Item = u32> {
        self.pools.iter().flat_map(FreeList::used)
    }
}
