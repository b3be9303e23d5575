//! Messages: references, pins, seals, positions, hand-over.

use std::collections::BTreeMap;

use pintle_abi_core::status::{E_CAPACITY, E_STATE, E_WRONG_THREAD};

use super::Model;
use crate::{
    argument::Ref,
    event::{Kind, Value},
};

/// Who may touch a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Domain {
    Kernel,
    Worker,
    /// On its way to a worker: nobody may.
    Transit,
}

/// Where a message's memory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Class {
    domain: Domain,
    large: bool,
}

/// What was given out to be written in place.
pub(super) enum Open {
    /// Room behind the bytes, as it was filled.
    Room(Vec<u8>),
    /// The bytes themselves.
    Shown,
}

/// One message.
pub(super) struct Message {
    /// References of each instance.
    pub(super) holders: BTreeMap<usize, u32>,
    pub(super) pins: u32,
    pub(super) sealed: bool,
    pub(super) bytes: Vec<u8>,
    pub(super) position: usize,
    /// What was given out to be written in place since the last write.
    pub(super) open: Option<Open>,
    pub(super) capacity: usize,
    class: Class,
    pub(super) domain: Domain,
    /// The crossing that owns one reference, and its instance.
    owned: Option<(u64, usize)>,
    /// A copy that a chain made, and nobody sent on since.
    pub(super) of_chain: bool,
    /// It died away from the kernel thread: its memory comes back in a turn.
    pub(super) lingers: bool,
}

impl Message {
    pub(super) fn is_live(&self) -> bool {
        self.pins > 0 || !self.holders.is_empty()
    }

    /// Whether a crossing is to release it.
    pub(super) fn is_owned(&self) -> bool {
        self.owned.is_some()
    }

    fn references(&self) -> u32 {
        self.holders.values().sum()
    }

    fn spend(&mut self, instance: usize) {
        let left = self.holders.get_mut(&instance).expect("a reference that was checked");
        *left -= 1;
        if *left == 0 {
            self.holders.remove(&instance);
        }
        if self.owned.is_some_and(|(_, owner)| owner == instance) {
            self.owned = None;
        }
    }
}

impl Model {
    pub(super) fn domain(&self) -> Domain {
        if self.on_worker() { Domain::Worker } else { Domain::Kernel }
    }

    /// A message that a slot takes: alive, and of this thread's domain.
    pub(super) fn check_message(&self, reference: Ref) -> Result<usize, i32> {
        let message = self.check(Kind::Message, reference)?;
        if self.messages[message].domain == self.domain() { Ok(message) } else { Err(E_WRONG_THREAD) }
    }

    fn used(&self, class: Class) -> usize {
        let taken = |message: &&Message| message.is_live() || message.lingers;
        self.messages.iter().filter(taken).filter(|message| message.class == class).count()
    }

    /// A new message with neither reference nor pin.
    fn allocate(&mut self, capacity: usize) -> Result<usize, i32> {
        let domain = self.domain();
        let (small, large) = match domain {
            Domain::Kernel => (self.limits.messages, self.limits.large_messages),
            Domain::Worker | Domain::Transit => {
                (self.limits.worker_messages, self.limits.worker_large_messages)
            }
        };
        let (small_bytes, large_bytes) =
            (self.limits.message_bytes as usize, self.limits.large_message_bytes as usize);
        let (class, count, capacity) = if capacity <= small_bytes {
            (Class { domain, large: false }, small, small_bytes)
        } else if capacity <= large_bytes {
            (Class { domain, large: true }, large, large_bytes)
        } else {
            return Err(E_CAPACITY);
        };
        if self.used(class) >= count as usize {
            return Err(E_CAPACITY);
        }
        self.messages.push(Message {
            holders: BTreeMap::new(),
            pins: 0,
            sealed: false,
            bytes: Vec::new(),
            position: 0,
            open: None,
            capacity,
            class,
            domain,
            owned: None,
            of_chain: false,
            lingers: false,
        });
        Ok(self.messages.len() - 1)
    }

    /// As [`allocate`](Self::allocate); on the kernel thread, what other threads gave back is looked at first.
    pub(super) fn allocate_again(&mut self, capacity: usize) -> Result<usize, i32> {
        self.allocate(capacity).or_else(|refused| {
            if self.on_worker() {
                return Err(refused);
            }
            self.take_returned();
            self.allocate(capacity)
        })
    }

    /// Spends a reference of an instance that has one.
    pub(super) fn spend(&mut self, instance: usize, message: usize) {
        self.messages[message].spend(instance);
        self.bury(message);
    }

    fn bury(&mut self, message: usize) {
        let it = &mut self.messages[message];
        if !it.is_live() && it.domain == Domain::Worker && it.class.domain == Domain::Kernel {
            it.lingers = true;
        }
    }

    pub(super) fn holds(&self, instance: usize, message: usize) -> bool {
        self.messages[message].holders.contains_key(&instance)
    }

