//! Messages: slots, pools, references, domains.

use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use pintle_abi_core::{KIND_MESSAGE, Limits, Message, status};

use crate::cell::Counter;
use crate::crossing::Frame;
use crate::guard::{Answer, Caller, Domain, KERNEL};
use crate::handle;
use crate::kernel::Kernel;
use crate::plugin::Record;
use crate::region::{Cursor, Slice};
use crate::shared::RETURNS;
use crate::slab::{FreeList, NIL, Slab, Wrap};

/// Nobody writes to it any more.
const SEALED: u8 = 1;
/// A filter chain made it and alone may alter it.
const CHAIN: u8 = 2;
/// A result that has passed the filters.
const FILTERED: u8 = 4;

/// One message. With its slot's head it fills a cache line.
pub(crate) struct Body {
    pub(crate) data: Cell<*mut u8>,
    domain: AtomicUsize,
    pub(crate) capacity: Cell<u32>,
    pub(crate) length: Cell<u32>,
    pub(crate) position: Cell<u32>,
    pub(crate) reserved: Cell<u32>,
    /// References of all instances together.
    references: Cell<u32>,
    pins: Cell<u32>,
    /// The next one of the list that it is in: what a crossing acquired, or results on their way.
    pub(crate) next: Counter,
    /// The one before it in what a crossing acquired; for a result, its request.
    pub(crate) previous: Counter,
    flags: Cell<u8>,
    /// 0: in no crossing's list; else the frame's depth, or the worker's number, plus 1.
    crossing: Cell<u8>,
    /// The instance whose reference that is.
    acquirer: Cell<u8>,
}

const _: () = assert!(size_of::<crate::slab::Slot<Body>>() <= 64);

impl Default for Body {
    fn default() -> Self {
        Self {
            data: Cell::new(core::ptr::null_mut()),
            domain: AtomicUsize::new(0),
            capacity: Cell::new(0),
            length: Cell::new(0),
            position: Cell::new(0),
            reserved: Cell::new(0),
            references: Cell::new(0),
            pins: Cell::new(0),
            next: Counter::new(NIL),
            previous: Counter::new(NIL),
            flags: Cell::new(0),
            crossing: Cell::new(0),
            acquirer: Cell::new(0),
        }
    }
}

impl Body {
    #[inline(always)]
    pub(crate) fn is_sealed(&self) -> bool {
        self.flags.get() & SEALED != 0
    }

    #[inline(always)]
    pub(crate) fn seal(&self) {
        self.flags.set(self.flags.get() | SEALED);
    }

    pub(crate) fn unseal(&self) {
        self.flags.set(self.flags.get() & !SEALED);
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

    #[inline(always)]
    pub(crate) fn domain(&self) -> Domain {
        self.domain.load(Relaxed)
    }

    pub(crate) fn set_domain(&self, domain: Domain) {
        self.domain.store(domain, Relaxed);
    }

    #[inline(always)]
    pub(crate) fn pin(&self) {
        self.pins.set(self.pins.get() + 1);
    }
}

/// What other threads gave back of one message; under the lock.
#[derive(Default)]
pub(crate) struct Returned {
    next: Cell<u32>,
    /// Of the slot, when a reference was given back last.
    generation: Cell<u32>,
    is_listed: Cell<bool>,
    /// Its last reference went on another thread: the slot waits to be freed by the kernel thread.
    is_ended: Cell<bool>,
}

const POOLS: usize = 4;

/// All messages of a host, in four pools: small and large ones of the kernel thread, small and large ones of all
/// other threads.
pub(crate) struct Messages {
    slab: Slab<Body>,
    pools: [FreeList; POOLS],
    bytes: [*mut u8; POOLS],
    stride: [usize; POOLS],
    capacity: [u32; POOLS],
    /// References that each instance holds of each message.
    held: Slice<Cell<u8>>,
    returned_held: Slice<Cell<u8>>,
    returned: Slice<Returned>,
    returned_first: Cell<u32>,
    records: u32,
}

impl Messages {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u8) -> Self {
        let small = limits.message_bytes;
        let large = limits.large_message_bytes;
        let counts =
            [limits.messages, limits.large_messages, limits.worker_messages, limits.worker_large_messages];
        let capacity = [small, large, small, large];
        // Payloads begin on cache lines; firmware-sized ones on words.
        let stride = capacity.map(|bytes| (bytes as usize).next_multiple_of(if bytes < 64 { 8 } else { 64 }));
        let mut first = 0;
        let pools = counts.map(|count| {
            let pool = FreeList::new(first, first + count);
            first += count;
            pool
        });
        let total = first;
        let records = limits.plugins + 1;
        Self {
            slab: Slab::take(cursor, total, handle::low_half(KIND_MESSAGE, tag), Wrap::StartOver),
            pools,
            held: cursor.take(records * total),
            returned_held: cursor.take(records * total),
            returned: cursor.take(total),
            bytes: core::array::from_fn(|pool| cursor.bytes(counts[pool] as usize * stride[pool])),
            stride,
            capacity,
            returned_first: Cell::new(NIL),
            records,
        }
    }

