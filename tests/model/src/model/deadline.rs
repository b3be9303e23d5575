//! When the next turn is due: at once while something is to be done, else when time brings something.

use pintle_abi_core::NEVER;

use super::{
    Model,
    message::{Domain, Message},
    stop::Phase,
};
use crate::event::Event;

impl Model {
    /// 0: at once. None: nothing waits for a time either.
    fn next_deadline(&self) -> Option<u64> {
        if self.has_turn_work() {
            return Some(0);
        }
        let timers = self.timers.iter().filter(|timer| timer.live).map(|timer| timer.due);
        let stops = self.instances.iter().filter(|it| it.phase != Phase::None).map(|it| it.deadline);
        timers.chain(stops).min().filter(|next| *next != NEVER)
    }

    /// Whether a turn is due at once.
    pub(crate) fn is_turn_due(&self) -> bool {
        self.next_deadline().is_some_and(|at| at <= self.clock)
    }

    /// Writes down when the next turn is due.
    pub(crate) fn tell_deadline(&mut self) {
        let event = Event::due(self.next_deadline(), self.clock);
        self.stage.tell(event);
    }

    /// How many steps of turns are to come, at least; what a waiting request or task becomes on its way counts in advance.
    pub(super) fn steps_to_come(&self) -> usize {
        let requests: usize = self.sessions.iter().map(|it| it.waiting.len()).sum();
        let timers = self.timers.iter().filter(|timer| timer.live && timer.due <= self.clock).count();
        let of_workers = |it: &&Message| it.lingers || it.is_live() && it.domain == Domain::Worker;
        let messages = self.messages.iter().filter(of_workers).count();
        let stops = (0..self.instances.len()).filter(|at| self.can_stop_further(*at)).count();
        let late = self.instances.iter().filter(|it| it.phase != Phase::None && it.deadline <= self.clock);
        let queues = [self.returned.len(), self.posts.len(), self.tasks.len(), self.ready.len()];
        let counts = [timers, messages, stops, late.count(), usize::from(self.taken)];
        4 * requests + 3 * self.work.len() + queues.into_iter().chain(counts).sum::<usize>()
    }

    /// Whether a turn finds something that does not wait for a time, in the order of its steps.
    fn has_turn_work(&self) -> bool {
        !self.returned.is_empty()
            || self.messages.iter().any(|message| message.lingers)
            || !self.posts.is_empty()
            || !self.tasks.is_empty()
            || self.taken && self.sessions.iter().any(|it| it.refused_receive && !it.ended)
            || self.ready.iter().any(|session| self.can_go_on(*session))
            || !self.work.is_empty()
            || (0..self.instances.len()).any(|at| self.can_stop_further(at))
    }
}
