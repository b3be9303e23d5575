//! Sockets.

use std::collections::BTreeSet;

use pintle_abi_core::{
    ADDRESS_MAX, MODE_RELIABLE, SOCKET_CONNECTING, SOCKET_LISTENING, SOCKET_OPEN, SOCKET_STOPPED, TOKEN_MAX,
    status::{E_ARGUMENT, E_CAPACITY, E_EXISTS, E_NOT_FOUND, E_PERMISSION, E_STALE, E_STATE, E_UNSUPPORTED},
};

use super::{
    DONE, Model, Outcome,
    crossing::{About, seen},
};
use crate::{
    argument::{Ref, Small, Words},
    crossing::Crossing,
    data::pattern,
    event::{Kind, Value},
};

/// One socket.
pub(super) struct Socket {
    pub(super) opener: usize,
    pub(super) modes: Vec<u32>,
    pub(super) state: u32,
    address: Vec<u8>,
    /// The instances that serve it.
    pub(super) attached: BTreeSet<usize>,
    /// How many sessions arose on it and are not told gone.
    pub(super) sessions: usize,
    /// Its end was told.
    told: bool,
    pub(super) slot: usize,
    /// Its handle is stale.
    pub(super) closed: bool,
}

impl Socket {
    fn is_started(&self) -> bool {
        matches!(self.state, SOCKET_LISTENING | SOCKET_CONNECTING)
    }
}

/// An address that is fit by itself.
fn checked_address(address: Words) -> Result<Vec<u8>, i32> {
    let text = address.bytes();
    if address == Words::Null || str::from_utf8(&text).is_err() {
        return Err(E_ARGUMENT);
    }
    if text.len() > ADDRESS_MAX { Err(E_CAPACITY) } else { Ok(text) }
}

