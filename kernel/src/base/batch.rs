//! A queue of which a turn takes what waits when the turn begins, and leaves what comes during it.

use crate::base::cell::Counter;
use crate::base::queue::Queue;
use crate::base::slab::NIL;

/// The queue, and where the present batch ends in it. Links are given as to a [`Queue`].
pub(crate) struct Batch {
    queue: Queue,
    /// The newest node of the batch; `NIL` when the batch is over.
    last: Counter,
}

impl Batch {
    pub(crate) const fn new() -> Self {
        Self { queue: Queue::new(), last: Counter::new(NIL) }
    }

    pub(crate) fn push<'l>(&self, node: u32, link: impl Fn(u32) -> &'l Counter) {
        self.queue.push(node, link);
    }

    /// What waits now is the batch.
    pub(crate) fn begin(&self) {
        self.last.set(if self.queue.is_empty() { NIL } else { self.queue.last() });
    }

    /// Takes the oldest node of the batch.
    pub(crate) fn pop<'l>(&self, link: impl Fn(u32) -> &'l Counter) -> Option<u32> {
        if self.last.get() == NIL { None } else { self.pop_any(link) }
    }

    /// Takes the oldest node, of the batch or not.
    pub(crate) fn pop_any<'l>(&self, link: impl Fn(u32) -> &'l Counter) -> Option<u32> {
        let node = self.queue.pop(link)?;
        self.forget(node, NIL);
        Some(node)
    }

    /// Where the node behind another one is named; behind `NIL`, the oldest.
    pub(crate) fn place_after<'q, 'l: 'q>(
        &'q self,
        before: u32,
        link: impl Fn(u32) -> &'l Counter,
    ) -> &'q Counter {
        self.queue.place_after(before, link)
    }

    /// Takes out a node that is named at the place after `before`.
    pub(crate) fn take_from<'l>(
        &self,
        place: &Counter,
        before: u32,
        node: u32,
        link: impl Fn(u32) -> &'l Counter,
    ) {
        self.queue.take_from(place, before, node, link);
        self.forget(node, before);
    }

    /// Takes a node out, wherever it is.
    pub(crate) fn remove<'l>(&self, node: u32, link: impl Fn(u32) -> &'l Counter) {
        if let Some(before) = self.queue.take_out(node, link) {
            self.forget(node, before);
        }
    }

    /// If the batch ended with this node, it ends with the one before it now.
    fn forget(&self, node: u32, before: u32) {
        if self.last.get() == node {
            self.last.set(before);
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn a_batch_ends_where_it_ended_when_it_began_whatever_goes_and_comes() {
        let links: Vec<Counter> = (0..8).map(|_| Counter::new(NIL)).collect();
        let link = |node: u32| &links[node as usize];
        let batch = Batch::new();
        (0..4).for_each(|node| batch.push(node, link));
        batch.begin();
        batch.push(4, link);
        assert_eq!(batch.pop(link), Some(0));
        batch.remove(3, link);
        batch.remove(1, link);
        assert_eq!(batch.pop(link), Some(2));
        assert_eq!(batch.pop(link), None);
        assert_eq!(batch.pop_any(link), Some(4));
        batch.push(5, link);
        batch.begin();
        batch.remove(5, link);
        batch.push(6, link);
        assert_eq!(batch.pop(link), None);
        assert_eq!(batch.pop_any(link), Some(6));
    }
}
