//! Messages: their slots and pools, and how a handle is found. Who holds them is told in `dispatch/message`.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use pintle_abi_core as abi;
use pintle_abi_core::{Limits, status};

use crate::base::answer::Answer;
use crate::base::cell::Counter;
use crate::base::domain::{Domain, KERNEL, TRANSIT};
use crate::base::handle::{self, KIND_MESSAGE};
use crate::base::lock::Locked;
use crate::base::region::{Cursor, LINE, Slice};
use crate::base::slab::{FreeList, NIL, Slab, Wrap, Zeroed};
use crate::base::sync::{AtomicUsize, Cell};
use crate::object::instance::Instance;
use crate::object::returned::Returned;

/// Nobody writes to it any more.
const SEALED: u8 = 1;

/// A filter chain made it and alone may alter it.
const CHAIN: u8 = 2;

/// A result that has passed the filters.
const FILTERED: u8 = 4;

/// In [`Message::reserved`]: the payload itself was shown for overwriting. No payload is that long.
const SHOWN: u32 = u32::MAX;

/// One message. With its slot's head it fills a cache line.
pub(crate) struct Message {
    pub(crate) data: Cell<*mut u8>,
    domain: AtomicUsize,
    pub(crate) capacity: Cell<u32>,
    pub(crate) length: Cell<u32>,
    pub(crate) position: Cell<u32>,
    /// What was given out to be written in place and is not committed yet: room for that many bytes behind the
    /// payload, or `SHOWN`. Both in one number, so that whatever ends one ends the other.
    pub(crate) reserved: Cell<u32>,
    /// References of all instances together.
    pub(crate) references: Cell<u32>,
    pub(crate) pins: Cell<u32>,
    /// The next one of the list that it is in: what a crossing acquired, or results on their way.
    pub(crate) next: Counter,
    /// The one before it in what a crossing acquired; for a result, its request.
    pub(crate) previous: Counter,
    pub(crate) flags: Cell<u8>,
    /// 0: in no crossing's list; else the frame's depth, or the worker's number, plus 1.
    pub(crate) crossing: Cell<u8>,
    /// The instance whose reference that is.
    pub(crate) acquirer: Cell<u8>,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<crate::base::slab::Slot<Message>>() <= 64);

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Message {}

