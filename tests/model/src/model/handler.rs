//! Handlers of requests: what they are told, where they run, and what their answers make of a request.

use pintle_abi_core::{
    REQUEST_SLOW,
    status::{E_CANCELLED, E_CLOSED, E_PANIC, E_POISONED, E_REENTRANT, E_UNSUPPORTED, OK, PENDING, is_error},
};

use super::{
    Model, crossing::About, executor::Work, instance::State, message::Domain, request::Progress, result::Post,
};
use crate::{
    crossing::Crossing,
    event::{Kind, Value},
};

impl Model {
    /// The request and what its handler is told.
    pub(super) fn told(&mut self, request: usize, with_message: bool) -> Vec<Value> {
        let it = &self.requests[request];
        let numbers = [it.service, it.id, if it.slow { REQUEST_SLOW } else { 0 }, it.correlation];
        let (session, payload) = (it.session, it.payload);
        let mut told = vec![self.name(Kind::Request, request), self.name(Kind::Session, session)];
        told.extend(numbers.map(|number| Value::Number(i128::from(number))));
        told.extend(self.received(payload.filter(|_| with_message)));
        told
    }

    /// What ends a request whose plugin takes no calls.
    fn unfit(&self, request: usize) -> Option<i32> {
        let it = &self.instances[self.requests[request].instance];
        if it.poisoned {
            return Some(E_POISONED);
        }
        (!it.state.is_live()).then_some(E_CLOSED)
    }

    fn has(&self, instance: usize, crossing: Crossing) -> bool {
        self.definitions[self.instances[instance].definition].has(crossing)
    }

    /// Runs a handler. With its status come its words about it.
    fn handle(&mut self, request: usize, crossing: Crossing) -> (i32, Vec<u8>) {
        if let Some(payload) = self.requests[request].payload {
            self.rewind(payload);
        }
        if self.is_too_deep(crossing) {
            return (E_REENTRANT, Vec::new());
        }
        let told = self.told(request, true);
        let instance = self.requests[request].instance;
        match self.cross(instance, crossing, told, About::default()) {
            Ok((status, _)) => (status, self.words.about(status)),
            Err(refused) => (refused, Vec::new()),
        }
    }

    /// On the kernel thread.
    pub(super) fn run_fast(&mut self, request: usize) {
        if let Some(code) = self.unfit(request) {
            return self.finish(request, code);
        }
        if !self.has(self.requests[request].instance, Crossing::Request) {
            return self.finish(request, E_UNSUPPORTED);
        }
        self.requests[request].progress = Progress::Fast;
        let (status, words) = self.handle(request, Crossing::Request);
        self.handled(request, status, words);
    }

    /// The handler returned.
    fn handled(&mut self, request: usize, status: i32, words: Vec<u8>) {
        if status != PENDING {
            self.finish_with(request, error_of(status), words);
        } else if self.requests[request].said_done {
            self.finish(request, OK);
        } else {
            self.requests[request].progress = Progress::Pending;
        }
    }

    /// `slow_arrive`, then it waits for a worker.
    pub(super) fn start_slow(&mut self, request: usize) {
        if let Some(code) = self.unfit(request) {
            return self.finish(request, code);
        }
        let instance = self.requests[request].instance;
        if !self.has(instance, Crossing::SlowRequest) {
            return self.finish(request, E_UNSUPPORTED);
        }
        if !self.requests[request].arrived && self.has(instance, Crossing::SlowArrive) {
            self.requests[request].arrived = true;
            self.requests[request].progress = Progress::Arriving;
            let (status, words) = self.handle(request, Crossing::SlowArrive);
            let it = &self.requests[request];
            if is_error(status) || it.dropped || it.cancelled {
                return self.finish_with(request, error_of(status), words);
            }
        }
        if let Some(payload) = self.requests[request].payload {
            match self.give_to_workers(payload) {
                Ok(payload) => self.requests[request].payload = Some(payload),
                Err(no_room) => return self.finish(request, no_room),
            }
        }
        self.requests[request].progress = Progress::Queued;
        self.work.push_back(Work::Request(request));
    }

    /// On the worker.
    pub(super) fn run_slow(&mut self, request: usize) {
        let cancelled = self.requests[request].cancelled;
        self.requests[request].progress = Progress::Slow;
        if let Some(payload) = self.requests[request].payload {
            self.set_domain(payload, Domain::Worker);
        }
        let fit = !cancelled && self.hears(self.requests[request].instance, Crossing::SlowRequest);
        self.requests[request].ran = fit;
        let (status, words) =
            if fit { self.handle(request, Crossing::SlowRequest) } else { (E_CANCELLED, Vec::new()) };
        if let Some(payload) = self.requests[request].payload {
            self.set_domain(payload, Domain::Kernel);
        }
        self.requests[request].returned = Some((status, words));
        self.posts.push_back(Post::Return { request });
    }

    /// A worker is through with it, and every result that was posted before is taken.
    pub(super) fn come_back(&mut self, request: usize) {
        let (status, words) = self.requests[request].returned.take().expect("a return that was posted");
        let instance = self.requests[request].instance;
        self.has_ends = true;
        if self.requests[request].ran && self.instances[instance].state != State::Abandoned {
            self.instances[instance].calls += 1;
        }
        if status == E_PANIC {
            self.poison(instance);
        }
        let live = !self.instances[instance].poisoned && self.instances[instance].state.is_live();
        if status == PENDING && !live {
            let poisoned = self.instances[instance].poisoned;
            self.finish_with(request, if poisoned { E_POISONED } else { E_CLOSED }, words);
        } else {
            self.handled(request, status, words);
        }
    }
}

/// What a handler's status ends a request with: one that is no error is as good as `OK`.
fn error_of(status: i32) -> i32 {
    if is_error(status) { status } else { OK }
}
