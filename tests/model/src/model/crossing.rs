//! Crossings: who hears, how deep, and what is put right when one returns.

use std::collections::BTreeMap;

use pintle_abi_core::{
    STATE_DESTROYING, STATE_LIVE, STATE_RUNNING, STATE_STOPPING,
    status::{E_PANIC, E_REENTRANT, OK},
};

use super::{
    Model,
    instance::{LastError, State},
};
use crate::{
    crossing::Crossing,
    event::{Kind, Value},
};

/// One crossing on the stack.
pub(super) struct Frame {
    pub(super) id: u64,
    pub(super) instance: usize,
    pub(super) crossing: Crossing,
    /// The message that a filter may edit, and whether the chain alone made it.
    pub(super) filtered: Option<Filtered>,
    /// The request of a handler.
    pub(super) request: Option<usize>,
}

/// The message of a running filter.
#[derive(Clone, Copy)]
pub(super) struct Filtered {
    pub(super) message: usize,
    pub(super) copied: bool,
}

/// An object whose end is still to be told.
pub(super) enum Ended {
    Session(usize),
    Socket(usize),
}

/// What a crossing is about, besides its arguments.
#[derive(Clone, Copy, Default)]
pub(super) struct About {
    pub(super) filtered: Option<Filtered>,
    pub(super) request: Option<usize>,
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
            if !matches!(instance.state, State::Creating | State::Closed) {
                by_priority.insert((self.definitions[instance.definition].priority, at), at);
            }
        }
        std::iter::once(0).chain(by_priority.into_values()).collect()
    }

    /// Whether an instance hears such a crossing now.
    pub(super) fn hears(&self, at: usize, crossing: Crossing) -> bool {
        let instance = &self.instances[at];
        let state = match instance.state {
            State::Creating => return crossing == Crossing::Create,
            State::Running => STATE_RUNNING,
            State::Stopping | State::Draining => STATE_STOPPING,
            State::Destroying => STATE_DESTROYING,
            State::Closed => return false,
        };
        let states = crossing.rule().map_or(STATE_LIVE, |rule| rule.states);
        let well = !instance.poisoned || crossing == Crossing::Destroy;
        well && states & state != 0 && self.definitions[instance.definition].has(crossing)
    }

    /// Calls an instance. `Err`: it was refused for depth. With the status comes the message that a filter left.
    pub(super) fn cross(
        &mut self,
        instance: usize,
        crossing: Crossing,
        arguments: Vec<Value>,
        about: About,
    ) -> Result<(i32, Option<Filtered>), i32> {
        if self.frames.len() >= self.limits.depth as usize {
            return Err(E_REENTRANT);
        }
        self.next_frame += 1;
        let frame = Frame {
            id: self.next_frame,
            instance,
            crossing,
            filtered: about.filtered,
            request: about.request,
        };
        self.frames.push(frame);
        let definition = self.instances[instance].definition;
        let script = self.stage.enter(instance, definition, crossing, arguments);
        for step in &script.steps {
            self.perform(instance, step);
        }
        let status = script.answer.status(crossing);
        if status != OK {
            let text = Some(crate::data::error_text(status));
            self.instances[instance].error = LastError { code: status, text };
        }
        self.stage.leave(status);
        let frame = self.frames.pop().expect("the frame that was pushed");
        self.release_acquired(frame.id);
        self.instances[instance].calls += 1;
        if status == E_PANIC && instance != 0 {
            self.instances[instance].poisoned = true;
        }
        if self.frames.is_empty() {
            self.settle();
        }
        Ok((status, frame.filtered))
    }

    /// Calls everybody who hears it, but not `except`.
    pub(super) fn broadcast(&mut self, crossing: Crossing, arguments: &[Value], except: Option<usize>) {
        for at in self.order() {
            if Some(at) != except && self.hears(at, crossing) {
                let _ = self.cross(at, crossing, arguments.to_vec(), About::default());
            }
        }
    }

    /// At depth 0: tells the ends that wait, and goes on with instances that were unloaded from inside a callback.
    pub(super) fn settle(&mut self) {
        self.flush();
        self.stop_asked();
    }

    /// Tells the ends that wait, if nothing runs.
    pub(super) fn flush(&mut self) {
        if !self.frames.is_empty() || self.flushing {
            return;
        }
        self.flushing = true;
        while let Some(ended) = self.ended.pop_front() {
            match ended {
                Ended::Session(session) => {
                    for at in self.order() {
                        if self.hears(at, Crossing::SessionDestroyed) {
                            let data = self.sessions[session].private.get(&at).copied().unwrap_or(0);
                            let arguments =
                                vec![self.name(Kind::Session, session), Value::Number(i128::from(data))];
                            let _ = self.cross(at, Crossing::SessionDestroyed, arguments, About::default());
                        }
                    }
                    self.sessions[session].gone = true;
                }
                Ended::Socket(socket) => {
                    let name = self.name(Kind::Socket, socket);
                    self.broadcast(Crossing::SocketDestroyed, &[name], None);
                    self.sockets[socket].gone = true;
                }
            }
        }
        self.flushing = false;
    }
}