    #[inline(always)]
    pub(crate) fn at(&self, index: u32) -> &Body {
        self.slab.at(index)
    }

    pub(crate) fn handle(&self, index: u32) -> Message {
        Message { bits: self.slab.bits(index) }
    }

    pub(crate) fn is_live(&self, index: u32) -> bool {
        self.slab.slot(index).is_live()
    }

    #[inline(always)]
    fn held(&self, record: &Record, index: u32) -> &Cell<u8> {
        // Rows of one message lie together, so that one line of the cache serves all instances.
        // SAFETY: the message's row was written when its slot was first used.
        unsafe { self.held.get(index * self.records + record.index) }
    }

    fn returned_held(&self, record: u32, index: u32) -> &Cell<u8> {
        // SAFETY: as in `held`.
        unsafe { self.returned_held.get(index * self.records + record) }
    }

    fn returned(&self, index: u32) -> &Returned {
        // SAFETY: as in `held`.
        unsafe { self.returned.get(index) }
    }

    /// The live message that a handle names.
    #[inline(always)]
    pub(crate) fn find(&self, message: Message) -> Answer<u32> {
        self.slab.find(message.bits, &self.pools[0]).or_else(|refused| self.find_elsewhere(message, refused))
    }

    /// A live small message of the kernel's domain, or `None` for whatever else it may be.
    #[inline(always)]
    pub(crate) fn find_quick(&self, message: Message) -> Option<u32> {
        let index = self.slab.find_quick(message.bits, &self.pools[0])?;
        (self.at(index).domain() == KERNEL).then_some(index)
    }

    #[cold]
    fn find_elsewhere(&self, message: Message, refused: i32) -> Answer<u32> {
        let index = (message.bits as u32) ^ self.slab.low();
        self.pools[1..]
            .iter()
            .find(|pool| pool.contains(index))
            .map_or(Err(refused), |pool| self.slab.find(message.bits, pool))
    }

    /// The pool that serves a domain; `Err` if no class is that large.
    #[inline(always)]
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

    /// A new message without references or pins. Outside the kernel's domain the lock is held.
    #[inline(always)]
    fn allocate(&self, domain: Domain, capacity: usize) -> Answer<u32> {
        let pool = self.pool(domain, capacity)?;
        let untouched = self.pools[pool].fresh();
        let index = self.slab.allocate(&self.pools[pool]).ok_or(status::E_CAPACITY)?;
        if index == untouched {
            self.prepare(pool, index);
        }
        let body = self.at(index);
        body.length.set(0);
        body.position.set(0);
        body.reserved.set(0);
        body.flags.set(0);
        body.set_domain(domain);
        Ok(index)
    }

