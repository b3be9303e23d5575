//! Small cells on top of `core`: plain loads and stores that several threads may see.

use core::sync::atomic::Ordering::Relaxed;

use crate::base::sync::AtomicU32;

/// A counter that one thread writes and any may read. No read-modify-write: a load and a store.
#[derive(Default)]
pub(crate) struct Counter(AtomicU32);

impl Counter {
    pub(crate) const fn new(value: u32) -> Self {
        Self(AtomicU32::new(value))
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> u32 {
        self.0.load(Relaxed)
    }

    #[inline(always)]
    pub(crate) fn set(&self, value: u32) {
        self.0.store(value, Relaxed);
    }

    #[inline(always)]
    pub(crate) fn add(&self, value: u32) {
        self.set(self.get().wrapping_add(value));
    }

    #[inline(always)]
    pub(crate) fn sub(&self, value: u32) {
        self.set(self.get().wrapping_sub(value));
    }
}
