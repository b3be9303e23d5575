//! What the kernel keeps of one crossing while it runs.

use crate::base::cell::Counter;
use crate::base::slab::NIL;
use crate::base::sync::Cell;

/// An error text was kept for the crossing.
const ERROR: u8 = 1;

/// The filter has a copy in place of the message that it was shown, of which its chain does not know yet.
const EDITED: u8 = 2;

/// What the kernel keeps of one crossing.
pub(crate) struct Frame {
    /// The instance and the callback, as the trace packs them; read from signal handlers.
    pub(crate) word: Counter,
    /// `ERROR` and `EDITED`.
    flags: Cell<u8>,
    /// The first message that the crossing acquired (low half) and the one that a filter is looking at (high half), or
    /// `NIL`: in one word, so that one look tells that nothing happened.
    pub(crate) messages: Cell<u64>,
}

impl Default for Frame {
    fn default() -> Self {
        Self { word: Counter::new(0), flags: Cell::new(0), messages: Cell::new(pack(NIL, NIL)) }
    }
}

pub(crate) const fn pack(acquired: u32, filtering: u32) -> u64 {
    (filtering as u64) << 32 | acquired as u64
}

impl Frame {
    /// A crossing begins: without an error text, and nothing edited.
    #[inline(always)]
    pub(crate) fn begin(&self) {
        self.flags.set(0);
    }

    pub(crate) fn has_error(&self) -> bool {
        self.flags.get() & ERROR != 0
    }

    pub(crate) fn note_error(&self) {
        self.flags.set(self.flags.get() | ERROR);
    }

    /// The first message that this crossing acquired and nobody retained yet, or `NIL`.
    #[inline(always)]
    pub(crate) fn acquired(&self) -> u32 {
        self.messages.get() as u32
    }

    #[inline(always)]
    pub(crate) fn set_acquired(&self, message: u32) {
        self.messages.set(pack(message, self.filtering()));
    }

    /// The message that a filter is looking at, or `NIL`.
    #[inline(always)]
    pub(crate) fn filtering(&self) -> u32 {
        (self.messages.get() >> 32) as u32
    }

    /// Puts a copy in place of the message that a filter is looking at; whether that was such a copy itself.
    pub(crate) fn replace_filtering(&self, copy: u32) -> bool {
        self.messages.set(pack(self.acquired(), copy));
        let flags = self.flags.replace(self.flags.get() | EDITED);
        flags & EDITED != 0
    }
}
