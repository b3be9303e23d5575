//! Slabs: slots with a generation, handed out first-in-first-out.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::cell::Counter;
use crate::handle;
use crate::region::{Cursor, Slice};

/// No slot.
pub(crate) const NIL: u32 = u32::MAX;

/// One slot. An odd generation is live, an even one is not.
#[repr(C)]
pub(crate) struct Slot<T> {
    generation: AtomicU32,
    next_free: Counter,
    value: T,
}

impl<T> Slot<T> {
    #[inline(always)]
    pub(crate) fn generation(&self) -> u32 {
        self.generation.load(Ordering::Relaxed)
    }

    #[inline(always)]
    pub(crate) fn is_live(&self) -> bool {
        self.generation() & 1 == 1
    }
}

/// What happens when a slot's generation is used up after 2^31 lives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrap {
    /// The slot retires: no stale handle can ever meet a new object.
    Retire,
    /// It starts over. For objects that are made millions of times a second, retiring would end the service.
    StartOver,
}

/// A free list over part of a slab: used slots first-in-first-out, then untouched ones.
pub(crate) struct FreeList {
    first: u32,
    end: u32,
    /// The next slot that was never used. Other threads read it to tell forged handles.
    fresh: AtomicU32,
    head: Counter,
    tail: Counter,
}

impl FreeList {
    pub(crate) const fn new(first: u32, end: u32) -> Self {
        Self { first, end, fresh: AtomicU32::new(first), head: Counter::new(NIL), tail: Counter::new(NIL) }
    }

    #[inline(always)]
    pub(crate) fn contains(&self, index: u32) -> bool {
        index.wrapping_sub(self.first) < self.end - self.first
    }

    #[inline(always)]
    pub(crate) fn fresh(&self) -> u32 {
        self.fresh.load(Ordering::Acquire)
    }

    /// The slots that were used at least once.
    pub(crate) fn used(&self) -> core::ops::Range<u32> {
        self.first..self.fresh()
    }
}

/// Generational slots of one kind.
pub(crate) struct Slab<T> {
    slots: Slice<Slot<T>>,
    low: u32,
    wrap: Wrap,
}

impl<T: Default> Slab<T> {
    pub(crate) const fn take(cursor: &mut Cursor, capacity: u32, low: u32, wrap: Wrap) -> Self {
        Self { slots: cursor.take(capacity), low, wrap }
    }

    /// A new live slot, or `None` when all are taken. Its value is as its last life left it.
    #[inline(always)]
    pub(crate) fn allocate(&self, free: &FreeList) -> Option<u32> {
        let head = free.head.get();
        let index = if head == NIL {
            let fresh = free.fresh();
            if fresh == free.end {
                return None;
            }
            self.slots.write(
                fresh,
                Slot { generation: AtomicU32::new(0), next_free: Counter::new(NIL), value: T::default() },
            );
            free.fresh.store(fresh + 1, Ordering::Release);
            fresh
        } else {
            free.head.set(self.slot(head).next_free.get());
            head
        };
        let slot = self.slot(index);
        slot.generation.store(slot.generation() | 1, Ordering::Relaxed);
        Some(index)
    }

    /// As [`allocate`](Self::allocate), but only a slot that was used before.
    #[inline(always)]
    pub(crate) fn reuse(&self, free: &FreeList) -> Option<u32> {
        let index = free.head.get();
        if index == NIL {
            return None;
        }
        let slot = self.slot(index);
        free.head.set(slot.next_free.get());
        slot.generation.store(slot.generation() | 1, Ordering::Relaxed);
        Some(index)
    }

    /// Makes every handle of this slot stale. The slot is not free yet.
    #[inline(always)]
    pub(crate) fn end(&self, index: u32) {
        let slot = self.slot(index);
        debug_assert!(slot.is_live());
        slot.generation.store(slot.generation().wrapping_add(1), Ordering::Relaxed);
    }

    /// Puts an ended slot at the end of the free list, or retires it.
    #[inline(always)]
    pub(crate) fn free(&self, index: u32, free: &FreeList) {
        let slot = self.slot(index);
        debug_assert!(!slot.is_live());
        if slot.generation() == 0 && self.wrap == Wrap::Retire {
            return;
        }
        self.give_back(index, free);
    }

    /// Puts an ended slot that never retires at the end of the free list.
    #[inline(always)]
    pub(crate) fn give_back(&self, index: u32, free: &FreeList) {
        let slot = self.slot(index);
        slot.next_free.set(NIL);
        if free.head.get() == NIL {
            free.head.set(index);
        } else {
            self.slot(free.tail.get()).next_free.set(index);
        }
        free.tail.set(index);
    }

