//! Sessions: their life, what passes, what is asked of the owner.

use std::collections::{HashMap, VecDeque};

use pintle_abi_core::{
    CHANNEL_RELIABLE, FAMILY_IPV6, FAMILY_NONE, SOCKET_STOPPED,
    status::{
        CONSUMED, E_AGAIN, E_ARGUMENT, E_CANCELLED, E_CAPACITY, E_CLOSED, E_NOT_FOUND, E_NOT_OWNER,
        E_PERMISSION, E_POISONED, E_STATE, E_UNSUPPORTED, E_WRONG_THREAD, OK,
    },
};

use super::{
    DONE, Model, Outcome,
    crossing::{About, seen},
    result::Item,
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
    /// It is among those whose next request may start.
    pub(super) ready: bool,
    /// Its end was told.
    told: bool,
    pub(super) slot: usize,
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
        if u16::try_from(family).is_ok_and(|family| family > FAMILY_IPV6) {
            return Err(E_ARGUMENT);
        }
        let socket = self.check(Kind::Socket, socket)?;
        if self.sockets[socket].state == SOCKET_STOPPED {
            return Err(E_STATE);
        }
        let slot = self.session_slots.take().ok_or(E_CAPACITY)?;
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
            ready: false,
            told: false,
            slot,
            waiting: VecDeque::new(),
            active: None,
            held: VecDeque::new(),
        });
        self.sockets[socket].sessions += 1;
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
        if let Some(active) = self.sessions[session].active {
            self.requests[active].cancelled = true;
        }
        self.ended_sessions.push_back(session);
        self.has_ends = true;
    }

    /// The session that lives in a slot.
    pub(super) fn session_in(&self, slot: usize) -> Option<usize> {
        self.sessions.iter().position(|it| it.slot == slot && !it.ended)
    }

    /// At depth 0: what waits ends, everybody hears of it, the slot is free as soon as nothing of it runs.
    pub(super) fn settle_session(&mut self, session: usize) {
        while let Some(request) = self.sessions[session].waiting.front().copied() {
            self.requests[request].cancelled = true;
            self.end_waiting(request, E_CANCELLED);
        }
        self.drop_held(session);
        for at in self.order() {
            if self.hears(at, Crossing::SessionDestroyed) {
                let data = self.private(at, session);
                let arguments = vec![self.name(Kind::Session, session), Value::Number(i128::from(data))];
                let _ = self.cross(at, Crossing::SessionDestroyed, arguments, About::default());
            }
        }
        let socket = self.sessions[session].socket;
        self.sockets[socket].sessions -= 1;
        self.free_socket_if_quiet(socket);
        self.sessions[session].told = true;
        self.free_session_if_quiet(session);
    }

    /// Frees the slot of an ended session once none of its requests runs.
    pub(super) fn free_session_if_quiet(&mut self, session: usize) {
        let it = &mut self.sessions[session];
        if it.told && it.active.is_none() && !it.ready && !it.gone {
            it.gone = true;
            self.session_slots.free(it.slot);
        }
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
        let to_inbox = self.limits.inbox != pintle_abi_core::NO_INBOX
            && self.sessions[session].owner != 0
            && !self.definitions[0].has(Crossing::MessageIn);
        if to_inbox && self.inbox_is_full() {
            self.sessions[session].refused_receive = true;
            return Err(E_AGAIN);
        }
        self.borrow(message, |model, current| {
            model.chain(session, channel, current, Crossing::MessageIn)?;
            if to_inbox { model.put_into_inbox(session, channel, *current) } else { Ok(()) }
        })
    }

    fn inbox_is_full(&self) -> bool {
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
            model.chain(session, channel, current, Crossing::MessageOut)?;
            model.give_to_owner(session, channel, *current)
        })
    }

    /// An owner that can be called.
    fn check_live(&self, owner: usize) -> Result<(), i32> {
        if self.instances[owner].poisoned {
            return Err(E_POISONED);
        }
        if self.instances[owner].state.is_live() { Ok(()) } else { Err(E_CLOSED) }
    }

    fn give_to_owner(&mut self, session: usize, channel: u32, message: usize) -> Result<(), i32> {
        let owner = self.sessions[session].owner;
        self.check_live(owner)?;
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
        if status == OK { Ok(()) } else { Err(seen(status)) }
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
        if self.sessions[session].ended || !self.is_flowing(session) {
            return DONE;
        }
        if std::mem::take(&mut self.sessions[session].refused_send) {
            let owner = self.sessions[session].owner;
            for at in self.order() {
                if self.sessions[session].ended {
                    break;
                }
                if at != owner && self.hears(at, Crossing::SessionWritable) {
                    let name = self.name(Kind::Session, session);
                    let _ = self.cross(at, Crossing::SessionWritable, vec![name], About::default());
                }
            }
        }
        self.mark_ready(session);
        DONE
    }

    /// Asks the owner something; `absent` is the answer of an owner that has no such callback.
    fn ask(&mut self, session: usize, crossing: Crossing, more: Vec<Value>, absent: i32) -> i32 {
        let owner = self.sessions[session].owner;
        if let Err(refused) = self.check_live(owner) {
            return refused;
        }
        if !self.definitions[self.instances[owner].definition].has(crossing) {
            return absent;
        }
        let mut arguments = vec![self.name(Kind::Session, session)];
        arguments.extend(more);
        seen(
            self.cross(owner, crossing, arguments, About::default())
                .map_or_else(|refused| refused, |it| it.0),
        )
    }

    pub(super) fn session_disconnect(&mut self, session: Ref) -> Outcome {
        let session = self.check(Kind::Session, session)?;
        match self.ask(session, Crossing::SessionDisconnect, Vec::new(), E_UNSUPPORTED) {
            OK => DONE,
            status => Err(status),
        }
    }

    /// What an instance stored for a session; 0 until it did.
    fn private(&self, instance: usize, session: usize) -> u64 {
        self.sessions[session].private.get(&instance).copied().unwrap_or(0)
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
        Ok(vec![Value::Number(i128::from(self.private(instance, session)))])
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
        if mode > CHANNEL_RELIABLE {
            return Err(E_ARGUMENT);
        }
        let session = self.check(Kind::Session, session)?;
        self.check_live(self.sessions[session].owner)?;
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
