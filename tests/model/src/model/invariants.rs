//! What holds between any two calls, whatever was called.

use super::{
    Model,
    executor::Work,
    result::{Item, Post},
};

impl Model {
    /// Outside every dispatch: each pin of a message is of something that waits, and nothing waits for ever.
    ///
    /// # Panics
    /// When the model does not do what `docs/flow.md` says.
    pub(super) fn check_invariants(&self) {
        if self.dispatching > 0 || !self.frames.is_empty() {
            return;
        }
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
        }
        for session in &self.sessions {
            assert!(!session.ended || session.held.is_empty(), "an ended session holds something back");
        }
        for request in self.requests.iter().filter(|it| it.gone) {
            assert!(request.over && request.payload.is_none(), "a request is gone and not over");
        }
    }
}
