//! Results on their way to the owner of a session.

use pintle_abi_core::{
    RESULT_DONE, RESULT_EXCEPTION, RESULT_RESULT,
    status::{CONSUMED, E_AGAIN, E_PANIC, E_REENTRANT, E_STALE, OK},
};

use super::{
    Model,
    crossing::{About, seen},
    filter::Traffic,
    instance::State,
};
use crate::{
    crossing::Crossing,
    event::{Kind, Value},
};

/// What an owner could not take yet.
pub(super) enum Item {
    Result { request: usize, message: usize, filtered: bool },
    End { request: usize },
}

/// What a worker posted, or the kernel thread behind it.
pub(super) enum Post {
    Result {
        request: usize,
        message: usize,
    },
    /// A handler returned.
    Return {
        request: usize,
    },
    Task {
        instance: usize,
        ran: bool,
        status: i32,
    },
}

/// How a delivery ended that nobody refused.
pub(super) enum Delivered {
    Done,
    /// It is to be held back.
    OwnerFull,
}

impl Model {
    /// Behind what was posted; the return of its handler, if it is posted and was not taken, moves behind it.
    pub(super) fn post_result(&mut self, request: usize, message: usize) {
        self.posts.push_back(Post::Result { request, message });
        if self.requests[request].returned.is_some() {
            for queue in [&mut self.arrived, &mut self.posts] {
                queue.retain(|post| !matches!(post, Post::Return { request: of } if *of == request));
            }
            self.posts.push_back(Post::Return { request });
        }
    }

    /// What was posted: to the owner now, or later.
    fn pass_result(&mut self, request: usize, message: usize) {
        let session = self.requests[request].session;
        let it = &self.requests[request];
        assert!(!it.over, "a request was over before what was posted for it was taken");
        if it.cancelled || self.sessions[session].ended {
            self.unpin(message);
        } else if self.is_flowing(session) {
            self.deliver_own(request, message, false);
        } else {
            self.sessions[session].held.push_back(Item::Result { request, message, filtered: false });
        }
    }

    /// Delivers a result that only the kernel has.
    fn deliver_own(&mut self, request: usize, mut message: usize, filtered: bool) {
        let session = self.requests[request].session;
        if matches!(self.deliver_result(request, &mut message, filtered), Ok(Delivered::OwnerFull)) {
            self.hold_front(session, Item::Result { request, message, filtered: true });
        } else {
            self.unpin(message);
        }
    }

    /// Filters and delivers a pinned result. `Err`: a filter or the owner refused it.
    pub(super) fn deliver_result(
        &mut self,
        request: usize,
        current: &mut usize,
        filtered: bool,
    ) -> Result<Delivered, i32> {
        let session = self.requests[request].session;
        if !filtered {
            match self.chain(session, Traffic::Result(request), current, Crossing::MessageOut) {
                Ok(()) => {}
                Err(CONSUMED) => return Ok(Delivered::Done),
                Err(refused) => return Err(refused),
            }
            if self.requests[request].gone {
                return Err(E_STALE);
            }
        }
        match self.tell_asker(request, RESULT_RESULT, OK, Some(*current)) {
            OK => Ok(Delivered::Done),
            E_AGAIN if self.sessions[session].ended || self.requests[request].gone => Ok(Delivered::Done),
            E_AGAIN => Ok(Delivered::OwnerFull),
            status => seen(status).map(|()| Delivered::Done),
        }
    }

    pub(super) fn hold_front(&mut self, session: usize, item: Item) {
        self.sessions[session].suspended = true;
        self.sessions[session].held.push_front(item);
    }

    /// Tells the owner of a request.
    fn tell_asker(&mut self, request: usize, kind: u32, code: i32, message: Option<usize>) -> i32 {
        let ([_, _, correlation], flags) = self.asked(request);
        self.tell_owner(
            self.requests[request].session,
            Some(request),
            [correlation, kind, flags],
            code,
            message,
        )
    }

