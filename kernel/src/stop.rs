//! Stopping an instance, step by step, and its receipt.

use core::cell::Cell;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use pintle_abi_core::{
    IMAGE_STATIC, Instance, LOG_WARN, NEVER, OUTCOME_ABANDONED, OUTCOME_FORCED, OUTCOME_LIVE,
    OUTCOME_STOPPED, Receipt, STATE_DESTROYING, STATE_STOPPING, STOP_UNLOAD, Stop as Told, rules::callback,
    status,
};

use crate::features::{OFFERS, SERVICES};
use crate::guard::KERNEL;
use crate::kernel::Kernel;
use crate::message::Access;
use crate::offer::Fate;
use crate::plugin::{Record, STATE_ABANDONED, STATE_CLOSED};
use crate::shared::{Locked, STOPPED};

/// Where the stop of an instance is.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
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
    /// When it was closed, counted in closings; orders the reuse of records.
    pub(crate) closed: Cell<usize>,
}

/// What an instance had when it was ended, for its receipt.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    messages: u32,
    sockets: u32,
    sessions: u32,
    requests: u32,
    tasks: u32,
    timers: u32,
    watches: u32,
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

    fn note_answered(&self, kernel: &Kernel, is_answered: bool) {
        let _locked = kernel.shared.lock();
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

impl Kernel {
    /// Stops an instance and ends it: at once where it can be, else (`PENDING`) at depth 0, when it has answered and
    /// its workers are through, or `timeout` nanoseconds are over. One that stops already can be given less time, not more.
    ///
    /// # Errors
    /// `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`. `E_STATE`: plugin zero. `E_CLOSED`: ended already.
    /// `E_WRONG_THREAD`.
    pub fn unload(&self, instance: Instance, timeout: u64) -> Result<i32, i32> {
        self.on_kernel_thread()?;
        let record = self.find_instance(instance)?;
        if record.is_zero() {
            return Err(status::E_STATE);
        }
        if matches!(record.state.load(Relaxed), STATE_CLOSED | STATE_ABANDONED) {
            return Err(status::E_CLOSED);
        }
        let stop = &record.stop;
        let deadline = self.shared.now().saturating_add(timeout);
        if stop.phase.get() != Phase::None {
            stop.deadline.set(stop.deadline.get().min(deadline));
            return Ok(status::PENDING);
        }
        {
            let _dispatch = self.dispatch();
            self.stopping.set(self.stopping.get() + 1);
            self.has_ends.set(true);
            stop.deadline.set(deadline);
            stop.phase.set(Phase::Asked);
            self.ask_to_stop(record);
        }
        Ok(if stop.phase.get() == Phase::None { status::OK } else { status::PENDING })
    }

    fn ask_to_stop(&self, record: &Record) {
        let stop = &record.stop;
        stop.note_answered(self, true);
        if !record.is_live() {
            return;
        }
        record.state.store(STATE_STOPPING, Relaxed);
        if let Some(run) = record.callbacks().request_stop {
            // It may answer from a thread of its own before the call returns.
            stop.note_answered(self, false);
            let told =
                Told { size: size_of::<Told>() as u32, reason: STOP_UNLOAD, deadline: stop.deadline.get() };
            // SAFETY: the instance's own callback with its own pointer; what it is told outlives the call.
            let status = self.cross(record, callback::REQUEST_STOP, |plugin| unsafe { run(plugin, &told) });
            if status != status::PENDING {
                self.note(record, callback::REQUEST_STOP, status);
                stop.note_answered(self, true);
            }
        }
    }

    /// Ends an instance whose `create` failed.
    pub(crate) fn abort_instance(&self, record: &Record) {
        self.stopping.set(self.stopping.get() + 1);
        self.has_ends.set(true);
        record.stop.skips_destroy.set(true);
        record.stop.note_answered(self, true);
        // Nothing of it is to be stopped: it ends as soon as no worker is inside.
        record.stop.deadline.set(NEVER);
        record.stop.phase.set(Phase::Asked);
    }

    /// Somebody said that it has stopped: look at once.
    pub(crate) fn take_stopped(&self) {
        self.shared.lock().note(STOPPED, false);
    }

    /// When the first stop runs out of time, or `NEVER`.
    pub(crate) fn next_stop_deadline(&self) -> u64 {
        let mut first = NEVER;
        if self.stopping.get() == 0 {
            return first;
        }
        for index in 1..self.records.length() {
            let stop = &self.record(index).stop;
            if stop.phase.get() != Phase::None {
                first = first.min(stop.deadline.get());
            }
        }
        first
    }

    /// At depth 0: carries every stop as far as it can go.
    pub(crate) fn advance_stops(&self) {
        if self.stopping.get() == 0 {
            return;
        }
        for index in 1..self.records.length() {
            let record = self.record(index);
            match record.stop.phase.get() {
                Phase::None => {}
                Phase::Asked => self.advance_asked(record),
                Phase::Draining => self.advance_draining(record),
            }
        }
    }

    fn advance_asked(&self, record: &Record) {
        let stop = &record.stop;
        let is_late = self.shared.now() >= stop.deadline.get();
        let is_answered = !stop.is_awaited.load(Relaxed) || record.is_poisoned();
        if !is_answered && !is_late {
            return;
        }
        stop.is_late.set(!is_answered);
        self.end_what_it_has(record);
        stop.phase.set(Phase::Draining);
        // What was just ended is told first.
        self.has_ends.set(true);
    }

    fn end_what_it_has(&self, record: &Record) {
        let mut tally = record.tally.get();
        // First, so that no callback of what ends here submits anything.
        record.close_executor(&self.shared.lock());
        if SERVICES {
            self.services.withdraw(record.index);
        }
        if OFFERS {
            self.settle_offers_of(record, Fate::Ends);
        }
        tally.requests += self.end_requests_of(record.index, record.why_closed());
        for socket in self.sockets.live() {
            self.detach(socket, self.sockets.handle(socket), record.index);
        }
        for session in self.sessions.live() {
            if self.sessions.at(session).owner.get() == record.index {
                tally.sessions += 1;
                self.end_session(session);
            }
        }
        for socket in self.sockets.live() {
            if self.sockets.at(socket).opener.get() == record.index {
                tally.sockets += 1;
                self.close_socket(socket);
            }
        }
        tally.timers += self.cancel_timers_of(record);
        tally.watches += self.end_watches_of(record);
        tally.tasks += self.drop_tasks(record);
        record.tally.set(tally);
    }

    fn advance_draining(&self, record: &Record) {
        let is_late = self.shared.now() >= record.stop.deadline.get();
        if is_late && record.working.get() != 0 {
            // It may have returned already.
            self.take_outbox();
        }
        if record.working.get() == 0 {
            self.close(record);
        } else if is_late {
            self.say(LOG_WARN, record, &["abandoned: one of its slow requests or worker tasks still runs"]);
            self.leave(record, OUTCOME_ABANDONED, STATE_ABANDONED);
        }
    }

    /// The last call, and the receipt.
    fn close(&self, record: &Record) {
        // Whatever it did while it drained.
        self.end_what_it_has(record);
        if self.has_ends.get() {
            return;
        }
        if !record.stop.skips_destroy.get() {
            self.destroy(record);
        }
        self.take_returns();
        self.release_everything(record);
        let outcome = if record.stop.is_late.get() { OUTCOME_FORCED } else { OUTCOME_STOPPED };
        self.leave(record, outcome, STATE_CLOSED);
    }

    fn destroy(&self, record: &Record) {
        record.note_poisoned();
        record.state.store(STATE_DESTROYING, Relaxed);
        if let Some(run) = record.callbacks().destroy {
            // SAFETY: the instance's own callback with its own pointer.
            self.tell(record, callback::DESTROY, |plugin| unsafe { run(plugin) });
        }
    }

    fn release_everything(&self, record: &Record) {
        let mut tally = record.tally.get();
        for index in self.messages.used() {
            // A message of another domain may be in use there.
            let locked = self.shared.lock();
            let count = self.messages.count_held(record, index);
            tally.messages += u32::from(count > 0);
            let is_kernels = count > 0 && self.messages.at(index).domain() == KERNEL;
            for _ in 0..if is_kernels { 0 } else { count } {
                let _ = self.spend(record, Access::Locked(&locked), index);
            }
            drop(locked);
            for _ in 0..if is_kernels { count } else { 0 } {
                let _ = self.spend(record, Access::Kernel, index);
            }
        }
        record.tally.set(tally);
    }

    fn leave(&self, record: &Record, outcome: u32, state: u8) {
        record.stop.outcome.set(outcome as u8);
        record.note_poisoned();
        self.unlink(record);
        record.state.store(state, Relaxed);
        record.stop.phase.set(Phase::None);
        self.stopping.set(self.stopping.get() - 1);
        self.closings.set(self.closings.get() + 1);
        record.stop.closed.set(self.closings.get());
    }

    /// Ends the offers of an instance that was just poisoned, and the requests that wait for it.
    pub(crate) fn sweep_poisoned(&self) {
        for record in self.in_order() {
            if record.is_poisoned() {
                if OFFERS {
                    self.settle_offers_of(record, Fate::Ends);
                }
                self.end_requests_of(record.index, status::E_POISONED);
            }
        }
    }

    /// What an instance has done and left; of one that lives, so far. Until another instance takes its record.
    ///
    /// # Errors
    /// `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`, `E_WRONG_THREAD`.
    pub fn receipt(&self, instance: Instance) -> Result<Receipt, i32> {
        self.on_kernel_thread()?;
        let record = self.find_instance(instance)?;
        let tally = record.tally.get();
        Ok(Receipt {
            size: size_of::<Receipt>() as u32,
            outcome: record.stop.outcome.get().into(),
            poisoned: u32::from(record.was_poisoned()),
            image: IMAGE_STATIC,
            calls: record.calls.get(),
            messages: tally.messages,
            sockets: tally.sockets,
            sessions: tally.sessions,
            requests: tally.requests,
            tasks: tally.tasks,
            timers: tally.timers,
            watches: tally.watches,
            threads: -1,
            fds: -1,
            reason_length: 0,
            reason: [0; 240],
        })
    }

    /// The name of an instance, also after it has ended and until another one takes its record.
    ///
    /// # Errors
    /// As [`receipt`](Self::receipt).
    pub fn name(&self, instance: Instance) -> Result<&str, i32> {
        self.on_kernel_thread()?;
        Ok(self.find_instance(instance)?.name())
    }

    /// The live instances in priority order, without plugin zero.
    ///
    /// # Errors
    /// `E_WRONG_THREAD`.
    pub fn instances(&self, mut visit: impl FnMut(Instance, &str)) -> Result<(), i32> {
        self.on_kernel_thread()?;
        for record in self.in_order() {
            visit(self.instance_of(record), record.name());
        }
        Ok(())
    }
}

impl Record {
    /// Also while its `destroy` runs, and after.
    fn was_poisoned(&self) -> bool {
        self.is_poisoned() || self.stop.was_poisoned.get()
    }

    /// Keeps it for when the state tells no more.
    fn note_poisoned(&self) {
        self.stop.was_poisoned.set(self.was_poisoned());
    }
}
