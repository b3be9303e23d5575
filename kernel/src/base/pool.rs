//! A slab whose slots all come from one free list: all that most objects need.

use crate::base::region::Cursor;
use crate::base::slab::{FreeList, Head, Live, Slab, Wrap, Zeroed};

/// A [`Slab`] with its free list.
pub(crate) struct Pool<T, const KIND: u32> {
    slab: Slab<T, KIND>,
    free: FreeList,
}

impl<T: Zeroed, const KIND: u32> Pool<T, KIND> {
    pub(crate) fn take(cursor: &mut Cursor, capacity: u32, low: u32, wrap: Wrap) -> Self {
        Self { slab: Slab::take(cursor, capacity, low, wrap), free: FreeList::new(0, capacity) }
    }

    /// As [`Slab::allocate`].
    #[inline(always)]
    pub(crate) fn allocate(&self) -> Option<u32> {
        self.slab.allocate(&self.free)
    }

    /// As [`Slab::renew`].
    #[inline(always)]
    pub(crate) fn renew(&self) {
        self.slab.renew();
    }

    /// As [`Slab::begin`].
    #[inline(always)]
    pub(crate) fn begin(&self, index: u32) {
        self.slab.begin(index);
    }

    /// As [`Slab::end`].
    #[inline(always)]
    pub(crate) fn end(&self, index: u32) {
        self.slab.end(index);
    }

    /// As [`Slab::free`].
    #[inline(always)]
    pub(crate) fn free(&self, index: u32) {
        self.slab.free(index, &self.free);
    }

    /// Ends what lives in a slot that nothing else waits for, and frees it.
    #[inline(always)]
    pub(crate) fn remove(&self, index: u32) {
        self.end(index);
        self.free(index);
    }

    /// As [`Slab::find`].
    #[inline(always)]
    pub(crate) fn find(&self, bits: u64) -> Result<u32, i32> {
        self.slab.find(bits, &self.free)
    }

    /// As [`Slab::find_still`].
    #[inline(always)]
    pub(crate) fn find_still(&self, bits: u64) -> Result<(), i32> {
        self.slab.find_still(bits, &self.free)
    }

    #[inline(always)]
    pub(crate) fn at(&self, index: u32) -> &T {
        self.slab.at(index)
    }

    /// As [`Slab::slot`].
    #[inline(always)]
    pub(crate) fn slot(&self, index: u32) -> &Head {
        self.slab.slot(index)
    }

    #[inline(always)]
    pub(crate) fn bits(&self, index: u32) -> u64 {
        self.slab.bits(index)
    }

    /// As [`Slab::ended_bits`].
    pub(crate) fn ended_bits(&self, index: u32) -> u64 {
        self.slab.ended_bits(index)
    }

    /// As [`Slab::live`].
    pub(crate) fn live(&self) -> Live<'_> {
        self.slab.live(&self.free)
    }

    /// As [`FreeList::used`].
    pub(crate) fn used(&self) -> core::ops::Range<u32> {
        self.free.used()
    }
}
