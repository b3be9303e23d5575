//! Watched fds.

use core::cell::Cell;
use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::{Limits, Plugin};

use crate::base::answer::Answer;
use crate::base::handle::{self, KIND_WATCH};
use crate::base::region::Cursor;
use crate::base::slab::{FreeList, Slab, Wrap, Zeroed};

/// What a watch runs.
pub(crate) type Run = unsafe extern "C" fn(*mut Plugin, *mut c_void, abi::Watch, u32) -> i32;

/// One watch.
pub(crate) struct Watch {
    pub(crate) instance: Cell<u32>,
    pub(crate) fd: Cell<isize>,
    pub(crate) run: Cell<Option<Run>>,
    pub(crate) data: Cell<*mut c_void>,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Watch {}

/// All watches of a host.
pub(crate) struct Watches {
    pub(crate) slab: Slab<Watch, KIND_WATCH>,
    pub(crate) free: FreeList,
}

impl Watches {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u16) -> Self {
        Self {
            slab: Slab::take(cursor, limits.watches, handle::low_half(tag), Wrap::StartOver),
            free: FreeList::new(0, limits.watches),
        }
    }

    pub(crate) fn find(&self, watch: abi::Watch) -> Answer<u32> {
        self.slab.find(watch.bits, &self.free)
    }

    pub(crate) fn end(&self, index: u32) {
        self.slab.end(index);
        self.slab.free(index, &self.free);
    }
}
