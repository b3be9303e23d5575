//! One word for each crossing: which instance is inside what. Kept for crash reports.

use pintle_abi_core::rules;

use crate::base::cell::Counter;

/// How many of the last crossings are kept: more where there is memory for them.
pub const RING: usize = if usize::BITS < 64 { 4 } else { 64 };

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

    /// The newest first; 0 where there was none yet.
    pub(crate) fn recent(&self) -> impl Iterator<Item = u32> {
        let at = self.at.get();
        (1..=RING as u32).map(move |back| self.ring[at.wrapping_sub(back) as usize % RING].get())
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
