//! Instances: how they are added, and what they say of themselves.

use pintle_abi_core::{
    ERROR_TEXT_MAX, LOG_ERROR, LOG_MAX, LOG_TRACE, OUTCOME_LIVE,
    status::{E_ARGUMENT, E_CAPACITY, E_NOT_FOUND, E_PANIC, E_SLOT, E_STATE, E_UNSUPPORTED, OK, is_error},
};

use super::{DONE, Model, Outcome, crossing::About, stop::Phase};
use crate::{
    argument::Words,
    crossing::Crossing,
    data::cut,
    event::{Event, Kind, Value},
};

/// Where an instance is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Running,
    /// Asked to stop.
    Stopping,
    /// Inside `destroy`.
    Destroying,
    Closed,
    /// Its time was up, and a worker was still inside.
    Abandoned,
}

impl State {
    pub(super) fn is_live(self) -> bool {
        matches!(self, Self::Running | Self::Stopping)
    }
}

/// What `error->last` shows.
#[derive(Clone, Debug)]
pub(super) struct LastError {
    pub(super) code: i32,
    pub(super) text: Value,
}

impl Default for LastError {
    /// None.
    fn default() -> Self {
        Self { code: OK, text: Value::Bytes(Vec::new()) }
    }
}

impl LastError {
    /// The words for a status, if these are they.
    pub(super) fn about(&self, code: i32) -> Vec<u8> {
        let Value::Bytes(text) = &self.text else { return Vec::new() };
        let text = if self.code == code { text.as_slice() } else { &[] };
        match str::from_utf8(text) {
            Ok(_) => text.to_vec(),
            Err(broken) => text[..broken.valid_up_to()].to_vec(),
        }
    }
}

/// A place for an instance; used again when the instance is gone.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Record {
    pub(super) instance: Option<usize>,
    /// When it was left, counted in closings; 0: never used.
    left: u64,
}

/// What the receipt says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Left {
    pub(super) messages: u32,
    pub(super) sockets: u32,
    pub(super) sessions: u32,
    pub(super) requests: u32,
    pub(super) tasks: u32,
    pub(super) timers: u32,
    pub(super) watches: u32,
}

impl Left {
    /// Adds what a second look found.
    pub(super) fn add(&mut self, more: Self) {
        self.sockets += more.sockets;
        self.sessions += more.sessions;
        self.requests += more.requests;
        self.tasks += more.tasks;
        self.timers += more.timers;
        self.watches += more.watches;
    }
}

/// One instance; the first is plugin zero.
pub(super) struct Instance {
    pub(super) definition: usize,
    pub(super) state: State,
    pub(super) poisoned: bool,
    /// Its place among the records, from 1 on; plugin zero has 0.
    pub(super) record: usize,
    /// `create` ran: somebody knows the pointer.
    begun: bool,
    /// `create` went well.
    pub(super) created: bool,
    pub(super) phase: Phase,
    /// `request_stop` was called.
    pub(super) asked: bool,
    /// When the stop is late, on the clock.
    pub(super) deadline: u64,
    pub(super) late: bool,
    /// The stop was answered.
    pub(super) answered: bool,
    data: u64,
    pub(super) executor_closed: bool,
    pub(super) calls: u64,
    pub(super) outcome: u32,
    pub(super) left: Left,
}

impl Instance {
    fn new(definition: usize, record: usize) -> Self {
        Self {
            definition,
            record,
            state: State::Running,
            poisoned: false,
            begun: false,
            created: false,
            phase: Phase::None,
            asked: false,
            deadline: 0,
            late: false,
            answered: false,
            data: 0,
            executor_closed: false,
            calls: 0,
            outcome: OUTCOME_LIVE,
            left: Left::default(),
        }
    }

    /// Plugin zero.
    pub(super) fn zero() -> Self {
        Self { created: true, ..Self::new(0, 0) }
    }
}

impl Model {
    pub(super) fn add(&mut self, definition: u8) -> Outcome {
        if self.on_worker() {
            return Err(pintle_abi_core::status::E_WRONG_THREAD);
        }
        *self.error_of(0) = LastError::default();
        let definition = usize::from(definition) % (self.definitions.len() - 1) + 1;
        match self.dispatch(|model| model.try_add(definition)) {
            Ok(at) => Ok(vec![self.name(Kind::Instance, at)]),
            Err(status) => Err(self.explained(0, status)),
        }
    }

