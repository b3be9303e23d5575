//! What the kernel keeps of crossings while they run.

use crate::base::cell::Counter;
use crate::base::region::Slice;
use crate::base::slab::NIL;
use crate::base::sync::Cell;
use crate::base::trace;

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
    /// The first message that the crossing acquired (low half) and the one that a filter is looking at (high half),
    /// or `NIL`. Both are in one word, so that one comparison tells that the crossing has changed neither.
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
    /// A crossing begins that holds `messages`, as [`pack`] has them, without an error text, and with nothing edited.
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

    /// Whether the crossing is one into this instance.
    pub(crate) fn is_in(&self, instance: u32) -> bool {
        trace::word_instance(self.word.get()) == instance
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

/// The frames of the crossings on the kernel thread, by depth: the outermost crossing has depth 1.
pub(crate) struct Frames {
    /// Read from signal handlers.
    depth: Counter,
    frames: Slice<Frame>,
}

impl Frames {
    pub(crate) fn new(slots: Slice<Frame>) -> Self {
        Self { depth: Counter::new(0), frames: slots.fill(|_| Frame::default()) }
    }

    /// How many crossings run.
    #[inline(always)]
    pub(crate) fn depth(&self) -> u32 {
        self.depth.get()
    }

    /// The frame of the crossing at a depth, counted from 1.
    #[inline(always)]
    pub(crate) fn at(&self, depth: u32) -> &Frame {
        // SAFETY: all are written at start.
        unsafe { self.frames.get(depth - 1) }
    }

    /// The frame of the innermost crossing.
    #[inline(always)]
    pub(crate) fn top(&self) -> Option<&Frame> {
        let depth = self.depth.get();
        (depth > 0).then(|| self.at(depth))
    }

    /// A crossing begins; its frame, or `None` if it is nested too deep.
    #[inline(always)]
    pub(crate) fn push(&self) -> Option<&Frame> {
        let depth = self.depth.get() + 1;
        let frame = (depth <= self.frames.length()).then(|| self.at(depth))?;
        self.depth.set(depth);
        Some(frame)
    }

    /// The innermost crossing is over.
    #[inline(always)]
    pub(crate) fn pop(&self) {
        self.depth.sub(1);
    }

    /// The frames of the crossings that run, innermost first. Callable from a signal handler: it only reads.
    pub(crate) fn running(&self) -> impl Iterator<Item = &Frame> {
        let depth = self.depth.get().min(self.frames.length());
        (1..=depth).rev().map(|depth| self.at(depth))
    }
}