    #[cold]
    fn prepare(&self, pool: usize, index: u32) {
        let within = index - self.pools[pool].used().start;
        let body = self.at(index);
        body.data.set(self.bytes[pool].wrapping_add(within as usize * self.stride[pool]));
        body.capacity.set(self.capacity[pool]);
        for record in 0..self.records {
            self.held.write(index * self.records + record, Cell::new(0));
            self.returned_held.write(index * self.records + record, Cell::new(0));
        }
        self.returned.write(index, Returned::default());
    }

    /// References and pins that an instance still holds, for its receipt.
    pub(crate) fn each_held(&self, record: &Record, mut visit: impl FnMut(u32, u8)) {
        for pool in &self.pools {
            for index in pool.used() {
                let count = self.held(record, index).get();
                if count > 0 {
                    visit(index, count);
                }
            }
        }
    }
}

impl Kernel {
    /// Runs `run` on a message of the caller's domain; outside the kernel's, under the lock.
    #[inline(always)]
    pub(crate) fn with_message<T>(
        &self,
        caller: &Caller<'_>,
        message: Message,
        run: impl FnOnce(u32, &Body) -> Answer<T>,
    ) -> Answer<T> {
        if caller.domain != KERNEL {
            return self.with_locked_message(caller, message, run);
        }
        let index = self.find_message(KERNEL, message)?;
        run(index, self.messages.at(index))
    }

    #[cold]
    #[inline(never)]
    fn with_locked_message<T>(
        &self,
        caller: &Caller<'_>,
        message: Message,
        run: impl FnOnce(u32, &Body) -> Answer<T>,
    ) -> Answer<T> {
        let _locked = self.shared.lock();
        let index = self.find_message(caller.domain, message)?;
        run(index, self.messages.at(index))
    }

    /// The caller holds the lock, or is in the kernel's domain.
    #[inline(always)]
    pub(crate) fn find_message(&self, domain: Domain, message: Message) -> Answer<u32> {
        let index = self.messages.find(message)?;
        if self.messages.at(index).domain() != domain {
            return Err(status::E_WRONG_THREAD);
        }
        Ok(index)
    }

    /// A new message with one reference, owned by the running crossing if there is one. Outside the kernel's domain
    /// the lock is held.
    #[inline(always)]
    pub(crate) fn acquire_message(&self, caller: &Caller<'_>, capacity: usize) -> Answer<u32> {
        let index = match self.messages.allocate(caller.domain, capacity) {
            Ok(index) => index,
            Err(status) => self.allocate_again(caller.domain, capacity, status)?,
        };
        let body = self.messages.at(index);
        body.references.set(1);
        body.pins.set(0);
        body.acquirer.set(caller.record.index as u8);
        self.messages.held(caller.record, index).set(1);
        if caller.domain == KERNEL {
            let depth = self.depth.get();
            if depth > 0 {
                // SAFETY: all frames are written at start.
                let frame = unsafe { self.frames.get(depth - 1) };
                self.link_acquired(frame, index, depth as u8);
            } else {
                body.crossing.set(0);
            }
        } else {
            body.crossing.set(0);
            if let Some(worker) = self.workers.find_in(caller.domain) {
                self.link_acquired(self.workers.frame(worker), index, worker as u8 + 1);
            }
        }
        Ok(index)
    }

    /// As [`acquire_message`](Self::acquire_message), where a small one that was used before is free, inside a crossing.
    #[inline(always)]
    pub(crate) fn acquire_quick(&self, record: &Record, capacity: usize) -> Option<u32> {
        let messages = &self.messages;
        let depth = self.depth.get();
        if capacity > messages.capacity[0] as usize || depth == 0 {
            return None;
        }
        let index = messages.slab.reuse(&messages.pools[0])?;
        let body = messages.at(index);
        body.length.set(0);
        body.position.set(0);
        body.reserved.set(0);
        body.flags.set(0);
        body.references.set(1);
        body.pins.set(0);
        body.acquirer.set(record.index as u8);
        messages.held(record, index).set(1);
        // SAFETY: all frames are written at start.
        self.link_acquired(unsafe { self.frames.get(depth - 1) }, index, depth as u8);
        Some(index)
    }

