//! Crossings: who hears, how deep, and what is put right when one returns.

use std::collections::BTreeMap;

use pintle_abi_core::{
    STATE_DESTROYING, STATE_LIVE, STATE_RUNNING, STATE_STOPPING,
    status::{E_PANIC, E_POISONED, E_REENTRANT, OK, is_error},
};

use super::{
    Model,
    instance::{LastError, State},
};
use crate::{crossing::Crossing, event::Value};

/// One crossing on the stack.
pub(super) struct Frame {
    pub(super) id: u64,
    pub(super) instance: usize,
    pub(super) crossing: Crossing,
    /// The message that a filter may edit.
    pub(super) filtered: Option<usize>,
    /// The message that the chain gave to the filter.
    pub(super) chains: Option<usize>,
    /// The error text of this crossing.
    pub(super) error: LastError,
}

/// What a crossing is about, besides its arguments.
#[derive(Clone, Copy, Default)]
pub(super) struct About {
    pub(super) filtered: Option<usize>,
    /// The message that becomes the crossing's own.
    pub(super) given: Option<usize>,
}

/// What the caller sees of an answer: what is no error is as good as `OK`, and a panic is the panicking instance's own.
pub(super) fn seen(status: i32) -> Result<(), i32> {
    match status {
        E_PANIC => Err(E_POISONED),
        status if is_error(status) => Err(status),
        _ => Ok(()),
    }
}

impl Model {
    /// Whether the innermost crossing is under a worker's rules.
    pub(super) fn on_worker(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.crossing.is_worker())
    }

    /// All that could hear a broadcast that begins now: plugin zero, then by priority.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut by_priority = BTreeMap::new();
        for (at, instance) in self.instances.iter().enumerate().skip(1) {
            if !matches!(instance.state, State::Closed | State::Abandoned) {
                by_priority.insert((self.definitions[instance.definition].priority, at), at);
            }
        }
        std::iter::once(0).chain(by_priority.into_values()).collect()
    }

    /// Whether an instance hears such a crossing now.
    pub(super) fn hears(&self, at: usize, crossing: Crossing) -> bool {
        let instance = &self.instances[at];
        let state = match instance.state {
            State::Running => STATE_RUNNING,
            State::Stopping => STATE_STOPPING,
            State::Destroying => STATE_DESTROYING,
            State::Closed | State::Abandoned => return false,
        };
        let states = crossing.rule().map_or(STATE_LIVE, |rule| rule.states);
        let well = !instance.poisoned || instance.state == State::Destroying;
        well && states & state != 0 && self.definitions[instance.definition].has(crossing)
    }

    /// Whether one more would be nested too deep.
    pub(super) fn is_too_deep(&self, crossing: Crossing) -> bool {
        !crossing.is_worker() && self.frames.len() >= self.limits.depth as usize
    }

    /// Calls an instance. `Err`: it was refused for depth. With the status comes the message that a filter left.
    pub(super) fn cross(
        &mut self,
        instance: usize,
        crossing: Crossing,
        arguments: Vec<Value>,
        about: About,
    ) -> Result<(i32, Option<usize>), i32> {
        if self.is_too_deep(crossing) {
            return Err(E_REENTRANT);
        }
        self.next_frame += 1;
        let frame = Frame {
            id: self.next_frame,
            instance,
            crossing,
            filtered: about.filtered,
            chains: about.filtered,
            error: LastError::default(),
        };
        self.frames.push(frame);
        if !crossing.is_worker() {
            self.instances[instance].calls += 1;
        }
        if let Some(message) = about.given {
            self.give_to_crossing(instance, message);
        }
        let definition = self.instances[instance].definition;
        let script = self.stage.enter(instance, definition, crossing, arguments);
        for step in &script.steps {
            self.perform(instance, step);
        }
        let status = script.answer.status();
        if status != OK {
            let text = Value::Bytes(crate::data::error_text(status));
            *self.error_of(instance) = LastError { code: status, text };
        }
        self.stage.leave(status);
        let frame = self.frames.pop().expect("the frame that was pushed");
        self.release_acquired(frame.id);
        self.words = frame.error;
        if status == E_PANIC && !crossing.is_worker() {
            self.poison(instance);
        }
        Ok((status, frame.filtered))
    }

    /// Plugin zero never is; who does not live any more is not either.
    pub(super) fn poison(&mut self, instance: usize) {
        let it = &mut self.instances[instance];
        if instance != 0 && it.state.is_live() && !it.poisoned {
            it.poisoned = true;
            self.has_poisoned = true;
            self.has_ends = true;
        }
    }

    /// Calls everybody who hears it, but not `except`.
    pub(super) fn broadcast(&mut self, crossing: Crossing, arguments: &[Value], except: Option<usize>) {
        for at in self.order() {
            if Some(at) != except && self.hears(at, crossing) {
                let _ = self.cross(at, crossing, arguments.to_vec(), About::default());
            }
        }
    }

    /// Ends wait until the outermost dispatch is over.
    pub(super) fn dispatch<R>(&mut self, run: impl FnOnce(&mut Self) -> R) -> R {
        self.dispatching += 1;
        let result = run(self);
        self.dispatching -= 1;
        if self.dispatching == 0 && self.has_ends {
            self.settle();
        }
        result
    }

    /// At depth 0: tells what has ended, ends what waits for the poisoned, and goes on with stops.
    pub(super) fn settle(&mut self) {
        self.dispatching += 1;
        while std::mem::take(&mut self.has_ends) {
            loop {
                if let Some(session) = self.ended_sessions.pop_front() {
                    self.settle_session(session);
                } else if let Some(socket) = self.ended_sockets.pop_front() {
                    self.settle_socket(socket);
                } else {
                    break;
                }
            }
            if std::mem::take(&mut self.has_poisoned) {
                for at in self.order() {
                    if self.instances[at].poisoned {
                        self.end_offers_of(at);
                        self.end_requests_of(at, E_POISONED);
                    }
                }
            }
            self.advance_stops();
        }
        self.dispatching -= 1;
    }
}
