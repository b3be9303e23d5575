//! Sessions, from their creation until their slots are free.

use std::collections::{HashMap, VecDeque};

use pintle_abi_core::{
    FAMILY_NAMED, FAMILY_NONE, SOCKET_STOPPED,
    status::{E_ARGUMENT, E_CANCELLED, E_CAPACITY, E_NOT_OWNER, E_STATE},
};

use super::{DONE, Model, Outcome, crossing::About, result::Item};
use crate::{
    argument::{Ref, Words},
    crossing::Crossing,
    event::{Kind, Value},
};

/// One session.
pub(super) struct Session {
    pub(super) owner: usize,
    pub(super) socket: usize,
    pub(super) client_id: i64,
    pub(super) family: u32,
    pub(super) user: Vec<u8>,
    pub(super) protocol: Vec<u8>,
    pub(super) modes: Vec<u32>,
    pub(super) data: HashMap<usize, u64>,
    /// Its handle is stale.
    pub(super) ended: bool,
    /// Its slot is free.
    pub(super) gone: bool,
    pub(super) suspended: bool,
    /// A `send` was refused for that.
    pub(super) refused_send: bool,
    /// A `request` was refused: too many wait.
    pub(super) refused_request: bool,
    /// A `receive` was refused: the inbox is full.
    pub(super) refused_receive: bool,
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

/// What a session is created with. A named address has the user for a name.
pub(super) struct Told {
    pub(super) client_id: i64,
    pub(super) family: u32,
    pub(super) data: u8,
    pub(super) user: Words,
    pub(super) protocol: Words,
}

/// A text that is fit by itself.
fn checked(text: Words) -> Result<Vec<u8>, i32> {
    let bytes = text.bytes();
    if text == Words::Null || str::from_utf8(&bytes).is_err() { Err(E_ARGUMENT) } else { Ok(bytes) }
}

impl Model {
    pub(super) fn session_create(&mut self, owner: usize, socket: Ref, told: &Told, null: bool) -> Outcome {
        let family = told.family;
        if null {
            return Err(E_ARGUMENT);
        }
        if u16::try_from(family).is_ok_and(|family| family > FAMILY_NAMED) {
            return Err(E_ARGUMENT);
        }
        let (user, protocol) = (checked(told.user)?, checked(told.protocol)?);
        if family == u32::from(FAMILY_NAMED) && user.is_empty() {
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
            client_id: told.client_id,
            user,
            protocol,
            family: if u16::try_from(family).is_ok() { family } else { u32::from(FAMILY_NONE) },
            modes: self.sockets[socket].modes.clone(),
            data: HashMap::from([(owner, u64::from(told.data))]),
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
                let data = self.data(at, session);
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
        if it.told && it.active.is_none() && !it.gone {
            it.gone = true;
            self.session_slots.free(it.slot);
        }
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
}
