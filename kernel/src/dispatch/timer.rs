//! Starting and running timers.

use core::ffi::c_void;

use pintle_abi_core as abi;

use crate::base::answer::Answer;
use crate::base::features::TIMERS;
use crate::base::trace;
use crate::kernel::Kernel;
use crate::object::instance::Instance;
use crate::object::timer::{Due, Run};

impl Kernel {
    pub(crate) fn start_timer(
        &self,
        instance: &Instance,
        delay: u64,
        period: u64,
        run: Run,
        data: *mut c_void,
    ) -> Answer<abi::Timer> {
        let due = self.shared.now().saturating_add(delay);
        let timer = self.timers.start(instance.index(), due, period, run, data)?;
        self.wake_outside_turn();
        Ok(timer)
    }

    /// Runs the timers that are due and were started before the turn.
    pub(crate) fn run_timers(&self) {
        let timers = &self.timers;
        if !TIMERS || timers.is_empty() {
            return;
        }
        let now = self.shared.now();
        let newest = timers.newest();
        while let Some(Due { timer, instance, run, data }) = timers.take_due(now, newest) {
            let instance = self.instance(instance);
            if let Some(run) = run.filter(|_| instance.is_live()) {
                let _dispatch = self.dispatch();
                // SAFETY: the instance's own function with its own pointer and data.
                self.tell(instance, trace::TIMER, |plugin| unsafe { run(plugin, data, timer) });
            }
        }
    }
}
