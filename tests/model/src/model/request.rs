//! Requests, from their arrival until they are done.

use pintle_abi_core::{
    CHANNEL_SERVICE, REQUEST_SLOW, RESULT_DONE, RESULT_EXCEPTION, RESULT_RESULT,
    status::{E_AGAIN, E_CANCELLED, E_CAPACITY, E_CLOSED, E_NOT_FOUND, E_POISONED, E_REENTRANT, OK, PENDING},
};

use super::{DONE, Model, Outcome, crossing::About, executor::Work, filter::Chain, message::Domain};
use crate::{
    crossing::Crossing,
    event::{Kind, Value},
    op::Ref,
};

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Waiting,
    /// Inside `slow_arrive`.
    Arriving,
    /// Arrived, but no message was free for the worker.
    Arrived,
    /// For a worker.
    Queued,
    /// Inside `request` or `slow_request`.
    Running,
    /// Until `service->done`.
    Pending,
    /// Its handler is through.
    Ending,
}

/// One request.
pub(super) struct Request {
    pub(super) session: usize,
    pub(super) instance: usize,
    service: u32,
    id: u32,
    correlation: u32,
    slow: bool,
    pub(super) payload: Option<usize>,
    pub(super) progress: Progress,
    /// An exception was sent.
    pub(super) excepted: bool,
    pub(super) cancelled: bool,
    /// `drop_current` was called.
    pub(super) dropped: bool,
    /// Its handle is stale.
    pub(super) over: bool,
}

/// Something for `session_result`.
pub(super) enum Item {
    Result { request: usize, message: usize, filtered: bool },
    Exception { request: usize, code: i32, text: Option<usize> },
    Done { request: usize, code: i32 },
}

/// What a worker posted.
pub(super) enum Post {
    Result { request: usize, message: usize },
    Exception { request: usize, code: i32, text: Option<usize> },
    Complete { request: usize, status: i32 },
}

