//! What holds between any two calls from outside, whatever was called. Each names the section of `docs/flow.md` that says so.

use super::{
    Model,
    executor::Work,
    instance::State,
    request::Progress,
    result::{Item, Post},
    stop::Phase,
};

impl Model {
    /// # Panics
    /// When the model does not do what `docs/flow.md` says.
    pub(super) fn check_invariants(&self) {
        if self.dispatching > 0 || !self.frames.is_empty() {
            return;
        }
        self.check_messages();
        self.check_ends();
        self.check_requests();
        self.check_wakes();
        self.check_offers();
        for at in 1..self.instances.len() {
            self.check_instance(at);
        }
    }

    /// §2: each pin is of something that waits; what a crossing acquired was released with it, or became a plugin's own.
    fn check_messages(&self) {
        let mut pins = vec![0; self.messages.len()];
        let tasks = self.tasks.iter().filter_map(|task| task.message);
        let work = self.work.iter().filter_map(|work| match work {
            Work::Task(task) => task.message,
            Work::Request(_) => None,
        });
        let posts = self.posts.iter().filter_map(|post| match post {
            Post::Result { message, .. } => Some(*message),
            Post::Return { .. } | Post::Task { .. } => None,
        });
        let held = self.sessions.iter().flat_map(|it| &it.held).filter_map(|item| match item {
            Item::Result { message, .. } => Some(*message),
            Item::End { .. } => None,
        });
        let payloads = self.requests.iter().filter_map(|it| it.payload);
        let inbox = self.inbox.iter().map(|received| received.message);
        for message in tasks.chain(work).chain(posts).chain(held).chain(payloads).chain(inbox) {
            pins[message] += 1;
        }
        for (at, message) in self.messages.iter().enumerate() {
            assert_eq!(message.pins, pins[at], "pins of message {at}");
            assert!(!message.is_owned(), "message {at} is a crossing's that is over");
        }
    }

    /// §5: what has ended is told as soon as depth is 0.
    fn check_ends(&self) {
        let told = self.ended_sessions.is_empty() && self.ended_sockets.is_empty();
        assert!(told && !self.has_ends && !self.has_poisoned, "an end waits at depth 0");
        assert!(self.arrived.is_empty(), "what was posted is taken and not passed on");
    }

    /// §4: one request of a session is active, few wait, and what has ended is dropped.
    fn check_requests(&self) {
        for session in &self.sessions {
            assert!(!session.ended || session.held.is_empty(), "an ended session holds something back");
            assert!(!session.ended || session.waiting.is_empty(), "a request of an ended session waits");
            let limit = self.limits.requests_per_session as usize;
            assert!(session.waiting.len() <= limit, "too many requests wait");
            let waits = |at: &usize| self.requests[*at].progress == Progress::Waiting;
            assert!(session.waiting.iter().all(waits), "a request waits that was started");
            let is_over = session.active.is_some_and(|at| self.requests[at].over);
            assert!(!is_over, "a request is active and over");
        }
        for request in self.requests.iter().filter(|it| it.gone) {
            assert!(request.over && request.payload.is_none(), "a request is gone and not over");
        }
    }

    /// §3, §4: whoever waits for a turn is among those that the turn looks at.
    fn check_wakes(&self) {
        for (at, session) in self.sessions.iter().enumerate() {
            assert!(session.ready || !self.can_go_on(at), "session {at} waits for no turn");
            let heard = self.taken || self.inbox_is_full();
            assert!(session.ended || !session.refused_receive || heard, "session {at} waits for no `take`");
        }
    }

    /// §8: one offer of an id, all of them shown.
    fn check_offers(&self) {
        let live: Vec<_> = self.offers.iter().filter(|it| it.live).collect();
        for (at, offer) in live.iter().enumerate() {
            assert!(!offer.hidden, "an offer is hidden, and `create` is over");
            assert!(!live[..at].iter().any(|it| it.id == offer.id), "two offers have one id");
        }
    }

    /// §5: what an instance loses when it is poisoned, when it drains, and when it is closed.
    fn check_instance(&self, at: usize) {
        let it = &self.instances[at];
        let is_gone = matches!(it.state, State::Closed | State::Abandoned);
        let drained = is_gone || it.phase == Phase::Draining;
        if it.poisoned || drained {
            assert!(!self.offers.iter().any(|offer| offer.live && offer.publisher == at), "an offer of {at}");
            let waits = |progress| match progress {
                // The poisoned keep their services, so a request can come and wait until its turn ends it.
                Progress::Waiting => drained,
                Progress::Queued | Progress::Pending => true,
                _ => false,
            };
            let waits = self.requests.iter().any(|it| it.instance == at && waits(it.progress));
            assert!(!waits, "a request waits for {at}");
        }
        if drained {
            let queued = |work: &Work| matches!(work, Work::Task(task) if task.instance == at);
            assert!(!self.work.iter().any(queued), "a worker task of {at}");
            assert!(!self.tasks.iter().any(|task| task.instance == at), "a task of {at}");
            assert!(!self.services.iter().any(|service| service.instance == at), "a service of {at}");
            assert!(!self.sessions.iter().any(|it| it.owner == at && !it.ended), "a session of {at}");
            assert!(!self.sockets.iter().any(|it| it.opener == at && !it.closed), "a socket of {at}");
            assert!(!self.sockets.iter().any(|it| it.attached.contains(&at)), "an attachment of {at}");
            assert!(!self.timers.iter().any(|it| it.live && it.instance == at), "a timer of {at}");
            assert!(!self.watches.iter().any(|it| it.live && it.instance == at), "a watch of {at}");
        }
        if it.state == State::Closed {
            assert!(!self.messages.iter().any(|it| it.holders.contains_key(&at)), "a reference of {at}");
        }
    }
}
