//! The stop of an instance, step by step.

use pintle_abi_core::{
    OUTCOME_STOPPED,
    status::{E_CLOSED, E_POISONED, E_STATE, E_WRONG_THREAD, PENDING},
};

use super::{DONE, Model, Outcome, crossing::About, instance::State};
use crate::{
    crossing::Crossing,
    event::{Kind, Value},
    op::Ref,
    stage::Target,
};

impl Model {
    pub(super) fn unload(&mut self, instance: Ref) -> Outcome {
        if self.on_worker() {
            return Err(E_WRONG_THREAD);
        }
        let at = self.check(Kind::Instance, instance)?;
        let it = &mut self.instances[at];
        if it.asked || it.state == State::Creating {
            return Err(E_STATE);
        }
        it.asked = true;
        self.stop_asked();
        if self.instances[at].state == State::Closed { DONE } else { Err(PENDING) }
    }

    /// At depth 0: goes on with every stop that can.
    pub(super) fn stop_asked(&mut self) {
        if !self.frames.is_empty() || self.stopping {
            return;
        }
        self.stopping = true;
        loop {
            let ready = (1..self.instances.len()).find(|at| {
                let it = &self.instances[*at];
                it.asked && it.state != State::Closed && !it.stop_pending
            });
            let Some(at) = ready else { break };
            self.stop(at);
        }
        self.stopping = false;
    }

    fn stop(&mut self, at: usize) {
        if self.instances[at].state == State::Running {
            self.instances[at].state = State::Stopping;
            if self.hears(at, Crossing::RequestStop) {
                let crossed = self.cross(at, Crossing::RequestStop, vec![], About::default());
                let status = crossed.map_or_else(|refused| refused, |it| it.0);
                if status == PENDING {
                    self.instances[at].stop_pending = true;
                    return;
                }
            }
        }
        self.instances[at].state = State::Draining;
        self.clean(at);
        self.instances[at].state = State::Destroying;
        if self.hears(at, Crossing::Destroy) {
            let _ = self.cross(at, Crossing::Destroy, vec![], About::default());
        }
        self.instances[at].left.messages = self.release_all(at);
        self.instances[at].state = State::Closed;
        self.instances[at].outcome = OUTCOME_STOPPED;
    }

    /// What it did and left behind; of one that is gone too.
    pub(super) fn receipt(&mut self, instance: Ref) -> Outcome {
        let at = match self.stage.find(Kind::Instance, instance) {
            Target::Object(Kind::Instance, number) => {
                usize::try_from(self.stage.bits(Kind::Instance, number)).expect("an index") - 1
            }
            _ => self.check(Kind::Instance, instance)?,
        };
        let it = &self.instances[at];
        let left = it.left;
        let small = [
            it.outcome,
            u32::from(it.poisoned),
            left.messages,
            left.sockets,
            left.sessions,
            left.requests,
            left.tasks,
            left.timers,
            left.watches,
        ];
        let fields = std::iter::once(i128::from(it.calls)).chain(small.map(i128::from));
        Ok(fields.map(Value::Number).collect())
    }

    /// Draining: sessions, sockets, attachments, timers, watches, tasks, services.
    pub(super) fn clean(&mut self, at: usize) {
        for session in 0..self.sessions.len() {
            if self.sessions[session].owner == at && !self.sessions[session].ended {
                self.instances[at].left.sessions += 1;
                self.end_session(session);
            }
        }
        for socket in 0..self.sockets.len() {
            if self.sockets[socket].opener == at && !self.sockets[socket].closed {
                self.instances[at].left.sockets += 1;
                self.close_socket(socket);
            }
        }
        for socket in 0..self.sockets.len() {
            if self.sockets[socket].attached.remove(&at) {
                let name = self.name(Kind::Socket, socket);
                self.broadcast(Crossing::SocketDetached, &[name], None);
            }
        }
        self.instances[at].left.timers = self.drop_timers(at);
        self.instances[at].left.watches = self.drop_watches(at);
        self.instances[at].left.tasks = self.drop_tasks(at);
        self.services.retain(|service| service.instance != at);
        let code = if self.instances[at].poisoned { E_POISONED } else { E_CLOSED };
        self.instances[at].left.requests = self.withdraw(at, code);
    }
}