impl Model {
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
        let idle = self.is_idle(session);
        if !(idle && !slow)
            && self.sessions[session].waiting.len() >= self.limits.requests_per_session as usize
        {
            self.sessions[session].refused_request = true;
            return Err(E_AGAIN);
        }
        if self.requests.iter().filter(|request| !request.over).count() >= self.limits.requests as usize {
            return Err(E_CAPACITY);
        }
        self.requests.push(Request {
            session,
            instance: handler,
            service,
            id,
            correlation,
            slow,
            payload: None,
            progress: Progress::Waiting,
            excepted: false,
            cancelled: false,
            dropped: false,
            over: true,
        });
        let request = self.requests.len() - 1;
        let moved = self.hand_over(instance, message, Domain::Kernel)?;
        self.requests[request].over = false;
        let payload = match self.chain(session, CHANNEL_SERVICE, moved.message, Crossing::MessageIn) {
            Chain::Through(filtered) => {
                if filtered.copied {
                    self.unpin(moved.message);
                }
                filtered.message
            }
            Chain::Consumed => {
                self.requests[request].over = true;
                self.unpin(moved.message);
                return DONE;
            }
            Chain::Refused(status) => {
                self.requests[request].over = true;
                self.hand_back(&moved);
                return Err(status);
            }
        };
        self.requests[request].payload = Some(payload);
        if !slow && self.is_idle(session) {
            self.sessions[session].active = Some(request);
            self.run_fast(request);
        } else {
            self.sessions[session].waiting.push_back(request);
        }
        DONE
    }

    /// Whether a request of this session could start now.
    fn is_idle(&self, session: usize) -> bool {
        let it = &self.sessions[session];
        it.active.is_none() && it.waiting.is_empty() && !it.suspended && it.held.is_empty()
    }

    /// The request and what its handler is told.
    fn told(&mut self, request: usize, with_message: bool) -> Vec<Value> {
        let it = &self.requests[request];
        let numbers = [it.service, it.id, if it.slow { REQUEST_SLOW } else { 0 }, it.correlation];
        let (session, payload) = (it.session, it.payload);
        let mut told = vec![self.name(Kind::Request, request), self.name(Kind::Session, session)];
        told.extend(numbers.map(|number| Value::Number(i128::from(number))));
        told.extend(self.received(payload.filter(|_| with_message)));
        told
    }

    /// What ends a request whose plugin cannot run it.
    fn unfit(&self, request: usize) -> Option<i32> {
        let it = &self.instances[self.requests[request].instance];
        if it.poisoned {
            return Some(E_POISONED);
        }
        (!it.state.is_live()).then_some(E_CLOSED)
    }

    fn run_fast(&mut self, request: usize) {
        if let Some(code) = self.unfit(request) {
            self.finish(request, code);
            return;
        }
        let instance = self.requests[request].instance;
        if !self.hears(instance, Crossing::Request) {
            self.finish(request, pintle_abi_core::status::E_UNSUPPORTED);
            return;
        }
        self.requests[request].progress = Progress::Running;
        let told = self.told(request, true);
        let about = About { filtered: None, request: Some(request) };
        let status =
            self.cross(instance, Crossing::Request, told, about).map_or_else(|refused| refused, |it| it.0);
        self.handled(request, status);
    }

    /// The handler returned.
    pub(super) fn handled(&mut self, request: usize, status: i32) {
        if status == PENDING {
            self.requests[request].progress = Progress::Pending;
        } else {
            self.finish(request, status);
        }
    }

    /// Exception if it failed, `DONE`, and the service is told.
    pub(super) fn finish(&mut self, request: usize, status: i32) {
        self.requests[request].progress = Progress::Ending;
        let it = &self.requests[request];
        let (session, instance) = (it.session, it.instance);
        let code = if it.cancelled { E_CANCELLED } else { status };
        if code != OK && code != E_CANCELLED && !it.excepted {
            let text = self.instances[instance].error.text.clone().unwrap_or_default();
            let text = if text.is_empty() { None } else { self.own_message(&text) };
            self.requests[request].excepted = true;
            self.deliver(session, Item::Exception { request, code, text });
        }
        self.deliver(session, Item::Done { request, code });
    }

    /// The request is over: payload, handle, `request_done`.
    fn over(&mut self, request: usize, code: i32) {
        if let Some(payload) = self.requests[request].payload.take() {
            self.unpin(payload);
        }
        let session = self.requests[request].session;
        if self.sessions[session].active == Some(request) {
            self.sessions[session].active = None;
        }
        let instance = self.requests[request].instance;
        if self.hears(instance, Crossing::RequestDone) {
            let mut told = self.told(request, false);
            told.push(Value::Number(i128::from(code)));
            let about = About { filtered: None, request: Some(request) };
            let _ = self.cross(instance, Crossing::RequestDone, told, about);
        }
        self.requests[request].over = true;
    }

    /// To the owner, or behind what is held back. What the owner or a filter refused with.
    pub(super) fn deliver(&mut self, session: usize, item: Item) -> i32 {
        let it = &mut self.sessions[session];
        if !it.ended && (it.suspended || !it.held.is_empty()) {
            it.held.push_back(item);
            return OK;
        }
        match self.attempt(session, item) {
            Ok(status) => status,
            Err(item) => {
                self.sessions[session].held.push_front(item);
                OK
            }
        }
    }

    /// `resume`: all that was held back, until the owner is full again.
    pub(super) fn deliver_held(&mut self, session: usize) {
        while !self.sessions[session].suspended
            && let Some(item) = self.sessions[session].held.pop_front()
        {
            if let Err(item) = self.attempt(session, item) {
                self.sessions[session].held.push_front(item);
            }
        }
    }

    /// Calls `session_result`. `Err`: the owner can take no more, the item is held back.
    fn attempt(&mut self, session: usize, item: Item) -> Result<i32, Item> {
        let status = match item {
            Item::Result { request, message, filtered } => {
                return self.attempt_result(session, request, message, filtered);
            }
            Item::Exception { request, code, text } => {
                let status = self.result_crossing(session, request, RESULT_EXCEPTION, code, text);
                if status == E_AGAIN {
                    return Err(Item::Exception { request, code, text });
                }
                if let Some(text) = text {
                    self.unpin(text);
                }
                status
            }
            Item::Done { request, code } => {
                let status = self.result_crossing(session, request, RESULT_DONE, code, None);
                if status == E_AGAIN {
                    return Err(Item::Done { request, code });
                }
                self.over(request, code);
                status
            }
        };
        Ok(status)
    }

    fn attempt_result(
        &mut self,
        session: usize,
        request: usize,
        message: usize,
        filtered: bool,
    ) -> Result<i32, Item> {
        let mut arriving = message;
        if !filtered && !self.sessions[session].ended {
            match self.chain(session, CHANNEL_SERVICE, message, Crossing::MessageOut) {
                Chain::Through(left) => {
                    if left.copied {
                        self.unpin(message);
                    }
                    arriving = left.message;
                }
                Chain::Consumed => {
                    self.unpin(message);
                    return Ok(OK);
                }
                Chain::Refused(status) => {
                    self.unpin(message);
                    return Ok(status);
                }
            }
        }
        let status = self.result_crossing(session, request, RESULT_RESULT, OK, Some(arriving));
        if status == E_AGAIN {
            return Err(Item::Result { request, message: arriving, filtered: true });
        }
        self.unpin(arriving);
        Ok(status)
    }

    fn result_crossing(
        &mut self,
        session: usize,
        request: usize,
        kind: u32,
        code: i32,
        message: Option<usize>,
    ) -> i32 {
        let owner = self.sessions[session].owner;
        if self.sessions[session].ended || !self.hears(owner, Crossing::SessionResult) {
            return OK;
        }
        let correlation = self.requests[request].correlation;
        let mut arguments = vec![
            self.name(Kind::Session, session),
            Value::Number(i128::from(correlation)),
            Value::Number(i128::from(kind)),
            Value::Number(i128::from(code)),
        ];
        arguments.extend(self.received(message));
        let crossed = self.cross(owner, Crossing::SessionResult, arguments, About::default());
        let status = crossed.map_or_else(|refused| refused, |it| it.0);
        if status == E_AGAIN {
            self.sessions[session].suspended = true;
        }
        status
    }

    pub(super) fn session_cancel(&mut self, instance: usize, session: Ref, correlation: u32) -> Outcome {
        let session = self.check(Kind::Session, session)?;
        self.check_owner(instance, session)?;
        let it = &self.sessions[session];
        let request = it
            .active
            .iter()
            .chain(&it.waiting)
            .copied()
            .find(|request| self.requests[*request].correlation == correlation)
            .ok_or(E_NOT_FOUND)?;
        self.cancel(request);
        DONE
    }

    /// One that waits ends at once; one that is active ends when its handler does.
    pub(super) fn cancel(&mut self, request: usize) {
        self.requests[request].cancelled = true;
        if self.requests[request].progress == Progress::Waiting {
            self.leave_queue(request);
            self.finish(request, E_CANCELLED);
        }
    }

    fn leave_queue(&mut self, request: usize) {
        let session = self.requests[request].session;
        self.sessions[session].waiting.retain(|waiting| *waiting != request);
    }

    /// The session ends: all its requests are cancelled, nothing is delivered any more.
    pub(super) fn cancel_all(&mut self, session: usize) {
        self.deliver_held(session);
        while let Some(item) = self.sessions[session].held.pop_front() {
            let _ = self.attempt(session, item);
        }
        if let Some(active) = self.sessions[session].active {
            self.cancel(active);
        }
        while let Some(waiting) = self.sessions[session].waiting.front().copied() {
            self.cancel(waiting);
        }
    }

    /// A service goes away: what waits for it ends.
    pub(super) fn withdraw(&mut self, instance: usize, code: i32) -> u32 {
        let mut count = 0;
        for request in 0..self.requests.len() {
            let it = &self.requests[request];
            if it.over || it.instance != instance || it.progress == Progress::Ending {
                continue;
            }
            count += 1;
            self.leave_queue(request);
            self.instances[instance].error.text = None;
            self.finish(request, code);
        }
        count
    }

    /// The turn's step: the next request of every session that is idle.
    pub(super) fn start_requests(&mut self) {
        for session in 0..self.sessions.len() {
            let it = &self.sessions[session];
            if it.ended {
                continue;
            }
            if let Some(active) = it.active {
                if self.requests[active].progress == Progress::Arrived {
                    self.queue_slow(active);
                }
                continue;
            }
            if it.suspended || !it.held.is_empty() {
                continue;
            }
            let Some(request) = self.sessions[session].waiting.pop_front() else { continue };
            self.sessions[session].active = Some(request);
            if self.requests[request].slow {
                self.start_slow(request)
            } else {
                self.run_fast(request)
            }
            let refused = std::mem::take(&mut self.sessions[session].refused_request);
            if refused && !self.sessions[session].ended {
                self.tell_owner_writable(session);
            }
        }
    }

    fn start_slow(&mut self, request: usize) {
        if let Some(code) = self.unfit(request) {
            self.finish(request, code);
            return;
        }
        let instance = self.requests[request].instance;
        if self.hears(instance, Crossing::SlowArrive) {
            self.requests[request].progress = Progress::Arriving;
            let told = self.told(request, true);
            let about = About { filtered: None, request: Some(request) };
            let crossed = self.cross(instance, Crossing::SlowArrive, told, about);
            let status = crossed.map_or_else(|refused| refused, |it| it.0);
            if status != OK || self.requests[request].dropped {
                self.finish(request, status);
                return;
            }
        }
        self.queue_slow(request);
    }

    fn queue_slow(&mut self, request: usize) {
        let payload = self.requests[request].payload.expect("a request that did not run has its payload");
        match self.to_worker(payload) {
            Ok(payload) => {
                self.requests[request].payload = Some(payload);
                self.requests[request].progress = Progress::Queued;
                self.work.push_back(Work::Request(request));
            }
            Err(_) => self.requests[request].progress = Progress::Arrived,
        }
    }

    /// On the worker.
    pub(super) fn run_slow(&mut self, request: usize) {
        let it = &self.requests[request];
        if it.over || it.progress != Progress::Queued {
            return;
        }
        let instance = it.instance;
        let status = if !self.hears(instance, Crossing::SlowRequest) {
            self.unfit(request).unwrap_or(pintle_abi_core::status::E_UNSUPPORTED)
        } else {
            self.requests[request].progress = Progress::Running;
            let told = self.told(request, true);
            let about = About { filtered: None, request: Some(request) };
            self.cross(instance, Crossing::SlowRequest, told, about).map_or(E_REENTRANT, |it| it.0)
        };
        self.posts.push_back(Post::Complete { request, status });
    }

    /// What workers posted, in order.
    pub(super) fn take_posts(&mut self) {
        for _ in 0..self.posts.len() {
            let Some(post) = self.posts.pop_front() else { return };
            match post {
                Post::Result { request, message } => {
                    let session = self.requests[request].session;
                    if self.requests[request].over || self.requests[request].cancelled {
                        self.unpin(message);
                    } else {
                        self.deliver(session, Item::Result { request, message, filtered: false });
                    }
                }
                Post::Exception { request, code, text } => {
                    let session = self.requests[request].session;
                    if self.requests[request].over || self.requests[request].cancelled {
                        if let Some(text) = text {
                            self.unpin(text);
                        }
                    } else {
                        self.deliver(session, Item::Exception { request, code, text });
                    }
                }
                Post::Complete { request, status } => {
                    if !self.requests[request].over {
                        self.handled(request, status);
                    }
                }
            }
        }
    }
}
