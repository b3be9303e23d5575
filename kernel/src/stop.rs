//! Stopping an instance, step by step, and its receipt.

use core::cell::Cell;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use pintle_abi_core::{
    Instance, LOG_WARN, OUTCOME_ABANDONED, OUTCOME_FORCED, OUTCOME_STOPPED, Receipt, STATE_DESTROYING,
    STATE_STOPPING, rules::callback, status,
};

use crate::guard::KERNEL;
use crate::kernel::Kernel;
use crate::plugin::{Record, STATE_ABANDONED, STATE_CLOSED};
use crate::shared::STOPPED;

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
    /// It answered `PENDING` and may call `stopped`. Under the lock, like the next.
    pub(crate) is_asked: AtomicBool,
    pub(crate) is_answered: AtomicBool,
    is_late: Cell<bool>,
    was_poisoned: Cell<bool>,
    /// `create` failed: there is nothing to destroy.
    skips_destroy: Cell<bool>,
    /// When it was closed, counted in closings; orders the reuse of records.
    pub(crate) closed: Cell<u64>,
}

impl Stop {
    pub(crate) fn reset(&self) {
        self.phase.set(Phase::None);
        self.is_asked.store(false, Relaxed);
        self.is_answered.store(false, Relaxed);
        self.is_late.set(false);
        self.was_poisoned.set(false);
        self.skips_destroy.set(false);
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
        stop.is_answered.store(true, Relaxed);
        if !record.is_live() {
            return;
        }
        record.state.store(STATE_STOPPING, Relaxed);
        if let Some(run) = record.callbacks().request_stop {
            // It may answer from a thread of its own before the call returns.
            stop.is_answered.store(false, Relaxed);
            stop.is_asked.store(true, Relaxed);
            // SAFETY: the instance's own callback with its own pointer.
            let status = self.cross(record, callback::REQUEST_STOP, |plugin| unsafe { run(plugin) });
            if status != status::PENDING {
                self.note(record, callback::REQUEST_STOP, status);
                stop.is_answered.store(true, Relaxed);
            }
        }
    }

    /// Ends an instance whose `create` failed.
    pub(crate) fn abort_instance(&self, record: &Record) {
        self.stopping.set(self.stopping.get() + 1);
        self.has_ends.set(true);
        record.stop.skips_destroy.set(true);
        record.stop.is_answered.store(true, Relaxed);
        record.stop.phase.set(Phase::Asked);
    }

    /// Somebody said that it has stopped: look at once.
    pub(crate) fn take_stopped(&self) {
        let _locked = self.shared.lock();
        self.shared.take_word(STOPPED);
    }

    pub(crate) fn next_stop_deadline(&self) -> Option<u64> {
        if self.stopping.get() == 0 {
            return None;
        }
        (1..self.records.length())
            .map(|index| &self.record(index).stop)
            .filter(|stop| stop.phase.get() != Phase::None)
            .map(|stop| stop.deadline.get())
            .min()
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
        let is_answered = stop.is_answered.load(Relaxed) || record.is_poisoned();
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
        let mut receipt = record.receipt.get();
        self.services.withdraw(record.index);
        let end = if record.is_poisoned() { status::E_POISONED } else { status::E_CLOSED };
        receipt.requests = self.end_requests_of(record.index, end);
        for socket in self.sockets.live() {
            self.detach(socket, self.sockets.handle(socket), record.index);
        }
        for session in self.sessions.free.used() {
            if self.sessions.is_live(session) && self.sessions.at(session).owner.get() == record.index {
                receipt.sessions += 1;
                self.end_session(session);
            }
        }
        for socket in self.sockets.live() {
            if self.sockets.at(socket).opener.get() == record.index {
                receipt.sockets += 1;
                self.close_socket(socket);
            }
        }
        receipt.timers = self.cancel_timers_of(record);
        receipt.watches = self.end_watches_of(record);
        receipt.tasks = self.drop_tasks(record);
        record.receipt.set(receipt);
    }

    fn advance_draining(&self, record: &Record) {
        if record.working.get() == 0 {
            self.close(record);
        } else if self.shared.now() >= record.stop.deadline.get() {
            self.say(LOG_WARN, record, &["abandoned: one of its slow requests or worker tasks still runs"]);
            self.write_receipt(record, OUTCOME_ABANDONED);
            self.leave(record, STATE_ABANDONED);
        }
    }

    /// The last call, and the receipt.
    fn close(&self, record: &Record) {
        // Whatever it did while it drained.
        let before = record.receipt.get();
        self.end_what_it_has(record);
        let again = record.receipt.get();
        record.receipt.set(Receipt {
            requests: before.requests + again.requests,
            timers: before.timers + again.timers,
            watches: before.watches + again.watches,
            tasks: before.tasks + again.tasks,
            ..again
        });
        if self.has_ends.get() {
            return;
        }
        if !record.stop.skips_destroy.get() {
            self.destroy(record);
        }
        self.take_returns();
        self.release_everything(record);
        let outcome = if record.stop.is_late.get() { OUTCOME_FORCED } else { OUTCOME_STOPPED };
        self.write_receipt(record, outcome);
        self.leave(record, STATE_CLOSED);
    }

    fn destroy(&self, record: &Record) {
        record.stop.was_poisoned.set(record.is_poisoned());
        record.state.store(STATE_DESTROYING, Relaxed);
        if let Some(run) = record.callbacks().destroy {
            // SAFETY: the instance's own callback with its own pointer.
            let status = self.cross(record, callback::DESTROY, |plugin| unsafe { run(plugin) });
            self.note(record, callback::DESTROY, status);
        }
    }

    fn release_everything(&self, record: &Record) {
        let mut receipt = record.receipt.get();
        self.messages.each_held(record, |index, count| {
            receipt.messages += 1;
            let domain = self.messages.at(index).domain();
            let locked = (domain != KERNEL).then(|| self.shared.lock());
            for _ in 0..count {
                let _ = self.spend(record, domain, index);
            }
            drop(locked);
        });
        record.receipt.set(receipt);
    }

    fn write_receipt(&self, record: &Record, outcome: u32) {
        record.receipt.set(Receipt {
            outcome,
            poisoned: u32::from(was_poisoned(record)),
            calls: record.calls.get(),
            ..record.receipt.get()
        });
    }

    fn leave(&self, record: &Record, state: u8) {
        self.unlink(record);
        record.state.store(state, Relaxed);
        record.stop.phase.set(Phase::None);
        self.stopping.set(self.stopping.get() - 1);
        self.closings.set(self.closings.get() + 1);
        record.stop.closed.set(self.closings.get());
    }

    /// Ends the requests that wait for an instance that was just poisoned.
    pub(crate) fn sweep_poisoned(&self) {
        for record in self.in_order() {
            if record.is_poisoned() {
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
        let receipt = record.receipt.get();
        let is_over = matches!(record.state.load(Relaxed), STATE_CLOSED | STATE_ABANDONED);
        if is_over {
            return Ok(receipt);
        }
        Ok(Receipt { calls: record.calls.get(), poisoned: u32::from(was_poisoned(record)), ..receipt })
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

/// Also while its `destroy` runs, and after.
fn was_poisoned(record: &Record) -> bool {
    record.is_poisoned() || record.stop.was_poisoned.get()
}
