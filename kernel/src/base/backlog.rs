//! What waits for a thread. The lock that guards it is left between any two nodes that are looked at.

use crate::base::batch::Batch;
use crate::base::cell::Counter;
use crate::base::lock::{Locked, Shared};
use crate::base::slab::NIL;

/// A queue of nodes, under the lock. Several threads take its oldest node; only the kernel thread takes any other.
pub(crate) struct Backlog {
    queue: Batch,
    length: Counter,
    /// How often the oldest node was taken. A walk that has left the lock cannot go on from its node after that, because
    /// the node may be in the queue no more.
    pops: Counter,
    /// The bit of the lock's news that says whether something waits here.
    news: u32,
}

impl Backlog {
    pub(crate) const fn new(news: u32) -> Self {
        Self { queue: Batch::new(), length: Counter::new(0), pops: Counter::new(0), news }
    }

    pub(crate) fn length(&self, _locked: &Locked<'_>) -> u32 {
        self.length.get()
    }

    /// Puts a node behind all others. The caller sets the bit.
    pub(crate) fn push<'l>(&self, _locked: &Locked<'_>, node: u32, link: impl Fn(u32) -> &'l Counter) {
        self.queue.push(node, link);
        self.length.add(1);
    }

    /// Takes the oldest node.
    pub(crate) fn pop<'l>(&self, locked: &Locked<'_>, link: impl Fn(u32) -> &'l Counter) -> Option<u32> {
        self.note_pop(locked, self.queue.pop_any(link)?)
    }

    /// What waits now is the batch of this turn.
    pub(crate) fn begin_batch(&self, _locked: &Locked<'_>) {
        self.queue.begin();
    }

    /// Takes the oldest node of the batch.
    pub(crate) fn pop_of_batch<'l>(
        &self,
        locked: &Locked<'_>,
        link: impl Fn(u32) -> &'l Counter,
    ) -> Option<u32> {
        self.note_pop(locked, self.queue.pop(link)?)
    }

    fn note_pop(&self, locked: &Locked<'_>, node: u32) -> Option<u32> {
        self.pops.add(1);
        self.shorten(locked);
        Some(node)
    }

    fn shorten(&self, locked: &Locked<'_>) {
        self.length.sub(1);
        locked.note(self.news, self.length.get() > 0);
    }

    /// Takes out the oldest node that `takes` says yes to, on the kernel thread. With the node comes the lock under which
    /// it was taken out. Each node is looked at under a hold of its own; if the oldest one was taken between two holds, the walk
    /// begins again.
    pub(crate) fn take_out<'l, 's>(
        &self,
        shared: &'s Shared,
        link: impl Fn(u32) -> &'l Counter,
        takes: &dyn Fn(u32) -> bool,
    ) -> Option<(Locked<'s>, u32)> {
        let (mut before, mut pops) = (NIL, 0);
        loop {
            let locked = shared.lock();
            if pops != self.pops.get() {
                (before, pops) = (NIL, self.pops.get());
            }
            let place = self.queue.place_after(before, &link);
            let node = place.get();
            if node == NIL {
                return None;
            }
            if takes(node) {
                self.queue.take_from(place, before, node, link);
                self.shorten(&locked);
                return Some((locked, node));
            }
            before = node;
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::base::lock::TASKS;
    use core::cell::Cell;
    use pintle_abi_core::Platform;
    use std::vec::Vec;

    /// A platform of one thread.
    fn shared() -> Shared {
        // SAFETY: a number, a pointer, and functions that may be absent.
        Shared::new(unsafe { core::mem::zeroed::<Platform>() })
    }

    fn links() -> Vec<Counter> {
        (0..8).map(|_| Counter::new(7)).collect()
    }

    #[test]
    fn a_node_is_taken_out_and_the_others_keep_their_order() {
        let links = links();
        let link = |node: u32| &links[node as usize];
        let (shared, backlog) = (shared(), Backlog::new(TASKS));
        (0..6).for_each(|node| backlog.push(&shared.lock(), node, link));
        let odd = || Some(backlog.take_out(&shared, link, &|node| node % 2 == 1)?.1);
        assert_eq!(core::iter::from_fn(odd).collect::<Vec<_>>(), [1, 3, 5]);
        backlog.push(&shared.lock(), 7, link);
        assert_eq!(backlog.length(&shared.lock()), 4);
        let all = core::iter::from_fn(|| backlog.pop(&shared.lock(), link));
        assert_eq!(all.collect::<Vec<_>>(), [0, 2, 4, 7]);
    }

    #[test]
    fn a_walk_begins_again_when_the_oldest_was_taken_meanwhile() {
        let links = links();
        let link = |node: u32| &links[node as usize];
        let (shared, backlog) = (shared(), Backlog::new(TASKS));
        (0..4).for_each(|node| backlog.push(&shared.lock(), node, link));
        let looks = Cell::new(0);
        let taken = backlog.take_out(&shared, link, &|node| {
            looks.set(looks.get() + 1);
            if looks.get() == 2 {
                // Another thread, which takes the node that the walk has passed, and brings it back.
                let first = backlog.pop(&shared.lock(), link).unwrap();
                backlog.push(&shared.lock(), first, link);
            }
            looks.get() > 2 && node == 2
        });
        assert_eq!(taken.map(|(_, node)| node), Some(2));
        let all = core::iter::from_fn(|| backlog.pop(&shared.lock(), link));
        assert_eq!(all.collect::<Vec<_>>(), [1, 3, 0]);
    }
}
