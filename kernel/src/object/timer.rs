//! Timers, in a heap by the time that they are due.

use core::cell::Cell;
use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::{Limits, NEVER, Plugin};

use crate::base::features::TIMERS;
use crate::base::handle::{self, KIND_TIMER};
use crate::base::region::{Cursor, Slice};
use crate::base::slab::{FreeList, Slab, Wrap, Zeroed};

/// What a timer runs.
pub(crate) type Run = unsafe extern "C" fn(*mut Plugin, *mut c_void, abi::Timer) -> i32;

/// One timer.
pub(crate) struct Timer {
    pub(crate) instance: Cell<u32>,
    pub(crate) due: Cell<u64>,
    /// Counts starts: earlier ones come first, and those of this turn wait.
    pub(crate) serial: Cell<u64>,
    pub(crate) period: Cell<u64>,
    pub(crate) run: Cell<Option<Run>>,
    pub(crate) data: Cell<*mut c_void>,
    /// Where in the heap.
    at: Cell<u32>,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Timer {}

/// All timers of a host.
pub(crate) struct Timers {
    pub(crate) slab: Slab<Timer, KIND_TIMER>,
    pub(crate) free: FreeList,
    heap: Slice<Cell<u32>>,
    pub(crate) length: Cell<u32>,
    pub(crate) serial: Cell<u64>,
}

impl Timers {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u16) -> Self {
        Self {
            slab: Slab::take(cursor, limits.timers, handle::low_half(tag), Wrap::StartOver),
            free: FreeList::new(0, limits.timers),
            heap: cursor.take(limits.timers),
            length: Cell::new(0),
            serial: Cell::new(0),
        }
    }

    /// When the earliest one is due, or `NEVER`.
    pub(crate) fn next_due(&self) -> u64 {
        if !TIMERS {
            return NEVER;
        }
        self.heap_first().map_or(NEVER, |first| self.slab.at(first).due.get())
    }

    pub(crate) fn heap_at(&self, at: u32) -> u32 {
        // SAFETY: below `length` everything was written.
        unsafe { self.heap.get(at) }.get()
    }

    fn place(&self, at: u32, index: u32) {
        self.heap.write(at, Cell::new(index));
        self.slab.at(index).at.set(at);
    }

    pub(crate) fn before(&self, one: u32, other: u32) -> bool {
        let key = |index| (self.slab.at(index).due.get(), self.slab.at(index).serial.get());
        key(one) < key(other)
    }

    fn rise(&self, mut at: u32) {
        while at > 0 {
            let parent = (at - 1) / 2;
            let (index, above) = (self.heap_at(at), self.heap_at(parent));
            if !self.before(index, above) {
                break;
            }
            self.place(at, above);
            self.place(parent, index);
            at = parent;
        }
    }

    fn sink(&self, mut at: u32) {
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.length.get() && self.before(self.heap_at(child), self.heap_at(least)) {
                    least = child;
                }
            }
            if least == at {
                return;
            }
            let (index, below) = (self.heap_at(at), self.heap_at(least));
            self.place(at, below);
            self.place(least, index);
            at = least;
        }
    }

    pub(crate) fn insert(&self, index: u32) {
        let at = self.length.get();
        self.length.set(at + 1);
        self.place(at, index);
        self.rise(at);
    }

    pub(crate) fn remove(&self, index: u32) {
        let at = self.slab.at(index).at.get();
        let last = self.length.get() - 1;
        self.length.set(last);
        if at != last {
            self.place(at, self.heap_at(last));
            self.rise(at);
            self.sink(at);
        }
    }

    pub(crate) fn end(&self, index: u32) {
        self.slab.end(index);
        self.slab.free(index, &self.free);
    }
}

impl Timers {
    pub(crate) fn heap_first(&self) -> Option<u32> {
        (self.length.get() > 0).then(|| self.heap_at(0))
    }
}

/// `value % divisor`, most often without a step: small machines cannot divide such numbers.
pub(crate) fn remainder(mut value: u64, divisor: u64) -> u64 {
    while value >= divisor {
        let mut part = divisor;
        while part <= value / 2 {
            part *= 2;
        }
        value -= part;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::remainder;

    #[test]
    fn remainders_are_right() {
        for value in [0, 1, 6, 7, 8, 20, 21, 1_000_003, u64::MAX / 3, u64::MAX - 1, u64::MAX] {
            for divisor in [1, 2, 7, 1000, 1 << 40, (1 << 62) - 1, 1 << 62, u64::MAX] {
                assert_eq!(remainder(value, divisor), value % divisor, "{value} % {divisor}");
            }
        }
    }
}