impl Model {
    pub(super) fn socket_open(
        &mut self,
        opener: usize,
        modes: [Small; 2],
        count: u32,
        null: bool,
    ) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let count = count as usize;
        if count == 0 {
            return Err(E_ARGUMENT);
        }
        if count > self.limits.channels as usize {
            return Err(E_CAPACITY);
        }
        let modes: Vec<u32> = modes.iter().cycle().take(count).map(|mode| mode.0).collect();
        if modes.iter().any(|mode| *mode > MODE_RELIABLE) {
            return Err(E_ARGUMENT);
        }
        if opener != 0 && !self.definitions[self.instances[opener].definition].opens_sockets {
            return Err(E_PERMISSION);
        }
        let slot = self.socket_slots.take().ok_or(E_CAPACITY)?;
        self.sockets.push(Socket {
            opener,
            modes,
            state: SOCKET_OPEN,
            address: Vec::new(),
            attached: BTreeSet::new(),
            sessions: 0,
            told: false,
            slot,
            closed: false,
        });
        let name = self.name(Kind::Socket, self.sockets.len() - 1);
        self.broadcast(Crossing::SocketCreated, std::slice::from_ref(&name), None);
        Ok(vec![name])
    }

    fn may_drive(&self, instance: usize, socket: usize) -> Result<(), i32> {
        if instance == 0 || self.sockets[socket].opener == instance { Ok(()) } else { Err(E_PERMISSION) }
    }

    /// `listen`, or `connect` with a token of so many bytes.
    pub(super) fn socket_start(
        &mut self,
        instance: usize,
        socket: Ref,
        address: Words,
        token: Option<usize>,
    ) -> Outcome {
        let text = checked_address(address)?;
        if text.is_empty() {
            return Err(E_ARGUMENT);
        }
        if token.is_some_and(|token| token > TOKEN_MAX) {
            return Err(E_CAPACITY);
        }
        let socket = self.check(Kind::Socket, socket)?;
        self.may_drive(instance, socket)?;
        if self.sockets[socket].is_started() {
            return Err(E_STATE);
        }
        let (state, crossing) = match token {
            None => (SOCKET_LISTENING, Crossing::SocketListening),
            Some(_) => (SOCKET_CONNECTING, Crossing::SocketConnecting),
        };
        self.sockets[socket].state = state;
        self.sockets[socket].address.clone_from(&text);
        for at in self.order() {
            if !self.hears(at, crossing) {
                continue;
            }
            let mut arguments = vec![self.name(Kind::Socket, socket), Value::Bytes(text.clone())];
            arguments.extend(token.map(|token| Value::Bytes(pattern(token).collect())));
            let crossed = self.cross(at, crossing, arguments, About::default());
            if let Err(status) = seen(crossed.map_or_else(|refused| refused, |it| it.0)) {
                if !self.sockets[socket].closed {
                    self.stop_socket(socket);
                }
                return Err(self.explained(instance, status));
            }
            if self.sockets[socket].closed {
                return Err(E_STALE);
            }
        }
        if !self.sockets[socket].is_started() {
            return Err(E_STATE);
        }
        if self.sockets[socket].attached.is_empty() {
            self.stop_socket(socket);
            return Err(self.explained(instance, E_UNSUPPORTED));
        }
        DONE
    }

    pub(super) fn socket_stop(&mut self, instance: usize, socket: Ref) -> Outcome {
        let socket = self.check(Kind::Socket, socket)?;
        self.may_drive(instance, socket)?;
        if !self.sockets[socket].is_started() {
            return Err(E_STATE);
        }
        self.stop_socket(socket);
        DONE
    }

    /// State, `socket_stopped`, then its sessions, then its attachments.
    pub(super) fn stop_socket(&mut self, socket: usize) {
        if !self.sockets[socket].is_started() {
            return;
        }
        self.sockets[socket].state = SOCKET_STOPPED;
        let name = self.name(Kind::Socket, socket);
        self.broadcast(Crossing::SocketStopped, std::slice::from_ref(&name), None);
        self.end_sessions_of(socket);
        let mut attached: Vec<usize> = self.sockets[socket].attached.iter().copied().collect();
        attached.sort_by_key(|at| self.instances[*at].record);
        for at in attached {
            self.detach(socket, at);
        }
    }

    /// Takes an attachment away, if there is one, and tells everybody.
    pub(super) fn detach(&mut self, socket: usize, instance: usize) -> bool {
        let was = self.sockets[socket].attached.remove(&instance);
        if was {
            let name = self.name(Kind::Socket, socket);
            self.broadcast(Crossing::SocketDetached, &[name], None);
        }
        was
    }

    fn end_sessions_of(&mut self, socket: usize) {
        for slot in self.session_slots.used() {
            if let Some(session) = self.session_in(slot)
                && self.sessions[session].socket == socket
            {
                self.end_session(session);
            }
        }
    }

    /// The socket that lives in a slot.
    pub(super) fn socket_in(&self, slot: usize) -> Option<usize> {
        self.sockets.iter().position(|it| it.slot == slot && !it.closed)
    }

    pub(super) fn socket_close(&mut self, instance: usize, socket: Ref) -> Outcome {
        let socket = self.check(Kind::Socket, socket)?;
        self.may_drive(instance, socket)?;
        self.close_socket(socket);
        DONE
    }

    /// Stops it if need be; its end is told at depth 0.
    pub(super) fn close_socket(&mut self, socket: usize) {
        self.stop_socket(socket);
        if self.sockets[socket].closed {
            return;
        }
        self.end_sessions_of(socket);
        self.sockets[socket].closed = true;
        self.ended_sockets.push_back(socket);
        self.has_ends = true;
    }

    /// At depth 0: everybody hears that it is gone.
    pub(super) fn settle_socket(&mut self, socket: usize) {
        let name = self.name(Kind::Socket, socket);
        self.broadcast(Crossing::SocketDestroyed, &[name], None);
        self.sockets[socket].told = true;
        self.free_socket_if_quiet(socket);
    }

    /// Frees the slot of a closed socket once its sessions are gone.
    pub(super) fn free_socket_if_quiet(&mut self, socket: usize) {
        let it = &mut self.sockets[socket];
        if it.told && it.sessions == 0 {
            it.told = false;
            self.socket_slots.free(it.slot);
        }
    }

    pub(super) fn socket_channel_count(&mut self, socket: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let socket = self.check(Kind::Socket, socket)?;
        Ok(vec![Value::Number(self.sockets[socket].modes.len() as i128)])
    }

    pub(super) fn socket_channel_mode(&mut self, socket: Ref, channel: u32, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let socket = self.check(Kind::Socket, socket)?;
        let mode = self.sockets[socket].modes.get(channel as usize).ok_or(E_NOT_FOUND)?;
        Ok(vec![Value::Number(i128::from(*mode))])
    }

    pub(super) fn socket_attach(&mut self, instance: usize, socket: Ref, address: Words) -> Outcome {
        let text = checked_address(address)?;
        let socket = self.check(Kind::Socket, socket)?;
        let it = &mut self.sockets[socket];
        if !it.is_started() {
            return Err(E_STATE);
        }
        if it.attached.contains(&instance) {
            return Err(E_EXISTS);
        }
        if text.len() > ADDRESS_MAX {
            return Err(E_CAPACITY);
        }
        if !text.is_empty() {
            it.address = text;
        }
        it.attached.insert(instance);
        let shown = Value::Bytes(it.address.clone());
        let name = self.name(Kind::Socket, socket);
        self.broadcast(Crossing::SocketAttached, &[name, shown], None);
        DONE
    }

    pub(super) fn socket_detach(&mut self, instance: usize, socket: Ref) -> Outcome {
        let socket = self.check(Kind::Socket, socket)?;
        if self.detach(socket, instance) { DONE } else { Err(E_STATE) }
    }

    pub(super) fn socket_time(&mut self, socket: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let socket = self.check(Kind::Socket, socket)?;
        let time = if self.sockets[socket].is_started() { self.clock } else { 0 };
        Ok(vec![Value::Number(i128::from(time))])
    }

    pub(super) fn socket_address(&mut self, socket: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let socket = self.check(Kind::Socket, socket)?;
        Ok(vec![Value::Bytes(self.sockets[socket].address.clone())])
    }

    pub(super) fn socket_state(&mut self, socket: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let socket = self.check(Kind::Socket, socket)?;
        Ok(vec![Value::Number(i128::from(self.sockets[socket].state))])
    }
}