    fn tell_owner(
        &mut self,
        session: usize,
        request: Option<usize>,
        [correlation, kind, flags]: [u32; 3],
        code: i32,
        message: Option<usize>,
    ) -> i32 {
        if let Some(message) = message {
            self.rewind(message);
        }
        let owner = self.sessions[session].owner;
        if !self.hears(owner, Crossing::SessionResult) {
            return OK;
        }
        if self.is_too_deep(Crossing::SessionResult) {
            return E_REENTRANT;
        }
        let [name, bytes] = self.received(message);
        let arguments = vec![
            self.name(Kind::Session, session),
            Value::Number(i128::from(correlation)),
            Value::Number(i128::from(kind)),
            Value::Number(i128::from(code)),
            Value::Number(i128::from(flags)),
            request.map_or(Value::Nothing, |request| self.name(Kind::Request, request)),
            name,
            bytes,
        ];
        let crossed = self.cross(owner, Crossing::SessionResult, arguments, About::default());
        crossed.map_or_else(|refused| refused, |(status, _)| status)
    }

    /// The end of a request: to the owner now, or later; then its slot is free.
    pub(super) fn pass_end(&mut self, request: usize) {
        let session = self.requests[request].session;
        if self.sessions[session].ended {
            self.free_request(request);
        } else if self.is_flowing(session) {
            self.deliver_end(request);
        } else {
            self.sessions[session].held.push_back(Item::End { request });
        }
    }

    fn deliver_end(&mut self, request: usize) {
        let session = self.requests[request].session;
        if let Some((code, text)) = self.requests[request].exception.clone()
            && !self.requests[request].told_exception
        {
            let message = if text.is_empty() { None } else { self.own_message(&text) };
            let status = self.tell_asker(request, RESULT_EXCEPTION, code, message);
            if let Some(message) = message {
                self.unpin(message);
            }
            if status == E_AGAIN && !self.sessions[session].ended {
                return self.hold_front(session, Item::End { request });
            }
            self.requests[request].told_exception = true;
        }
        if !self.sessions[session].ended {
            let code = self.requests[request].status;
            let status = self.tell_asker(request, RESULT_DONE, code, None);
            if status == E_AGAIN && !self.sessions[session].ended {
                return self.hold_front(session, Item::End { request });
            }
            assert!(!self.requests[request].told_done, "a request is done twice");
            self.requests[request].told_done = true;
        }
        self.free_request(request);
    }

    fn free_request(&mut self, request: usize) {
        let it = &mut self.requests[request];
        let ended = self.sessions[it.session].ended;
        assert!(it.told_done || ended, "a request is gone, and its asker did not hear of it");
        it.gone = true;
        self.request_slots.free(self.requests[request].slot);
    }

    /// `resume`: what was held back, until the owner is full again.
    pub(super) fn deliver_held(&mut self, session: usize) {
        while !self.sessions[session].suspended && !self.sessions[session].ended {
            match self.sessions[session].held.pop_front() {
                None => return,
                Some(Item::Result { request, message, filtered }) => {
                    self.deliver_own(request, message, filtered);
                }
                Some(Item::End { request }) => self.deliver_end(request),
            }
        }
    }

    /// The session has ended: nothing is delivered any more.
    pub(super) fn drop_held(&mut self, session: usize) {
        while let Some(item) = self.sessions[session].held.pop_front() {
            match item {
                Item::Result { message, .. } => self.unpin(message),
                Item::End { request } => self.free_request(request),
            }
        }
    }

    /// The turn's step: what workers have posted. A callback may come back here, and the inner call goes on where the outer
    /// one is.
    pub(super) fn take_posts(&mut self) {
        self.arrived.append(&mut self.posts);
        while let Some(post) = self.arrived.pop_front() {
            self.dispatch(|model| match post {
                Post::Result { request, message } => model.pass_result(request, message),
                Post::Return { request } => model.come_back(request),
                Post::Task { instance, ran, status } => {
                    model.worker_tasks -= 1;
                    model.has_ends = true;
                    if model.instances[instance].state != State::Abandoned {
                        model.instances[instance].calls += u64::from(ran);
                    }
                    if status == E_PANIC {
                        model.poison(instance);
                    }
                }
            });
        }
    }
}
