//! Timers, in a heap by the time that they are due.

use core::cell::Cell;
use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::{Limits, NEVER, Plugin, status};

use crate::base::answer::Answer;
use crate::base::features::TIMERS;
use crate::base::handle::{self, KIND_TIMER};
use crate::base::pool::Pool;
use crate::base::region::{Cursor, Slice};
use crate::base::slab::{Wrap, Zeroed};

/// What a timer runs.
pub(crate) type Run = unsafe extern "C" fn(*mut Plugin, *mut c_void, abi::Timer) -> i32;

/// One timer.
pub(crate) struct Timer {
    instance: Cell<u32>,
    due: Cell<u64>,
    /// Counts starts: earlier ones come first, and those of this turn wait.
    serial: Cell<u64>,
    /// 0: it runs once.
    period: Cell<u64>,
    run: Cell<Option<Run>>,
    data: Cell<*mut c_void>,
    /// Where in the heap.
    at: Cell<u32>,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Timer {}

/// What is to run of a timer that is due.
pub(crate) struct Due {
    pub(crate) timer: abi::Timer,
    pub(crate) instance: u32,
    pub(crate) run: Option<Run>,
    pub(crate) data: *mut c_void,
}

/// All timers of a host.
pub(crate) struct Timers {
    pool: Pool<Timer, KIND_TIMER>,
    heap: Slice<Cell<u32>>,
    length: Cell<u32>,
    serial: Cell<u64>,
}

impl Timers {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u16) -> Self {
        Self {
            pool: Pool::take(cursor, limits.timers, handle::low_half(tag), Wrap::StartOver),
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
        self.heap_first().map_or(NEVER, |first| self.pool.at(first).due.get())
    }

    /// Starts a timer that is due at a time, and then every `period` nanoseconds unless that is 0.
    pub(crate) fn start(
        &self,
        instance: u32,
        due: u64,
        period: u64,
        run: Run,
        data: *mut c_void,
    ) -> Answer<abi::Timer> {
        let index = self.pool.allocate().ok_or(status::E_CAPACITY)?;
        let timer = self.pool.at(index);
        timer.instance.set(instance);
        timer.due.set(due);
        timer.period.set(period);
        timer.run.set(Some(run));
        timer.data.set(data);
        self.serial.set(self.serial.get() + 1);
        timer.serial.set(self.serial.get());
        self.pool.begin(index);
        self.insert(index);
        Ok(self.handle(index))
    }

    fn handle(&self, index: u32) -> abi::Timer {
        abi::Timer { bits: self.pool.bits(index) }
    }

    /// Cancels a timer, if this instance started it.
    pub(crate) fn cancel(&self, timer: abi::Timer, instance: u32) -> Answer {
        let index = self.pool.find(timer.bits)?;
        if self.pool.at(index).instance.get() != instance {
            return Err(status::E_NOT_OWNER);
        }
        self.end(index);
        Ok(())
    }

    /// Cancels all timers of an instance; how many.
    pub(crate) fn cancel_all_of(&self, instance: u32) -> u32 {
        let mut cancelled = 0;
        for index in self.pool.live() {
            if self.pool.at(index).instance.get() == instance {
                self.end(index);
                cancelled += 1;
            }
        }
        cancelled
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length.get() == 0
    }

    /// Changes with every start: [`take_due`](Self::take_due) passes over what was started since.
    pub(crate) fn newest(&self) -> u64 {
        self.serial.get()
    }

    /// Takes the timer that is due first at `now`, of those that were started until `newest`. If it runs once it has ended
    /// then, else it is due again at the next multiple of its period.
    pub(crate) fn take_due(&self, now: u64, newest: u64) -> Option<Due> {
        let index = self.first_due(now, newest)?;
        let timer = self.pool.at(index);
        let due = Due {
            timer: self.handle(index),
            instance: timer.instance.get(),
            run: timer.run.get(),
            data: timer.data.get(),
        };
        if timer.period.get() == 0 {
            self.end(index);
        } else {
            self.remove(index);
            let since = remainder(now - timer.due.get(), timer.period.get());
            timer.due.set(now.saturating_add(timer.period.get() - since));
            self.insert(index);
        }
        Some(due)
    }

    fn first_due(&self, now: u64, newest: u64) -> Option<u32> {
        let first = self.heap_first()?;
        let timer = self.pool.at(first);
        if timer.due.get() > now {
            return None;
        }
        if timer.serial.get() <= newest {
            return Some(first);
        }
        // What was started since lies in the heap between the others.
        let mut earliest = None;
        for at in 0..self.length.get() {
            let index = self.heap_at(at);
            let timer = self.pool.at(index);
            let may_run = timer.due.get() <= now && timer.serial.get() <= newest;
            if may_run && earliest.is_none_or(|earliest| self.before(index, earliest)) {
                earliest = Some(index);
            }
        }
        earliest
    }

    fn end(&self, index: u32) {
        self.remove(index);
        self.pool.remove(index);
    }

    fn heap_first(&self) -> Option<u32> {
        (!self.is_empty()).then(|| self.heap_at(0))
    }

    fn heap_at(&self, at: u32) -> u32 {
        // SAFETY: below `length` everything was written.
        unsafe { self.heap.get(at) }.get()
    }

    fn place(&self, at: u32, index: u32) {
        self.heap.write(at, Cell::new(index));
        self.pool.at(index).at.set(at);
    }

    fn before(&self, one: u32, other: u32) -> bool {
        let key = |index| (self.pool.at(index).due.get(), self.pool.at(index).serial.get());
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
        let at = self.pool.at(index).at.get();
        let last = self.length.get() - 1;
        self.length.set(last);
        if at != last {
            self.place(at, self.heap_at(last));
            self.rise(at);
            self.sink(at);
        }
    }
}

/// `value % divisor`, most often without any step of the loop. Small machines have no instruction that divides
/// numbers of 64 bits.
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