    /// As [`spend`](Self::spend), where the one reference is the running crossing's own and it acquired nothing since.
    #[inline(always)]
    pub(crate) fn release_quick(&self, record: &Record, index: u32) -> bool {
        let messages = &self.messages;
        let body = messages.at(index);
        let held = messages.held(record, index);
        let depth = self.depth.get();
        let is_the_last = held.get() == 1 && body.references.get() == 1 && body.pins.get() == 0;
        let is_the_newest = u32::from(body.crossing.get()) == depth
            && body.previous.get() == NIL
            && depth != 0
            && u32::from(body.acquirer.get()) == record.index;
        if !is_the_last || !is_the_newest {
            return false;
        }
        let next = body.next.get();
        // SAFETY: all frames are written at start.
        unsafe { self.frames.get(depth - 1) }.set_acquired(next);
        if next != NIL {
            messages.at(next).previous.set(NIL);
        }
        held.set(0);
        body.references.set(0);
        body.crossing.set(0);
        messages.slab.end(index);
        messages.slab.give_back(index, &messages.pools[0]);
        true
    }

    /// None was free: what other threads gave back may help.
    #[cold]
    #[inline(never)]
    fn allocate_again(&self, domain: Domain, capacity: usize, refused: i32) -> Answer<u32> {
        if domain != KERNEL || !self.shared.has_word(RETURNS) {
            return Err(refused);
        }
        self.take_returns();
        self.messages.allocate(KERNEL, capacity)
    }

    #[inline(always)]
    fn link_acquired(&self, frame: &Frame, index: u32, crossing: u8) {
        let body = self.messages.at(index);
        let next = frame.acquired();
        body.next.set(next);
        body.previous.set(NIL);
        if next != NIL {
            self.messages.at(next).previous.set(index);
        }
        frame.set_acquired(index);
        body.crossing.set(crossing);
    }

    /// Takes a message out of its crossing's list, if it is in one.
    #[inline(always)]
    fn unlink_acquired(&self, index: u32) {
        let body = self.messages.at(index);
        let crossing = body.crossing.get();
        if crossing == 0 {
            return;
        }
        let (previous, next) = (body.previous.get(), body.next.get());
        if previous != NIL {
            self.messages.at(previous).next.set(next);
        } else if body.domain() == KERNEL {
            // SAFETY: all frames are written at start.
            unsafe { self.frames.get(u32::from(crossing) - 1) }.set_acquired(next);
        } else {
            self.workers.frame(u32::from(crossing) - 1).set_acquired(next);
        }
        if next != NIL {
            self.messages.at(next).previous.set(previous);
        }
        body.crossing.set(0);
    }

    /// Releases what a crossing acquired and did not give away. Under the lock for a worker's crossing.
    #[cold]
    pub(crate) fn release_acquired(&self, frame: &Frame) {
        while frame.acquired() != NIL {
            let index = frame.acquired();
            let body = self.messages.at(index);
            // Spending unlinks it; the first reference is there as long as it is linked.
            let _ = self.spend(self.record(u32::from(body.acquirer.get())), body.domain(), index);
        }
    }

    /// Spends one reference of an instance. Under the lock outside the kernel's domain.
    #[inline(always)]
    pub(crate) fn spend(&self, record: &Record, domain: Domain, index: u32) -> Answer {
        let held = self.messages.held(record, index);
        let count = held.get();
        if count == 0 {
            return Err(status::E_STATE);
        }
        held.set(count - 1);
        let body = self.messages.at(index);
        if body.crossing.get() != 0 && u32::from(body.acquirer.get()) == record.index {
            self.unlink_acquired(index);
        }
        let references = body.references.get() - 1;
        body.references.set(references);
        if references == 0 && body.pins.get() == 0 {
            self.free_message(domain, index);
        }
        Ok(())
    }

