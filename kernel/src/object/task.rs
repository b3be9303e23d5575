//! Tasks that wait.

use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::{Limits, Plugin};

use crate::base::cell::Counter;
use crate::base::handle::{self, KIND_TASK};
use crate::base::lock::{Locked, TASKS};
use crate::base::region::Cursor;
use crate::base::ring::Ring;
use crate::base::slab::{FreeList, Slab, Wrap, Zeroed};
use crate::base::sync::Cell;

/// What a task runs.
pub(crate) type Run = unsafe extern "C" fn(*mut Plugin, *mut c_void, abi::Message) -> i32;

/// One task that waits.
pub(crate) struct Task {
    pub(crate) instance: Cell<u32>,
    pub(crate) run: Cell<Option<Run>>,
    pub(crate) data: Cell<*mut c_void>,
    /// The pinned message that was handed over, or `NIL`.
    pub(crate) message: Cell<u32>,
    /// What a worker task returned.
    pub(crate) status: Cell<i32>,
    /// The next one among results on their way.
    pub(crate) link: Counter,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Task {}

/// All tasks of a host; under the lock.
pub(crate) struct Executor {
    pub(crate) slab: Slab<Task, KIND_TASK>,
    pub(crate) free: FreeList,
    pub(crate) waiting: Ring<u32>,
}

impl Executor {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits) -> Self {
        Self {
            slab: Slab::take(cursor, limits.tasks, handle::low_half(0), Wrap::StartOver),
            free: FreeList::new(0, limits.tasks),
            waiting: Ring::new(cursor.take(limits.tasks)),
        }
    }

    pub(crate) fn at(&self, index: u32) -> &Task {
        self.slab.at(index)
    }

    pub(crate) fn release(&self, _locked: &Locked<'_>, index: u32) {
        self.slab.end(index);
        self.slab.free(index, &self.free);
    }

    /// Notes for the kernel thread whether a task waits for it.
    pub(crate) fn note(&self, locked: &Locked<'_>) {
        locked.note(TASKS, self.waiting.length() > 0);
    }
}
