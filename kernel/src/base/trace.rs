//! One word for each crossing: which instance is inside what. Kept for crash reports.

use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core::rules;

use crate::base::cell::Counter;
use crate::base::sync::AtomicU8;

/// How many of the last crossings are kept: more where there is memory for them. As many as an index of a byte reaches,
/// so that no index has to be cut.
pub const RING: usize = if usize::BITS < 64 { 4 } else { 256 };

/// Crossings that are no callback of the table. The numbers of callbacks are smaller.
pub(crate) const TASK: u8 = 200;

pub(crate) const TIMER: u8 = 201;

pub(crate) const WATCH: u8 = 202;

pub(crate) const WORKER_TASK: u8 = 203;

pub(crate) const OFFER: u8 = 204;

#[inline(always)]
pub(crate) fn word(instance: u32, kind: u8) -> u32 {
    1 << 24 | instance << 8 | u32::from(kind)
}

/// The instance of a word.
pub(crate) fn word_instance(word: u32) -> u32 {
    (word >> 8) & 0xffff
}

/// The last crossings. Like the frames' words, these may be read at any time from any thread; a reader may see a
/// crossing that just began or ended.
pub(crate) struct Crossings {
    at: AtomicU8,
    ring: [Counter; RING],
}

impl Crossings {
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn note(&self, word: u32) {
        let at = self.at.load(Relaxed);
        self.ring[at as usize % RING].set(word);
        self.at.store(at.wrapping_add(1), Relaxed);
    }

    /// How many there were, of which only the lowest byte is told.
    pub(crate) fn count(&self) -> u8 {
        self.at.load(Relaxed)
    }

    /// Newest first; 0 where there was none yet.
    pub(crate) fn recent(&self) -> impl Iterator<Item = u32> {
        let at = self.at.load(Relaxed) as usize;
        (1..=RING).map(move |back| self.ring[(at + RING - back) % RING].get())
    }
}

/// The name of a crossing's place, as the header has it.
pub(crate) fn crossing_name(kind: u8) -> &'static str {
    match kind {
        TASK => "task",
        TIMER => "timer",
        WATCH => "watch",
        WORKER_TASK => "worker task",
        OFFER => "offer",
        _ => rules::CALLBACKS.get(kind as usize).map_or("?", |rule| rule.name),
    }
}