    /// Adds a reference of an instance.
    pub(crate) fn keep(&self, record: &Record, index: u32) -> Answer {
        let held = self.messages.held(record, index);
        if held.get() == u8::MAX {
            return Err(status::E_CAPACITY);
        }
        held.set(held.get() + 1);
        let body = self.messages.at(index);
        body.references.set(body.references.get() + 1);
        Ok(())
    }

    /// Takes a pin away. Under the lock outside the kernel's domain.
    #[inline(always)]
    pub(crate) fn unpin(&self, domain: Domain, index: u32) {
        let body = self.messages.at(index);
        body.pins.set(body.pins.get() - 1);
        if body.pins.get() == 0 && body.references.get() == 0 {
            self.free_message(domain, index);
        }
    }

    /// Turns a pin into a reference of an instance.
    pub(crate) fn adopt_pin(&self, record: &Record, index: u32) {
        if self.keep(record, index).is_ok() {
            self.unpin(KERNEL, index);
        }
    }

    /// Turns the pin of a message that was handed over into the first reference of a crossing, as if it had acquired
    /// it. Under the lock for a worker's crossing.
    pub(crate) fn give_to_crossing(&self, record: &Record, index: u32, frame: &Frame, crossing: u8) {
        let body = self.messages.at(index);
        body.position.set(0);
        let kept = self.keep(record, index);
        body.pins.set(body.pins.get() - 1);
        // Others may have retained it on its way. An instance that holds all the references that it may gets no more.
        if kept.is_ok() {
            body.acquirer.set(record.index as u8);
            self.link_acquired(frame, index, crossing);
        }
    }

    #[inline(always)]
    fn free_message(&self, domain: Domain, index: u32) {
        self.messages.slab.end(index);
        if domain == KERNEL && self.messages.pools[0].contains(index) {
            self.messages.slab.free(index, &self.messages.pools[0]);
        } else {
            self.free_elsewhere(domain, index);
        }
    }

    /// A large one, or one that was freed away from its home.
    #[cold]
    fn free_elsewhere(&self, domain: Domain, index: u32) {
        let messages = &self.messages;
        if messages.pools[1].contains(index) && domain == KERNEL {
            messages.slab.free(index, &messages.pools[1]);
        } else if let Some(pool) = messages.pools[2..].iter().find(|pool| pool.contains(index)) {
            let locked = (domain == KERNEL).then(|| self.shared.lock());
            messages.slab.free(index, pool);
            drop(locked);
        } else {
            messages.returned(index).is_ended.set(true);
            messages.note_return(index);
            // The lock is held: this is not the kernel's domain.
            if self.shared.leave_word(RETURNS) {
                self.shared.wake();
            }
        }
    }

    /// Gives back a reference to a message of the kernel's domain, from another thread. Takes effect in a turn. Under
    /// the lock.
    pub(crate) fn return_message(&self, record: &Record, index: u32) -> Answer {
        let messages = &self.messages;
        let generation = messages.slab.slot(index).generation();
        if messages.returned(index).generation.replace(generation) != generation {
            for other in 0..messages.records {
                messages.returned_held(other, index).set(0);
            }
        }
        let count = messages.returned_held(record.index, index);
        if count.get() == u8::MAX {
            return Err(status::E_STATE);
        }
        count.set(count.get() + 1);
        messages.note_return(index);
        if self.shared.leave_word(RETURNS) {
            self.shared.wake();
        }
        Ok(())
    }

