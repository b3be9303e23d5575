//! One turn.

use pintle_abi_core::status::E_REENTRANT;

use super::{DONE, Model, Outcome, executor::Work};
use crate::crossing::Crossing;

impl Model {
    /// The clock goes on, then one turn runs.
    pub(super) fn turn(&mut self, after: u64) -> Outcome {
        self.clock += after;
        if !self.frames.is_empty() || self.turning {
            return Err(E_REENTRANT);
        }
        self.turning = true;
        self.take_returned();
        self.tell_taken();
        self.turns += 1;
        self.run_timers();
        while self.tasks.front().is_some_and(|task| task.turn < self.turns) {
            if let Some(task) = self.tasks.pop_front() {
                self.run_task(&task, Crossing::Task);
            }
        }
        self.take_posts();
        self.start_requests();
        match self.work.pop_front() {
            Some(Work::Request(request)) => self.run_slow(request),
            Some(Work::Task(task)) => self.run_task(&task, Crossing::WorkerTask),
            None => {}
        }
        self.stop_asked();
        self.turning = false;
        DONE
    }
}
