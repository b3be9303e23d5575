//! Tasks that wait.

use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::{Limits, Plugin, status};

use crate::base::answer::Answer;
use crate::base::backlog::Backlog;
use crate::base::cell::Counter;
use crate::base::handle::{self, KIND_TASK};
use crate::base::lock::{Locked, TASKS};
use crate::base::pool::Pool;
use crate::base::region::Cursor;
use crate::base::slab::{Wrap, Zeroed};
use crate::base::sync::Cell;
use crate::object::worker;

/// What a task runs.
pub(crate) type Run = unsafe extern "C" fn(*mut Plugin, *mut c_void, abi::Message) -> i32;

/// One task that waits.
pub(crate) struct Task {
    instance: Cell<u32>,
    /// Empty once a worker has found that it must not run.
    run: Cell<Option<Run>>,
    data: Cell<*mut c_void>,
    /// The pinned message that was handed over, or `NIL`.
    message: Cell<u32>,
    /// What a worker task returned.
    status: Cell<i32>,
    link: Counter,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Task {}

/// What a task runs, for which instance and with what.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    pub(crate) instance: u32,
    pub(crate) run: Option<Run>,
    pub(crate) data: *mut c_void,
    /// The pinned message that was handed over, or `NIL`.
    pub(crate) message: u32,
}

impl Task {
    pub(crate) fn instance(&self) -> u32 {
        self.instance.get()
    }

    fn work(&self) -> Work {
        Work {
            instance: self.instance.get(),
            run: self.run.get(),
            data: self.data.get(),
            message: self.message.get(),
        }
    }

    /// The link of what waits, then of results on their way.
    pub(crate) fn link(&self) -> &Counter {
        &self.link
    }

    /// A worker takes it.
    pub(crate) fn begin_work(&self, _locked: &Locked<'_>, instance_is_live: bool) -> Work {
        self.run.set(self.run.get().filter(|_| instance_is_live));
        self.work()
    }

    /// The worker is through with it.
    pub(crate) fn end_work(&self, _locked: &Locked<'_>, status: i32) {
        self.status.set(status);
    }

    /// The kernel thread hears that a worker is through with it: what it returned, and whether it ran.
    pub(crate) fn hear_of_return(&self) -> (i32, bool) {
        (self.status.get(), self.run.get().is_some())
    }
}

/// All tasks of a host; under the lock.
pub(crate) struct Executor {
    pool: Pool<Task, KIND_TASK>,
    waiting: Backlog,
}

impl Executor {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits) -> Self {
        Self {
            pool: Pool::take(cursor, limits.tasks, handle::low_half(0), Wrap::StartOver),
            waiting: Backlog::new(TASKS),
        }
    }

    pub(crate) fn at(&self, index: u32) -> &Task {
        self.pool.at(index)
    }

    /// A place for a task, which is then given with [`put`](Self::put) or released.
    pub(crate) fn reserve(&self, _locked: &Locked<'_>) -> Answer<u32> {
        let index = self.pool.allocate().ok_or(status::E_AGAIN)?;
        self.pool.begin(index);
        Ok(index)
    }

    pub(crate) fn put(&self, _locked: &Locked<'_>, index: u32, work: Work) {
        let task = self.at(index);
        task.instance.set(work.instance);
        task.run.set(work.run);
        task.data.set(work.data);
        task.message.set(work.message);
    }

    /// A task waits for the kernel thread, behind all others.
    pub(crate) fn push<'l>(&self, locked: &Locked<'_>, index: u32, link: impl Fn(u32) -> &'l Counter) {
        self.waiting.push(locked, index | worker::TASK, link);
        locked.tell(TASKS);
    }

    /// Takes out the oldest task of this turn's.
    pub(crate) fn pop<'l>(&self, locked: &Locked<'_>, link: impl Fn(u32) -> &'l Counter) -> Option<Work> {
        let index = self.waiting.pop_of_batch(locked, link)? & !worker::TASK;
        let work = self.at(index).work();
        self.release(locked, index);
        Some(work)
    }

    /// A turn begins: the tasks that wait for the kernel thread now are this turn's.
    pub(crate) fn begin_turn(&self, locked: &Locked<'_>) {
        self.waiting.begin_batch(locked);
    }

    /// What waits for the kernel thread.
    pub(crate) fn backlog(&self) -> &Backlog {
        &self.waiting
    }

    /// A task is over; its message, or `NIL`.
    pub(crate) fn release(&self, _locked: &Locked<'_>, index: u32) -> u32 {
        self.pool.remove(index);
        self.at(index).message.get()
    }
}
