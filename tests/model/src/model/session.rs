//! Sessions: their life, what passes, what is asked of the owner.

use std::collections::{HashMap, VecDeque};

use pintle_abi_core::{
    CHANNEL_RELIABLE, FAMILY_IPV6, FAMILY_NONE, SOCKET_STOPPED,
    status::{
        E_AGAIN, E_ARGUMENT, E_CAPACITY, E_CLOSED, E_NOT_FOUND, E_NOT_OWNER, E_PERMISSION, E_POISONED,
        E_STATE, E_UNSUPPORTED, OK,
    },
};

use super::{
    DONE, Model, Outcome,
    crossing::{About, Ended},
    filter::Chain,
    instance::State,
    request::Item,
};
use crate::{
    crossing::Crossing,
    event::{Kind, Value},
    op::Ref,
};

/// One session.
pub(super) struct Session {
    pub(super) owner: usize,
    pub(super) socket: usize,
    client_id: i64,
    family: u32,
    modes: Vec<u32>,
    pub(super) private: HashMap<usize, u64>,
    /// Its handle is stale.
    pub(super) ended: bool,
    /// Its slot is free.
    pub(super) gone: bool,
    pub(super) suspended: bool,
    /// A `send` was refused for that.
    refused_send: bool,
    /// A `request` was refused: too many wait.
    pub(super) refused_request: bool,
    /// A `receive` was refused: the inbox is full.
    refused_receive: bool,
    pub(super) waiting: VecDeque<usize>,
    pub(super) active: Option<usize>,
    /// What the owner could not take yet.
    pub(super) held: VecDeque<Item>,
}

/// What the application can take from the inbox.
pub(super) struct Received {
    session: usize,
    channel: u32,
    message: usize,
}

