//! Stopping an instance, step by step, and its receipt.

use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core as abi;
use pintle_abi_core::rules::callback;
use pintle_abi_core::{
    IMAGE_STATIC, LOG_WARN, NEVER, OUTCOME_ABANDONED, OUTCOME_FORCED, OUTCOME_STOPPED, Receipt,
    STATE_DESTROYING, STATE_STOPPING, STOP_UNLOAD, Stop as Told, status,
};

use crate::base::domain::KERNEL;
use crate::base::features::{OFFERS, SERVICES, TIMERS};
use crate::base::lock::STOPPED;
use crate::dispatch::offer::Fate;
use crate::kernel::Kernel;
use crate::object::instance::{Instance, STATE_ABANDONED, STATE_CLOSED};
use crate::object::message::Access;
use crate::object::stop::Phase;

impl Kernel {
    /// Stops an instance and ends it: at once where it can be, else (`PENDING`) at depth 0, when it has answered and
    /// its workers are through, or `timeout` nanoseconds are over. One that stops already can be given less time, not more.
    ///
    /// # Errors
    /// `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`. `E_STATE`: plugin zero. `E_CLOSED`: ended already.
    /// `E_WRONG_THREAD`.
    pub fn unload(&self, instance: abi::Instance, timeout: u64) -> Result<i32, i32> {
        self.on_kernel_thread()?;
        let instance = self.find_instance(instance)?;
        if instance.is_zero() {
            return Err(status::E_STATE);
        }
        if matches!(instance.state.load(Relaxed), STATE_CLOSED | STATE_ABANDONED) {
            return Err(status::E_CLOSED);
        }
        let stop = &instance.stop;
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
            self.ask_to_stop(instance);
        }
        Ok(if stop.phase.get() == Phase::None { status::OK } else { status::PENDING })
    }

    fn ask_to_stop(&self, instance: &Instance) {
        let stop = &instance.stop;
        stop.note_answered(&self.shared.lock(), true);
        if !instance.is_live() {
            return;
        }
        instance.state.store(STATE_STOPPING, Relaxed);
        if let Some(run) = instance.callbacks().request_stop {
            // It may answer from a thread of its own before the call returns.
            stop.note_answered(&self.shared.lock(), false);
            let told =
                Told { size: size_of::<Told>() as u32, reason: STOP_UNLOAD, deadline: stop.deadline.get() };
            // SAFETY: the instance's own callback with its own pointer; what it is told outlives the call.
            let status = self.cross(instance, callback::REQUEST_STOP, |plugin| unsafe { run(plugin, &told) });
            if status != status::PENDING {
                self.note(instance, callback::REQUEST_STOP, status);
                stop.note_answered(&self.shared.lock(), true);
            }
        }
    }

    /// Ends an instance whose `create` failed.
    pub(crate) fn abort_instance(&self, instance: &Instance) {
        self.stopping.set(self.stopping.get() + 1);
        self.has_ends.set(true);
        instance.stop.skips_destroy.set(true);
        instance.stop.note_answered(&self.shared.lock(), true);
        // Nothing of it is to be stopped: it ends as soon as no worker is inside.
        instance.stop.deadline.set(NEVER);
        instance.stop.phase.set(Phase::Asked);
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
        for index in 1..self.instances.length() {
            let stop = &self.instance(index).stop;
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
        for index in 1..self.instances.length() {
            let instance = self.instance(index);
            match instance.stop.phase.get() {
                Phase::None => {}
                Phase::Asked => self.advance_asked(instance),
                Phase::Draining => self.advance_draining(instance),
            }
        }
    }

    fn advance_asked(&self, instance: &Instance) {
        let stop = &instance.stop;
        let is_late = self.shared.now() >= stop.deadline.get();
        let is_answered = !stop.is_awaited.load(Relaxed) || instance.is_poisoned();
        if !is_answered && !is_late {
            return;
        }
        stop.is_late.set(!is_answered);
        self.end_what_it_has(instance);
        stop.phase.set(Phase::Draining);
        // What was just ended is told first.
        self.has_ends.set(true);
    }

    fn end_what_it_has(&self, instance: &Instance) {
        let mut tally = instance.tally.get();
        // First, so that no callback of what ends here submits anything.
        instance.close_executor(&self.shared.lock());
        if SERVICES {
            self.services.withdraw(instance.index);
        }
        if OFFERS {
            self.settle_offers_of(instance, Fate::Ends);
        }
        tally.requests += self.end_requests_of(instance.index, instance.why_closed());
        for socket in self.sockets.live() {
            self.detach(socket, self.sockets.handle(socket), instance.index);
        }
        for session in self.sessions.live() {
            if self.sessions.at(session).owner() == instance.index {
                tally.sessions += 1;
                self.end_session(session);
            }
        }
        for socket in self.sockets.live() {
            if self.sockets.at(socket).is_opened_by(instance.index) {
                tally.sockets += 1;
                self.close_socket(socket);
            }
        }
        if TIMERS {
            tally.timers += self.timers.cancel_all_of(instance.index);
        }
        tally.watches += self.end_watches_of(instance);
        tally.tasks += self.drop_tasks(instance);
        instance.tally.set(tally);
    }

    fn advance_draining(&self, instance: &Instance) {
        let is_late = self.shared.now() >= instance.stop.deadline.get();
        if is_late && instance.working.get() != 0 {
            // It may have returned already.
            self.take_outbox();
        }
        if instance.working.get() == 0 {
            self.close(instance);
        } else if is_late {
            self.say(LOG_WARN, instance, &["abandoned: one of its slow requests or worker tasks still runs"]);
            self.leave(instance, OUTCOME_ABANDONED, STATE_ABANDONED);
        }
    }

    /// The last call, and the receipt.
    fn close(&self, instance: &Instance) {
        // Whatever it did while it drained.
        self.end_what_it_has(instance);
        if self.has_ends.get() {
            return;
        }
        if !instance.stop.skips_destroy.get() {
            self.destroy(instance);
        }
        self.take_returns();
        self.release_everything(instance);
        let outcome = if instance.stop.is_late.get() { OUTCOME_FORCED } else { OUTCOME_STOPPED };
        self.leave(instance, outcome, STATE_CLOSED);
    }

    fn destroy(&self, instance: &Instance) {
        instance.note_poisoned();
        instance.state.store(STATE_DESTROYING, Relaxed);
        if let Some(run) = instance.callbacks().destroy {
            // SAFETY: the instance's own callback with its own pointer.
            self.tell(instance, callback::DESTROY, |plugin| unsafe { run(plugin) });
        }
    }

    fn release_everything(&self, instance: &Instance) {
        let mut tally = instance.tally.get();
        for index in self.messages.used() {
            // A message of another domain may be in use there.
            let locked = self.shared.lock();
            let count = self.messages.count_held(instance, index);
            tally.messages += u32::from(count > 0);
            let is_kernels = count > 0 && self.messages.at(index).domain() == KERNEL;
            for _ in 0..if is_kernels { 0 } else { count } {
                let _ = self.spend(instance, Access::Locked(&locked), index);
            }
            drop(locked);
            for _ in 0..if is_kernels { count } else { 0 } {
                let _ = self.spend(instance, Access::Kernel, index);
            }
        }
        instance.tally.set(tally);
    }

    fn leave(&self, instance: &Instance, outcome: u32, state: u8) {
        instance.stop.outcome.set(outcome as u8);
        instance.note_poisoned();
        self.unlink(instance);
        instance.state.store(state, Relaxed);
        instance.stop.phase.set(Phase::None);
        self.stopping.set(self.stopping.get() - 1);
        self.closings.set(self.closings.get() + 1);
        instance.stop.closed.set(self.closings.get());
    }

    /// Ends the offers of an instance that was just poisoned, and the requests that wait for it.
    pub(crate) fn sweep_poisoned(&self) {
        for instance in self.in_order() {
            if instance.is_poisoned() {
                if OFFERS {
                    self.settle_offers_of(instance, Fate::Ends);
                }
                self.end_requests_of(instance.index, status::E_POISONED);
            }
        }
    }

    /// What an instance has done and left; of one that lives, so far. Until another instance takes its place.
    ///
    /// # Errors
    /// `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`, `E_WRONG_THREAD`.
    pub fn receipt(&self, instance: abi::Instance) -> Result<Receipt, i32> {
        self.on_kernel_thread()?;
        let instance = self.find_instance(instance)?;
        let tally = instance.tally.get();
        Ok(Receipt {
            size: size_of::<Receipt>() as u32,
            outcome: instance.stop.outcome.get().into(),
            poisoned: u32::from(instance.was_poisoned()),
            image: IMAGE_STATIC,
            calls: instance.calls.get(),
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

    /// The name of an instance, also after it has ended and until another one takes its place.
    ///
    /// # Errors
    /// As [`receipt`](Self::receipt).
    pub fn name(&self, instance: abi::Instance) -> Result<&str, i32> {
        self.on_kernel_thread()?;
        Ok(self.find_instance(instance)?.name())
    }

    /// The live instances in priority order, without plugin zero.
    ///
    /// # Errors
    /// `E_WRONG_THREAD`.
    pub fn instances(&self, mut visit: impl FnMut(abi::Instance, &str)) -> Result<(), i32> {
        self.on_kernel_thread()?;
        for instance in self.in_order() {
            visit(self.instance_of(instance), instance.name());
        }
        Ok(())
    }
}

impl Instance {
    /// Also while its `destroy` runs, and after.
    fn was_poisoned(&self) -> bool {
        self.is_poisoned() || self.stop.was_poisoned.get()
    }

    /// Keeps it for when the state tells no more.
    fn note_poisoned(&self) {
        self.stop.was_poisoned.set(self.was_poisoned());
    }
}
