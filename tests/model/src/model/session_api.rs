//! What is asked of a session.

use pintle_abi_core::{
    MODE_RELIABLE,
    status::{E_ARGUMENT, E_NOT_FOUND, E_PERMISSION, E_UNSUPPORTED, OK},
};

use super::{
    DONE, Model, Outcome,
    crossing::{About, seen},
};
use crate::{
    argument::Ref,
    crossing::Crossing,
    event::{Kind, Value},
};

impl Model {
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
        let crossed = self.cross(owner, crossing, arguments, About::default());
        seen(crossed.map_or_else(|refused| refused, |it| it.0)).err().unwrap_or(OK)
    }

    pub(super) fn session_disconnect(&mut self, session: Ref) -> Outcome {
        let session = self.check(Kind::Session, session)?;
        match self.ask(session, Crossing::SessionDisconnect, Vec::new(), E_UNSUPPORTED) {
            OK => DONE,
            status => Err(status),
        }
    }

    /// What an instance stored for a session; 0 until it did.
    pub(super) fn data(&self, instance: usize, session: usize) -> u64 {
        self.sessions[session].data.get(&instance).copied().unwrap_or(0)
    }

    fn check_data(&self, instance: usize, session: Ref) -> Result<usize, i32> {
        let session = self.check(Kind::Session, session)?;
        let asks = self.definitions[self.instances[instance].definition].session_data;
        if instance == 0 || asks || self.sessions[session].owner == instance {
            Ok(session)
        } else {
            Err(E_PERMISSION)
        }
    }

    pub(super) fn session_set_data(&mut self, instance: usize, session: Ref, data: u8) -> Outcome {
        let session = self.check_data(instance, session)?;
        self.sessions[session].data.insert(instance, u64::from(data));
        DONE
    }

    pub(super) fn session_data(&mut self, instance: usize, session: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let session = self.check_data(instance, session)?;
        Ok(vec![Value::Number(i128::from(self.data(instance, session)))])
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

    pub(super) fn session_user(&mut self, session: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let session = self.check(Kind::Session, session)?;
        Ok(vec![Value::Bytes(self.sessions[session].user.clone())])
    }

    pub(super) fn session_protocol(&mut self, session: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let session = self.check(Kind::Session, session)?;
        Ok(vec![Value::Bytes(self.sessions[session].protocol.clone())])
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
        if mode > MODE_RELIABLE {
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
