//! Which instance is inside which callback: for crash reports, read from a signal handler or another thread.

use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core::rules;

use crate::cell::Counter;
use crate::kernel::Kernel;
use crate::region::Slice;

/// How many of the last crossings are kept.
pub const RING: usize = 64;

/// Behind the callbacks of the table: what else a crossing can be.
pub(crate) const TASK: u8 = 200;
pub(crate) const TIMER: u8 = 201;
pub(crate) const WATCH: u8 = 202;
pub(crate) const WORKER_TASK: u8 = 203;

pub(crate) fn word(record: u32, place: u8) -> u32 {
    1 << 24 | record << 8 | u32::from(place)
}

/// The stack of crossings on the kernel thread, and the ring of the last ones. All of it is plain words that may be
/// read at any time from any thread; a reader may see a crossing that just began or ended.
pub(crate) struct Crossings {
    depth: Counter,
    at: Counter,
    stack: Slice<Counter>,
    ring: [Counter; RING],
}

impl Crossings {
    pub(crate) fn new(stack: Slice<Counter>) -> Self {
        Self {
            depth: Counter::new(0),
            at: Counter::new(0),
            stack: stack.fill(|_| Counter::new(0)),
            ring: [const { Counter::new(0) }; RING],
        }
    }

    #[inline(always)]
    pub(crate) fn enter(&self, depth: u32, record: u32, place: u8) {
        let word = word(record, place);
        // SAFETY: filled at start; one word for each depth.
        unsafe { self.stack.get(depth) }.set(word);
        let at = self.at.get();
        self.ring[at as usize % RING].set(word);
        self.at.set(at.wrapping_add(1));
        self.depth.set(depth + 1);
    }

    #[inline(always)]
    pub(crate) fn leave(&self, depth: u32) {
        self.depth.set(depth);
    }
}

/// The name of a crossing's place, as the header has it.
pub(crate) fn place_name(place: u8) -> &'static str {
    match place {
        TASK => "task",
        TIMER => "timer",
        WATCH => "watch",
        WORKER_TASK => "worker task",
        _ => rules::CALLBACKS.get(place as usize).map_or("?", |rule| rule.name),
    }
}

impl Kernel {
    fn show(&self, word: u32, visit: &mut impl FnMut(&str, &str)) {
        let index = (word >> 8) & 0xffff;
        if word != 0 && index < self.records.length() {
            visit(self.record(index).name(), place_name(word as u8));
        }
    }

    /// The crossings that run on the kernel thread, innermost first, each as instance and callback. Callable from a
    /// signal handler: it only reads.
    pub fn running(&self, mut visit: impl FnMut(&str, &str)) {
        let depth = self.trace.depth.get().min(self.trace.stack.length());
        for index in (0..depth).rev() {
            // SAFETY: filled at start.
            self.show(unsafe { self.trace.stack.get(index) }.get(), &mut visit);
        }
    }

    /// The crossings that run on workers. As [`running`](Self::running).
    pub fn working(&self, mut visit: impl FnMut(&str, &str)) {
        self.workers.each_crossing(|word| self.show(word, &mut visit));
    }

    /// The last crossings, newest first, at most [`RING`]. As [`running`](Self::running).
    pub fn recent(&self, mut visit: impl FnMut(&str, &str)) {
        let at = self.trace.at.get();
        for back in 1..=RING as u32 {
            self.show(self.trace.ring[at.wrapping_sub(back) as usize % RING].get(), &mut visit);
        }
    }

    /// What the calling thread is inside, for a signal handler: instance and callback.
    pub fn inside(&self, mut visit: impl FnMut(&str, &str)) {
        let thread = self.this_thread();
        if thread == self.thread.load(Relaxed) {
            let mut first = true;
            self.running(|plugin, place| {
                if core::mem::take(&mut first) {
                    visit(plugin, place);
                }
            });
        } else if let Some(worker) = self.workers.find(thread) {
            self.show(self.workers.crossing(worker), &mut visit);
        }
    }
}
