//! One turn.

use pintle_abi_core::status::{E_REENTRANT, E_WRONG_THREAD};

use super::{DONE, Model, Outcome, executor::Work, stop::Phase};
use crate::crossing::Crossing;

impl Model {
    /// The clock goes on, then one turn runs.
    pub(super) fn turn(&mut self, after: u64) -> Outcome {
        self.clock += after;
        if self.on_worker() {
            return Err(E_WRONG_THREAD);
        }
        if self.dispatching > 0 {
            return Err(E_REENTRANT);
        }
        let (is_due, to_come, crossings) = (self.is_turn_due(), self.steps_to_come(), self.next_frame);
        self.take_returned();
        self.turns += 1;
        self.run_timers();
        self.take_posts();
        while self.tasks.front().is_some_and(|task| task.turn < self.turns) {
            if let Some(task) = self.tasks.pop_front() {
                self.dispatch(|model| model.run_task(&task, Crossing::Task));
            }
        }
        self.start_requests();
        match self.work.pop_front() {
            Some(Work::Request(request)) => self.run_slow(request),
            Some(Work::Task(task)) => self.run_worker_task(&task),
            None => {}
        }
        if self.instances.iter().any(|it| it.phase != Phase::None) {
            self.has_ends = true;
            self.dispatch(|_| ());
        }
        let progress = self.steps_to_come() < to_come || self.next_frame > crossings;
        assert!(progress || !is_due, "a turn that is due does nothing");
        let is_late = self.instances.iter().any(|it| it.phase != Phase::None && it.deadline <= self.clock);
        assert!(!is_late, "an instance stops that has no time left");
        DONE
    }
}