impl Message {
    #[inline(always)]
    pub(crate) fn is_sealed(&self) -> bool {
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

    /// The payload is shown for overwriting, until it is committed or written to otherwise.
    #[inline(always)]
    pub(crate) fn show(&self) {
        self.reserved.set(SHOWN);
    }

    #[inline(always)]
    pub(crate) fn is_shown(&self) -> bool {
        self.reserved.get() == SHOWN
    }

    /// Whether only the running chain has it.
    pub(crate) fn is_chains_own(&self) -> bool {
        self.flags.get() & CHAIN != 0 && self.references.get() == 0 && self.pins.get() == 1
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

const POOLS: usize = 4;

/// Large enough payloads begin on cache lines.
fn stride(capacity: u32) -> usize {
    (capacity as usize).next_multiple_of(if capacity < 64 { 8 } else { LINE })
}

/// All messages of a host, in four pools: small and large ones of the kernel thread, small and large ones of all
/// other threads.
pub(crate) struct Messages {
    pub(crate) slab: Slab<Message, KIND_MESSAGE>,
    pub(crate) pools: [FreeList; POOLS],
    bytes: [NonNull<u8>; POOLS],
    /// Of small and of large ones, in bytes.
    pub(crate) capacity: [u32; 2],
    /// References that each instance holds of each message.
    held: Slice<Cell<Held>>,
    returned_held: Slice<Cell<Held>>,
    returned: Slice<Returned>,
    pub(crate) returned_first: Cell<u32>,
    pub(crate) instances: u32,
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

    #[inline(always)]
    pub(crate) fn at(&self, index: u32) -> &Message {
        self.slab.at(index)
    }

    pub(crate) fn handle(&self, index: u32) -> abi::Message {
        abi::Message { bits: self.slab.bits(index) }
    }

    #[inline(always)]
    pub(crate) fn held(&self, instance: &Instance, index: u32) -> &Cell<Held> {
        // Rows of one message lie together, so that one line of the cache serves all instances.
        // SAFETY: the message's row was written when its slot was first used.
        unsafe { self.held.get(index * self.instances + instance.index()) }
    }

    pub(crate) fn returned_held(&self, instance: u32, index: u32) -> &Cell<Held> {
        // SAFETY: as in `held`.
        unsafe { self.returned_held.get(index * self.instances + instance) }
    }

    pub(crate) fn returned(&self, index: u32) -> &Returned {
        // SAFETY: as in `held`.
        unsafe { self.returned.get(index) }
    }

    /// The live message that a handle names.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn find(&self, message: abi::Message) -> Answer<u32> {
        self.slab.find(message.bits, &self.pools[0]).or_else(|refused| self.find_elsewhere(message, refused))
    }

    /// A live small message of the kernel's domain, or `None` for whatever else it may be.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn find_quick(&self, handle: abi::Message) -> Option<(u32, &Message)> {
        let index = self.slab.find_quick(handle.bits, &self.pools[0])?;
        let message = self.at(index);
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

    /// The pool that a message comes from.
    pub(crate) fn pool_of(&self, index: u32) -> &FreeList {
        self.pools.iter().find(|pool| pool.contains(index)).unwrap_or(&self.pools[0])
    }

    /// Whether a message comes from the kernel thread's pools.
    pub(crate) fn is_kernels(&self, index: u32) -> bool {
        index < self.pools[2].used().start
    }

    /// A new message without references or pins. Outside the kernel's domain the lock is held.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn allocate(&self, domain: Domain, capacity: usize) -> Answer<u32> {
        let pool = self.pool(domain, capacity)?;
        let untouched = self.pools[pool].fresh();
        let index = self.slab.allocate(&self.pools[pool]).ok_or(status::E_CAPACITY)?;
        if index == untouched {
            self.prepare(pool, index);
        }
        let message = self.at(index);
        message.length.set(0);
        message.position.set(0);
        message.reserved.set(0);
        message.flags.set(0);
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
        for instance in 0..self.instances {
            self.held.write(index * self.instances + instance, Cell::new(0));
            self.returned_held.write(index * self.instances + instance, Cell::new(0));
        }
        self.returned.write(index, Returned::default());
    }

    /// The messages that were used at least once.
    pub(crate) fn used(&self) -> impl Iterator<Item = u32> {
        self.pools.iter().flat_map(FreeList::used)
    }

    /// How many references an instance holds.
    pub(crate) fn count_held(&self, instance: &Instance, index: u32) -> Held {
        self.held(instance, index).get()
    }
}

impl Messages {
    pub(crate) fn pins(&self, index: u32) -> u32 {
        self.at(index).pins.get()
    }

    pub(crate) fn references(&self, index: u32) -> u32 {
        self.at(index).references.get()
    }

    pub(crate) fn holds(&self, instance: &Instance, index: u32) -> bool {
        self.held(instance, index).get() > 0
    }

    /// A pinned message as long as another, for a copy of it, which nobody can touch yet.
    pub(crate) fn begin_copy(&self, source: u32, pool_of: Domain, capacity: usize) -> Answer<u32> {
        let length = self.at(source).length.get();
        let index = self.allocate(pool_of, capacity.max(length as usize))?;
        let to = self.at(index);
        to.length.set(length);
        to.references.set(0);
        to.pins.set(1);
        to.crossing.set(0);
        to.set_domain(TRANSIT);
        Ok(index)
    }

    /// Copies one payload into another as long. Both are pinned, or this thread's alone; the lock is not held.
    pub(crate) fn copy_payload(&self, source: u32, target: u32) {
        let (from, to) = (self.at(source), self.at(target));
        // SAFETY: both payloads are as long as their capacities, apart from each other, and plugins reach them only
        // through raw pointers.
        unsafe { core::ptr::copy_nonoverlapping(from.data.get(), to.data.get(), from.length.get() as usize) };
    }

    /// A pinned copy of a message of the kernel's domain, in a domain.
    pub(crate) fn copy(&self, source: u32, domain: Domain, capacity: usize) -> Answer<u32> {
        let index = self.begin_copy(source, KERNEL, capacity)?;
        self.copy_payload(source, index);
        self.at(index).set_domain(domain);
        Ok(index)
    }
}
