//! Results on their way to the owner of a session.

use std::collections::VecDeque;

use pintle_abi_core::{
    CHANNEL_SERVICE, RESULT_DONE, RESULT_EXCEPTION, RESULT_RESULT,
    status::{CONSUMED, E_AGAIN, E_CANCELLED, E_PANIC, OK},
};

use super::{Model, crossing::About};
use crate::{
    crossing::Crossing,
    event::{Kind, Value},
};

/// What an owner could not take yet.
pub(super) enum Item {
    Result { request: usize, message: usize, filtered: bool },
    End { request: usize },
}

/// What a worker posted.
pub(super) enum Post {
    Result { request: usize, message: usize },
    Complete { request: usize, status: i32 },
    Task { instance: usize, status: i32 },
}

impl Model {
    /// A result: to the owner now, or later. Its pin is spent.
    pub(super) fn pass_result(&mut self, request: usize, message: usize) -> Result<(), i32> {
        let session = self.requests[request].session;
        if self.sessions[session].ended {
            self.unpin(message);
            return Err(E_CANCELLED);
        }
        if !self.is_flowing(session) {
            self.sessions[session].held.push_back(Item::Result { request, message, filtered: false });
            return Ok(());
        }
        self.deliver_result(request, message, false)
    }

    fn deliver_result(&mut self, request: usize, message: usize, filtered: bool) -> Result<(), i32> {
        let session = self.requests[request].session;
        let mut current = message;
        if !filtered {
            let passed = self.chain(session, CHANNEL_SERVICE, &mut current, Crossing::MessageOut);
            if let Err(refused) = passed {
                self.unpin(current);
                return if refused == CONSUMED { Ok(()) } else { Err(refused) };
            }
        }
        let status =
            self.tell_owner(session, self.requests[request].correlation, RESULT_RESULT, OK, Some(current));
        if status == E_AGAIN && !self.sessions[session].ended {
            self.hold_front(session, Item::Result { request, message: current, filtered: true });
            return Ok(());
        }
        self.unpin(current);
        if status == OK { Ok(()) } else { Err(status) }
    }

    fn hold_front(&mut self, session: usize, item: Item) {
        self.sessions[session].suspended = true;
        self.sessions[session].held.push_front(item);
    }

    fn tell_owner(
        &mut self,
        session: usize,
        correlation: u32,
        kind: u32,
        code: i32,
        message: Option<usize>,
    ) -> i32 {
        let owner = self.sessions[session].owner;
        if !self.hears(owner, Crossing::SessionResult) {
            return OK;
        }
        let mut arguments = vec![
            self.name(Kind::Session, session),
            Value::Number(i128::from(correlation)),
            Value::Number(i128::from(kind)),
            Value::Number(i128::from(code)),
        ];
        arguments.extend(self.received(message));
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
        let correlation = self.requests[request].correlation;
        if let Some((code, text)) = self.requests[request].exception.clone()
            && !self.requests[request].told_exception
        {
            let message = if text.is_empty() { None } else { self.own_message(&text) };
            let status = self.tell_owner(session, correlation, RESULT_EXCEPTION, code, message);
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
            let status = self.tell_owner(session, correlation, RESULT_DONE, code, None);
            if status == E_AGAIN && !self.sessions[session].ended {
                return self.hold_front(session, Item::End { request });
            }
        }
        self.free_request(request);
    }

    fn free_request(&mut self, request: usize) {
        self.requests[request].gone = true;
        self.request_slots.free(self.requests[request].slot);
    }

    /// The end of a request that a filter took.
    pub(super) fn tell_consumed(&mut self, session: usize, correlation: u32) {
        if !self.sessions[session].ended {
            self.tell_owner(session, correlation, RESULT_DONE, CONSUMED, None);
        }
    }

    /// `resume`: what was held back, until the owner is full again.
    pub(super) fn deliver_held(&mut self, session: usize) {
        while !self.sessions[session].suspended && !self.sessions[session].ended {
            match self.sessions[session].held.pop_front() {
                None => return,
                Some(Item::Result { request, message, filtered }) => {
                    let _ = self.deliver_result(request, message, filtered);
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

    /// The turn's step: what workers posted before it.
    pub(super) fn take_posts(&mut self) {
        let posts: VecDeque<Post> = std::mem::take(&mut self.posts);
        for post in posts {
            self.dispatch(|model| match post {
                Post::Result { request, message } => {
                    if model.requests[request].cancelled {
                        model.unpin(message);
                    } else {
                        let _ = model.pass_result(request, message);
                    }
                }
                Post::Complete { request, status } => model.come_back(request, status),
                Post::Task { instance, status } => {
                    model.worker_tasks -= 1;
                    if status == E_PANIC {
                        model.poison(instance);
                    }
                }
            });
        }
    }
}
