//! How deep dispatches are nested, and what waits for the outermost one to end.

use crate::base::sync::Cell;

/// The dispatches and the turn that run, and what waits for their end. Zero bytes are the first value.
pub(crate) struct Dispatches {
    open: Cell<u32>,
    has_ends: Cell<bool>,
    has_poisoned: Cell<bool>,
    is_turning: Cell<bool>,
}

impl Dispatches {
    #[inline(always)]
    pub(crate) fn open(&self) {
        self.open.set(self.open.get() + 1);
    }

    /// A dispatch is over; whether it was the outermost one and something waits for that.
    #[inline(always)]
    pub(crate) fn close(&self) -> bool {
        self.open.set(self.open.get() - 1);
        self.open.get() == 0 && self.has_ends.get()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.get() != 0
    }

    /// Something has ended or may go on, of which the rest is done after the outermost dispatch.
    #[inline(always)]
    pub(crate) fn note_end(&self) {
        self.has_ends.set(true);
    }

    pub(crate) fn has_ends(&self) -> bool {
        self.has_ends.get()
    }

    /// Whether something has ended since this was asked last.
    pub(crate) fn take_ends(&self) -> bool {
        self.has_ends.replace(false)
    }

    /// An instance was poisoned: what it served ends after the outermost dispatch.
    pub(crate) fn note_poisoned(&self) {
        self.note_end();
        self.has_poisoned.set(true);
    }

    /// Whether an instance was poisoned since this was asked last.
    pub(crate) fn take_poisoned(&self) -> bool {
        self.has_poisoned.replace(false)
    }

    /// A turn begins; whether none runs already.
    pub(crate) fn begin_turn(&self) -> bool {
        !self.is_turning.replace(true)
    }

    pub(crate) fn end_turn(&self) {
        self.is_turning.set(false);
    }

    pub(crate) fn is_turning(&self) -> bool {
        self.is_turning.get()
    }
}