    pub(super) fn set_domain(&mut self, message: usize, domain: Domain) {
        self.messages[message].domain = domain;
    }

    /// Gives the caller the first reference; the running crossing owns it.
    pub(super) fn give_first(&mut self, instance: usize, message: usize) -> Value {
        let owned = self.frames.last().map(|frame| (frame.id, instance));
        let it = &mut self.messages[message];
        it.holders.insert(instance, 1);
        it.owned = owned;
        self.name(Kind::Message, message)
    }

    /// A reference for an instance that outlives every crossing.
    pub(super) fn give(&mut self, instance: usize, message: usize) {
        *self.messages[message].holders.entry(instance).or_default() += 1;
    }

    /// What other threads gave back takes effect.
    pub(super) fn take_returned(&mut self) {
        for (instance, message) in std::mem::take(&mut self.returned) {
            if self.holds(instance, message) && self.messages[message].domain == Domain::Kernel {
                self.spend(instance, message);
            }
        }
        for message in &mut self.messages {
            message.lingers = false;
        }
    }

    /// Auto-release, when a crossing returns.
    pub(super) fn release_acquired(&mut self, frame: u64) {
        for message in 0..self.messages.len() {
            if let Some((owner, instance)) = self.messages[message].owned
                && owner == frame
            {
                self.spend(instance, message);
            }
        }
    }

    /// A message that was handed to a task is the task's own, as if it had acquired it.
    pub(super) fn give_to_crossing(&mut self, instance: usize, message: usize) {
        let owned = self.frames.last().map(|frame| (frame.id, instance));
        let it = &mut self.messages[message];
        it.pins -= 1;
        *it.holders.entry(instance).or_default() += 1;
        it.owned = owned;
    }

    /// Releases what an instance still holds, and counts the messages.
    pub(super) fn release_all(&mut self, instance: usize) -> u32 {
        let mut count = 0;
        for message in 0..self.messages.len() {
            if self.messages[message].holders.remove(&instance).is_some() {
                count += 1;
                self.bury(message);
            }
        }
        count
    }

    /// The reading position goes back to the first byte.
    pub(super) fn rewind(&mut self, message: usize) {
        self.messages[message].position = 0;
    }

    /// A writable copy with neither reference nor pin.
    pub(super) fn copy(&mut self, message: usize, capacity: usize) -> Result<usize, i32> {
        let copy = self.allocate(capacity.max(self.messages[message].bytes.len()))?;
        self.messages[copy].bytes = self.messages[message].bytes.clone();
        Ok(copy)
    }

    pub(super) fn seal(&mut self, message: usize) {
        self.messages[message].sealed = true;
    }

    pub(super) fn pin(&mut self, message: usize) {
        self.messages[message].pins += 1;
    }

    pub(super) fn unpin(&mut self, message: usize) {
        self.messages[message].pins -= 1;
        self.bury(message);
    }

    /// A sealed, pinned message of the kernel's own, such as an exception's text; none if no message is free.
    pub(super) fn own_message(&mut self, bytes: &[u8]) -> Option<usize> {
        let message = self.allocate(bytes.len()).ok()?;
        let it = &mut self.messages[message];
        it.bytes = bytes.to_vec();
        it.sealed = true;
        it.pins = 1;
        it.domain = Domain::Kernel;
        Some(message)
    }

    /// Takes a message from the caller: itself, if nobody else has it, or a copy. It comes back sealed, with one pin.
    pub(super) fn hand_over(&mut self, instance: usize, message: usize, to: Domain) -> Result<usize, i32> {
        if !self.holds(instance, message) {
            return Err(E_STATE);
        }
        let it = &self.messages[message];
        let mut taken = message;
        if it.references() == 1 && it.pins == 0 {
            self.messages[message].spend(instance);
            self.pin(message);
        } else {
            taken = self.copy(message, 0)?;
            self.spend(instance, message);
            self.pin(taken);
        }
        self.seal(message);
        self.seal(taken);
        self.set_domain(taken, to);
        Ok(taken)
    }

    /// Sends a payload on its way to a worker: itself if nobody holds it, or a copy.
    pub(super) fn give_to_workers(&mut self, message: usize) -> Result<usize, i32> {
        if self.messages[message].holders.is_empty() && self.messages[message].pins == 1 {
            self.set_domain(message, Domain::Transit);
            return Ok(message);
        }
        let copy = self.copy(message, 0)?;
        self.seal(copy);
        self.pin(copy);
        self.unpin(message);
        self.set_domain(copy, Domain::Transit);
        Ok(copy)
    }

    /// The name and the bytes of a message that a crossing receives.
    pub(super) fn received(&mut self, message: Option<usize>) -> [Value; 2] {
        let Some(message) = message else {
            return [Value::Nothing, Value::Nothing];
        };
        self.rewind(message);
        let bytes = Value::Bytes(self.messages[message].bytes.clone());
        [self.name(Kind::Message, message), bytes]
    }
}
