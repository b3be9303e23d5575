//! First-in-first-out queues through links that lie in the slots themselves, so a queue needs no memory and is never full.

use crate::base::cell::Counter;
use crate::base::slab::NIL;

/// A queue of nodes, which are numbers. `NIL` stands for no node.
///
/// Every call that follows links is told where the link of a node is. A node is in one queue of a link at a time.
pub(crate) struct Queue {
    first: Counter,
    last: Counter,
}

impl Queue {
    pub(crate) const fn new() -> Self {
        Self { first: Counter::new(NIL), last: Counter::new(0) }
    }

    /// Forgets whatever is in it.
    pub(crate) fn clear(&self) {
        self.first.set(NIL);
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.first.get() == NIL
    }

    /// The oldest node, or `NIL`.
    #[inline(always)]
    pub(crate) fn first(&self) -> u32 {
        self.first.get()
    }

    /// The newest node; of no meaning while the queue is empty.
    pub(crate) fn last(&self) -> u32 {
        self.last.get()
    }

    /// The oldest node that `is_it` says yes to.
    pub(crate) fn find<'l>(
        &self,
        link: impl Fn(u32) -> &'l Counter,
        is_it: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let mut node = self.first.get();
        while node != NIL && !is_it(node) {
            node = link(node).get();
        }
        (node != NIL).then_some(node)
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn push<'l>(&self, node: u32, link: impl Fn(u32) -> &'l Counter) {
        link(node).set(NIL);
        if self.is_empty() {
            self.first.set(node);
        } else {
            link(self.last.get()).set(node);
        }
        self.last.set(node);
    }

    /// Puts a node before all others.
    pub(crate) fn push_front<'l>(&self, node: u32, link: impl Fn(u32) -> &'l Counter) {
        link(node).set(self.first.get());
        if self.is_empty() {
            self.last.set(node);
        }
        self.first.set(node);
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn pop<'l>(&self, link: impl Fn(u32) -> &'l Counter) -> Option<u32> {
        let node = self.first.get();
        if node == NIL {
            return None;
        }
        self.first.set(link(node).get());
        Some(node)
    }

    /// Moves all that another queue has behind what is here.
    pub(crate) fn append<'l>(&self, other: &Self, link: impl Fn(u32) -> &'l Counter) {
        if other.is_empty() {
            return;
        }
        if self.is_empty() {
            self.first.set(other.first.get());
        } else {
            link(self.last.get()).set(other.first.get());
        }
        self.last.set(other.last.get());
        other.clear();
    }

    /// Takes a node out, wherever it is; whether it was here.
    pub(crate) fn remove<'l>(&self, node: u32, link: impl Fn(u32) -> &'l Counter) -> bool {
        self.take_out(node, link).is_some()
    }

    /// Takes a node out, wherever it is. The node before it, or `NIL`; `None` if it was not here.
    pub(crate) fn take_out<'l>(&self, node: u32, link: impl Fn(u32) -> &'l Counter) -> Option<u32> {
        let mut before = NIL;
        loop {
            let place = self.place_after(before, &link);
            let at = place.get();
            if at == node {
                self.take_from(place, before, node, link);
                return Some(before);
            }
            if at == NIL {
                return None;
            }
            before = at;
        }
    }

    /// Where the node behind another one is named; behind `NIL`, the oldest.
    pub(crate) fn place_after<'q, 'l: 'q>(
        &'q self,
        before: u32,
        link: impl Fn(u32) -> &'l Counter,
    ) -> &'q Counter {
        if before == NIL { &self.first } else { link(before) }
    }

    /// Takes out the node that is named at the place after `before`.
    pub(crate) fn take_from<'l>(
        &self,
        place: &Counter,
        before: u32,
        node: u32,
        link: impl Fn(u32) -> &'l Counter,
    ) {
        let next = link(node).get();
        place.set(next);
        if next == NIL {
            self.last.set(before);
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn drain(queue: &Queue, links: &[Counter]) -> Vec<u32> {
        core::iter::from_fn(|| queue.pop(|node| &links[node as usize])).collect()
    }

    #[test]
    fn nodes_come_out_in_the_order_of_the_queue() {
        let links: Vec<Counter> = (0..8).map(|_| Counter::new(7)).collect();
        let link = |node: u32| &links[node as usize];
        let (queue, other) = (Queue::new(), Queue::new());
        for node in [3, 1, 4] {
            queue.push(node, link);
        }
        queue.push_front(0, link);
        assert_eq!(drain(&queue, &links), [0, 3, 1, 4]);
        queue.push_front(2, link);
        queue.push(5, link);
        other.push(6, link);
        other.append(&queue, link);
        assert!(queue.is_empty());
        assert_eq!(drain(&other, &links), [6, 2, 5]);
        queue.append(&other, link);
        assert!(queue.is_empty());
    }

    #[test]
    fn a_node_is_taken_out_wherever_it_is() {
        let links: Vec<Counter> = (0..4).map(|_| Counter::new(0)).collect();
        let link = |node: u32| &links[node as usize];
        for (gone, left) in [(0, [1, 2]), (1, [0, 2]), (2, [0, 1])] {
            let queue = Queue::new();
            (0..3).for_each(|node| queue.push(node, link));
            assert!(queue.remove(gone, link) && !queue.remove(gone, link));
            queue.push(3, link);
            assert_eq!(drain(&queue, &links), [left[0], left[1], 3]);
        }
    }
}
