//! Starting, cancelling and running timers.

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
        instance: &Instance,
        delay: u64,
        period: u64,
        run: Run,
        data: *mut c_void,
    ) -> Answer<abi::Timer> {
        let timers = &self.timers;
        let index = timers.slab.allocate(&timers.free).ok_or(status::E_CAPACITY)?;
        let timer = timers.slab.at(index);
        timer.instance.set(instance.index);
        timer.due.set(self.shared.now().saturating_add(delay));
        timer.period.set(period);
        timer.run.set(Some(run));
        timer.data.set(data);
        timers.serial.set(timers.serial.get() + 1);
        timer.serial.set(timers.serial.get());
        timers.slab.begin(index);
        timers.insert(index);
        self.wake_outside_turn();
        Ok(abi::Timer { bits: timers.slab.bits(index) })
    }

    pub(crate) fn cancel_timer(&self, instance: &Instance, timer: abi::Timer) -> Answer {
        let index = self.timers.slab.find(timer.bits, &self.timers.free)?;
        if self.timers.slab.at(index).instance.get() != instance.index {
            return Err(status::E_NOT_OWNER);
        }
        self.timers.remove(index);
        self.timers.end(index);
        Ok(())
    }

    /// Cancels all timers of an instance; how many.
    pub(crate) fn cancel_timers_of(&self, instance: &Instance) -> u32 {
        let timers = &self.timers;
        let mut cancelled = 0;
        if !TIMERS {
            return cancelled;
        }
        for index in timers.slab.live(&timers.free) {
            if timers.slab.at(index).instance.get() == instance.index {
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
            let timer = timers.slab.at(index);
            let instance = self.instance(timer.instance.get());
            let (run, data) = (timer.run.get(), timer.data.get());
            let handle = abi::Timer { bits: timers.slab.bits(index) };
            timers.remove(index);
            if timer.period.get() == 0 {
                timers.end(index);
            } else {
                let since = remainder(now - timer.due.get(), timer.period.get());
                timer.due.set(now.saturating_add(timer.period.get() - since));
                timers.insert(index);
            }
            if let Some(run) = run.filter(|_| instance.is_live()) {
                let _dispatch = self.dispatch();
                // SAFETY: the instance's own function with its own pointer and data.
                self.tell(instance, trace::TIMER, |plugin| unsafe { run(plugin, data, handle) });
            }
        }
    }

    fn due_timer(&self, now: u64, newest: u64) -> Option<u32> {
        let timers = &self.timers;
        let first = timers.heap_first()?;
        let timer = timers.slab.at(first);
        if timer.due.get() > now {
            return None;
        }
        if timer.serial.get() <= newest {
            return Some(first);
        }
        let mut earliest = None;
        for at in 0..timers.length.get() {
            let index = timers.heap_at(at);
            let timer = timers.slab.at(index);
            let may_run = timer.due.get() <= now && timer.serial.get() <= newest;
            if may_run && earliest.is_none_or(|earliest| timers.before(index, earliest)) {
                earliest = Some(index);
            }
        }
        earliest
    }
}
