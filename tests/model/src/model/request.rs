//! Requests, from their arrival until they are done.

use pintle_abi_core::{
    REQUEST_SLOW,
    status::{CONSUMED, E_AGAIN, E_CANCELLED, E_CAPACITY, E_NOT_FOUND, E_STATE, OK},
};

use super::{DONE, Model, Outcome, crossing::About, executor::Work, filter::Traffic, message::Domain};
use crate::{
    argument::Ref,
    crossing::Crossing,
    event::{Kind, Value},
};

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Waiting,
    /// Inside `slow_arrive`.
    Arriving,
    /// For a worker.
    Queued,
    /// Inside `request`.
    Fast,
    /// Inside `slow_request`, and until a turn takes its return.
    Slow,
    /// Until `service->done`.
    Pending,
    /// Through; its end may still have to be delivered.
    Over,
}

/// One request.
pub(super) struct Request {
    pub(super) slot: usize,
    pub(super) session: usize,
    pub(super) instance: usize,
    pub(super) service: u32,
    pub(super) id: u32,
    pub(super) correlation: u32,
    pub(super) slow: bool,
    pub(super) payload: Option<usize>,
    pub(super) progress: Progress,
    /// The code and the text of an exception.
    pub(super) exception: Option<(i32, Vec<u8>)>,
    pub(super) told_exception: bool,
    /// Its owner heard that it is done.
    pub(super) told_done: bool,
    /// `done` was called while its handler ran, or before a turn took its return.
    pub(super) said_done: bool,
    pub(super) status: i32,
    pub(super) cancelled: bool,
    /// `slow_arrive` ran.
    pub(super) arrived: bool,
    /// `slow_request` ran.
    pub(super) ran: bool,
    /// What `slow_request` returned and said of it, until a turn takes that.
    pub(super) returned: Option<(i32, Vec<u8>)>,
    /// `drop_current` was called.
    pub(super) dropped: bool,
    /// Its handle is stale.
    pub(super) over: bool,
    /// Its end was delivered: nothing comes any more.
    pub(super) gone: bool,
}

impl Model {
    /// Whether its owner takes what comes.
    pub(super) fn is_flowing(&self, session: usize) -> bool {
        !self.sessions[session].suspended && self.sessions[session].held.is_empty()
    }

    fn must_wait(&self, session: usize, slow: bool) -> bool {
        let it = &self.sessions[session];
        slow || it.active.is_some() || !it.waiting.is_empty() || !self.is_flowing(session)
    }

    /// Whether the request can run or wait; the owner hears when it could.
    fn check_room(&mut self, session: usize, slow: bool) -> Result<(), i32> {
        let limit = self.limits.requests_per_session as usize;
        if self.must_wait(session, slow) && self.sessions[session].waiting.len() >= limit {
            self.sessions[session].refused_request = true;
            return Err(E_AGAIN);
        }
        Ok(())
    }

    pub(super) fn session_request(
        &mut self,
        instance: usize,
        session: Ref,
        [service, id, correlation]: [u32; 3],
        message: Ref,
    ) -> Outcome {
        let session = self.check(Kind::Session, session)?;
        let message = self.check_message(message)?;
        let offered = self.services.iter().find(|offered| offered.service == service).ok_or(E_NOT_FOUND)?;
        let (handler, slow) = (offered.instance, offered.slow.contains(&id));
        self.check_owner(instance, session)?;
        if !self.holds(instance, message) {
            return Err(E_STATE);
        }
        self.check_room(session, slow)?;
        let slot = self.request_slots.take().ok_or(E_CAPACITY)?;
        let payload =
            match self.filter_request(instance, session, ([service, id, correlation], slow), message) {
                Ok(payload) => payload,
                Err(refused) => {
                    self.request_slots.free(slot);
                    return Err(refused);
                }
            };
        self.requests.push(Request {
            slot,
            session,
            instance: handler,
            service,
            id,
            correlation,
            slow,
            payload,
            progress: Progress::Waiting,
            exception: None,
            told_exception: false,
            told_done: false,
            said_done: false,
            status: OK,
            cancelled: false,
            arrived: false,
            ran: false,
            returned: None,
            dropped: false,
            over: false,
            gone: false,
        });
        let request = self.requests.len() - 1;
        if payload.is_none() {
            let it = &mut self.requests[request];
            (it.status, it.progress, it.over) = (CONSUMED, Progress::Over, true);
            self.pass_end(request);
        } else if self.must_wait(session, slow) {
            self.sessions[session].waiting.push_back(request);
            self.mark_ready(session);
        } else {
            self.sessions[session].active = Some(request);
            self.run_fast(request);
        }
        DONE
    }

    /// The filters, then the hand-over. None: a filter took it.
    fn filter_request(
        &mut self,
        instance: usize,
        session: usize,
        (asked, slow): ([u32; 3], bool),
        message: usize,
    ) -> Result<Option<usize>, i32> {
        self.seal(message);
        self.pin(message);
        let mut current = message;
        let traffic = Traffic::Request(asked, slow);
        let passed = self.chain(session, traffic, &mut current, Crossing::MessageIn);
        let held = self.holds(instance, message);
        if passed == Err(CONSUMED) {
            self.unpin(current);
            if held {
                self.spend(instance, message);
            }
            return Ok(None);
        }
        let passed = passed.and(if held { Ok(()) } else { Err(E_STATE) });
        // A filter may have asked something in the same session.
        let passed = passed.and_then(|()| self.check_room(session, slow));
        if current == message {
            self.unpin(message);
            passed?;
            return self.hand_over(instance, message, Domain::Kernel).map(Some);
        }
        if passed.is_err() {
            self.unpin(current);
            return passed.map(|()| None);
        }
        self.spend(instance, message);
        Ok(Some(current))
    }

