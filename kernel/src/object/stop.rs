//! How far the stop of an instance is, and what its receipt will say.

use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core::OUTCOME_LIVE;

use crate::base::lock::{Locked, STOPPED};
use crate::base::sync::{AtomicBool, Cell};

/// Where the stop of an instance is.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Phase {
    #[default]
    None,
    /// Asked; waits for the answer.
    Asked,
    /// Everything that it had is ended; waits for workers that are inside.
    Draining,
}

/// The stop of one instance.
#[derive(Default)]
pub(crate) struct Stop {
    pub(crate) phase: Cell<Phase>,
    pub(crate) deadline: Cell<u64>,
    /// It may call `stopped`: it was asked, and has not answered yet. Written under the lock.
    pub(crate) is_awaited: AtomicBool,
    pub(crate) is_late: Cell<bool>,
    pub(crate) was_poisoned: Cell<bool>,
    /// `create` failed: there is nothing to destroy.
    pub(crate) skips_destroy: Cell<bool>,
    /// One of the `OUTCOME_` constants.
    pub(crate) outcome: Cell<u8>,
    /// When it was closed, counted in closings; orders the reuse of records.
    pub(crate) closed: Cell<usize>,
}

/// What an instance had when it was ended, for its receipt.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) messages: u32,
    pub(crate) sockets: u32,
    pub(crate) sessions: u32,
    pub(crate) requests: u32,
    pub(crate) tasks: u32,
    pub(crate) timers: u32,
    pub(crate) watches: u32,
}

impl Stop {
    pub(crate) fn reset(&self) {
        self.phase.set(Phase::None);
        self.is_awaited.store(false, Relaxed);
        self.is_late.set(false);
        self.was_poisoned.set(false);
        self.skips_destroy.set(false);
        self.outcome.set(OUTCOME_LIVE as u8);
    }

    pub(crate) fn note_answered(&self, _locked: &Locked<'_>, is_answered: bool) {
        self.is_awaited.store(!is_answered, Relaxed);
    }

    /// The instance says that it has stopped; whether that was waited for. Any thread.
    pub(crate) fn answer(&self, locked: &Locked<'_>) -> bool {
        let is_awaited = self.is_awaited.load(Relaxed);
        if is_awaited {
            self.is_awaited.store(false, Relaxed);
            locked.tell(STOPPED);
        }
        is_awaited
    }
}
