//! A bounded first-in-first-out queue of plain values.

use crate::base::sync::Cell;

/// A bounded first-in-first-out queue of plain values. Whoever shares it holds the lock.
pub(crate) struct Ring<T> {
    slots: crate::base::region::Slice<Cell<T>>,
    head: Cell<u32>,
    length: Cell<u32>,
}

impl<T: Copy> Ring<T> {
    pub(crate) fn new(slots: crate::base::region::Slice<Cell<T>>) -> Self {
        Self { slots, head: Cell::new(0), length: Cell::new(0) }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.length.get() == self.slots.length()
    }

    /// Appends; whether there was room.
    pub(crate) fn push(&self, value: T) -> bool {
        if self.is_full() {
            return false;
        }
        let at = self.head.get() + self.length.get();
        let capacity = self.slots.length();
        self.slots.write(if at >= capacity { at - capacity } else { at }, Cell::new(value));
        self.length.set(self.length.get() + 1);
        true
    }

    pub(crate) fn pop(&self) -> Option<T> {
        if self.length.get() == 0 {
            return None;
        }
        let head = self.head.get();
        // SAFETY: between head and head + length everything was written.
        let value = unsafe { self.slots.get(head) }.get();
        self.head.set(if head + 1 == self.slots.length() { 0 } else { head + 1 });
        self.length.set(self.length.get() - 1);
        Some(value)
    }
}
