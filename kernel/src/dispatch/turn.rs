//! One turn of the loop.

use pintle_abi_core::{NEVER, status};

use crate::base::lock::{RESULTS, RETURNS, STOPPED, TASKS, WORK};
use crate::kernel::Kernel;

/// A turn, or another call during which no turn may begin. It ends when this is dropped.
pub(crate) struct Turning<'k>(&'k Kernel);

impl<'k> Turning<'k> {
    /// `None` if one runs.
    pub(crate) fn begin(kernel: &'k Kernel) -> Option<Self> {
        kernel.dispatches.begin_turn().then(|| Self(kernel))
    }
}

impl Drop for Turning<'_> {
    fn drop(&mut self) {
        self.0.dispatches.end_turn();
    }
}

impl Kernel {
    /// Does what is due: messages that came back, timers, results from workers, tasks, requests that can start,
    /// without workers one slow request or worker task, and stops. What a turn posts runs in the next one.
    ///
    /// # Errors
    /// `E_WRONG_THREAD`. `E_REENTRANT`: from inside a callback.
    pub fn turn(&self) -> Result<(), i32> {
        self.on_kernel_thread()?;
        self.at_depth_zero()?;
        let _turning = Turning::begin(self).ok_or(status::E_REENTRANT)?;
        if self.shared.has(RETURNS) {
            self.take_returns();
        }
        self.begin_tasks();
        self.run_timers();
        // Before the tasks, so that a task which a slow request has submitted finds the request returned.
        self.take_outbox();
        self.run_tasks();
        self.start_ready();
        if self.workers.are_cooperative() && self.shared.has(WORK) {
            self.work_cooperatively();
        }
        if self.instances.are_stopping() || self.shared.has(STOPPED) {
            self.dispatches.note_end();
            drop(self.dispatch());
        }
        Ok(())
    }

    /// When the next turn is due on the platform's clock: 0 if it is now, `None` if nothing waits, or if this is not the kernel
    /// thread.
    pub fn next_deadline(&self) -> Option<u64> {
        self.deadline().ok().flatten()
    }

    /// As [`next_deadline`](Self::next_deadline).
    ///
    /// # Errors
    /// `E_WRONG_THREAD`: only the kernel thread knows.
    pub fn deadline(&self) -> Result<Option<u64>, i32> {
        self.on_kernel_thread()?;
        let now = self.sessions.has_ready()
            || self.shared.has(RETURNS | TASKS | RESULTS | STOPPED)
            || (self.workers.are_cooperative() && self.shared.has(WORK));
        if now {
            return Ok(Some(0));
        }
        let due = self.timers.next_due().min(self.next_stop_deadline());
        Ok((due != NEVER).then_some(due))
    }
}
