//! What passes through a session: `receive`, `send`, and the inbox.

use pintle_abi_core::status::{
    CONSUMED, E_AGAIN, E_CLOSED, E_NOT_FOUND, E_POISONED, E_REENTRANT, E_UNSUPPORTED, E_WRONG_THREAD,
};

use super::{
    DONE, Model, Outcome,
    crossing::{About, seen},
    filter::Traffic,
};
use crate::{
    argument::Ref,
    crossing::Crossing,
    event::{Kind, Value},
};

/// What the application can take from the inbox.
pub(super) struct Received {
    session: usize,
    channel: u32,
    pub(super) message: usize,
}

impl Model {
    pub(super) fn session_receive(
        &mut self,
        instance: usize,
        session: Ref,
        channel: u32,
        message: Ref,
    ) -> Outcome {
        let session = self.check(Kind::Session, session)?;
        let message = self.check_message(message)?;
        if channel as usize >= self.sessions[session].modes.len() {
            return Err(E_NOT_FOUND);
        }
        self.check_owner(instance, session)?;
        let to_inbox =
            self.limits.inbox != pintle_abi_core::NO_INBOX && !self.definitions[0].has(Crossing::MessageIn);
        if to_inbox && self.inbox_is_full() {
            self.sessions[session].refused_receive = true;
            return Err(E_AGAIN);
        }
        self.borrow(message, |model, current| {
            model.chain(session, Traffic::Message(channel), current, Crossing::MessageIn)?;
            if to_inbox { model.put_into_inbox(session, channel, *current) } else { Ok(()) }
        })
    }

    pub(super) fn inbox_is_full(&self) -> bool {
        self.inbox.len() >= self.limits.inbox as usize
    }

    /// Sealed and pinned while `run` has it; it may put another in its place.
    fn borrow(
        &mut self,
        message: usize,
        run: impl FnOnce(&mut Self, &mut usize) -> Result<(), i32>,
    ) -> Outcome {
        self.seal(message);
        self.pin(message);
        let mut current = message;
        let answer = run(self, &mut current);
        self.unpin(current);
        match answer {
            Ok(()) | Err(CONSUMED) => DONE,
            Err(status) => Err(status),
        }
    }

    /// What plugin zero has no callback for waits in the inbox.
    fn put_into_inbox(&mut self, session: usize, channel: u32, message: usize) -> Result<(), i32> {
        if self.inbox_is_full() {
            self.sessions[session].refused_receive = true;
            return Err(E_AGAIN);
        }
        self.pin(message);
        self.inbox.push_back(Received { session, channel, message });
        Ok(())
    }

    /// The application takes the oldest message of the inbox; it gets a reference.
    pub(super) fn take(&mut self) -> Outcome {
        if self.on_worker() {
            return Err(E_WRONG_THREAD);
        }
        let Some(received) = self.inbox.pop_front() else {
            return Err(E_NOT_FOUND);
        };
        self.taken = self.sessions.iter().any(|it| it.refused_receive);
        self.give(0, received.message);
        self.unpin(received.message);
        let session = self.name(Kind::Session, received.session);
        let [name, bytes] = self.received(Some(received.message));
        Ok(vec![session, Value::Number(i128::from(received.channel)), name, bytes])
    }

    /// Owners that found the inbox full can try again.
    pub(super) fn tell_taken(&mut self) {
        if !std::mem::take(&mut self.taken) {
            return;
        }
        for slot in self.session_slots.used() {
            self.dispatch(|model| {
                if let Some(session) = model.session_in(slot)
                    && std::mem::take(&mut model.sessions[session].refused_receive)
                {
                    model.tell_owner_writable(session);
                }
            });
        }
    }

    /// The owner can try `receive` or `request` again.
    pub(super) fn tell_owner_writable(&mut self, session: usize) {
        let owner = self.sessions[session].owner;
        if self.hears(owner, Crossing::SessionWritable) {
            let name = self.name(Kind::Session, session);
            let _ = self.cross(owner, Crossing::SessionWritable, vec![name], About::default());
        }
    }

    pub(super) fn session_send(&mut self, session: Ref, channel: u32, message: Ref) -> Outcome {
        let session = self.check(Kind::Session, session)?;
        let message = self.check_message(message)?;
        if channel as usize >= self.sessions[session].modes.len() {
            return Err(E_NOT_FOUND);
        }
        let owner = self.sessions[session].owner;
        self.check_live(owner)?;
        if !self.definitions[self.instances[owner].definition].has(Crossing::SessionSend) {
            return Err(E_UNSUPPORTED);
        }
        if self.sessions[session].suspended {
            self.sessions[session].refused_send = true;
            return Err(E_AGAIN);
        }
        self.borrow(message, |model, current| {
            model.chain(session, Traffic::Message(channel), current, Crossing::MessageOut)?;
            model.give_to_owner(session, channel, *current)
        })
    }

    /// An owner that can be called.
    pub(super) fn check_live(&self, owner: usize) -> Result<(), i32> {
        if self.instances[owner].poisoned {
            return Err(E_POISONED);
        }
        if self.instances[owner].state.is_live() { Ok(()) } else { Err(E_CLOSED) }
    }

    fn give_to_owner(&mut self, session: usize, channel: u32, message: usize) -> Result<(), i32> {
        let owner = self.sessions[session].owner;
        self.check_live(owner)?;
        if self.is_too_deep(Crossing::SessionSend) {
            return Err(E_REENTRANT);
        }
        let [name, bytes] = self.received(Some(message));
        let arguments =
            vec![self.name(Kind::Session, session), Value::Number(i128::from(channel)), name, bytes];
        let status = match self.cross(owner, Crossing::SessionSend, arguments, About::default()) {
            Ok((status, _)) => status,
            Err(refused) => refused,
        };
        if status == E_AGAIN && !self.sessions[session].ended {
            self.sessions[session].suspended = true;
            self.sessions[session].refused_send = true;
        }
        seen(status)
    }
}
