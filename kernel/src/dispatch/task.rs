//! Tasks from submission to their run, on the kernel thread.

use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::status;

use crate::base::answer::Answer;
use crate::base::domain::{KERNEL, TRANSIT};
use crate::base::lock::{Locked, TASKS};
use crate::base::slab::NIL;
use crate::base::trace;
use crate::dispatch::caller::Caller;
use crate::kernel::Kernel;
use crate::object::instance::Instance;
use crate::object::message::Access;
use crate::object::task::{Run, Work};
use crate::object::worker::{Item, TASK};

impl Kernel {
    pub(crate) fn submit_task(
        &self,
        caller: &Caller<'_>,
        run: Option<Run>,
        data: *mut c_void,
        message: abi::Message,
        to_worker: bool,
    ) -> Answer {
        let run = run.ok_or(status::E_ARGUMENT)?;
        let mut locked = self.shared.lock();
        let found = if message.bits == 0 { NIL } else { self.find_message(caller.domain, message)? };
        if !caller.instance.takes_tasks(&locked) {
            return Err(status::E_CLOSED);
        }
        let executor = &self.executor;
        let index = executor.reserve(&locked)?;
        let mut payload = NIL;
        if found != NIL {
            let target = if to_worker { TRANSIT } else { KERNEL };
            let may = |locked: &Locked<'_>| {
                if caller.instance.takes_tasks(locked) { Ok(()) } else { Err(status::E_CLOSED) }
            };
            match self.hand_over_locked(caller, &mut locked, found, target, &may) {
                Ok(taken) => payload = taken,
                Err(refusal) => {
                    executor.release(&locked, index);
                    return Err(refusal);
                }
            }
        }
        let work = Work { instance: caller.instance.index(), run: Some(run), data, message: payload };
        executor.put(&locked, index, work);
        if to_worker {
            self.workers.push(&locked, Item::Task(index), self.node_link());
            if self.workers.are_cooperative() && caller.domain != KERNEL {
                locked.wake();
            }
        } else {
            executor.push(&locked, index, self.node_link());
        }
        drop(locked);
        Ok(())
    }

    /// The tasks that wait now are those that this turn runs.
    pub(crate) fn begin_tasks(&self) {
        if self.shared.has(TASKS) {
            self.executor.begin_turn(&self.shared.lock());
        }
    }

    /// Runs the tasks that waited when the turn began and were not dropped meanwhile.
    pub(crate) fn run_tasks(&self) {
        while self.shared.has(TASKS) {
            let locked = self.shared.lock();
            let Some(Work { instance, run, data, message }) = self.executor.pop(&locked, self.node_link())
            else {
                return;
            };
            drop(locked);
            let instance = self.instance(instance);
            let _dispatch = self.dispatch();
            match run.filter(|_| instance.is_live()) {
                Some(run) => self.run_task(instance, run, data, message),
                None if message != NIL => self.unpin(Access::Kernel, message),
                None => {}
            }
        }
    }

    fn run_task(&self, instance: &Instance, run: Run, data: *mut c_void, message: u32) {
        self.tell(instance, trace::TASK, |plugin| {
            let shown = if message == NIL {
                abi::Message::default()
            } else {
                if self.messages.give_to_crossing(instance, message) {
                    self.messages.link(&self.frames, instance, message);
                }
                self.messages.handle(message)
            };
            // SAFETY: the instance's own function with its own pointer and data.
            unsafe { run(plugin, data, shown) }
        });
    }

    /// Closes the executor of an instance for good and drops its tasks that wait; how many.
    pub(crate) fn drop_tasks(&self, instance: &Instance) -> u32 {
        instance.close_executor(&self.shared.lock());
        let is_its = |node| match Item::unpack(node) {
            Item::Task(index) => self.executor.at(index).instance() == instance.index(),
            Item::Request(_) => false,
        };
        let mut dropped = 0;
        for backlog in [self.executor.backlog(), self.workers.backlog()] {
            while let Some((locked, task)) = backlog.take_out(&self.shared, self.node_link(), &is_its) {
                self.drop_task(locked, task & !TASK);
                dropped += 1;
            }
        }
        dropped
    }

    fn drop_task(&self, locked: Locked<'_>, index: u32) {
        let message = self.executor.release(&locked, index);
        if message == NIL {
            return;
        }
        if self.messages.at(message).domain() == KERNEL {
            drop(locked);
            self.unpin(Access::Kernel, message);
        } else {
            self.unpin(Access::Locked(&locked), message);
        }
    }

    /// A worker is through with a task.
    pub(crate) fn task_came_back(&self, index: u32) {
        let task = self.executor.at(index);
        let instance = self.instance(task.instance());
        let (status, ran) = task.hear_of_return();
        let locked = self.shared.lock();
        self.executor.release(&locked, index);
        instance.drop_work(&locked);
        drop(locked);
        self.dispatches.note_end();
        if ran && !instance.is_abandoned() {
            instance.count_call();
        }
        if status == status::E_PANIC {
            self.poison(instance);
        }
    }
}
