//! How far the stop of an instance is, and what its receipt will say.

use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core::{NEVER, OUTCOME_LIVE};

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
    phase: Cell<Phase>,
    deadline: Cell<u64>,
    /// It may call `stopped`: it was asked, and has not answered yet. Written under the lock.
    is_awaited: AtomicBool,
    is_late: Cell<bool>,
    was_poisoned: Cell<bool>,
    /// `create` failed: there is nothing to destroy.
    skips_destroy: Cell<bool>,
    /// One of the `OUTCOME_` constants.
    outcome: Cell<u8>,
    /// When it was closed, counted in closings; orders the reuse of places.
    closed: Cell<usize>,
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
    /// An instance begins.
    pub(crate) fn reset(&self) {
        self.phase.set(Phase::None);
        self.is_awaited.store(false, Relaxed);
        self.is_late.set(false);
        self.was_poisoned.set(false);
        self.skips_destroy.set(false);
        self.outcome.set(OUTCOME_LIVE as u8);
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase.get()
    }

    pub(crate) fn is_running(&self) -> bool {
        self.phase.get() != Phase::None
    }

    /// It is to be over at a time. No answer is waited for yet.
    pub(crate) fn begin(&self, deadline: u64) {
        self.deadline.set(deadline);
        self.phase.set(Phase::Asked);
    }

    /// `create` has failed: nothing of the instance is to be stopped, so it ends as soon as no worker is inside.
    pub(crate) fn begin_aborted(&self) {
        self.skips_destroy.set(true);
        self.begin(NEVER);
    }

    /// It gets less time than it had, never more.
    pub(crate) fn shorten(&self, deadline: u64) {
        self.deadline.set(self.deadline.get().min(deadline));
    }

    /// When its time is over; `NEVER` also while nothing is stopped.
    pub(crate) fn deadline(&self) -> u64 {
        if self.is_running() { self.deadline.get() } else { NEVER }
    }

    pub(crate) fn is_overdue(&self, now: u64) -> bool {
        now >= self.deadline.get()
    }

    /// Says whether the instance may still call `stopped`.
    pub(crate) fn set_awaited(&self, _locked: &Locked<'_>, is_awaited: bool) {
        self.is_awaited.store(is_awaited, Relaxed);
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

    /// Whether it can go on: the instance has answered or cannot any more, or its time is over, which is noted.
    pub(crate) fn may_drain(&self, now: u64, is_poisoned: bool) -> bool {
        let is_answered = !self.is_awaited.load(Relaxed) || is_poisoned;
        let may = is_answered || self.is_overdue(now);
        if may {
            self.is_late.set(!is_answered);
        }
        may
    }

    /// All that the instance had is ended.
    pub(crate) fn drain(&self) {
        self.phase.set(Phase::Draining);
    }

    pub(crate) fn skips_destroy(&self) -> bool {
        self.skips_destroy.get()
    }

    /// Whether its time was over before it answered.
    pub(crate) fn was_late(&self) -> bool {
        self.is_late.get()
    }

    /// The instance is poisoned; its state will not say so when it is destroyed and closed.
    pub(crate) fn note_poisoned(&self) {
        self.was_poisoned.set(true);
    }

    pub(crate) fn was_poisoned(&self) -> bool {
        self.was_poisoned.get()
    }

    /// The stop is over, as the last of so many.
    pub(crate) fn close(&self, outcome: u32, closings: usize) {
        self.outcome.set(outcome as u8);
        self.phase.set(Phase::None);
        self.closed.set(closings);
    }

    pub(crate) fn outcome(&self) -> u32 {
        self.outcome.get().into()
    }

    /// How many had been closed when this one was.
    pub(crate) fn closed(&self) -> usize {
        self.closed.get()
    }
}
