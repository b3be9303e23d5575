//! Workers: what waits for them, and what they have posted.

use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core::Limits;

use crate::base::cell::Counter;
use crate::base::domain::{COOPERATIVE, Domain};
use crate::base::features::SERVICES;
use crate::base::lock::{Locked, RESULTS, WORK};
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

    pub(crate) fn frame(&self) -> &Frame {
        &self.frame
    }
}

/// All workers of a host, what waits for them, and what they have done. Under the lock, but for the threads' names.
pub(crate) struct Workers {
    workers: Slice<Worker>,
    waiting: Ring<u32>,
    outbox: Queue,
    /// What the kernel thread has taken from the outbox and not passed on yet. No other thread uses it.
    arrived: Queue,
    /// Slow requests run from `poll`.
    are_cooperative: bool,
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

    /// Takes the oldest item that may run; what may not yet goes to the end.
    pub(crate) fn pop(&self, locked: &Locked<'_>, may_run: impl Fn(Item) -> bool) -> Option<Item> {
        let mut found = None;
        for _ in 0..self.waiting.length() {
            let packed = self.waiting.pop()?;
            let item = Item::unpack(packed);
            if may_run(item) {
                found = Some(item);
                break;
            }
            self.waiting.push(packed);
        }
        locked.note(WORK, self.waiting.length() > 0);
        found
    }

    /// Posts a result, or that a worker is through with something.
    pub(crate) fn post<'l>(&self, locked: &Locked<'_>, node: u32, link: impl Fn(u32) -> &'l Counter) {
        self.outbox.push(node, link);
        locked.tell(RESULTS);
    }

    /// On the kernel thread, takes back what was posted and not passed on yet.
    pub(crate) fn take_back<'l>(&self, _locked: &Locked<'_>, node: u32, link: impl Fn(u32) -> &'l Counter) {
        if !self.arrived.remove(node, &link) {
            self.outbox.remove(node, link);
        }
    }

    /// Takes in what was posted, for [`next_arrived`](Self::next_arrived).
    pub(crate) fn collect<'l>(&self, locked: &Locked<'_>, link: impl Fn(u32) -> &'l Counter) {
        locked.note(RESULTS, false);
        self.arrived.append(&self.outbox, link);
    }

    /// The oldest of what was taken in, on the kernel thread.
    pub(crate) fn next_arrived<'l>(&self, link: impl Fn(u32) -> &'l Counter) -> Option<u32> {
        self.arrived.pop(link)
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
