//! Timers: a heap of slots, earliest first, and in the order of starting among equals.

use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::status;

use crate::base::answer::Answer;
use crate::base::features::TIMERS;
use crate::base::trace;
use crate::kernel::Kernel;
use crate::object::instance::Instance;
use crate::object::timer::{Run, remainder};

impl Kernel {
    pub(crate) fn start_timer(
        &self,
        record: &Instance,
        delay: u64,
        period: u64,
        run: Run,
        data: *mut c_void,
    ) -> Answer<abi::Timer> {
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
        Ok(abi::Timer { bits: timers.slab.bits(index) })
    }

    pub(crate) fn cancel_timer(&self, record: &Instance, timer: abi::Timer) -> Answer {
        let index = self.timers.slab.find(timer.bits, &self.timers.free)?;
        if self.timers.slab.at(index).record.get() != record.index {
            return Err(status::E_NOT_OWNER);
        }
        self.timers.remove(index);
        self.timers.end(index);
        Ok(())
    }

    /// Cancels all timers of an instance; how many.
    pub(crate) fn cancel_timers_of(&self, record: &Instance) -> u32 {
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
            let handle = abi::Timer { bits: timers.slab.bits(index) };
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
