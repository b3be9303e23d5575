//! The requests of a session: in order, one at a time, from asking to the end.

use pintle_abi_core::{
    Message, RESULT_DONE, Request, RequestOptions, Session, TRAFFIC_REQUEST, rules::callback, status,
};

use super::{ARRIVED, DROPPED, SLOW, State};
use crate::features::SERVICES;
use crate::guard::{Answer, Caller, KERNEL, TRANSIT};
use crate::kernel::Kernel;
use crate::plugin::Record;
use crate::session::REQUEST_REFUSED;
use crate::slab::NIL;
use crate::work::Item;

impl Kernel {
    /// `session->request`.
    pub(crate) fn accept_request(
        &self,
        caller: &Caller<'_>,
        session: Session,
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
        let must_wait = |peer: &crate::session::Peer| {
            slow || peer.active.get() != NIL || peer.first.get() != NIL || !peer.is_flowing()
        };
        if must_wait(peer) && peer.waiting.get() >= self.limits.requests_per_session {
            peer.set(REQUEST_REFUSED);
            return Err(status::E_AGAIN);
        }
        let dispatch = self.dispatch();
        let request = self.requests.slab.allocate(&self.requests.free).ok_or(status::E_CAPACITY)?;
        let ask = self.requests.at(request);
        ask.session_handle.set(session);
        ask.service.set(service);
        ask.id.set(id);
        ask.correlation.set(correlation);
        ask.flags.set(if slow { SLOW } else { 0 });
        let payload = match self.filter_request(caller, index, request, found) {
            Ok(payload) => payload,
            Err(refusal) => {
                let mut end = self.result_info(request, RESULT_DONE, refusal, Message::default());
                end.request = Request::default();
                self.requests.slab.end(request);
                self.requests.free(request);
                if refusal != status::CONSUMED {
                    return Err(refusal);
                }
                self.tell_consumed(index, &end);
                return Ok(());
            }
        };
        ask.session.set(index);
        ask.message.set(payload);
        ask.record.set(record);
        ask.begin(slow);
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

    /// Passes a request's payload through the filters and takes it over from the caller.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn filter_request(&self, caller: &Caller<'_>, index: u32, request: u32, message: u32) -> Answer<u32> {
        let handle = self.messages.handle(message);
        let body = self.messages.at(message);
        body.seal();
        body.pin();
        let mut current = message;
        let passed = self.filter_in(index, || self.traffic(request, TRAFFIC_REQUEST), &mut current);
        if current != message {
            // The chain made a copy, which has the only pin; the caller's own is spent if all goes well.
            let owned = self.messages.find(handle).is_ok() && self.messages.holds(caller.record, message);
            if passed.is_err() || !owned {
                self.unpin(KERNEL, current);
                passed?;
                return Err(status::E_STATE);
            }
            let _ = self.spend(caller.record, KERNEL, message);
            return Ok(current);
        }
        let owned = self.messages.holds(caller.record, message);
        self.unpin(KERNEL, message);
        if !owned {
            passed?;
            return Err(status::E_STATE);
        }
        match passed {
            Ok(()) => self.hand_over(caller, message, KERNEL),
            Err(refusal) => {
                if refusal == status::CONSUMED {
                    let _ = self.spend(caller.record, KERNEL, message);
                }
                Err(refusal)
            }
        }
    }

    fn push_waiting(&self, session: u32, request: u32) {
        let peer = self.sessions.at(session);
        self.requests.at(request).next.set(NIL);
        if peer.first.get() == NIL {
            peer.first.set(request);
        } else {
            self.requests.at(peer.last.get()).next.set(request);
        }
        peer.last.set(request);
        peer.waiting.set(peer.waiting.get() + 1);
    }

    fn remove_waiting(&self, session: u32, request: u32) {
        let peer = self.sessions.at(session);
        let next = self.requests.at(request).next.get();
        if peer.first.get() == request {
            peer.first.set(next);
        } else {
            let mut previous = peer.first.get();
            while self.requests.at(previous).next.get() != request {
                previous = self.requests.at(previous).next.get();
            }
            self.requests.at(previous).next.set(next);
            if next == NIL {
                peer.last.set(previous);
            }
        }
        peer.waiting.set(peer.waiting.get() - 1);
    }

    /// Starts the oldest request that waits.
    pub(crate) fn start_next(&self, session: u32) {
        let peer = self.sessions.at(session);
        let request = peer.first.get();
        self.remove_waiting(session, request);
        peer.active.set(request);
        if self.requests.at(request).is_slow() { self.start_slow(request) } else { self.run_fast(request) }
    }

    /// What a request of an instance that is called no more ends with.
    fn unserved(&self, record: &Record) -> Option<i32> {
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
        if status == status::PENDING {
            ask.set_state(State::Pending);
        } else {
            self.finish_handled(index, status);
        }
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
            if status != status::OK || ask.flags.get() & DROPPED != 0 || ask.is_cancelled() {
                return self.finish_handled(index, status);
            }
        }
        if self.give_to_workers(index).is_err() {
            // No message is free for the copy: try again in the next turn.
            let session = ask.session.get();
            let peer = self.sessions.at(session);
            peer.active.set(NIL);
            ask.set_state(State::Waiting);
            ask.next.set(peer.first.get());
            if peer.first.get() == NIL {
                peer.last.set(index);
            }
            peer.first.set(index);
            peer.waiting.set(peer.waiting.get() + 1);
            return;
        }
        ask.handler.set(Some(handler));
        ask.set_state(State::Queued);
        let locked = self.shared.lock();
        record.working.add(1);
        self.workers.push(Item::Request(index));
        drop(locked);
        self.shared.call_workers();
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
            let copy = self.messages.copy(message, KERNEL, TRANSIT, 0)?;
            self.messages.at(copy).seal();
            self.unpin(KERNEL, message);
            ask.message.set(copy);
        }
        Ok(())
    }

    /// `session->cancel`.
    pub(crate) fn cancel_request(&self, session: u32, correlation: u64) -> Answer {
        let peer = self.sessions.at(session);
        let active = peer.active.get();
        if active != NIL && self.requests.at(active).correlation.get() == correlation {
            self.requests.at(active).cancel();
            return Ok(());
        }
        let mut request = peer.first.get();
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

    /// A handler is through with a request: its error, if it returned one, has its instance's last words.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn finish_handled(&self, index: u32, status: i32) {
        if status != status::OK {
            self.explain(index, status);
        }
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
            self.unpin(KERNEL, payload);
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

    /// An error without an exception becomes one, with the instance's last words if they are about that error.
    #[cold]
    fn explain(&self, index: u32, code: i32) {
        let ask = self.requests.at(index);
        if ask.exception.get() != 0 || ask.is_cancelled() {
            return;
        }
        let error = self.last_error(self.record(ask.record.get()));
        let text = if error.code == code { error.text() } else { "" };
        ask.set_exception(code, text.as_bytes());
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
                // With a worker, or on the stack: it ends when that returns.
                State::Queued | State::Running => ask.cancel(),
                State::Fast | State::Arriving | State::Over => {}
            }
        }
        ended
    }
}
