//! Stopping an instance, step by step, and its receipt.

use pintle_abi_core as abi;
use pintle_abi_core::rules::callback;
use pintle_abi_core::{
    LOG_WARN, NEVER, OUTCOME_ABANDONED, OUTCOME_FORCED, OUTCOME_STOPPED, Receipt, STATE_ANY, STOP_UNLOAD,
    Stop as Told, status,
};

use crate::base::domain::KERNEL;
use crate::base::features::{OFFERS, SERVICES, TIMERS};
use crate::base::lock::STOPPED;
use crate::dispatch::offer::Fate;
use crate::kernel::Kernel;
use crate::object::instance::Instance;
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
        let instance = self.instances.find(instance)?;
        if instance.is_zero() {
            return Err(status::E_STATE);
        }
        if instance.has_ended() {
            return Err(status::E_CLOSED);
        }
        let stop = instance.stop();
        let deadline = self.shared.now().saturating_add(timeout);
        if stop.is_running() {
            stop.shorten(deadline);
            return Ok(status::PENDING);
        }
        {
            let _dispatch = self.dispatch();
            self.instances.begin_stop();
            self.dispatches.note_end();
            stop.begin(deadline);
            self.ask_to_stop(instance, deadline);
        }
        Ok(if stop.is_running() { status::PENDING } else { status::OK })
    }

    fn ask_to_stop(&self, instance: &Instance, deadline: u64) {
        if !instance.is_live() {
            return;
        }
        instance.begin_stop();
        if let Some(run) = instance.callbacks().request_stop {
            // It may answer from a thread of its own before the call returns.
            instance.stop().set_awaited(&self.shared.lock(), true);
            let told = Told { size: size_of::<Told>() as u32, reason: STOP_UNLOAD, deadline };
            // SAFETY: the instance's own callback with its own pointer; what it is told outlives the call.
            let status = self.cross(instance, callback::REQUEST_STOP, |plugin| unsafe { run(plugin, &told) });
            if status != status::PENDING {
                self.note(instance, callback::REQUEST_STOP, status);
                instance.stop().set_awaited(&self.shared.lock(), false);
            }
        }
    }

    /// Ends an instance whose `create` failed.
    pub(crate) fn abort_instance(&self, instance: &Instance) {
        self.instances.begin_stop();
        self.dispatches.note_end();
        instance.stop().begin_aborted();
    }

    /// When the first stop runs out of time, or `NEVER`.
    pub(crate) fn next_stop_deadline(&self) -> u64 {
        if !self.instances.are_stopping() {
            return NEVER;
        }
        self.instances.plugins().fold(NEVER, |first, instance| first.min(instance.stop().deadline()))
    }

    /// At depth 0: carries every stop as far as it can go.
    pub(crate) fn advance_stops(&self) {
        if self.shared.has(STOPPED) {
            self.shared.lock().note(STOPPED, false);
        }
        if !self.instances.are_stopping() {
            return;
        }
        for instance in self.instances.plugins() {
            match instance.stop().phase() {
                Phase::None => {}
                Phase::Asked => self.advance_asked(instance),
                Phase::Draining => self.advance_draining(instance),
            }
        }
    }

    fn advance_asked(&self, instance: &Instance) {
        if !instance.stop().may_drain(self.shared.now(), instance.is_poisoned()) {
            return;
        }
        self.end_what_it_has(instance);
        instance.stop().drain();
        // The stop goes on once everybody has been told of what has just ended.
        self.dispatches.note_end();
    }

    fn end_what_it_has(&self, instance: &Instance) {
        let mut tally = instance.tally();
        // First, so that no callback of what ends here submits anything.
        tally.tasks += self.drop_tasks(instance);
        if SERVICES {
            self.services.withdraw(instance.index());
        }
        if OFFERS {
            self.settle_offers_of(instance, Fate::Ends);
        }
        tally.requests += self.end_requests_of(instance.index(), instance.why_closed());
        for socket in self.sockets.live() {
            self.detach(socket, self.sockets.handle(socket), instance.index());
        }
        for session in self.sessions.live() {
            if self.sessions.at(session).owner() == instance.index() {
                tally.sessions += 1;
                self.end_session(session);
            }
        }
        for socket in self.sockets.live() {
            if self.sockets.at(socket).is_opened_by(instance.index()) {
                tally.sockets += 1;
                self.close_socket(socket);
            }
        }
        if TIMERS {
            tally.timers += self.timers.cancel_all_of(instance.index());
        }
        tally.watches += self.end_watches_of(instance);
        instance.set_tally(tally);
    }

    fn advance_draining(&self, instance: &Instance) {
        let is_late = instance.stop().is_overdue(self.shared.now());
        if is_late && instance.has_work() {
            // The outbox may say that the workers are through.
            self.take_outbox();
        }
        if !instance.has_work() {
            self.close(instance);
        } else if is_late {
            self.say(LOG_WARN, instance, &["abandoned: one of its slow requests or worker tasks still runs"]);
            self.write_receipt(instance, OUTCOME_ABANDONED);
        }
    }

    /// The last call, and the receipt.
    fn close(&self, instance: &Instance) {
        // Again, for what the instance has begun while it drained.
        self.end_what_it_has(instance);
        if self.dispatches.has_ends() {
            return;
        }
        if !instance.stop().skips_destroy() {
            self.destroy(instance);
        }
        self.take_returns();
        self.release_everything(instance);
        let outcome = if instance.stop().was_late() { OUTCOME_FORCED } else { OUTCOME_STOPPED };
        self.write_receipt(instance, outcome);
    }

    fn write_receipt(&self, instance: &Instance, outcome: u32) {
        self.instances.close(instance, outcome);
        self.shared.tell_ended(self.instances.handle(instance));
    }

    fn destroy(&self, instance: &Instance) {
        instance.begin_destroy();
        if let Some(run) = instance.callbacks().destroy {
            // SAFETY: the instance's own callback with its own pointer.
            self.tell(instance, callback::DESTROY, |plugin| unsafe { run(plugin) });
        }
    }

    fn release_everything(&self, instance: &Instance) {
        let mut tally = instance.tally();
        for index in self.messages.used() {
            if self.release_one(instance, index) {
                tally.messages += 1;
                while self.release_one(instance, index) {}
            }
        }
        instance.set_tally(tally);
    }

    /// Releases one reference that an instance holds of a message; whether it held one.
    fn release_one(&self, instance: &Instance, index: u32) -> bool {
        // A message of another domain may be in use there.
        let locked = self.shared.lock();
        if !self.messages.holds(instance, index) {
            return false;
        }
        let _ = if self.messages.at(index).domain() == KERNEL {
            drop(locked);
            self.spend(instance, Access::Kernel, index)
        } else {
            self.spend(instance, Access::Locked(&locked), index)
        };
        true
    }

    /// Ends the offers of an instance that was just poisoned, and the requests that wait for it.
    pub(crate) fn sweep_poisoned(&self) {
        for instance in self.instances.in_order() {
            if instance.is_poisoned() {
                if OFFERS {
                    self.settle_offers_of(instance, Fate::Ends);
                }
                self.end_requests_of(instance.index(), status::E_POISONED);
            }
        }
    }

    /// What an instance has done and left; of one that lives, so far. Until another instance takes its place.
    ///
    /// # Errors
    /// `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`, `E_WRONG_THREAD`.
    pub fn receipt(&self, instance: abi::Instance) -> Result<Receipt, i32> {
        self.on_kernel_thread()?;
        Ok(self.instances.find(instance)?.receipt())
    }

    /// One of the contract's `STATE_` bits, or 0 for an instance that has ended. Until another instance takes its place.
    ///
    /// # Errors
    /// As [`receipt`](Self::receipt).
    pub fn state(&self, instance: abi::Instance) -> Result<u8, i32> {
        self.on_kernel_thread()?;
        Ok(self.instances.find(instance)?.state() & STATE_ANY)
    }

    /// The name of an instance, also after it has ended and until another one takes its place.
    ///
    /// # Errors
    /// As [`receipt`](Self::receipt).
    pub fn name(&self, instance: abi::Instance) -> Result<&str, i32> {
        self.on_kernel_thread()?;
        Ok(self.instances.find(instance)?.name())
    }

    /// The live instances in priority order, without plugin zero.
    ///
    /// # Errors
    /// `E_WRONG_THREAD`.
    pub fn instances(&self, mut visit: impl FnMut(abi::Instance, &str)) -> Result<(), i32> {
        self.on_kernel_thread()?;
        for instance in self.instances.in_order() {
            visit(self.instances.handle(instance), instance.name());
        }
        Ok(())
    }
}
