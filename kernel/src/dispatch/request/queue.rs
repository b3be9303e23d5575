//! The requests of a session: in order, one at a time, from asking to the end.

use pintle_abi_core as abi;
use pintle_abi_core::rules::callback;
use pintle_abi_core::{RequestOptions, TRAFFIC_REQUEST, status};

use crate::base::answer::Answer;
use crate::base::domain::{KERNEL, TRANSIT};
use crate::base::features::SERVICES;
use crate::base::slab::NIL;
use crate::dispatch::caller::Caller;
use crate::kernel::Kernel;
use crate::object::instance::Instance;
use crate::object::message::Access;
use crate::object::request::{ARRIVED, DROPPED, State};
use crate::object::session::REQUEST_REFUSED;
use crate::object::worker::Item;

impl Kernel {
    /// `session->request`.
    pub(crate) fn accept_request(
        &self,
        caller: &Caller<'_>,
        session: abi::Session,
        options: &RequestOptions,
    ) -> Answer {
        let &RequestOptions { service, id, correlation, message, .. } = options;
        let index = self.sessions.find(session)?;
        let found = self.find_message(KERNEL, message)?;
        let (record, slow) = self.services.route(service, id).ok_or(status::E_NOT_FOUND)?;
        self.acts_for(caller, index)?;
        if !self.messages.holds(caller.record, found) {
            return Err(status::E_STATE);
        }
        let peer = self.sessions.at(index);
        let must_wait = |peer: &crate::object::session::Session| {
            slow || peer.active.get() != NIL || !peer.requests.is_empty() || !peer.is_flowing()
        };
        if must_wait(peer) && peer.waiting.get() >= self.limits.requests_per_session {
            peer.set(REQUEST_REFUSED);
            return Err(status::E_AGAIN);
        }
        let dispatch = self.dispatch();
        let request = self.requests.slab.allocate(&self.requests.free).ok_or(status::E_CAPACITY)?;
        let ask = self.requests.at(request);
        ask.session.set(index);
        ask.session_handle.set(session);
        ask.service.set(service);
        ask.id.set(id);
        ask.correlation.set(correlation);
        ask.message.set(NIL);
        ask.record.set(record);
        ask.begin(slow);
        self.requests.slab.begin(request);
        match self.filter_request(caller, index, request, found) {
            Ok(payload) => ask.message.set(payload),
            Err(refusal) => return self.end_unserved(request, refusal),
        }
        ask.set_state(State::Waiting);
        // A filter may have changed what the session is doing.
        if must_wait(peer) {
            self.push_waiting(index, request);
            self.mark_ready(index);
        } else {
            peer.active.set(request);
            self.run_fast(request);
        }
        drop(dispatch);
        Ok(())
    }

    /// A filter refused a request, or took it: then its asker hears of its end, and the service nothing.
    #[cold]
    fn end_unserved(&self, request: u32, refusal: i32) -> Answer {
        self.requests.slab.end(request);
        if refusal != status::CONSUMED {
            self.requests.free(request);
            return Err(refusal);
        }
        self.requests.at(request).status.set(status::CONSUMED);
        self.pass_end(request);
        Ok(())
    }