impl Model {
    pub(super) fn session_create(
        &mut self,
        owner: usize,
        socket: Ref,
        client_id: i64,
        family: u32,
        null: bool,
    ) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let socket = self.check(Kind::Socket, socket)?;
        if u16::try_from(family).is_ok_and(|family| family > FAMILY_IPV6) {
            return Err(E_ARGUMENT);
        }
        if self.sockets[socket].state == SOCKET_STOPPED {
            return Err(E_STATE);
        }
        if self.sessions.iter().filter(|session| !session.gone).count() >= self.limits.sessions as usize {
            return Err(E_CAPACITY);
        }
        self.sessions.push(Session {
            owner,
            socket,
            client_id,
            family: if u16::try_from(family).is_ok() { family } else { u32::from(FAMILY_NONE) },
            modes: self.sockets[socket].modes.clone(),
            private: HashMap::new(),
            ended: false,
            gone: false,
            suspended: false,
            refused_send: false,
            refused_request: false,
            refused_receive: false,
            waiting: VecDeque::new(),
            active: None,
            held: VecDeque::new(),
        });
        let name = self.name(Kind::Session, self.sessions.len() - 1);
        self.broadcast(Crossing::SessionCreated, std::slice::from_ref(&name), Some(owner));
        Ok(vec![name])
    }

    /// A session that the caller may drive: its own, or any for plugin zero.
    pub(super) fn own_session(&self, instance: usize, session: Ref) -> Result<usize, i32> {
        let session = self.check(Kind::Session, session)?;
        self.check_owner(instance, session)?;
        Ok(session)
    }

    pub(super) fn check_owner(&self, instance: usize, session: usize) -> Result<(), i32> {
        if instance == 0 || self.sessions[session].owner == instance { Ok(()) } else { Err(E_NOT_OWNER) }
    }

    pub(super) fn session_destroy(&mut self, instance: usize, session: Ref) -> Outcome {
        let session = self.own_session(instance, session)?;
        self.end_session(session);
        DONE
    }

    /// The handle is stale, its requests are cancelled; the end is told at depth 0.
    pub(super) fn end_session(&mut self, session: usize) {
        if self.sessions[session].ended {
            return;
        }
        self.sessions[session].ended = true;
        self.cancel_all(session);
        self.ended.push_back(Ended::Session(session));
        self.flush();
    }

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
        self.seal(message);
        self.pin(message);
        let status = match self.chain(session, channel, message, Crossing::MessageIn) {
            Chain::Through(filtered) => {
                let status = self.to_inbox(session, channel, filtered.message);
                self.drop_copy(filtered);
                status
            }
            Chain::Consumed => OK,
            Chain::Refused(status) => status,
        };
        self.unpin(message);
        if status == OK { DONE } else { Err(status) }
    }

    /// What plugin zero has no callback for waits in the inbox.
    fn to_inbox(&mut self, session: usize, channel: u32, message: usize) -> i32 {
        let zero_listens = self.definitions[0].has(Crossing::MessageIn);
        if zero_listens || self.sessions[session].owner == 0 {
            return OK;
        }
        if self.limits.inbox == pintle_abi_core::NO_INBOX {
            return OK;
        }
        if self.inbox.len() >= self.limits.inbox as usize {
            self.sessions[session].refused_receive = true;
            return E_AGAIN;
        }
        self.pin(message);
        self.inbox.push_back(Received { session, channel, message });
        OK
    }

    /// The application takes the oldest message of the inbox; it gets a reference.
    pub(super) fn take(&mut self) -> Outcome {
        let Some(received) = self.inbox.pop_front() else {
            return Err(E_NOT_FOUND);
        };
        self.taken = true;
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
        for session in 0..self.sessions.len() {
            if std::mem::take(&mut self.sessions[session].refused_receive) && !self.sessions[session].ended {
                self.tell_owner_writable(session);
            }
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
        if !self.definitions[self.instances[owner].definition].has(Crossing::SessionSend) {
            return Err(E_UNSUPPORTED);
        }
        if self.instances[owner].poisoned {
            return Err(E_POISONED);
        }
        if matches!(self.instances[owner].state, State::Destroying | State::Closed) {
            return Err(E_CLOSED);
        }
        if self.sessions[session].suspended {
            self.sessions[session].refused_send = true;
            return Err(E_AGAIN);
        }
        self.seal(message);
        self.pin(message);
        let status = match self.chain(session, channel, message, Crossing::MessageOut) {
            Chain::Through(filtered) => {
                let status = self.to_owner(session, channel, filtered.message);
                self.drop_copy(filtered);
                status
            }
            Chain::Consumed => OK,
            Chain::Refused(status) => status,
        };
        self.unpin(message);
        if status == OK { DONE } else { Err(status) }
    }

    fn to_owner(&mut self, session: usize, channel: u32, message: usize) -> i32 {
        let owner = self.sessions[session].owner;
        if self.instances[owner].poisoned {
            return E_POISONED;
        }
        let [name, bytes] = self.received(Some(message));
        let arguments =
            vec![self.name(Kind::Session, session), Value::Number(i128::from(channel)), name, bytes];
        let status = match self.cross(owner, Crossing::SessionSend, arguments, About::default()) {
            Ok((status, _)) => status,
            Err(refused) => refused,
        };
        if status == E_AGAIN {
            self.sessions[session].suspended = true;
            self.sessions[session].refused_send = true;
        }
        status
    }

    pub(super) fn session_suspend(&mut self, instance: usize, session: Ref) -> Outcome {
        let session = self.own_session(instance, session)?;
        self.sessions[session].suspended = true;
        DONE
    }

    pub(super) fn session_resume(&mut self, instance: usize, session: Ref) -> Outcome {
        let session = self.own_session(instance, session)?;
        self.sessions[session].suspended = false;
        self.deliver_held(session);
        let it = &mut self.sessions[session];
        if !it.suspended && !it.ended && std::mem::take(&mut it.refused_send) {
            let owner = it.owner;
            let name = self.name(Kind::Session, session);
            self.broadcast(Crossing::SessionWritable, &[name], Some(owner));
        }
        DONE
    }

    /// Asks the owner something; `absent` is the answer of an owner that has no such callback.
    fn ask(&mut self, session: usize, crossing: Crossing, more: Vec<Value>, absent: i32) -> i32 {
        let owner = self.sessions[session].owner;
        if !self.definitions[self.instances[owner].definition].has(crossing) {
            return absent;
        }
        if !self.hears(owner, crossing) {
            return if self.instances[owner].poisoned { E_POISONED } else { E_CLOSED };
        }
        let mut arguments = vec![self.name(Kind::Session, session)];
        arguments.extend(more);
        match self.cross(owner, crossing, arguments, About::default()) {
            Ok((status, _)) => status,
            Err(refused) => refused,
        }
    }

    pub(super) fn session_disconnect(&mut self, session: Ref) -> Outcome {
        let session = self.check(Kind::Session, session)?;
        match self.ask(session, Crossing::SessionDisconnect, Vec::new(), E_UNSUPPORTED) {
            OK => DONE,
            status => Err(status),
        }
    }

    fn check_private(&self, instance: usize, session: Ref) -> Result<usize, i32> {
        let session = self.check(Kind::Session, session)?;
        let asks = self.definitions[self.instances[instance].definition].session_data;
        if instance == 0 || asks || self.sessions[session].owner == instance {
            Ok(session)
        } else {
            Err(E_PERMISSION)
        }
    }

    pub(super) fn session_set_private(&mut self, instance: usize, session: Ref, data: u8) -> Outcome {
        let session = self.check_private(instance, session)?;
        self.sessions[session].private.insert(instance, u64::from(data));
        DONE
    }

    pub(super) fn session_get_private(&mut self, instance: usize, session: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let session = self.check_private(instance, session)?;
        let data = self.sessions[session].private.get(&instance).copied().unwrap_or(0);
        Ok(vec![Value::Number(i128::from(data))])
    }

    pub(super) fn session_client_id(&mut self, session: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let session = self.check(Kind::Session, session)?;
        Ok(vec![Value::Number(i128::from(self.sessions[session].client_id))])
    }

    pub(super) fn session_address(&mut self, session: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let session = self.check(Kind::Session, session)?;
        Ok(vec![Value::Number(i128::from(self.sessions[session].family))])
    }

    pub(super) fn session_socket(&mut self, session: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let session = self.check(Kind::Session, session)?;
        Ok(vec![self.name(Kind::Socket, self.sessions[session].socket)])
    }

    pub(super) fn session_rtt(&mut self, session: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let session = self.check(Kind::Session, session)?;
        match self.ask(session, Crossing::SessionGetRtt, Vec::new(), E_UNSUPPORTED) {
            OK => Ok(vec![
                Value::Number(i128::from(crate::data::RTT[0])),
                Value::Number(i128::from(crate::data::RTT[1])),
            ]),
            status => Err(status),
        }
    }

    pub(super) fn session_channel_mode(&mut self, session: Ref, channel: u32, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let session = self.check(Kind::Session, session)?;
        let mode = self.sessions[session].modes.get(channel as usize).ok_or(E_NOT_FOUND)?;
        Ok(vec![Value::Number(i128::from(*mode))])
    }

    pub(super) fn session_set_channel_mode(&mut self, session: Ref, channel: u32, mode: u32) -> Outcome {
        let session = self.check(Kind::Session, session)?;
        if mode > CHANNEL_RELIABLE {
            return Err(E_ARGUMENT);
        }
        if channel as usize >= self.sessions[session].modes.len() {
            return Err(E_NOT_FOUND);
        }
        let more = vec![Value::Number(i128::from(channel)), Value::Number(i128::from(mode))];
        match self.ask(session, Crossing::SessionSetMode, more, OK) {
            OK => {
                self.sessions[session].modes[channel as usize] = mode;
                DONE
            }
            status => Err(status),
        }
    }
}
