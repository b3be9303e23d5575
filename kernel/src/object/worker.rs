//! Workers: what waits for them, and what they have posted.

use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core::Limits;

use crate::base::cell::Counter;
use crate::base::domain::{COOPERATIVE, Domain};
use crate::base::features::SERVICES;
use crate::base::lock::{Locked, WORK};
use crate::base::queue::Queue;
use crate::base::region::{Cursor, Slice};
use crate::base::ring::Ring;
use crate::base::sync::AtomicUsize;
use crate::object::frame::Frame;

/// What a worker is given.
#[derive(Clone, Copy)]
pub(crate) enum Item {
    Request(u32),
    Task(u32),
}

/// Marks a task among what waits.
const TASK: u32 = 1 << 31;

impl Item {
    const fn pack(self) -> u32 {
        match self {
            Self::Request(index) => index,
            Self::Task(index) => index | TASK,
        }
    }

    pub(crate) const fn unpack(packed: u32) -> Self {
        if SERVICES && packed & TASK == 0 { Self::Request(packed) } else { Self::Task(packed & !TASK) }
    }
}

/// One worker.
pub(crate) struct Worker {
    pub(crate) thread: AtomicUsize,
    /// What it is inside, for crash reports.
    pub(crate) crossing: Counter,
    /// What it acquired; under the lock.
    pub(crate) frame: Frame,
}

/// All workers of a host, what waits for them, and what they have done. Under the lock, but for the threads' names.
pub(crate) struct Workers {
    workers: Slice<Worker>,
    pub(crate) waiting: Ring<u32>,
    outbox: Queue,
    /// What the kernel thread has taken from the outbox and not passed on yet; its alone.
    pub(crate) arrived: Queue,
    /// Slow requests run from `poll`.
    are_cooperative: bool,
}

impl Worker {
    /// A crossing begins. A task's message is in the frame already.
    pub(crate) fn begin(&self, word: u32) {
        self.crossing.set(word);
        self.frame.begin(word, self.frame.messages());
    }
}

impl Workers {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits) -> Self {
        Self {
            workers: cursor.take(limits.workers.max(1)),
            waiting: Ring::new(cursor.take(limits.requests + limits.tasks)),
            outbox: Queue::new(),
            arrived: Queue::new(),
            are_cooperative: limits.workers == 0,
        }
    }

    pub(crate) fn begin(self) -> Self {
        self.workers.fill(|_| Worker {
            thread: AtomicUsize::new(0),
            crossing: Counter::new(0),
            frame: Frame::default(),
        });
        self
    }

    pub(crate) fn at(&self, worker: u32) -> &Worker {
        // SAFETY: all are written at start.
        unsafe { self.workers.get(worker) }
    }

    /// The worker that runs a crossing on this thread.
    pub(crate) fn find(&self, thread: usize) -> Option<u32> {
        (0..self.workers.length()).find(|worker| self.at(*worker).thread.load(Relaxed) == thread)
    }

    /// The worker of a thread domain.
    pub(crate) fn find_in(&self, domain: Domain) -> Option<u32> {
        if domain == COOPERATIVE { Some(0) } else { self.find(domain) }
    }

    pub(crate) fn frame(&self, worker: u32) -> &Frame {
        &self.at(worker).frame
    }

    pub(crate) fn crossing(&self, worker: u32) -> u32 {
        self.at(worker).crossing.get()
    }

    pub(crate) fn each_crossing(&self, mut visit: impl FnMut(u32)) {
        for worker in 0..self.workers.length() {
            visit(self.crossing(worker));
        }
    }

    /// Gives the workers something to do, and calls them.
    pub(crate) fn push(&self, locked: &Locked<'_>, item: Item) {
        // There is room for every request and every task.
        let pushed = self.waiting.push(item.pack());
        debug_assert!(pushed);
        locked.note(WORK, true);
        locked.call_workers();
    }

    /// What workers have posted: results, and that they are through.
    pub(crate) fn outbox(&self, _locked: &Locked<'_>) -> &Queue {
        &self.outbox
    }

    /// Takes out what waits, one by one, keeping what `keep` says.
    pub(crate) fn retain(&self, locked: &Locked<'_>, keep: &mut dyn FnMut(Item) -> bool) {
        self.waiting.retain(&mut |packed| keep(Item::unpack(packed)));
        locked.note(WORK, self.waiting.length() > 0);
    }

    pub(crate) fn are_cooperative(&self) -> bool {
        self.are_cooperative
    }

    pub(crate) fn has_work(&self, _locked: &Locked<'_>) -> bool {
        self.waiting.length() > 0
    }
}