    /// What was asked, and the flags of it.
    pub(super) fn asked(&self, request: usize) -> ([u32; 3], u32) {
        let it = &self.requests[request];
        ([it.service, it.id, it.correlation], if it.slow { REQUEST_SLOW } else { 0 })
    }

    /// It is over: the asker hears of it, then the service.
    pub(super) fn finish(&mut self, request: usize, status: i32) {
        self.finish_with(request, status, Vec::new());
    }

    /// As [`finish`](Self::finish), with the words of a handler about its status.
    pub(super) fn finish_with(&mut self, request: usize, status: i32, words: Vec<u8>) {
        let it = &self.requests[request];
        let (session, instance) = (it.session, it.instance);
        let end = if it.cancelled { E_CANCELLED } else { status };
        if end != OK && it.exception.is_none() && !it.cancelled {
            self.requests[request].exception = Some((end, words));
        }
        let it = &mut self.requests[request];
        it.status = end;
        it.progress = Progress::Over;
        it.over = true;
        if let Some(payload) = it.payload.take() {
            self.unpin(payload);
        }
        if self.sessions[session].active == Some(request) {
            self.sessions[session].active = None;
        }
        self.pass_end(request);
        let crossing = Crossing::RequestDone;
        if self.hears(instance, crossing) && !self.is_too_deep(crossing) {
            let mut told = self.told(request, false);
            told.push(Value::Number(i128::from(end)));
            let _ = self.cross(instance, crossing, told, About::default());
        }
        if self.sessions[session].ended {
            self.free_session_if_quiet(session);
        } else {
            self.mark_ready(session);
        }
    }

    pub(super) fn session_cancel(&mut self, instance: usize, session: Ref, correlation: u32) -> Outcome {
        let session = self.own_session(instance, session)?;
        let it = &self.sessions[session];
        let request = it
            .active
            .iter()
            .chain(&it.waiting)
            .copied()
            .find(|request| self.requests[*request].correlation == correlation)
            .ok_or(E_NOT_FOUND)?;
        self.requests[request].cancelled = true;
        if self.requests[request].progress == Progress::Waiting {
            self.end_waiting(request, E_CANCELLED);
        }
        DONE
    }

    /// Ends one that never ran.
    pub(super) fn end_waiting(&mut self, request: usize, status: i32) {
        let session = self.requests[request].session;
        self.sessions[session].waiting.retain(|waiting| *waiting != request);
        self.finish(request, status);
    }

    /// A service goes away: what waits for it ends, and what it left pending.
    pub(super) fn end_requests_of(&mut self, instance: usize, code: i32) -> u32 {
        let mut count = 0;
        for slot in self.request_slots.used() {
            let in_slot = |it: &Request| it.slot == slot && it.instance == instance && !it.over;
            let Some(request) = self.requests.iter().position(in_slot) else { continue };
            match self.requests[request].progress {
                Progress::Waiting => {
                    count += 1;
                    self.end_waiting(request, code);
                }
                Progress::Pending => {
                    count += 1;
                    self.finish(request, code);
                }
                Progress::Queued => {
                    count += 1;
                    self.work.retain(|work| !matches!(work, Work::Request(queued) if *queued == request));
                    self.finish(request, code);
                }
                Progress::Slow => self.requests[request].cancelled = true,
                Progress::Fast | Progress::Arriving | Progress::Over => {}
            }
        }
        count
    }

    /// Whether its next request can start, or its owner can make one.
    pub(super) fn can_go_on(&self, session: usize) -> bool {
        let it = &self.sessions[session];
        let starts = !it.waiting.is_empty() && it.active.is_none() && self.is_flowing(session);
        let room = it.waiting.len() < self.limits.requests_per_session as usize;
        (starts || it.refused_request && room) && !it.ended
    }

    /// Notes that in the next turn the next request of a session may be able to start, or its owner to make one.
    pub(super) fn mark_ready(&mut self, session: usize) {
        if self.can_go_on(session) && !self.sessions[session].ready {
            self.sessions[session].ready = true;
            self.ready.push_back(session);
        }
    }

    /// The turn's step: at most one request of each session that was ready before.
    pub(super) fn start_requests(&mut self) {
        self.tell_taken();
        for _ in 0..self.ready.len() {
            let Some(session) = self.ready.pop_front() else { return };
            self.dispatch(|model| model.start_next(session));
        }
    }

    fn start_next(&mut self, session: usize) {
        self.sessions[session].ready = false;
        if self.sessions[session].ended {
            return;
        }
        if self.sessions[session].active.is_none()
            && self.is_flowing(session)
            && let Some(request) = self.sessions[session].waiting.pop_front()
        {
            self.sessions[session].active = Some(request);
            if self.requests[request].slow { self.start_slow(request) } else { self.run_fast(request) }
        }
        let it = &mut self.sessions[session];
        let room = it.waiting.len() < self.limits.requests_per_session as usize;
        if !it.ended && room && std::mem::take(&mut it.refused_request) {
            self.tell_owner_writable(session);
        }
        self.mark_ready(session);
    }
}
