//! The chain of filters.

use pintle_abi_core::{
    CHANNEL_SERVICE, REQUEST_SLOW, TRAFFIC_MESSAGE, TRAFFIC_REQUEST, TRAFFIC_RESULT,
    status::{CONSUMED, E_REENTRANT, E_STALE},
};

use super::{
    Model,
    crossing::{About, seen},
};
use crate::{
    crossing::Crossing,
    event::{Kind, Value},
};

/// What passes the filters.
#[derive(Clone, Copy)]
pub(super) enum Traffic {
    /// A message on a channel.
    Message(u32),
    /// A request that has no handle yet: its service, its id and its correlation, and whether it is slow.
    Request([u32; 3], bool),
    /// A result of a request.
    Result(usize),
}

impl Model {
    /// What filters are told of it, but for the session and the message.
    fn traffic(&mut self, traffic: Traffic) -> Vec<Value> {
        let slow = |slow| if slow { REQUEST_SLOW } else { 0 };
        let (channel, kind, [service, id, correlation], flags, request) = match traffic {
            Traffic::Message(channel) => (channel, TRAFFIC_MESSAGE, [0; 3], 0, Value::Nothing),
            Traffic::Request(asked, is_slow) => {
                (CHANNEL_SERVICE, TRAFFIC_REQUEST, asked, slow(is_slow), Value::Nothing)
            }
            Traffic::Result(request) => {
                let (asked, flags) = self.asked(request);
                (CHANNEL_SERVICE, TRAFFIC_RESULT, asked, flags, self.name(Kind::Request, request))
            }
        };
        let numbers = [channel, kind, service, id, flags, correlation];
        let told = numbers.into_iter().map(|number| Value::Number(i128::from(number)));
        told.chain([request]).collect()
    }

    /// What goes in passes everybody but the owner, plugin zero last and also as the owner; what goes out passes them in
    /// reverse, without plugin zero where it is the owner. `message` has a pin of the chain's; a filter may put a copy in
    /// its place.
    pub(super) fn chain(
        &mut self,
        session: usize,
        traffic: Traffic,
        message: &mut usize,
        crossing: Crossing,
    ) -> Result<(), i32> {
        let mut order = self.order();
        order.rotate_left(1);
        if crossing == Crossing::MessageOut {
            order.reverse();
        }
        let offers = |at: &usize| self.definitions[self.instances[*at].definition].has(crossing);
        if order.iter().any(offers) && !self.is_too_deep(crossing) {
            self.messages[*message].of_chain = false;
        }
        let owner = self.sessions[session].owner;
        for at in order {
            let ends_here = at == 0 && crossing == Crossing::MessageIn;
            if at == owner && !ends_here || !self.hears(at, crossing) {
                continue;
            }
            if self.is_too_deep(crossing) {
                return Err(E_REENTRANT);
            }
            let [name, bytes] = self.received(Some(*message));
            let session_name = self.name(Kind::Session, session);
            let mut arguments = vec![session_name];
            arguments.extend(self.traffic(traffic));
            arguments.extend([name, bytes]);
            let about = About { filtered: Some(*message), ..About::default() };
            let (status, left) = self.cross(at, crossing, arguments, about)?;
            let left = left.expect("a filter's frame has a message");
            if left != *message {
                self.unpin(*message);
                *message = left;
            }
            self.seal(*message);
            if status == CONSUMED {
                return Err(CONSUMED);
            }
            seen(status)?;
            if self.sessions[session].ended {
                return Err(E_STALE);
            }
        }
        Ok(())
    }
}
