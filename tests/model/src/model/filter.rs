//! The chain of filters.

use pintle_abi_core::status::{CONSUMED, E_STALE};

use super::{
    Model,
    crossing::{About, seen},
};
use crate::{
    crossing::Crossing,
    event::{Kind, Value},
};

impl Model {
    /// What goes in passes everybody but the owner, plugin zero last; what goes out passes them in reverse. `message` has
    /// a pin of the chain's; a filter may put a copy in its place.
    pub(super) fn chain(
        &mut self,
        session: usize,
        channel: u32,
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
            if at == owner || !self.hears(at, crossing) {
                continue;
            }
            let [name, bytes] = self.received(Some(*message));
            let session_name = self.name(Kind::Session, session);
            let arguments = vec![session_name, Value::Number(i128::from(channel)), name, bytes];
            let about = About { filtered: Some(*message), ..About::default() };
            let (status, left) = match self.cross(at, crossing, arguments, about) {
                Ok((status, left)) => (status, left.expect("a filter's frame has a message")),
                Err(refused) => (refused, *message),
            };
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