    /// Passes a request's payload through the filters and takes it over from the caller.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn filter_request(&self, caller: &Caller<'_>, index: u32, request: u32, message: u32) -> Answer<u32> {
        let handle = self.messages.handle(message);
        let body = self.messages.at(message);
        body.seal();
        body.pin();
        let mut current = message;
        let passed = self.filter_in(index, || self.traffic(request, TRAFFIC_REQUEST), &mut current);
        // The filters may have spent the caller's reference in its name, and the message may be gone.
        let owned = self.messages.find(handle).is_ok() && self.messages.holds(caller.record, message);
        if current != message {
            // The chain made a copy, which has the only pin.
            if passed.is_ok() && owned {
                let _ = self.spend(caller.record, Access::Kernel, message);
                return Ok(current);
            }
            self.unpin(Access::Kernel, current);
        } else {
            self.unpin(Access::Kernel, message);
            if passed.is_ok() && owned {
                return self.hand_over(caller, message, KERNEL);
            }
        }
        if passed == Err(status::CONSUMED) && owned {
            let _ = self.spend(caller.record, Access::Kernel, message);
        }
        passed?;
        Err(status::E_STATE)
    }

    fn push_waiting(&self, session: u32, request: u32) {
        let peer = self.sessions.at(session);
        peer.requests.push(request, |request| &self.requests.at(request).next);
        peer.waiting.set(peer.waiting.get() + 1);
    }

    fn remove_waiting(&self, session: u32, request: u32) {
        let peer = self.sessions.at(session);
        peer.requests.remove(request, |request| &self.requests.at(request).next);
        peer.waiting.set(peer.waiting.get() - 1);
    }

    /// Starts the oldest request that waits.
    pub(crate) fn start_next(&self, session: u32) {
        let peer = self.sessions.at(session);
        let request = peer.requests.first();
        peer.active.set(request);
        self.remove_waiting(session, request);
        if self.requests.at(request).is_slow() { self.start_slow(request) } else { self.run_fast(request) }
    }

    /// What a request of an instance that is called no more ends with.
    fn unserved(&self, record: &Instance) -> Option<i32> {
        (!record.is_live()).then(|| record.why_closed())
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn run_fast(&self, index: u32) {
        let ask = self.requests.at(index);
        let record = self.record(ask.record.get());
        if let Some(end) = self.unserved(record) {
            return self.finish(index, end);
        }
        let Some(run) = record.callbacks().request else {
            return self.finish(index, status::E_UNSUPPORTED);
        };
        ask.set_state(State::Fast);
        let handle = self.requests.handle(index);
        let info = self.request_info(index);
        self.messages.at(ask.message.get()).position.set(0);
        let _dispatch = self.dispatch();
        let Some(gate) = self.enter(record, callback::REQUEST) else {
            return self.finish(index, status::E_REENTRANT);
        };
        // SAFETY: the instance's own callback with its own pointer; `info` outlives the call.
        let status = unsafe { run(record.pointer(), handle, &info) };
        gate.leave(status);
        self.handler_returned(index, status);
    }

    /// A handler has returned: the request is over, or waits for `done`.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn handler_returned(&self, index: u32, status: i32) {
        if status != status::PENDING {
            return self.finish_handled(index, status);
        }
        let ask = self.requests.at(index);
        if ask.is_done() { self.finish(index, status::OK) } else { ask.set_state(State::Pending) }
    }

    fn start_slow(&self, index: u32) {
        let ask = self.requests.at(index);
        let record = self.record(ask.record.get());
        if let Some(end) = self.unserved(record) {
            return self.finish(index, end);
        }
        let Some(handler) = record.callbacks().slow_request else {
            return self.finish(index, status::E_UNSUPPORTED);
        };
        let handle = self.requests.handle(index);
        let _dispatch = self.dispatch();
        if ask.flags.get() & ARRIVED == 0
            && let Some(run) = record.callbacks().slow_arrive
        {
            ask.flags.set(ask.flags.get() | ARRIVED);
            ask.set_state(State::Arriving);
            let info = self.request_info(index);
            self.messages.at(ask.message.get()).position.set(0);
            // SAFETY: the instance's own callback with its own pointer; `info` outlives the call.
            let status =
                self.cross(record, callback::SLOW_ARRIVE, |plugin| unsafe { run(plugin, handle, &info) });
            if status::is_error(status) || ask.flags.get() & DROPPED != 0 || ask.is_cancelled() {
                return self.finish_handled(index, status);
            }
        }
        if let Err(refusal) = self.give_to_workers(index) {
            return self.finish(index, refusal);
        }
        ask.handler.set(Some(handler));
        ask.set_state(State::Queued);
        let locked = self.shared.lock();
        record.working.add(1);
        self.workers.push(&locked, Item::Request(index));
    }

    /// Takes the payload out of the kernel's domain, by a copy if somebody still holds a reference.
    fn give_to_workers(&self, index: u32) -> Answer {
        let ask = self.requests.at(index);
        let message = ask.message.get();
        if message == NIL {
            return Ok(());
        }
        if self.messages.references(message) == 0 && self.messages.pins(message) == 1 {
            self.messages.at(message).set_domain(TRANSIT);
        } else {
            let copy = self.messages.copy(message, TRANSIT, 0)?;
            self.messages.at(copy).seal();
            self.unpin(Access::Kernel, message);
            ask.message.set(copy);
        }
        Ok(())
    }

    /// Takes a request back that was given to the workers; whether none of them has taken it.
    fn take_from_workers(&self, index: u32) -> bool {
        let ask = self.requests.at(index);
        let locked = self.shared.lock();
        let mut is_taken = false;
        self.workers.retain(&locked, &mut |item| {
            let is_it = matches!(item, Item::Request(queued) if queued == index);
            is_taken |= is_it;
            !is_it
        });
        if is_taken {
            self.record(ask.record.get()).working.sub(1);
            let message = ask.message.get();
            if message != NIL {
                self.messages.at(message).set_domain(KERNEL);
            }
        }
        is_taken
    }

    /// `session->cancel`.
    pub(crate) fn cancel_request(&self, session: u32, correlation: u64) -> Answer {
        let peer = self.sessions.at(session);
        let active = peer.active.get();
        if active != NIL && self.requests.at(active).correlation.get() == correlation {
            self.requests.at(active).cancel();
            return Ok(());
        }
        let mut request = peer.requests.first();
        while request != NIL {
            if self.requests.at(request).correlation.get() == correlation {
                self.requests.at(request).cancel();
                self.end_waiting(session, request, status::E_CANCELLED);
                return Ok(());
            }
            request = self.requests.at(request).next.get();
        }
        Err(status::E_NOT_FOUND)
    }

    /// Ends a request that never ran.
    pub(crate) fn end_waiting(&self, session: u32, request: u32, status: i32) {
        self.remove_waiting(session, request);
        self.finish(request, status);
    }

    /// A handler is through with a request, right after its crossing.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn finish_handled(&self, index: u32, status: i32) {
        let status = if status == status::OK { status } else { self.explain(index, status) };
        self.finish(index, status);
    }

    /// A request is over: its session goes on, the asker and the service are told.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn finish(&self, index: u32, status: i32) {
        let ask = self.requests.at(index);
        let record = self.record(ask.record.get());
        let end = if ask.is_cancelled() { status::E_CANCELLED } else { status };
        if end != status::OK && ask.exception.get() == 0 && !ask.is_cancelled() {
            ask.set_exception(end, b"");
        }
        let handle = self.requests.handle(index);
        ask.status.set(end);
        ask.set_state(State::Over);
        self.requests.slab.end(index);
        let payload = ask.message.replace(NIL);
        if payload != NIL {
            self.unpin(Access::Kernel, payload);
        }
        let info = self.request_info(index);
        let session = ask.session.get();
        let peer = self.sessions.at(session);
        if peer.active.get() == index {
            peer.active.set(NIL);
        }
        self.pass_end(index);
        if record.is_live()
            && let Some(run) = record.callbacks().request_done
        {
            // SAFETY: the instance's own callback with its own pointer; `info` outlives the call.
            self.tell(record, callback::REQUEST_DONE, |plugin| unsafe { run(plugin, handle, &info, end) });
        }
        // The session may have ended meanwhile and another taken its slot: then it has nothing ready or quiet.
        if self.sessions.is_live(session) {
            self.mark_ready(session)
        } else {
            self.free_session_if_quiet(session)
        }
    }

    /// An error without an exception becomes one, with what the handler's crossing said of it.
    #[cold]
    fn explain(&self, index: u32, code: i32) -> i32 {
        if !status::is_error(code) {
            return status::OK;
        }
        let ask = self.requests.at(index);
        if ask.exception.get() == 0 && !ask.is_cancelled() {
            let error = self.error_of_last_crossing(self.record(ask.record.get()));
            ask.set_exception(code, error.about(code).as_bytes());
        }
        code
    }

    /// Ends what waits for an instance, or was left pending by it.
    pub(crate) fn end_requests_of(&self, record: u32, status: i32) -> u32 {
        let mut ended = 0;
        if !SERVICES {
            return ended;
        }
        for index in self.requests.slab.live(&self.requests.free) {
            let ask = self.requests.at(index);
            if ask.record.get() != record {
                continue;
            }
            match ask.state() {
                State::Waiting => {
                    ended += 1;
                    self.end_waiting(ask.session.get(), index, status);
                }
                State::Pending => {
                    ended += 1;
                    self.finish(index, status);
                }
                State::Queued if self.take_from_workers(index) => {
                    ended += 1;
                    self.finish(index, status);
                }
                // With a worker, or on the stack: it ends when that returns.
                State::Queued | State::Running | State::Returned => ask.cancel(),
                State::Fast | State::Arriving | State::Over => {}
            }
        }
        ended
    }
}
