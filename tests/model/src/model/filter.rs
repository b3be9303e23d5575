//! The chain of filters.

use pintle_abi_core::status::{CONSUMED, E_STALE, OK};

use super::{
    Model,
    crossing::{About, Filtered},
};
use crate::{
    crossing::Crossing,
    event::{Kind, Value},
};

/// How a chain ended.
pub(super) enum Chain {
    /// The message that arrives; if a filter copied it, the chain's pin is still on it.
    Through(Filtered),
    /// Somebody took it: the caller sees `OK`.
    Consumed,
    /// Somebody refused it.
    Refused(i32),
}

impl Model {
    /// What goes in passes everybody but the owner, plugin zero last; what goes out passes them in reverse.
    pub(super) fn chain(
        &mut self,
        session: usize,
        channel: u32,
        message: usize,
        crossing: Crossing,
    ) -> Chain {
        let mut order = self.order();
        order.rotate_left(1);
        if crossing == Crossing::MessageOut {
            order.reverse();
        }
        let owner = self.sessions[session].owner;
        let mut filtered = Filtered { message, copied: false };
        for at in order {
            if at == owner || !self.hears(at, crossing) {
                continue;
            }
            let [name, bytes] = self.received(Some(filtered.message));
            let arguments =
                vec![self.name(Kind::Session, session), Value::Number(i128::from(channel)), name, bytes];
            let about = About { filtered: Some(filtered), request: None };
            let status = match self.cross(at, crossing, arguments, about) {
                Ok((status, left)) => {
                    filtered = left.expect("a filter's frame has a message");
                    self.seal(filtered.message);
                    status
                }
                Err(refused) => refused,
            };
            let stopped = match status {
                OK if self.sessions[session].ended => Chain::Refused(E_STALE),
                OK => continue,
                CONSUMED => Chain::Consumed,
                other => Chain::Refused(other),
            };
            self.drop_copy(filtered);
            return stopped;
        }
        Chain::Through(filtered)
    }

    /// The chain lets go of a copy that it made.
    pub(super) fn drop_copy(&mut self, filtered: Filtered) {
        if filtered.copied {
            self.unpin(filtered.message);
        }
    }
}
