//! Slabs: slots with a generation, handed out first-in-first-out.

use core::marker::PhantomData;
use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use crate::base::cell::Counter;
use crate::base::handle;
use crate::base::region::{Cursor, IS_LAZY};
use crate::base::sync::{AtomicU32, fence};

/// No slot.
pub(crate) const NIL: u32 = u32::MAX;

/// What every slot begins with.
pub(crate) struct Head {
    /// As [`handle`] says. Written last when a slot comes to life, so that whoever finds it live sees what is in it.
    life: AtomicU32,
    next_free: Counter,
}

impl Head {
    #[inline(always)]
    pub(crate) fn life(&self) -> u32 {
        self.life.load(Ordering::Acquire)
    }

    #[inline(always)]
    pub(crate) fn is_live(&self) -> bool {
        handle::is_live(self.life())
    }
}

/// One slot.
#[repr(C)]
pub(crate) struct Slot<T> {
    head: Head,
    value: T,
}

/// A type of which zero bytes are a value: the one that a slot begins with.
///
/// # Safety
/// Zero bytes are a valid value of the type.
pub(crate) unsafe trait Zeroed {}

/// What happens when a slot's generation is used up after 2^27 lives.
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

/// The heads of a slab's slots: all that handing out and finding needs, whatever is in the slots. Without an operating
/// system one copy of each function serves all kinds; else `stride` is a constant where they are inlined.
#[derive(Clone, Copy)]
struct Heads {
    base: NonNull<u8>,
    low: u32,
    wrap: Wrap,
}

impl Heads {
    #[inline(always)]
    fn pointer(&self, stride: usize, index: u32) -> NonNull<u8> {
        // SAFETY: indices are below the capacity that was carved.
        unsafe {
            if cfg!(not(target_os = "none")) && stride == 64 {
                // The same address. In this form the compiler needs one register less on the hot paths.
                self.base.cast::<[u8; 64]>().add(index as usize).cast()
            } else {
                self.base.byte_add(stride * index as usize)
            }
        }
    }

