//! Instances: how they are added, and what they say of themselves.

use pintle_abi_core::{
    ERROR_TEXT_MAX, LOG_ERROR, LOG_MAX, LOG_TRACE, OUTCOME_LIVE,
    status::{E_ARGUMENT, E_CAPACITY, E_NOT_FOUND, E_REENTRANT, E_STATE, OK},
};

use super::{DONE, Model, Outcome, crossing::About};
use crate::{
    crossing::Crossing,
    data::cut,
    event::{Event, Kind, Value},
    op::Words,
};

/// Where an instance is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Inside `create`.
    Creating,
    Running,
    /// Asked to stop.
    Stopping,
    Draining,
    /// Inside `destroy`.
    Destroying,
    Closed,
}

impl State {
    pub(super) fn is_live(self) -> bool {
        matches!(self, Self::Creating | Self::Running | Self::Stopping)
    }
}

/// What `error->last` shows; without a text it is the host's.
#[derive(Clone, Debug, Default)]
pub(super) struct LastError {
    pub(super) code: i32,
    pub(super) text: Option<Vec<u8>>,
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

/// One instance; the first is plugin zero.
pub(super) struct Instance {
    pub(super) definition: usize,
    pub(super) state: State,
    pub(super) poisoned: bool,
    /// `unload` was called.
    pub(super) asked: bool,
    /// `request_stop` answered `PENDING`.
    pub(super) stop_pending: bool,
    data: u64,
    pub(super) error: LastError,
    pub(super) executor_closed: bool,
    pub(super) calls: u64,
    pub(super) outcome: u32,
    pub(super) left: Left,
}

impl Instance {
    fn new(definition: usize, state: State) -> Self {
        Self {
            definition,
            state,
            poisoned: false,
            asked: false,
            stop_pending: false,
            data: 0,
            error: LastError { code: 0, text: Some(Vec::new()) },
            executor_closed: false,
            calls: 0,
            outcome: OUTCOME_LIVE,
            left: Left::default(),
        }
    }

    /// Plugin zero.
    pub(super) fn zero() -> Self {
        Self::new(0, State::Running)
    }
}

impl Model {
    pub(super) fn add(&mut self, definition: u8) -> Outcome {
        if self.on_worker() {
            return Err(pintle_abi_core::status::E_WRONG_THREAD);
        }
        let definition = usize::from(definition) % (self.definitions.len() - 1) + 1;
        let live = self.instances.iter().skip(1).filter(|it| it.state != State::Closed).count();
        if live >= self.limits.plugins as usize {
            return Err(E_CAPACITY);
        }
        if self.frames.len() >= self.limits.depth as usize {
            return Err(E_REENTRANT);
        }
        self.instances.push(Instance::new(definition, State::Creating));
        let at = self.instances.len() - 1;
        let status = match self.cross(at, Crossing::Create, vec![], About::default()) {
            Ok((status, _)) => status,
            Err(refused) => refused,
        };
        if status != OK {
            self.clean(at);
            self.instances[at].left.messages = self.release_all(at);
            self.instances[at].state = State::Closed;
            return Err(status);
        }
        self.instances[at].state = State::Running;
        Ok(vec![self.name(Kind::Instance, at)])
    }

    pub(super) fn extension(known: bool, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        if known { DONE } else { Err(E_NOT_FOUND) }
    }

    pub(super) fn stopped(&mut self, instance: usize) -> Outcome {
        if !std::mem::take(&mut self.instances[instance].stop_pending) {
            return Err(E_STATE);
        }
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
        let text = cut(String::from_utf8_lossy(&text.bytes()).into_owned().into_bytes(), LOG_MAX);
        self.stage.tell(Event::Log { level, text });
        DONE
    }

    pub(super) fn error_set(&mut self, instance: usize, code: u32, text: Words) -> Outcome {
        if text == Words::Null {
            return Err(E_ARGUMENT);
        }
        let text = Some(cut(text.bytes(), ERROR_TEXT_MAX));
        self.instances[instance].error = LastError { code: code.cast_signed(), text };
        DONE
    }

    pub(super) fn error_last(&mut self, instance: usize, null: bool) -> Outcome {
        if null {
            return Err(E_ARGUMENT);
        }
        let LastError { code, text } = self.instances[instance].error.clone();
        Ok(vec![Value::Number(i128::from(code)), text.map_or(Value::HostWords, Value::Bytes)])
    }
}

impl Model {
    /// Who calls a step from outside. None where a closed instance's pointer may serve another one by now.
    pub(crate) fn actor(&self, wanted: u8) -> Option<usize> {
        let actor = usize::from(wanted) % self.instances.len();
        let closed = self.instances[actor].state == State::Closed;
        (!closed || actor + 1 == self.instances.len()).then_some(actor)
    }
}
