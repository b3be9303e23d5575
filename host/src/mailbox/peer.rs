//! What waits for one session in the event queue.

/// What waits for one session.
#[derive(Default)]
pub(super) struct Peer {
    /// Messages from the peer. While it is full, the session is paused.
    pub(super) inward: Way,
    /// Messages to the peer, and results. While it is full, the session is suspended.
    pub(super) outward: Way,
    /// The session is paused because the room for all is full.
    pub(super) crowded: bool,
    /// The kinds of events about the session itself that wait, one bit each.
    pub(super) news: u32,
    pub(super) ended: bool,
}

/// What waits for one session in one direction.
#[derive(Default)]
pub(super) struct Way {
    pub(super) waiting: usize,
    pub(super) full: bool,
}

impl Way {
    /// Counts one more; whether that fills it.
    pub(super) fn take(&mut self, capacity: usize) -> bool {
        self.waiting += 1;
        !self.full && self.waiting >= capacity && !std::mem::replace(&mut self.full, true)
    }

    /// Counts one less; whether it is half empty by that.
    pub(super) fn give_back(&mut self, capacity: usize) -> bool {
        self.waiting -= 1;
        self.full && self.waiting <= capacity / 2 && std::mem::replace(&mut self.full, false)
    }

    /// Whether a message must be refused. That happens only if the application resumed its session before there was room.
    pub(super) fn refuses(&self, capacity: usize) -> bool {
        self.full && self.waiting >= capacity
    }
}

impl Peer {
    pub(super) fn is_paused(&self) -> bool {
        self.inward.full || self.crowded
    }

    /// Nothing of it waits in the queue, and nothing will come.
    pub(super) fn is_over(&self) -> bool {
        self.ended && self.inward.waiting + self.outward.waiting == 0 && self.news == 0
    }
}
