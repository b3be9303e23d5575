//! Which instance is inside which callback: for crash reports, read from a signal handler or another thread.

use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core::rules;

use crate::cell::Counter;
use crate::guard::COOPERATIVE;
use crate::kernel::Kernel;

/// How many of the last crossings are kept: more where there is memory for them.
pub const RING: usize = if usize::BITS < 64 { 4 } else { 64 };

/// Behind the callbacks of the table: what else a crossing can be.
pub(crate) const TASK: u8 = 200;
pub(crate) const TIMER: u8 = 201;
pub(crate) const WATCH: u8 = 202;
pub(crate) const WORKER_TASK: u8 = 203;
pub(crate) const OFFER: u8 = 204;

#[inline(always)]
pub(crate) fn word(record: u32, place: u8) -> u32 {
    1 << 24 | record << 8 | u32::from(place)
}

/// The instance of a word.
pub(crate) fn word_record(word: u32) -> u32 {
    (word >> 8) & 0xffff
}

/// The last crossings. Like the frames' words, these may be read at any time from any thread; a reader may see a
/// crossing that just began or ended.
pub(crate) struct Crossings {
    at: Counter,
    ring: [Counter; RING],
}

impl Crossings {
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn note(&self, word: u32) {
        let at = self.at.get();
        self.ring[at as usize % RING].set(word);
        self.at.set(at.wrapping_add(1));
    }
}

/// The name of a crossing's place, as the header has it.
pub(crate) fn place_name(place: u8) -> &'static str {
    match place {
        TASK => "task",
        TIMER => "timer",
        WATCH => "watch",
        WORKER_TASK => "worker task",
        OFFER => "offer",
        _ => rules::CALLBACKS.get(place as usize).map_or("?", |rule| rule.name),
    }
}

impl Kernel {
    fn show(&self, word: u32, visit: &mut impl FnMut(&str, &str)) {
        let index = word_record(word);
        if word != 0 && index < self.records.length() {
            visit(self.record(index).name(), place_name(word as u8));
        }
    }

    /// The crossings that run on the kernel thread, innermost first, each as instance and callback. Callable from a
    /// signal handler: it only reads.
    pub fn running(&self, mut visit: impl FnMut(&str, &str)) {
        let depth = self.depth.get().min(self.frames.length());
        for index in (0..depth).rev() {
            // SAFETY: filled at start.
            self.show(unsafe { self.frames.get(index) }.word.get(), &mut visit);
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
        if thread == self.home.load(Relaxed) && !self.cooperative.get() {
            let mut first = true;
            self.running(|plugin, place| {
                if core::mem::take(&mut first) {
                    visit(plugin, place);
                }
            });
        } else if let Some(worker) =
            self.workers.find_in(if self.cooperative.get() { COOPERATIVE } else { thread })
        {
            self.show(self.workers.crossing(worker), &mut visit);
        }
    }
}
