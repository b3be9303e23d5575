//! The slots of the message table.

use pintle_abi_core::status::{E_ARGUMENT, E_CAPACITY, E_SEALED, E_STATE, E_UNDERFLOW};

use super::{
    DONE, Model, Outcome,
    message::{Domain, Open},
};
use crate::{
    argument::Ref,
    data::{overwritten, pattern},
    event::{Kind, Value},
};

impl Model {
    pub(super) fn message_acquire(&mut self, instance: usize, capacity: usize, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let message = self.allocate_again(capacity)?;
        Ok(vec![self.give_first(instance, message)])
    }

    pub(super) fn message_retain(&mut self, instance: usize, message: Ref) -> Outcome {
        let message = self.check_message(message)?;
        self.give(instance, message);
        DONE
    }

    pub(super) fn message_release(&mut self, instance: usize, message: Ref) -> Outcome {
        let message = self.check(Kind::Message, message)?;
        if self.on_worker() && self.messages[message].domain == Domain::Kernel {
            self.returned.push((instance, message));
            return DONE;
        }
        if !self.holds(instance, message) {
            return Err(E_STATE);
        }
        self.spend(instance, message);
        DONE
    }

    pub(super) fn message_write(&mut self, message: Ref, length: usize, null: bool) -> Outcome {
        if null && length != 0 {
            return Err(E_ARGUMENT);
        }
        let message = self.check_message(message)?;
        let it = &mut self.messages[message];
        if it.sealed {
            return Err(E_SEALED);
        }
        if length > it.capacity - it.bytes.len() {
            return Err(E_CAPACITY);
        }
        it.bytes.extend(pattern(length));
        it.open = None;
        DONE
    }

    pub(super) fn message_read(&mut self, message: Ref, length: usize, null: bool) -> Outcome {
        if null && length != 0 {
            return Err(E_ARGUMENT);
        }
        let message = self.check_message(message)?;
        let it = &mut self.messages[message];
        if length > it.bytes.len() - it.position {
            return Err(E_UNDERFLOW);
        }
        let bytes = it.bytes[it.position..it.position + length].to_vec();
        it.position += length;
        Ok(vec![Value::Bytes(bytes)])
    }

    pub(super) fn message_rewind(&mut self, message: Ref) -> Outcome {
        let message = self.check_message(message)?;
        self.rewind(message);
        DONE
    }

    pub(super) fn message_length(&mut self, message: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let message = self.check_message(message)?;
        Ok(vec![Value::Number(self.messages[message].bytes.len() as i128)])
    }

    pub(super) fn message_view(&mut self, message: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let message = self.check_message(message)?;
        Ok(vec![Value::Bytes(self.messages[message].bytes.clone())])
    }

    pub(super) fn message_reserve(&mut self, message: Ref, length: usize, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let message = self.check_message(message)?;
        let it = &mut self.messages[message];
        if it.sealed {
            return Err(E_SEALED);
        }
        if length > it.capacity - it.bytes.len() {
            return Err(E_CAPACITY);
        }
        it.open = (length > 0).then(|| Open::Room(pattern(length).collect()));
        DONE
    }

    pub(super) fn message_commit(&mut self, message: Ref, length: usize) -> Outcome {
        let message = self.check_message(message)?;
        let it = &mut self.messages[message];
        if it.sealed {
            return Err(E_SEALED);
        }
        match &it.open {
            Some(Open::Room(room)) if length <= room.len() => it.bytes.extend(&room[..length]),
            Some(Open::Shown) if length <= it.bytes.len() => {}
            _ => return Err(E_STATE),
        }
        it.open = None;
        DONE
    }

    pub(super) fn message_view_mut(&mut self, message: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let message = self.check_message(message)?;
        let it = &mut self.messages[message];
        if it.sealed {
            return Err(E_SEALED);
        }
        let seen = Value::Bytes(it.bytes.clone());
        it.bytes = overwritten(&it.bytes);
        it.open = Some(Open::Shown);
        Ok(vec![seen])
    }

    pub(super) fn message_clear(&mut self, message: Ref) -> Outcome {
        let message = self.check_message(message)?;
        let it = &mut self.messages[message];
        if it.sealed {
            return Err(E_SEALED);
        }
        it.bytes.clear();
        it.position = 0;
        it.open = None;
        DONE
    }

    pub(super) fn message_clone(
        &mut self,
        instance: usize,
        message: Ref,
        capacity: usize,
        null: bool,
    ) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let message = self.check_message(message)?;
        let length = self.messages[message].bytes.len();
        let copy = self.allocate_again(capacity.max(length))?;
        self.messages[copy].bytes = self.messages[message].bytes.clone();
        Ok(vec![self.give_first(instance, copy)])
    }

    pub(super) fn message_edit(&mut self, instance: usize, message: Ref, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let message = self.check_message(message)?;
        self.frames
            .last()
            .filter(|frame| frame.instance == instance)
            .and_then(|frame| frame.filtered)
            .filter(|filtered| *filtered == message)
            .ok_or(E_STATE)?;
        let it = &mut self.messages[message];
        if it.of_chain && it.holders.is_empty() && it.pins == 1 {
            it.sealed = false;
            it.open = None;
            return Ok(vec![self.name(Kind::Message, message)]);
        }
        let copy = self.copy(message, self.messages[message].capacity)?;
        self.pin(copy);
        let frame = self.frames.last_mut().expect("the filter's frame");
        frame.filtered = Some(copy);
        if frame.chains != Some(message) {
            // A copy that this filter made, and kept a reference of: the chain does not need it any more.
            self.unpin(message);
        }
        self.messages[copy].of_chain = true;
        Ok(vec![self.name(Kind::Message, copy)])
    }
}
