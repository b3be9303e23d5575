//! Cells and atomics, by core's names: the ones that several threads may reach come from here.
//!
//! Under `cfg(loom)` they are ones that loom watches, so that `tests/interleavings` explores this very kernel.

#[cfg(not(loom))]
pub(crate) use core::cell::Cell;
#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicUsize, fence};

#[cfg(loom)]
pub mod explored;
#[cfg(loom)]
pub(crate) use explored::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicUsize, Cell};
#[cfg(loom)]
pub(crate) use loom::sync::atomic::fence;
