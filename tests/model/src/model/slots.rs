//! Which slots of a table are taken: the order of reuse shows in the order of sweeps.

use std::collections::VecDeque;

/// The slots of one kind of object.
pub(super) struct Slots {
    free: VecDeque<usize>,
    fresh: usize,
    capacity: usize,
}

impl Slots {
    pub(super) fn new(capacity: u32) -> Self {
        Self { free: VecDeque::new(), fresh: 0, capacity: capacity as usize }
    }

    /// The slot that has been free the longest, or one that was never used.
    pub(super) fn take(&mut self) -> Option<usize> {
        if let Some(slot) = self.free.pop_front() {
            return Some(slot);
        }
        let slot = self.fresh;
        if slot == self.capacity {
            return None;
        }
        self.fresh += 1;
        Some(slot)
    }

    /// The slots that were used at least once.
    pub(super) fn used(&self) -> std::ops::Range<usize> {
        0..self.fresh
    }

    /// Whether none is taken.
    pub(super) fn are_free(&self) -> bool {
        self.free.len() == self.fresh
    }

    pub(super) fn free(&mut self, slot: usize) {
        self.free.push_back(slot);
    }
}
