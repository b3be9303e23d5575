//! Tasks, worker tasks and timers.

use pintle_abi_core::status::{E_AGAIN, E_ARGUMENT, E_CAPACITY, E_CLOSED, E_NOT_OWNER, OK};

use super::{DONE, Model, Outcome, crossing::About, message::Domain, result::Post};
use crate::{
    argument::Ref,
    crossing::Crossing,
    event::{Kind, Value},
    stage::Target,
};

/// A task that waits.
pub(super) struct Task {
    pub(super) instance: usize,
    data: u8,
    pub(super) message: Option<usize>,
    /// The turn that it was posted in.
    pub(super) turn: u64,
}

/// What waits for a worker.
pub(super) enum Work {
    Request(usize),
    Task(Task),
}

/// A timer.
pub(super) struct Timer {
    pub(super) instance: usize,
    pub(super) due: u64,
    period: u64,
    data: u8,
    pub(super) live: bool,
}

/// The longest delay and period.
const LONGEST: u64 = 1 << 62;

impl Model {
    pub(super) fn executor_open(&mut self, instance: usize, open: bool) -> Outcome {
        self.instances[instance].executor_closed = !open;
        DONE
    }

    pub(super) fn executor_submit(
        &mut self,
        instance: usize,
        message: Option<Ref>,
        data: u8,
        null: bool,
        to_worker: bool,
    ) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let message = match message {
            None => None,
            Some(reference) if self.stage.find(Kind::Message, reference) == Target::Zero => None,
            Some(reference) => Some(self.check_message(reference)?),
        };
        if self.instances[instance].executor_closed {
            return Err(E_CLOSED);
        }
        let waiting = self.work.iter().filter(|work| matches!(work, Work::Task(_))).count();
        let tasks = self.tasks.len() + waiting + self.worker_tasks;
        if tasks >= self.limits.tasks as usize {
            return Err(E_AGAIN);
        }
        let domain = if to_worker { Domain::Transit } else { Domain::Kernel };
        let message = match message {
            Some(message) => Some(self.hand_over(instance, message, domain)?),
            None => None,
        };
        let task = Task { instance, data, message, turn: self.turns };
        if to_worker {
            self.work.push_back(Work::Task(task))
        } else {
            self.tasks.push_back(task)
        }
        DONE
    }

    /// Runs a task of either kind.
    pub(super) fn run_task(&mut self, task: &Task, crossing: Crossing) -> i32 {
        if self.hears(task.instance, crossing) {
            let mut arguments = vec![Value::Number(i128::from(task.data))];
            arguments.extend(self.received(task.message));
            let about = About { given: task.message, ..About::default() };
            let crossed = self.cross(task.instance, crossing, arguments, about);
            return crossed.map_or_else(|refused| refused, |(status, _)| status);
        }
        if let Some(message) = task.message {
            self.unpin(message);
        }
        OK
    }

    /// Runs a task on the worker.
    pub(super) fn run_worker_task(&mut self, task: &Task) {
        if let Some(message) = task.message {
            self.set_domain(message, Domain::Worker);
        }
        self.worker_tasks += 1;
        let ran = self.hears(task.instance, Crossing::WorkerTask);
        let status = self.run_task(task, Crossing::WorkerTask);
        self.posts.push_back(Post::Task { instance: task.instance, ran, status });
    }

    /// Drops the tasks of an instance, and counts them.
    pub(super) fn drop_tasks(&mut self, instance: usize) -> u32 {
        let mut dropped = Vec::new();
        for _ in 0..self.tasks.len() {
            match self.tasks.pop_front() {
                Some(task) if task.instance == instance => dropped.push(task),
                Some(task) => self.tasks.push_back(task),
                None => {}
            }
        }
        for _ in 0..self.work.len() {
            match self.work.pop_front() {
                Some(Work::Task(task)) if task.instance == instance => dropped.push(task),
                Some(work) => self.work.push_back(work),
                None => {}
            }
        }
        for task in &dropped {
            if let Some(message) = task.message {
                self.unpin(message);
            }
        }
        u32::try_from(dropped.len()).expect("few tasks")
    }

    pub(super) fn executor_start_timer(
        &mut self,
        instance: usize,
        delay: u64,
        period: u64,
        data: u8,
        null: bool,
    ) -> Outcome {
        if null || delay > LONGEST || period > LONGEST {
            return Err(E_ARGUMENT);
        }
        if self.instances[instance].executor_closed {
            return Err(E_CLOSED);
        }
        if self.timers.iter().filter(|timer| timer.live).count() >= self.limits.timers as usize {
            return Err(E_CAPACITY);
        }
        self.timers.push(Timer { instance, due: self.clock + delay, period, data, live: true });
        Ok(vec![self.name(Kind::Timer, self.timers.len() - 1)])
    }

    pub(super) fn executor_cancel_timer(&mut self, instance: usize, timer: Ref) -> Outcome {
        let timer = self.check(Kind::Timer, timer)?;
        if self.timers[timer].instance != instance {
            return Err(E_NOT_OWNER);
        }
        self.timers[timer].live = false;
        DONE
    }

    /// The turn's step: timers that are due, earliest first.
    pub(super) fn run_timers(&mut self) {
        let mut due: Vec<usize> = (0..self.timers.len())
            .filter(|at| self.timers[*at].live && self.timers[*at].due <= self.clock)
            .collect();
        let now = self.clock;
        due.sort_by_key(|at| (self.timers[*at].due, *at));
        for at in due {
            let timer = &mut self.timers[at];
            if !timer.live {
                continue;
            }
            match (now - timer.due).checked_div(timer.period) {
                None => timer.live = false,
                Some(missed) => timer.due += (missed + 1) * timer.period,
            }
            let (instance, data) = (timer.instance, timer.data);
            if self.hears(instance, Crossing::Timer) {
                let arguments = vec![Value::Number(i128::from(data)), self.name(Kind::Timer, at)];
                let _ = self
                    .dispatch(|model| model.cross(instance, Crossing::Timer, arguments, About::default()));
            }
        }
    }

    /// Cancels the timers of an instance, and counts them.
    pub(super) fn drop_timers(&mut self, instance: usize) -> u32 {
        let mine = self.timers.iter_mut().filter(|timer| timer.live && timer.instance == instance);
        u32::try_from(mine.map(|timer| timer.live = false).count()).expect("few timers")
    }
}
