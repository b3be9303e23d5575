//! What a service's plugin says.

use pintle_abi_core::{
    ERROR_TEXT_MAX,
    status::{E_ARGUMENT, E_CANCELLED, E_CAPACITY, E_EXISTS, E_NOT_OWNER, E_PERMISSION, E_STATE, OK},
};

use super::{
    DONE, Model, Outcome,
    message::Domain,
    request::{Item, Post, Progress},
};
use crate::{
    data::cut,
    event::Kind,
    op::{Ref, Small, Words},
};

/// A service that is offered.
pub(super) struct Service {
    pub(super) service: u32,
    pub(super) instance: usize,
    pub(super) slow: Vec<u32>,
}

impl Model {
    pub(super) fn service_declare(
        &mut self,
        instance: usize,
        service: u32,
        slow: [Small; 2],
        count: u32,
        null: bool,
    ) -> Outcome {
        let count = count.min(2) as usize;
        if null && count != 0 {
            return Err(E_ARGUMENT);
        }
        let announced = &self.definitions[self.instances[instance].definition].services;
        if instance != 0 && !announced.contains(&service) {
            return Err(E_PERMISSION);
        }
        let slow = slow[..count].iter().map(|id| id.0).collect();
        let full = self.services.len() >= self.limits.services as usize;
        match self.services.iter_mut().find(|offered| offered.service == service) {
            Some(offered) if offered.instance != instance => Err(E_EXISTS),
            Some(offered) => {
                offered.slow = slow;
                DONE
            }
            None if full => Err(E_CAPACITY),
            None => {
                self.services.push(Service { service, instance, slow });
                DONE
            }
        }
    }

    /// A request that the caller serves.
    fn own_request(&self, instance: usize, request: usize) -> Result<(), i32> {
        if self.requests[request].instance == instance { Ok(()) } else { Err(E_NOT_OWNER) }
    }

    fn is_unwanted(&self, request: usize) -> bool {
        let it = &self.requests[request];
        it.cancelled || self.sessions[it.session].ended
    }

    pub(super) fn service_result(&mut self, instance: usize, request: Ref, message: Ref) -> Outcome {
        let request = self.check(Kind::Request, request)?;
        let message = self.check_message(message)?;
        self.own_request(instance, request)?;
        if self.requests[request].excepted {
            return Err(E_STATE);
        }
        if self.is_unwanted(request) {
            return Err(E_CANCELLED);
        }
        let moved = self.hand_over(instance, message, Domain::Kernel)?;
        if self.domain() == Domain::Worker {
            self.posts.push_back(Post::Result { request, message: moved.message });
            return DONE;
        }
        self.pin(moved.message);
        let session = self.requests[request].session;
        let status = self.deliver(session, Item::Result { request, message: moved.message, filtered: false });
        if status == OK {
            self.unpin(moved.message);
            return DONE;
        }
        self.hand_back(&moved);
        Err(status)
    }

    pub(super) fn service_exception(
        &mut self,
        instance: usize,
        request: Ref,
        code: i16,
        text: Words,
    ) -> Outcome {
        if text == Words::Null {
            return Err(E_ARGUMENT);
        }
        let request = self.check(Kind::Request, request)?;
        self.own_request(instance, request)?;
        if code <= 0 {
            return Err(E_ARGUMENT);
        }
        if self.requests[request].excepted {
            return Err(E_STATE);
        }
        if self.is_unwanted(request) {
            return Err(E_CANCELLED);
        }
        self.requests[request].excepted = true;
        let bytes = cut(text.bytes(), ERROR_TEXT_MAX);
        let text = if bytes.is_empty() { None } else { self.own_message(&bytes) };
        let code = i32::from(code);
        if self.domain() == Domain::Worker {
            self.posts.push_back(Post::Exception { request, code, text });
        } else {
            let session = self.requests[request].session;
            self.deliver(session, Item::Exception { request, code, text });
        }
        DONE
    }

    pub(super) fn service_done(&mut self, instance: usize, request: Ref) -> Outcome {
        let request = self.check(Kind::Request, request)?;
        self.own_request(instance, request)?;
        if self.requests[request].progress != Progress::Pending {
            return Err(E_STATE);
        }
        self.finish(request, OK);
        DONE
    }

    pub(super) fn service_is_cancelled(&mut self, instance: usize, request: Ref) -> Outcome {
        let request = self.check(Kind::Request, request)?;
        self.own_request(instance, request)?;
        if self.is_unwanted(request) { Err(E_CANCELLED) } else { DONE }
    }

    pub(super) fn service_drop_current(&mut self, instance: usize, request: Ref) -> Outcome {
        let request = self.check(Kind::Request, request)?;
        self.own_request(instance, request)?;
        if self.requests[request].progress != Progress::Arriving {
            return Err(E_STATE);
        }
        self.requests[request].dropped = true;
        DONE
    }
}
