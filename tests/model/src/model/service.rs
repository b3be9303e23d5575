//! What a service's plugin says.

use pintle_abi_core::{
    ERROR_TEXT_MAX,
    status::{
        E_ARGUMENT, E_CANCELLED, E_CAPACITY, E_EXISTS, E_NOT_OWNER, E_PERMISSION, E_STATE, ERROR_FIRST, OK,
        PENDING,
    },
};

use super::{
    DONE, Model, Outcome,
    message::Domain,
    request::Progress,
    result::{Delivered, Item},
};
use crate::{
    argument::{Ref, Small, Words},
    data::cut,
    event::Kind,
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
        if self.services.iter().any(|offered| offered.service == service) {
            return Err(E_EXISTS);
        }
        if full {
            return Err(E_CAPACITY);
        }
        self.services.push(Service { service, instance, slow });
        DONE
    }

    /// A request that the caller serves.
    fn own_request(&self, instance: usize, request: usize) -> Result<(), i32> {
        if self.requests[request].instance == instance { Ok(()) } else { Err(E_NOT_OWNER) }
    }

    pub(super) fn service_result(&mut self, instance: usize, request: Ref, message: Ref) -> Outcome {
        let request = self.check(Kind::Request, request)?;
        self.own_request(instance, request)?;
        let message = self.check_message(message)?;
        self.check_answerable(request)?;
        if !self.holds(instance, message) && self.requests[request].payload != Some(message) {
            return Err(E_STATE);
        }
        if self.on_worker() || self.requests[request].progress == Progress::Slow {
            let message = self.take_result(instance, request, message)?;
            self.post_result(request, message);
            return DONE;
        }
        self.give_result(instance, request, message)?;
        DONE
    }

    /// Whether its worker has returned what ends it, and no turn took that yet.
    fn is_ending(&self, request: usize) -> bool {
        self.requests[request].returned.as_ref().is_some_and(|(status, _)| *status != PENDING)
    }

    /// To the asker now, or later. The caller's reference is spent only if all goes well.
    fn give_result(&mut self, instance: usize, request: usize, message: usize) -> Result<(), i32> {
        let session = self.requests[request].session;
        if !self.is_flowing(session) {
            let message = self.take_result(instance, request, message)?;
            self.sessions[session].held.push_back(Item::Result { request, message, filtered: false });
            return Ok(());
        }
        self.seal(message);
        self.pin(message);
        let mut current = message;
        let delivered = self.deliver_result(request, &mut current, false);
        if !matches!(delivered, Ok(Delivered::OwnerFull)) {
            self.unpin(current);
            delivered?;
            self.spend_result(instance, request, message);
            return Ok(());
        }
        if current == message {
            self.unpin(message);
            current = self.take_result(instance, request, message)?;
        } else {
            self.spend_result(instance, request, message);
        }
        self.hold_front(session, Item::Result { request, message: current, filtered: true });
        Ok(())
    }

    /// The pinned message that travels as a result: the payload of the request itself, or what the caller hands over.
    fn take_result(&mut self, instance: usize, request: usize, message: usize) -> Result<usize, i32> {
        if self.holds(instance, message) || self.requests[request].payload != Some(message) {
            return self.hand_over(instance, message, Domain::Kernel);
        }
        if self.requests[request].progress == Progress::Arriving {
            // `slow_request` is still to see it.
            let copy = self.copy(message, 0)?;
            self.seal(copy);
            self.pin(copy);
            return Ok(copy);
        }
        self.requests[request].payload = None;
        self.set_domain(message, Domain::Kernel);
        Ok(message)
    }

    /// Spends what `take_result` would have taken.
    fn spend_result(&mut self, instance: usize, request: usize, message: usize) {
        if self.holds(instance, message) {
            self.spend(instance, message);
        } else if self.requests[request].payload == Some(message)
            && self.requests[request].progress != Progress::Arriving
        {
            self.requests[request].payload = None;
            self.unpin(message);
        }
    }

    /// Whether the caller runs the request, or may answer for it.
    fn check_answerable(&self, request: usize) -> Result<(), i32> {
        let it = &self.requests[request];
        let running = if self.on_worker() {
            it.progress == Progress::Slow && it.returned.is_none()
        } else {
            matches!(it.progress, Progress::Fast | Progress::Arriving | Progress::Slow | Progress::Pending)
        };
        if !running || self.is_ending(request) || it.exception.is_some() {
            return Err(E_STATE);
        }
        if it.cancelled { Err(E_CANCELLED) } else { Ok(()) }
    }

    pub(super) fn service_exception(
        &mut self,
        instance: usize,
        request: Ref,
        code: i32,
        text: Words,
    ) -> Outcome {
        if text == Words::Null {
            return Err(E_ARGUMENT);
        }
        if code < ERROR_FIRST {
            return Err(E_ARGUMENT);
        }
        let request = self.check(Kind::Request, request)?;
        self.own_request(instance, request)?;
        self.check_answerable(request)?;
        let text = cut(text.bytes(), ERROR_TEXT_MAX);
        self.requests[request].exception = Some((code, text));
        DONE
    }

    pub(super) fn service_done(&mut self, instance: usize, request: Ref) -> Outcome {
        let request = self.check(Kind::Request, request)?;
        self.own_request(instance, request)?;
        match self.requests[request].progress {
            Progress::Pending => self.finish(request, OK),
            Progress::Fast | Progress::Slow
                if !self.requests[request].said_done && !self.is_ending(request) =>
            {
                self.requests[request].said_done = true;
            }
            _ => return Err(E_STATE),
        }
        DONE
    }

    pub(super) fn service_is_cancelled(&mut self, instance: usize, request: Ref) -> Outcome {
        let request = self.check(Kind::Request, request)?;
        self.own_request(instance, request)?;
        if self.requests[request].cancelled { Err(E_CANCELLED) } else { DONE }
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
