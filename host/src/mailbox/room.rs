//! The limit on all messages from peers that wait: half of the host's messages. Messages that the program does not read then
//! leave the other half to requests, results and answers.

use std::cell::Cell;

use pintle_abi_core::Message;

use crate::calls::Calls;

/// The class of a message, by its length. Each has a number of its own in the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Small,
    Large,
}

const CLASSES: [Class; 2] = [Class::Small, Class::Large];

impl Class {
    pub(super) fn of(calls: &Calls<'_>, message: Message) -> Self {
        // The call fails only for a message that has ended, which takes no room.
        let length = calls.length(message).unwrap_or_default();
        if length > calls.limits().message_bytes as usize { Self::Large } else { Self::Small }
    }

    /// How many of this class may wait.
    fn share(self, calls: &Calls<'_>) -> usize {
        let limits = calls.limits();
        let all = match self {
            Self::Small => limits.messages,
            Self::Large => limits.large_messages,
        };
        (all as usize / 2).max(1)
    }
}

/// How many messages of each class wait.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stock([usize; 2]);

impl Stock {
    pub(super) fn add(&mut self, class: Class) {
        self.0[class as usize] += 1;
    }

    pub(super) fn remove(&mut self, class: Class) {
        self.0[class as usize] -= 1;
    }

    /// Whether at least one class has its whole share.
    fn is_full(self, calls: &Calls<'_>) -> bool {
        CLASSES.iter().any(|class| self.0[*class as usize] >= class.share(calls))
    }

    /// Whether no class has more than half of its share.
    pub(super) fn is_half_empty(self, calls: &Calls<'_>) -> bool {
        CLASSES.iter().all(|class| self.0[*class as usize] <= class.share(calls) / 2)
    }
}

/// The room for messages from peers. Once it is full, it counts as full until it is half empty.
#[derive(Default)]
pub(super) struct Room {
    waiting: Cell<Stock>,
    full: Cell<bool>,
}

impl Room {
    /// Counts one more message that waits; returns whether the room is full now.
    pub(super) fn take(&self, calls: &Calls<'_>, class: Class) -> bool {
        let mut waiting = self.waiting.get();
        waiting.add(class);
        self.waiting.set(waiting);
        !self.full.get() && waiting.is_full(calls) && !self.full.replace(true)
    }

    /// Counts one message less; returns whether the room has become half empty.
    pub(super) fn give_back(&self, calls: &Calls<'_>, class: Class) -> bool {
        let mut waiting = self.waiting.get();
        waiting.remove(class);
        self.waiting.set(waiting);
        self.full.get() && waiting.is_half_empty(calls) && self.full.replace(false)
    }

    pub(super) fn is_full(&self) -> bool {
        self.full.get()
    }
}
