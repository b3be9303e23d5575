//! The requests of a session: in order, one at a time, from asking to the end.

use pintle_abi_core as abi;
use pintle_abi_core::rules::callback;
use pintle_abi_core::{RequestOptions, TRAFFIC_REQUEST, status};

use crate::base::answer::Answer;
use crate::base::cell::Counter;
use crate::base::domain::{KERNEL, TRANSIT};
use crate::base::features::SERVICES;
use crate::base::slab::NIL;
use crate::dispatch::caller::Caller;
use crate::kernel::Kernel;
use crate::object::instance::Instance;
use crate::object::message::Access;
use crate::object::request::{Asked, State};
use crate::object::session::Session;
use crate::object::worker::Item;

impl Kernel {
    /// `session->request`.
    pub(crate) fn accept_request(
        &self,
        caller: &Caller<'_>,
        handle: abi::Session,
        options: &RequestOptions,
    ) -> Answer {
        let &RequestOptions { service, id, correlation, message, .. } = options;
        let index = self.sessions.find(handle)?;
        let found = self.find_message(KERNEL, message)?;
        let (instance, slow) = self.services.route(service, id).ok_or(status::E_NOT_FOUND)?;
        self.acts_for(caller, index)?;
        if !self.messages.holds(caller.instance, found) {
            return Err(status::E_STATE);
        }
        let session = self.sessions.at(index);
        self.admit_request(session, slow)?;
        let dispatch = self.dispatch();
        let request_index = self.requests.begin(&Asked {
            session: index,
            session_handle: handle,
            service,
            id,
            correlation,
            instance,
            is_slow: slow,
        })?;
        match self.filter_request(caller, index, request_index, found) {
            Ok(payload) => self.requests.at(request_index).wait(payload),
            Err(refusal) => return self.end_refused(request_index, refusal),
        }
        // A filter may have changed what the session is doing.
        if slow || session.must_wait() {
            session.queue(request_index, self.waiting_link());
            self.update_ready(index);
        } else {
            session.start(request_index);
            self.run_fast(request_index);
        }
        drop(dispatch);
        Ok(())
    }

    /// Whether a request may begin, or wait behind others.
    #[inline(always)]
    fn admit_request(&self, session: &Session, is_slow: bool) -> Answer {
        if is_slow || session.must_wait() {
            session.admit_request(self.limits.requests_per_session)
        } else {
            Ok(())
        }
    }

    /// A filter refused a request, or took it: then its asker hears of its end, and the service nothing.
    #[cold]
    fn end_refused(&self, request: u32, refusal: i32) -> Answer {
        self.requests.refuse(request, refusal);
        if refusal != status::CONSUMED {
            self.requests.free(request);
            return Err(refusal);
        }
        self.pass_end(request);
        Ok(())
    }

