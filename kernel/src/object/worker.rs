//! Workers: what waits for them, and what they have posted.

use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core::Limits;

use crate::base::backlog::Backlog;
use crate::base::cell::Counter;
use crate::base::domain::{COOPERATIVE, Domain};
use crate::base::features::SERVICES;
use crate::base::lock::{Locked, RESULTS, Shared, WORK};
use crate::base::queue::Queue;
use crate::base::region::{Cursor, Slice};
use crate::base::sync::AtomicUsize;
use crate::object::frame::Frame;

/// What a worker is given.
#[derive(Clone, Copy)]
pub(crate) enum Item {
    Request(u32),
    Task(u32),
}

/// Marks a node of a queue that is a request. Nodes without a mark are messages.
pub(crate) const REQUEST: u32 = 1 << 31;

/// Marks a node of a queue that is a task.
pub(crate) const TASK: u32 = 1 << 30;

impl Item {
    /// The node that stands for it in a queue.
    pub(crate) const fn pack(self) -> u32 {
        match self {
            Self::Request(index) => index | REQUEST,
            Self::Task(index) => index | TASK,
        }
    }

    pub(crate) const fn unpack(node: u32) -> Self {
        if SERVICES && node & REQUEST != 0 {
            Self::Request(node & !REQUEST)
        } else {
            Self::Task(node & !TASK)
        }
    }
}

/// One worker.
pub(crate) struct Worker {
    thread: AtomicUsize,
    /// What it is inside, for crash reports; 0 for nothing.
    crossing: Counter,
    /// What it acquired; under the lock.
    frame: Frame,
}

impl Worker {
    /// A thread begins to work as this worker.
    pub(crate) fn enter(&self, thread: usize) {
        self.thread.store(thread, Relaxed);
    }

    pub(crate) fn leave(&self) {
        self.thread.store(0, Relaxed);
    }

    /// A crossing begins, told as the trace packs it. A task's message is in the frame already.
    pub(crate) fn begin(&self, word: u32) {
        self.crossing.set(word);
        self.frame.begin(word, self.frame.messages());
    }

    pub(crate) fn end(&self) {
        self.crossing.set(0);
    }
}

/// All workers of a host, what waits for them, and what they have done. Under the lock, but for the threads' names.
pub(crate) struct Workers {
    workers: Slice<Worker>,
    waiting: Backlog,
    outbox: Queue,
    /// What the kernel thread has taken from the outbox and passes on in this turn. No other thread uses it.
    arrived: Queue,
    /// What it has taken and passes on in the next turn.
    taken: Queue,
    /// Slow requests run from `poll`.
    are_cooperative: bool,
}

impl Workers {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits) -> Self {
        Self {
            workers: cursor.take(limits.workers.max(1)),
            waiting: Backlog::new(WORK),
            outbox: Queue::new(),
            arrived: Queue::new(),
            taken: Queue::new(),
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
    pub(crate) fn push<'l>(&self, locked: &Locked<'_>, item: Item, link: impl Fn(u32) -> &'l Counter) {
        self.waiting.push(locked, item.pack(), link);
        locked.note(WORK, true);
        locked.call_workers();
    }

    /// Takes the oldest item that may run, and with it the lock under which it was taken; what may not yet goes to the end.
    /// Each item is looked at under a hold of its own, and none twice.
    pub(crate) fn pop<'l, 's>(
        &self,
        shared: &'s Shared,
        link: impl Fn(u32) -> &'l Counter,
        may_run: impl Fn(Item) -> bool,
    ) -> Option<(Locked<'s>, Item)> {
        let mut looks = u32::MAX;
        while looks > 0 {
            let locked = shared.lock();
            looks = looks.min(self.waiting.length(&locked));
            let node = self.waiting.pop(&locked, &link)?;
            let item = Item::unpack(node);
            if may_run(item) {
                // Each worker that takes something calls the next, so several items under one call all run.
                if self.waiting.length(&locked) > 0 {
                    locked.call_workers();
                }
                return Some((locked, item));
            }
            self.waiting.push(&locked, node, &link);
            locked.note(WORK, true);
            looks -= 1;
        }
        None
    }

    /// What waits for the workers.
    pub(crate) fn backlog(&self) -> &Backlog {
        &self.waiting
    }

    /// Posts a result, or that a worker is through with something.
    pub(crate) fn post<'l>(&self, locked: &Locked<'_>, node: u32, link: impl Fn(u32) -> &'l Counter) {
        self.outbox.push(node, link);
        locked.tell(RESULTS);
    }

    /// On the kernel thread, takes back what was posted and not passed on yet. The lock is left while it is looked for.
    pub(crate) fn take_back<'l>(
        &self,
        locked: &mut Locked<'_>,
        node: u32,
        link: impl Fn(u32) -> &'l Counter,
    ) {
        self.taken.append(&self.outbox, &link);
        locked.leave(|| {
            if !self.arrived.remove(node, &link) {
                self.taken.remove(node, &link);
            }
        });
    }

    /// Takes in what was posted, for [`next_arrived`](Self::next_arrived).
    pub(crate) fn collect<'l>(&self, locked: &Locked<'_>, link: impl Fn(u32) -> &'l Counter) {
        locked.note(RESULTS, false);
        self.arrived.append(&self.taken, &link);
        self.arrived.append(&self.outbox, link);
    }

    /// The oldest of what was taken in, on the kernel thread.
    pub(crate) fn next_arrived<'l>(&self, link: impl Fn(u32) -> &'l Counter) -> Option<u32> {
        self.arrived.pop(link)
    }

    pub(crate) fn are_cooperative(&self) -> bool {
        self.are_cooperative
    }

    pub(crate) fn has_work(&self, locked: &Locked<'_>) -> bool {
        self.waiting.length(locked) > 0
    }
}
