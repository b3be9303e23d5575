//! Timers: a heap of slots, earliest first, and in the order of starting among equals.

use core::cell::Cell;
use core::ffi::c_void;

use pintle_abi_core::{Limits, NEVER, Plugin, Timer, status};

use crate::features::TIMERS;
use crate::guard::Answer;
use crate::handle::{self, KIND_TIMER};
use crate::kernel::Kernel;
use crate::plugin::Record;
use crate::region::{Cursor, Slice};
use crate::slab::{FreeList, Slab, Wrap, Zeroed};
use crate::trace;

/// What a timer runs.
pub(crate) type Run = unsafe extern "C" fn(*mut Plugin, *mut c_void, Timer) -> i32;

/// One timer.
pub(crate) struct Clock {
    record: Cell<u32>,
    due: Cell<u64>,
    /// Counts starts: earlier ones come first, and those of this turn wait.
    serial: Cell<u64>,
    period: Cell<u64>,
    run: Cell<Option<Run>>,
    data: Cell<*mut c_void>,
    /// Where in the heap.
    at: Cell<u32>,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Clock {}

/// All timers of a host.
pub(crate) struct Timers {
    slab: Slab<Clock, KIND_TIMER>,
    free: FreeList,
    heap: Slice<Cell<u32>>,
    length: Cell<u32>,
    serial: Cell<u64>,
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

    fn heap_at(&self, at: u32) -> u32 {
        // SAFETY: below `length` everything was written.
        unsafe { self.heap.get(at) }.get()
    }

    fn place(&self, at: u32, index: u32) {
        self.heap.write(at, Cell::new(index));
        self.slab.at(index).at.set(at);
    }

    fn before(&self, one: u32, other: u32) -> bool {
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

    fn insert(&self, index: u32) {
        let at = self.length.get();
        self.length.set(at + 1);
        self.place(at, index);
        self.rise(at);
    }

    fn remove(&self, index: u32) {
        let at = self.slab.at(index).at.get();
        let last = self.length.get() - 1;
        self.length.set(last);
        if at != last {
            self.place(at, self.heap_at(last));
            self.rise(at);
            self.sink(at);
        }
    }

    fn end(&self, index: u32) {
        self.slab.end(index);
        self.slab.free(index, &self.free);
    }
}

impl Kernel {
    pub(crate) fn start_timer(
        &self,
        record: &Record,
        delay: u64,
        period: u64,
        run: Run,
        data: *mut c_void,
    ) -> Answer<Timer> {
        let timers = &self.timers;
        let index = timers.slab.allocate(&timers.free).ok_or(status::E_CAPACITY)?;
        let clock = timers.slab.at(index);
        clock.record.set(record.index);
        clock.due.set(self.shared.now().saturating_add(delay));
        clock.period.set(period);
        clock.run.set(Some(run));
        clock.data.set(data);
        timers.serial.set(timers.serial.get() + 1);
        clock.serial.set(timers.serial.get());
        timers.slab.begin(index);
        timers.insert(index);
        self.hurry();
        Ok(Timer { bits: timers.slab.bits(index) })
    }

    pub(crate) fn cancel_timer(&self, record: &Record, timer: Timer) -> Answer {
        let index = self.timers.slab.find(timer.bits, &self.timers.free)?;
        if self.timers.slab.at(index).record.get() != record.index {
            return Err(status::E_NOT_OWNER);
        }
        self.timers.remove(index);
        self.timers.end(index);
        Ok(())
    }

    /// Cancels all timers of an instance; how many.
    pub(crate) fn cancel_timers_of(&self, record: &Record) -> u32 {
        let timers = &self.timers;
        let mut cancelled = 0;
        if !TIMERS {
            return cancelled;
        }
        for index in timers.slab.live(&timers.free) {
            if timers.slab.at(index).record.get() == record.index {
                timers.remove(index);
                timers.end(index);
                cancelled += 1;
            }
        }
        cancelled
    }

    /// Runs the timers that are due and were started before the turn.
    pub(crate) fn run_timers(&self) {
        let timers = &self.timers;
        if !TIMERS || timers.length.get() == 0 {
            return;
        }
        let now = self.shared.now();
        let newest = timers.serial.get();
        // Those of this turn lie in the heap between the others: each round looks at the earliest that is not.
        while let Some(index) = self.due_timer(now, newest) {
            let clock = timers.slab.at(index);
            let record = self.record(clock.record.get());
            let (run, data) = (clock.run.get(), clock.data.get());
            let handle = Timer { bits: timers.slab.bits(index) };
            timers.remove(index);
            if clock.period.get() == 0 {
                timers.end(index);
            } else {
                let since = remainder(now - clock.due.get(), clock.period.get());
                clock.due.set(now.saturating_add(clock.period.get() - since));
                timers.insert(index);
            }
            if let Some(run) = run.filter(|_| record.is_live()) {
                let _dispatch = self.dispatch();
                // SAFETY: the instance's own function with its own pointer and data.
                self.tell(record, trace::TIMER, |plugin| unsafe { run(plugin, data, handle) });
            }
        }
    }

    fn due_timer(&self, now: u64, newest: u64) -> Option<u32> {
        let timers = &self.timers;
        let first = timers.heap_first()?;
        let clock = timers.slab.at(first);
        if clock.due.get() > now {
            return None;
        }
        if clock.serial.get() <= newest {
            return Some(first);
        }
        let mut earliest = None;
        for at in 0..timers.length.get() {
            let index = timers.heap_at(at);
            let clock = timers.slab.at(index);
            let may_run = clock.due.get() <= now && clock.serial.get() <= newest;
            if may_run && earliest.is_none_or(|earliest| timers.before(index, earliest)) {
                earliest = Some(index);
            }
        }
        earliest
    }
}

impl Timers {
    fn heap_first(&self) -> Option<u32> {
        (self.length.get() > 0).then(|| self.heap_at(0))
    }
}

/// `value % divisor`, most often without a step: small machines cannot divide such numbers.
fn remainder(mut value: u64, divisor: u64) -> u64 {
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
