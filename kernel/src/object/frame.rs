//! What the kernel keeps of one crossing while it runs.

use crate::base::cell::Counter;
use crate::base::slab::NIL;
use crate::base::sync::Cell;

/// In [`Frame::word`], above what the trace packs: an error text was kept for the crossing.
const ERROR: u32 = 1 << 25;

/// As above: the filter has a copy in place of the message that it was shown, of which its chain does not know yet.
const EDITED: u32 = 1 << 26;

/// In [`Frame::messages`], above the filter's message: the filter edits it in place.
const IN_PLACE: u64 = 1 << 63;

/// What the kernel keeps of one crossing.
pub(crate) struct Frame {
    /// The instance and the callback, as the trace packs them, `ERROR` and `EDITED`; read from signal handlers.
    word: Counter,
    /// The first message that the crossing acquired (low half) and the one that a filter is looking at (high half), or
    /// `NIL`: in one word, so that one look tells that nothing happened.
    messages: Cell<u64>,
}

impl Default for Frame {
    fn default() -> Self {
        Self { word: Counter::new(0), messages: Cell::new(pack(NIL, NIL)) }
    }
}

pub(crate) const fn pack(acquired: u32, filtering: u32) -> u64 {
    (filtering as u64) << 32 | acquired as u64
}

impl Frame {
    /// A crossing begins: without an error text, and nothing edited.
    #[inline(always)]
    pub(crate) fn begin(&self, word: u32, messages: u64) {
        self.word.set(word);
        self.messages.set(messages);
    }

    /// The instance and the callback, as the trace packs them.
    #[inline(always)]
    pub(crate) fn word(&self) -> u32 {
        self.word.get()
    }

    pub(crate) fn has_error(&self) -> bool {
        self.word.get() & ERROR != 0
    }

    pub(crate) fn note_error(&self) {
        self.word.set(self.word.get() | ERROR);
    }

    /// What [`pack`] packed, as it is now.
    #[inline(always)]
    pub(crate) fn messages(&self) -> u64 {
        self.messages.get()
    }

    /// The first message that this crossing acquired and nobody retained yet, or `NIL`.
    #[inline(always)]
    pub(crate) fn acquired(&self) -> u32 {
        self.messages.get() as u32
    }

    #[inline(always)]
    pub(crate) fn set_acquired(&self, message: u32) {
        self.messages.set(self.messages.get() >> 32 << 32 | u64::from(message));
    }

    /// The message that a filter is looking at, or `NIL`.
    pub(crate) fn filtering(&self) -> u32 {
        match (self.messages.get() >> 32) as u32 {
            NIL => NIL,
            message => message & !(IN_PLACE >> 32) as u32,
        }
    }

    /// The filter begins to edit the message that it is looking at, which its chain is to seal when the filter is over.
    pub(crate) fn note_edit(&self) {
        self.messages.set(self.messages.get() | IN_PLACE);
    }

    /// Puts a copy in place of the message that a filter is looking at; whether that was such a copy itself.
    pub(crate) fn replace_filtering(&self, copy: u32) -> bool {
        self.messages.set(pack(self.acquired(), copy));
        let word = self.word.get();
        self.word.set(word | EDITED);
        word & EDITED != 0
    }
}