    fn try_add(&mut self, definition: usize) -> Result<usize, i32> {
        if !self.has_needs(definition) {
            return Err(E_UNSUPPORTED);
        }
        let record = self.free_record().ok_or(E_CAPACITY)?;
        let it = &self.definitions[definition];
        let serves = it.has(Crossing::Request) || it.has(Crossing::SlowRequest);
        if !it.services.is_empty() && !serves {
            return Err(E_SLOT);
        }
        let at = self.instances.len();
        self.instances.push(Instance::new(definition, record + 1));
        self.records[record].instance = Some(at);
        let crossed = self.cross(at, Crossing::Create, vec![], About::default());
        self.instances[at].begun = crossed.is_ok();
        let status = crossed.map_or_else(|refused| refused, |(status, _)| status);
        let status = if !is_error(status) && self.instances[at].poisoned { E_PANIC } else { status };
        if is_error(status) {
            let it = &mut self.instances[at];
            it.state = State::Destroying;
            it.poisoned = false;
            it.phase = Phase::Asked;
            it.answered = true;
            self.has_ends = true;
            self.end_offers_of(at);
            self.drop_tasks(at);
            return Err(status);
        }
        self.instances[at].created = true;
        self.show_offers_of(at);
        Ok(at)
    }

    /// Where an instance is told: the text of the innermost crossing, if it is one of this instance; else that of calls
    /// from outside, of which there is one for all.
    pub(super) fn error_of(&mut self, instance: usize) -> &mut LastError {
        match self.frames.last_mut() {
            Some(frame) if frame.instance == instance => &mut frame.error,
            _ => {
                self.outside.0 = instance;
                &mut self.outside.1
            }
        }
    }

    /// A refusal for which the host has words.
    pub(super) fn explained(&mut self, instance: usize, status: i32) -> i32 {
        *self.error_of(instance) = LastError { code: status, text: Value::HostWords };
        status
    }

    /// What an instance was told last.
    fn told_last(&self, instance: usize) -> LastError {
        match self.frames.last() {
            Some(frame) if frame.instance == instance => frame.error.clone(),
            _ if self.outside.0 == instance => self.outside.1.clone(),
            _ => LastError::default(),
        }
    }

    /// The record that has been free the longest.
    fn free_record(&self) -> Option<usize> {
        let is_free = |record: &Record| match record.instance {
            Some(instance) => self.instances[instance].state == State::Closed,
            None => true,
        };
        let free = self.records.iter().enumerate().filter(|(_, record)| is_free(record));
        free.min_by_key(|(_, record)| record.left).map(|(at, _)| at)
    }

    /// An instance is closed: its record can be used again.
    pub(super) fn leave_record(&mut self, instance: usize) {
        self.closings += 1;
        self.records[self.instances[instance].record - 1].left = self.closings;
    }

    /// Whether no later instance has taken the record.
    pub(super) fn lives_in_record(&self, instance: usize) -> bool {
        instance == 0 || self.records[self.instances[instance].record - 1].instance == Some(instance)
    }

    pub(super) fn extension(&mut self, instance: usize, known: bool, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        if known {
            return DONE;
        }
        Err(self.explained(instance, E_NOT_FOUND))
    }

    pub(super) fn stopped(&mut self, instance: usize) -> Outcome {
        let it = &mut self.instances[instance];
        if !it.asked || it.answered {
            return Err(E_STATE);
        }
        it.answered = true;
        DONE
    }

    pub(super) fn data_set(&mut self, instance: usize, data: u8) -> Outcome {
        self.instances[instance].data = u64::from(data);
        DONE
    }

    pub(super) fn data_get(&mut self, instance: usize, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        Ok(vec![Value::Number(i128::from(self.instances[instance].data))])
    }

    pub(super) fn log_write(&mut self, level: u32, text: Words) -> Outcome {
        if text == Words::Null || !(LOG_ERROR..=LOG_TRACE).contains(&level) {
            return Err(E_ARGUMENT);
        }
        let text = cut(text.bytes(), LOG_MAX);
        self.stage.tell(Event::Log { level, text });
        DONE
    }

    pub(super) fn error_set(&mut self, instance: usize, code: u32, text: Words) -> Outcome {
        if text == Words::Null {
            return Err(E_ARGUMENT);
        }
        let text = Value::Bytes(cut(text.bytes(), ERROR_TEXT_MAX));
        *self.error_of(instance) = LastError { code: code.cast_signed(), text };
        DONE
    }

    pub(super) fn error_last(&mut self, instance: usize, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let LastError { code, text } = self.told_last(instance);
        Ok(vec![Value::Number(i128::from(code)), text])
    }
}

impl Model {
    /// Who calls a step from outside. None where nobody was given the pointer, or another one lives there by now.
    pub(crate) fn actor(&self, wanted: u8) -> Option<usize> {
        let actor = usize::from(wanted) % self.instances.len();
        (actor == 0 || self.lives_in_record(actor) && self.instances[actor].begun).then_some(actor)
    }
}