    /// Passes a request's payload through the filters and takes it over from the caller.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn filter_request(
        &self,
        caller: &Caller<'_>,
        index: u32,
        request: u32,
        message_index: u32,
    ) -> Answer<u32> {
        let handle = self.messages.handle(message_index);
        let message = self.messages.at(message_index);
        message.lend();
        let mut current = message_index;
        let mut passed = self.filter_in(index, || self.traffic(request, TRAFFIC_REQUEST), &mut current);
        // A filter may have made others wait meanwhile.
        if passed.is_ok() && self.instances.have_filters_in() {
            passed = self.admit_request(self.sessions.at(index), self.requests.at(request).is_slow());
        }
        // The filters may have spent the caller's reference in its name, and the message may be gone.
        let owned = self.messages.find(handle).is_ok() && self.messages.holds(caller.instance, message_index);
        if current != message_index {
            // The chain made a copy, which has the only pin.
            if passed.is_ok() && owned {
                let _ = self.spend(caller.instance, Access::Kernel, message_index);
                return Ok(current);
            }
            self.unpin(Access::Kernel, current);
        } else {
            self.unpin(Access::Kernel, message_index);
            if passed.is_ok() && owned {
                return self.hand_over(caller, message_index, KERNEL);
            }
        }
        if passed == Err(status::CONSUMED) && owned {
            let _ = self.spend(caller.instance, Access::Kernel, message_index);
        }
        passed?;
        Err(status::E_STATE)
    }

    /// Where a queue of requests that wait finds its links.
    fn waiting_link<'k>(&'k self) -> impl Fn(u32) -> &'k Counter {
        move |request| self.requests.at(request).waiting_link()
    }

    /// Starts the oldest request that waits.
    pub(crate) fn start_next(&self, session_index: u32) {
        let session = self.sessions.at(session_index);
        let request = session.start_next(self.waiting_link());
        if self.requests.at(request).is_slow() { self.start_slow(request) } else { self.run_fast(request) }
    }

    /// What a request of an instance that is called no more ends with.
    fn why_not_served(&self, instance: &Instance) -> Option<i32> {
        (!instance.is_live()).then(|| instance.why_closed())
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn run_fast(&self, index: u32) {
        let request = self.requests.at(index);
        let instance = self.instance(request.instance());
        if let Some(end) = self.why_not_served(instance) {
            return self.finish(index, end);
        }
        let Some(run) = instance.callbacks().request else {
            return self.finish(index, status::E_UNSUPPORTED);
        };
        request.run();
        let handle = self.requests.handle(index);
        let info = self.request_info(index);
        self.messages.at(request.payload()).rewind();
        let _dispatch = self.dispatch();
        let Some(gate) = self.enter(instance, callback::REQUEST) else {
            return self.finish(index, status::E_REENTRANT);
        };
        // SAFETY: the instance's own callback with its own pointer; `info` outlives the call.
        let status = unsafe { run(instance.pointer(), handle, &info) };
        gate.leave(status);
        self.handler_returned(index, status);
    }

    /// A handler has returned: the request is over, or waits for `done`.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn handler_returned(&self, index: u32, status: i32) {
        if status != status::PENDING {
            return self.finish_handled(index, status);
        }
        let request = self.requests.at(index);
        if request.is_done() { self.finish(index, status::OK) } else { request.pend() }
    }

    fn start_slow(&self, index: u32) {
        let request = self.requests.at(index);
        let instance = self.instance(request.instance());
        if let Some(end) = self.why_not_served(instance) {
            return self.finish(index, end);
        }
        let Some(handler) = instance.callbacks().slow_request else {
            return self.finish(index, status::E_UNSUPPORTED);
        };
        let handle = self.requests.handle(index);
        let _dispatch = self.dispatch();
        if let Some(run) = instance.callbacks().slow_arrive {
            request.arrive();
            let info = self.request_info(index);
            self.messages.at(request.payload()).rewind();
            // SAFETY: the instance's own callback with its own pointer; `info` outlives the call.
            let status =
                self.cross(instance, callback::SLOW_ARRIVE, |plugin| unsafe { run(plugin, handle, &info) });
            if status::is_error(status) || request.is_dropped() || request.is_cancelled() {
                return self.finish_handled(index, status);
            }
        }
        if let Err(refusal) = self.give_to_workers(index) {
            return self.finish(index, refusal);
        }
        request.queue(handler);
        let locked = self.shared.lock();
        instance.add_work(&locked);
        self.workers.push(&locked, Item::Request(index), self.node_link());
    }

    /// Takes the payload out of the kernel's domain, by a copy if somebody still holds a reference.
    fn give_to_workers(&self, index: u32) -> Answer {
        let request = self.requests.at(index);
        let message = request.payload();
        if message == NIL {
            return Ok(());
        }
        if self.messages.at(message).has_one_pin() {
            self.messages.at(message).set_domain(TRANSIT);
        } else {
            let copy = self.messages.copy(message, TRANSIT, 0)?;
            self.messages.at(copy).seal();
            self.unpin(Access::Kernel, message);
            request.replace_payload(copy);
        }
        Ok(())
    }

    /// Takes a request back that was given to the workers; whether none of them has taken it.
    fn take_from_workers(&self, index: u32) -> bool {
        let request = self.requests.at(index);
        let is_it = |node| node == Item::Request(index).pack();
        let Some((locked, _)) = self.workers.backlog().take_out(&self.shared, self.node_link(), &is_it)
        else {
            return false;
        };
        self.instance(request.instance()).drop_work(&locked);
        let message = request.payload();
        if message != NIL {
            self.messages.at(message).set_domain(KERNEL);
        }
        true
    }

    /// `session->cancel`.
    pub(crate) fn cancel_request(&self, session_index: u32, correlation: u64) -> Answer {
        let session = self.sessions.at(session_index);
        let is_it = |request| self.requests.at(request).has_correlation(correlation);
        if let Some(active) = session.active().filter(|active| is_it(*active)) {
            self.requests.at(active).cancel();
            return Ok(());
        }
        let request = session.find_waiting(self.waiting_link(), is_it).ok_or(status::E_NOT_FOUND)?;
        self.requests.at(request).cancel();
        self.end_waiting(session_index, request, status::E_CANCELLED);
        Ok(())
    }

    /// Ends a request that never ran.
    pub(crate) fn end_waiting(&self, session: u32, request: u32, status: i32) {
        self.sessions.at(session).unqueue(request, self.waiting_link());
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
        let request = self.requests.at(index);
        let instance = self.instance(request.instance());
        let handle = self.requests.handle(index);
        let end = self.requests.end(index, status);
        let payload = request.take_payload();
        if payload != NIL {
            self.unpin(Access::Kernel, payload);
        }
        let info = self.request_info(index);
        let session_index = request.session();
        self.sessions.at(session_index).finish(index);
        self.pass_end(index);
        if instance.is_live()
            && let Some(run) = instance.callbacks().request_done
        {
            // SAFETY: the instance's own callback with its own pointer; `info` outlives the call.
            self.tell(instance, callback::REQUEST_DONE, |plugin| unsafe { run(plugin, handle, &info, end) });
        }
        // If the session has ended meanwhile, and another one has taken its slot, this is about the other one. That
        // is harmless, because both functions act only on what the session's own state asks for.
        if self.sessions.is_live(session_index) {
            self.update_ready(session_index)
        } else {
            self.sessions.free_if_quiet(session_index)
        }
    }

    /// An error without an exception becomes one, with what the handler's crossing said of it.
    #[cold]
    fn explain(&self, index: u32, code: i32) -> i32 {
        if !status::is_error(code) {
            return status::OK;
        }
        let request = self.requests.at(index);
        request.fail(code, || self.error_of_last_crossing(self.instance(request.instance())));
        code
    }

    /// Ends what waits for an instance, or was left pending by it.
    pub(crate) fn end_requests_of(&self, instance: u32, status: i32) -> u32 {
        let mut ended = 0;
        if !SERVICES {
            return ended;
        }
        for index in self.requests.live() {
            let request = self.requests.at(index);
            if request.instance() != instance {
                continue;
            }
            match request.state() {
                State::Waiting => {
                    ended += 1;
                    self.end_waiting(request.session(), index, status);
                }
                State::Pending => {
                    ended += 1;
                    self.finish(index, status);
                }
                State::Queued if self.take_from_workers(index) => {
                    ended += 1;
                    self.finish(index, status);
                }
                // A worker has it: it ends when the worker returns it.
                State::Queued | State::Running | State::Returned => request.cancel(),
                State::Fast | State::Arriving | State::Over => {}
            }
        }
        ended
    }
}