    /// Puts into effect what other threads gave back.
    #[cold]
    pub(crate) fn take_returns(&self) {
        let messages = &self.messages;
        let locked = self.shared.lock();
        self.shared.take_word(RETURNS);
        let mut index = messages.returned_first.replace(NIL);
        drop(locked);
        while index != NIL {
            let locked = self.shared.lock();
            let entry = messages.returned(index);
            let next = entry.next.get();
            entry.is_listed.set(false);
            let is_ended = entry.is_ended.replace(false);
            let generation = entry.generation.get();
            drop(locked);
            if is_ended {
                messages.at(index).set_domain(KERNEL);
                let pool = usize::from(messages.pools[1].contains(index));
                messages.slab.free(index, &messages.pools[pool]);
            } else {
                for record in 0..messages.records {
                    self.spend_returned(record, index, generation);
                }
            }
            index = next;
        }
    }

    fn spend_returned(&self, record: u32, index: u32, generation: u32) {
        let locked = self.shared.lock();
        let count = self.messages.returned_held(record, index).replace(0);
        drop(locked);
        for _ in 0..count {
            let slot = self.messages.slab.slot(index);
            if slot.is_live() && slot.generation() == generation && self.messages.at(index).domain() == KERNEL
            {
                let _ = self.spend(self.record(record), KERNEL, index);
            }
        }
    }
}

impl Messages {
    /// Puts a message into the list of returns. Under the lock.
    fn note_return(&self, index: u32) {
        let entry = self.returned(index);
        if !entry.is_listed.replace(true) {
            entry.next.set(self.returned_first.replace(index));
        }
    }

    pub(crate) fn pins(&self, index: u32) -> u32 {
        self.at(index).pins.get()
    }

    pub(crate) fn references(&self, index: u32) -> u32 {
        self.at(index).references.get()
    }

    pub(crate) fn holds(&self, record: &Record, index: u32) -> bool {
        self.held(record, index).get() > 0
    }

    /// A pinned copy for the kernel, in a domain. Outside the kernel's the lock is held.
    pub(crate) fn copy(&self, source: u32, pool_of: Domain, domain: Domain, capacity: usize) -> Answer<u32> {
        let from = self.at(source);
        let length = from.length.get();
        let index = self.allocate(pool_of, capacity.max(length as usize))?;
        let to = self.at(index);
        // SAFETY: both payloads are as long as their capacities, apart from each other, and plugins reach them only
        // through raw pointers.
        unsafe { core::ptr::copy_nonoverlapping(from.data.get(), to.data.get(), length as usize) };
        to.length.set(length);
        to.references.set(0);
        to.pins.set(1);
        to.crossing.set(0);
        to.set_domain(domain);
        Ok(index)
    }
}

/// Moving messages between domains.
impl Kernel {
    /// Spends one reference of the caller and gives a pinned, sealed message in `target`: the same one if nobody else
    /// has it, else a copy. Outside the kernel's domain the lock is held.
    #[inline(always)]
    pub(crate) fn hand_over(&self, caller: &Caller<'_>, index: u32, target: Domain) -> Answer<u32> {
        let body = self.messages.at(index);
        let held = self.messages.held(caller.record, index);
        if held.get() == 0 {
            return Err(status::E_STATE);
        }
        if body.references.get() == 1 && body.pins.get() == 0 {
            held.set(0);
            body.references.set(0);
            self.unlink_acquired(index);
            body.pins.set(1);
            body.seal();
            body.set_domain(target);
            return Ok(index);
        }
        let copy = self.messages.copy(index, caller.domain, target, 0)?;
        self.messages.at(copy).seal();
        body.seal();
        let _ = self.spend(caller.record, caller.domain, index);
        Ok(copy)
    }
}

impl Kernel {
    /// A pinned, sealed message of the kernel's domain with these bytes, if one is free.
    pub(crate) fn text_message(&self, text: *const u8, length: usize) -> Option<u32> {
        let index = self.messages.allocate(KERNEL, length).ok()?;
        let body = self.messages.at(index);
        // SAFETY: the payload is that long, and the text is readable and lies in a request's slot.
        unsafe { core::ptr::copy_nonoverlapping(text, body.data.get(), length) };
        body.length.set(length as u32);
        body.references.set(0);
        body.pins.set(1);
        body.crossing.set(0);
        body.seal();
        Some(index)
    }
}
