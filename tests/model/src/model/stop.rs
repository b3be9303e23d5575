//! The stop of an instance, step by step.

use pintle_abi_core::{
    OUTCOME_ABANDONED, OUTCOME_FORCED, OUTCOME_STOPPED,
    status::{E_CLOSED, E_POISONED, E_STATE, E_WRONG_THREAD, PENDING},
};

use super::{
    DONE, Model, Outcome,
    crossing::About,
    instance::{Left, State},
    request::{Progress, Request},
    result::Post,
};
use crate::{
    argument::{Ref, Wait},
    crossing::Crossing,
    event::{Kind, Value},
};

/// How far a stop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nobody asked for it.
    None,
    /// Asked; waits for the answer.
    Asked,
    /// What it had is ended, and is being told.
    Draining,
}

impl Model {
    pub(super) fn unload(&mut self, instance: Ref, timeout: Wait) -> Outcome {
        if self.on_worker() {
            return Err(E_WRONG_THREAD);
        }
        let at = self.check(Kind::Instance, instance)?;
        if at == 0 {
            return Err(E_STATE);
        }
        if matches!(self.instances[at].state, State::Closed | State::Abandoned) {
            return Err(E_CLOSED);
        }
        let deadline = self.clock.saturating_add(timeout.nanoseconds());
        if self.instances[at].phase != Phase::None {
            let it = &mut self.instances[at];
            it.deadline = it.deadline.min(deadline);
            return Err(PENDING);
        }
        self.dispatch(|model| {
            model.instances[at].phase = Phase::Asked;
            model.instances[at].deadline = deadline;
            model.has_ends = true;
            model.ask_to_stop(at);
        });
        if self.instances[at].phase == Phase::None { DONE } else { Err(PENDING) }
    }

    fn ask_to_stop(&mut self, at: usize) {
        self.instances[at].answered = true;
        if self.instances[at].poisoned {
            return;
        }
        self.instances[at].state = State::Stopping;
        if self.hears(at, Crossing::RequestStop) {
            self.instances[at].answered = false;
            self.instances[at].asked = true;
            let crossed = self.cross(at, Crossing::RequestStop, vec![], About::default());
            if crossed.map_or_else(|refused| refused, |(status, _)| status) != PENDING {
                self.instances[at].answered = true;
            }
        }
    }

    /// Carries every stop as far as it can go.
    pub(super) fn advance_stops(&mut self) {
        for record in 0..self.records.len() {
            let Some(at) = self.records[record].instance else { continue };
            let it = &self.instances[at];
            let is_late = self.clock >= it.deadline;
            match it.phase {
                Phase::Asked if it.answered || it.poisoned || is_late => {
                    self.instances[at].late = !(it.answered || it.poisoned);
                    self.end_what_it_has(at);
                    self.instances[at].phase = Phase::Draining;
                    self.has_ends = true;
                }
                Phase::Draining if is_late && self.is_working(at) => {
                    // It may have returned already.
                    self.take_posts();
                    if self.is_working(at) {
                        self.leave(at, State::Abandoned, OUTCOME_ABANDONED);
                    } else {
                        self.close(at);
                    }
                }
                Phase::Draining if !self.is_working(at) => self.close(at),
                Phase::None | Phase::Asked | Phase::Draining => {}
            }
        }
    }

    /// Whether the next step of its stop waits for nothing but a turn.
    pub(super) fn can_stop_further(&self, at: usize) -> bool {
        let it = &self.instances[at];
        match it.phase {
            Phase::None => false,
            Phase::Asked => it.answered || it.poisoned,
            Phase::Draining => !self.is_working(at),
        }
    }

    /// Whether a slow request or worker task of it is with a worker.
    fn is_working(&self, at: usize) -> bool {
        let with_worker = |it: &Request| matches!(it.progress, Progress::Queued | Progress::Slow);
        let of_it = |post: &Post| matches!(post, Post::Task { instance, .. } if *instance == at);
        let tasks = self.posts.iter().chain(&self.arrived).any(of_it);
        let inside = self.frames.iter().any(|frame| frame.instance == at && frame.crossing.is_worker());
        tasks || inside || self.requests.iter().any(|it| it.instance == at && !it.over && with_worker(it))
    }

    fn end_what_it_has(&mut self, at: usize) {
        self.instances[at].executor_closed = true;
        let tasks = self.drop_tasks(at);
        self.services.retain(|service| service.instance != at);
        self.end_offers_of(at);
        let code = if self.instances[at].poisoned { E_POISONED } else { E_CLOSED };
        let mut left = Left { tasks, requests: self.end_requests_of(at, code), ..Left::default() };
        for slot in self.socket_slots.used() {
            if let Some(socket) = self.socket_in(slot) {
                self.detach(socket, at);
            }
        }
        for slot in self.session_slots.used() {
            if let Some(session) = self.session_in(slot)
                && self.sessions[session].owner == at
            {
                left.sessions += 1;
                self.end_session(session);
            }
        }
        for slot in self.socket_slots.used() {
            if let Some(socket) = self.socket_in(slot)
                && self.sockets[socket].opener == at
            {
                left.sockets += 1;
                self.close_socket(socket);
            }
        }
        left.timers = self.drop_timers(at);
        left.watches = self.drop_watches(at);
        self.instances[at].left.add(left);
    }

    /// The last call, once what it had is told gone.
    fn close(&mut self, at: usize) {
        self.end_what_it_has(at);
        if self.has_ends {
            return;
        }
        if self.instances[at].created {
            self.instances[at].state = State::Destroying;
            if self.hears(at, Crossing::Destroy) {
                let _ = self.cross(at, Crossing::Destroy, vec![], About::default());
            }
        }
        self.take_returned();
        self.instances[at].left.messages = self.release_all(at);
        let outcome = if self.instances[at].late { OUTCOME_FORCED } else { OUTCOME_STOPPED };
        self.leave(at, State::Closed, outcome);
    }

    fn leave(&mut self, at: usize, state: State, outcome: u32) {
        self.instances[at].outcome = outcome;
        self.instances[at].state = state;
        self.instances[at].phase = Phase::None;
        self.leave_record(at);
    }

    /// What it did and left behind; of one that is gone too.
    pub(super) fn receipt(&mut self, instance: Ref) -> Outcome {
        if self.on_worker() {
            return Err(E_WRONG_THREAD);
        }
        let at = self.check(Kind::Instance, instance)?;
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
}