    /// A slot that was used at least once.
    #[inline(always)]
    pub(crate) fn slot(&self, index: u32) -> &Slot<T> {
        // SAFETY: indices come from `allocate`, which wrote the slot, or from `find`, which saw that it did; the slab
        // gives out shared references only.
        unsafe { self.slots.get(index) }
    }

    #[inline(always)]
    pub(crate) fn at(&self, index: u32) -> &T {
        &self.slot(index).value
    }

    #[inline(always)]
    pub(crate) fn bits(&self, index: u32) -> u64 {
        handle::encode(self.low, index, self.slot(index).generation())
    }

    /// The slot that a handle names, if it lives. Where `free` governs a part that does not begin at slot 0, the caller
    /// has seen that the handle's slot is not before it.
    #[inline(always)]
    pub(crate) fn find(&self, bits: u64, free: &FreeList) -> Result<u32, i32> {
        self.find_quick(bits, free).ok_or_else(|| handle::refuse(bits, self.low, free.fresh()))
    }

    /// As [`find`](Self::find), without saying why not.
    #[inline(always)]
    pub(crate) fn find_quick(&self, bits: u64, free: &FreeList) -> Option<u32> {
        let index = (bits as u32) ^ self.low;
        let generation = (bits >> 32) as u32;
        let lives =
            index < free.fresh() && self.slot(index).generation() == generation && generation & 1 == 1;
        lives.then_some(index)
    }

    /// The low half of this slab's handles.
    #[inline(always)]
    pub(crate) fn low(&self) -> u32 {
        self.low
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use pintle_abi_core::{KIND_SESSION, status};
    use std::vec;

    fn slab(memory: &mut [u64], wrap: Wrap) -> Slab<u64> {
        let base = memory.as_mut_ptr().cast::<u8>();
        let aligned = base.wrapping_add(base.align_offset(64));
        // SAFETY: aligned, and the slice is larger than four slots.
        let mut cursor = unsafe { Cursor::carve(aligned) };
        Slab::take(&mut cursor, 4, handle::low_half(KIND_SESSION, 3), wrap)
    }

    #[test]
    fn slots_are_reused_first_in_first_out_and_old_handles_are_stale() {
        let mut memory = vec![0; 64];
        let slab = slab(&mut memory, Wrap::Retire);
        let free = FreeList::new(0, 4);
        let first = slab.allocate(&free).unwrap();
        let second = slab.allocate(&free).unwrap();
        let old = slab.bits(first);
        for index in [second, first] {
            slab.end(index);
            slab.free(index, &free);
        }
        assert_eq!(slab.find(old, &free), Err(status::E_STALE));
        assert_eq!(slab.allocate(&free), Some(second));
        assert_eq!(slab.allocate(&free), Some(first));
        assert_eq!(slab.find(old, &free), Err(status::E_STALE));
        assert_eq!(slab.find(slab.bits(first), &free), Ok(first));
        assert!(slab.allocate(&free).is_some() && slab.allocate(&free).is_some());
        assert_eq!(slab.allocate(&free), None);
    }

    #[test]
    fn a_slot_whose_generation_is_used_up_retires() {
        let mut memory = vec![0; 64];
        let retiring = slab(&mut memory, Wrap::Retire);
        let free = FreeList::new(0, 1);
        let index = retiring.allocate(&free).unwrap();
        retiring.slot(index).generation.store(u32::MAX, Ordering::Relaxed);
        retiring.end(index);
        retiring.free(index, &free);
        assert_eq!(retiring.allocate(&free), None);

        let mut memory = vec![0; 64];
        let lasting = slab(&mut memory, Wrap::StartOver);
        let free = FreeList::new(0, 1);
        let index = lasting.allocate(&free).unwrap();
        lasting.slot(index).generation.store(u32::MAX, Ordering::Relaxed);
        lasting.end(index);
        lasting.free(index, &free);
        assert_eq!(lasting.allocate(&free), Some(index));
        assert_eq!(lasting.bits(index) >> 32, 1);
    }

    #[test]
    fn what_is_not_a_handle_of_this_slab_is_told_apart() {
        let mut memory = vec![0; 64];
        let slab = slab(&mut memory, Wrap::Retire);
        let free = FreeList::new(0, 4);
        let live = slab.bits(slab.allocate(&free).unwrap());
        for bits in [0, u64::MAX, live ^ (8 << 24), live | 2] {
            assert_eq!(slab.find(bits, &free), Err(status::E_HANDLE), "{bits:x}");
        }
        assert_eq!(slab.find(live ^ (1 << 28), &free), Err(status::E_FOREIGN));
        assert_eq!(slab.find(live ^ (1 << 24), &free), Err(status::E_KIND));
        assert_eq!(slab.find(live ^ (1 << 32), &free), Err(status::E_STALE));
        assert_eq!(slab.find(live ^ (2 << 32), &free), Err(status::E_STALE));
    }
}