    #[inline(always)]
    fn at(&self, stride: usize, index: u32) -> &Head {
        // SAFETY: indices come from `allocate`, which wrote the slot, or from `find`, which saw that it did; the slab
        // gives out shared references only.
        unsafe { self.pointer(stride, index).cast().as_ref() }
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn allocate(&self, stride: usize, free: &FreeList) -> Option<u32> {
        if let Some(index) = self.reuse(stride, free) {
            return Some(index);
        }
        let fresh = free.fresh();
        if fresh == free.end {
            return None;
        }
        if IS_LAZY {
            // SAFETY: the slot lies in the slab and was never used; zero bytes are a head, and a value of its type.
            unsafe { self.pointer(stride, fresh).write_bytes(0, stride) };
        }
        // A handle of generation 0 is not given out in the first round: a slot whose word is 0 is used up.
        self.at(stride, fresh).life.store(handle::ended(0), Ordering::Relaxed);
        free.fresh.store(fresh + 1, Ordering::Release);
        Some(fresh)
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn reuse(&self, stride: usize, free: &FreeList) -> Option<u32> {
        let index = free.head.get();
        if index == NIL {
            return None;
        }
        let head = self.at(stride, index);
        free.head.set(head.next_free.get());
        Some(index)
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn give_back(&self, stride: usize, index: u32, free: &FreeList) {
        self.at(stride, index).next_free.set(NIL);
        if free.head.get() == NIL {
            free.head.set(index);
        } else {
            self.at(stride, free.tail.get()).next_free.set(index);
        }
        free.tail.set(index);
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn find_with(
        &self,
        stride: usize,
        bits: u64,
        free: &FreeList,
        read: impl Fn(&Head) -> u32,
    ) -> Option<u32> {
        let index = (bits as u32) ^ self.low;
        let life = handle::life(bits);
        let lives = index < free.fresh() && read(self.at(stride, index)) == life && handle::is_live(life);
        lives.then_some(index)
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn free(&self, stride: usize, index: u32, free: &FreeList) {
        debug_assert!(!self.at(stride, index).is_live());
        if self.wrap == Wrap::StartOver || self.at(stride, index).life() != 0 {
            self.give_back(stride, index, free);
        }
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn find(&self, stride: usize, bits: u64, kind: u32, free: &FreeList) -> Result<u32, i32> {
        self.find_with(stride, bits, free, Head::life)
            .ok_or_else(|| handle::refuse(bits, self.low, kind, free.fresh()))
    }
}

/// A walk over live slots.
pub(crate) struct Live<'s> {
    heads: &'s Heads,
    stride: usize,
    next: u32,
    end: u32,
}

impl Iterator for Live<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        while self.next < self.end {
            let index = self.next;
            self.next += 1;
            if self.heads.at(self.stride, index).is_live() {
                return Some(index);
            }
        }
        None
    }
}

/// Generational slots for values of one kind: where they are. A copy in a local variable stays in registers, while what is
/// behind a reference is read again after every store.
pub(crate) struct Slab<T, const KIND: u32> {
    heads: Heads,
    kind: PhantomData<Slot<T>>,
}

impl<T, const KIND: u32> Clone for Slab<T, KIND> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const KIND: u32> Copy for Slab<T, KIND> {}

impl<T: Zeroed, const KIND: u32> Slab<T, KIND> {
    const STRIDE: usize = size_of::<Slot<T>>();

    pub(crate) fn take(cursor: &mut Cursor, capacity: u32, low: u32, wrap: Wrap) -> Self {
        let base = cursor.take::<Slot<T>>(capacity).base().cast();
        Self { heads: Heads { base, low, wrap }, kind: PhantomData }
    }

    /// A slot for a new value, or `None` when all are taken. The value is as its last life left it, or zero, and no handle
    /// names it before [`begin`](Self::begin).
    #[inline(always)]
    pub(crate) fn allocate(&self, free: &FreeList) -> Option<u32> {
        self.heads.allocate(Self::STRIDE, free)
    }

    /// As [`allocate`](Self::allocate), but only a slot that was used before.
    #[inline(always)]
    pub(crate) fn reuse(&self, free: &FreeList) -> Option<u32> {
        self.heads.reuse(Self::STRIDE, free)
    }

    /// The slot's value is complete: from now on its handle finds it. Gives the handle.
    #[inline(always)]
    pub(crate) fn begin(&self, index: u32) -> u64 {
        let slot = self.slot(index);
        debug_assert!(!slot.is_live());
        let life = slot.life.load(Ordering::Relaxed) | KIND;
        slot.life.store(life, Ordering::Release);
        handle::encode(self.heads.low, index, life)
    }

    /// Makes every handle of this slot stale. The slot is not free yet.
    #[inline(always)]
    pub(crate) fn end(&self, index: u32) {
        let slot = self.slot(index);
        debug_assert!(slot.is_live());
        slot.life.store(handle::ended(slot.life.load(Ordering::Relaxed)), Ordering::Release);
    }

    /// Puts an ended slot at the end of the free list, or retires it.
    #[inline(always)]
    pub(crate) fn free(&self, index: u32, free: &FreeList) {
        self.heads.free(Self::STRIDE, index, free);
    }

    /// Puts an ended slot that never retires at the end of the free list.
    #[inline(always)]
    pub(crate) fn give_back(&self, index: u32, free: &FreeList) {
        self.heads.give_back(Self::STRIDE, index, free);
    }

    /// The head of a slot that was used at least once.
    #[inline(always)]
    pub(crate) fn slot(&self, index: u32) -> &Head {
        self.heads.at(Self::STRIDE, index)
    }

    #[inline(always)]
    pub(crate) fn at(&self, index: u32) -> &T {
        // SAFETY: as in `Heads::at`.
        unsafe { &self.heads.pointer(Self::STRIDE, index).cast::<Slot<T>>().as_ref().value }
    }

    #[inline(always)]
    pub(crate) fn bits(&self, index: u32) -> u64 {
        handle::encode(self.heads.low, index, self.slot(index).life())
    }

    /// The handle of what ended in a slot that is not free yet.
    pub(crate) fn ended_bits(&self, index: u32) -> u64 {
        handle::encode(self.heads.low, index, handle::before(self.slot(index).life(), KIND))
    }

    /// The slot that a handle names, if it lives. Where `free` governs a part that does not begin at slot 0, the caller
    /// has seen that the handle's slot is not before it.
    #[inline(always)]
    pub(crate) fn find(&self, bits: u64, free: &FreeList) -> Result<u32, i32> {
        self.heads.find(Self::STRIDE, bits, KIND, free)
    }

    /// Checks again that a handle names a live slot, after another thread than the kernel thread has read fields of
    /// the slot without the lock. If it does, what was read belongs to this life: what the kernel thread writes for
    /// the next life, it writes after [`renew`](Self::renew).
    pub(crate) fn find_still(&self, bits: u64, free: &FreeList) -> Result<(), i32> {
        fence(Ordering::Acquire);
        self.find(bits, free).map(|_| ())
    }

    /// To be called before an allocated slot is written to, if other threads may still read it through an old
    /// handle. A thread that has read any of the new values is then refused by [`find_still`](Self::find_still),
    /// because it sees that the old life is over.
    #[inline(always)]
    pub(crate) fn renew(&self) {
        fence(Ordering::Release);
    }

    /// As [`find`](Self::find), without the reason of a refusal. Only for the thread that begins the slots of this
    /// part: it needs no acquire ordering to see their values.
    #[inline(always)]
    pub(crate) fn find_quick(&self, bits: u64, free: &FreeList) -> Option<u32> {
        self.heads.find_with(Self::STRIDE, bits, free, |head| head.life.load(Ordering::Relaxed))
    }

    /// The live slots among those that were used when the walk began.
    pub(crate) fn live(&self, free: &FreeList) -> Live<'_> {
        Live { heads: &self.heads, stride: Self::STRIDE, next: free.first, end: free.fresh() }
    }

    /// The low half of this slab's handles.
    #[inline(always)]
    pub(crate) fn low(&self) -> u32 {
        self.heads.low
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::base::handle::KIND_SESSION;
    use pintle_abi_core::status;
    use std::vec;

    // SAFETY: zero is a number.
    unsafe impl Zeroed for u64 {}

    fn slab(memory: &mut [u64], wrap: Wrap) -> Slab<u64, KIND_SESSION> {
        let base = memory.as_mut_ptr().cast::<u8>();
        let aligned = NonNull::new(base.wrapping_add(base.align_offset(64))).unwrap();
        // SAFETY: aligned, and the slice is larger than four slots.
        let mut cursor = unsafe { Cursor::carve(aligned) };
        Slab::take(&mut cursor, 4, handle::low_half(3), wrap)
    }

    fn start(slab: &Slab<u64, KIND_SESSION>, free: &FreeList) -> Option<u32> {
        slab.allocate(free).inspect(|index| _ = slab.begin(*index))
    }

    #[test]
    fn slots_are_reused_first_in_first_out_and_old_handles_are_stale() {
        let mut memory = vec![0; 64];
        let slab = slab(&mut memory, Wrap::Retire);
        let free = FreeList::new(0, 4);
        let first = start(&slab, &free).unwrap();
        let second = start(&slab, &free).unwrap();
        let old = slab.bits(first);
        for index in [second, first] {
            slab.end(index);
            slab.free(index, &free);
        }
        assert_eq!(slab.find(old, &free), Err(status::E_STALE));
        assert_eq!(start(&slab, &free), Some(second));
        assert_eq!(slab.allocate(&free), Some(first));
        assert_eq!(slab.find(slab.bits(first), &free), Err(status::E_HANDLE), "nothing lives there yet");
        slab.begin(first);
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
        let index = start(&retiring, &free).unwrap();
        retiring.slot(index).life.store(handle::before(0, KIND_SESSION), Ordering::Relaxed);
        retiring.end(index);
        retiring.free(index, &free);
        assert_eq!(retiring.allocate(&free), None);

        let mut memory = vec![0; 64];
        let lasting = slab(&mut memory, Wrap::StartOver);
        let free = FreeList::new(0, 1);
        let index = start(&lasting, &free).unwrap();
        lasting.slot(index).life.store(handle::before(0, KIND_SESSION), Ordering::Relaxed);
        lasting.end(index);
        lasting.free(index, &free);
        assert_eq!(start(&lasting, &free), Some(index));
        assert_eq!(lasting.find(lasting.bits(index), &free), Ok(index));
    }

    #[test]
    fn what_is_not_a_handle_of_this_slab_is_told_apart() {
        let mut memory = vec![0; 64];
        let slab = slab(&mut memory, Wrap::Retire);
        let free = FreeList::new(0, 4);
        let live = slab.bits(start(&slab, &free).unwrap());
        let of_kind = |kind| live ^ u64::from(KIND_SESSION ^ kind) << handle::KIND_SHIFT;
        for bits in [0, u64::MAX, of_kind(0), of_kind(handle::KIND_TASK), live | 2] {
            assert_eq!(slab.find(bits, &free), Err(status::E_HANDLE), "{bits:x}");
        }
        assert_eq!(slab.find(live ^ 1 << handle::TAG_SHIFT, &free), Err(status::E_FOREIGN));
        assert_eq!(slab.find(of_kind(handle::KIND_SOCKET), &free), Err(status::E_KIND));
        assert_eq!(slab.find(live ^ 1 << handle::GENERATION_SHIFT, &free), Err(status::E_STALE));
    }
}
