//! What is left when a run ends: who still lives, and what plugin zero still has.

use super::{Model, instance::State, request::Progress, stop::Phase};
use crate::{
    argument::{Ref, Wait},
    event::Kind,
    op::{
        ExecutorOp, HostOp, IoOp, MessageOp, OfferOp, OnObject, Op, PluginOp, ServiceOp, SessionOp, SocketOp,
    },
};

/// Which of them are so.
fn those<T>(all: &[T], is_so: impl Fn(&T) -> bool) -> Vec<usize> {
    all.iter().enumerate().filter(|(_, it)| is_so(it)).map(|(at, _)| at).collect()
}

impl Model {
    /// Calls that let go of it, each with who makes it. More may be left after them, as scripts run meanwhile.
    pub(crate) fn left(&self) -> Vec<(usize, Op)> {
        let mut calls = Vec::new();
        for (at, it) in self.instances.iter().enumerate().skip(1).filter(|(_, it)| it.state.is_live()) {
            match it.phase {
                Phase::Asked => calls.push((at, Op::Plugin(PluginOp::Stopped))),
                Phase::None | Phase::Draining => {
                    let unload = |instance| Op::Host(HostOp::Unload { instance, timeout: Wait::Forever });
                    calls.extend(self.reference(Kind::Instance, at).map(|it| (0, unload(it))));
                }
            }
        }
        calls.extend(self.inbox.iter().map(|_| (0, Op::Host(HostOp::Take))));
        let references = self.messages.iter().enumerate().flat_map(|(at, it)| {
            let count = it.holders.get(&0).copied().unwrap_or(0);
            (0..count).map(move |_| at)
        });
        let own: [(Kind, Vec<usize>, OnObject); 7] = [
            (
                Kind::Request,
                those(&self.requests, |it| it.instance == 0 && it.progress == Progress::Pending),
                |request| Op::Service(ServiceOp::Done { request }),
            ),
            (Kind::Session, those(&self.sessions, |it| it.owner == 0 && !it.ended), |session| {
                Op::Session(SessionOp::Destroy { session })
            }),
            (Kind::Socket, those(&self.sockets, |it| it.opener == 0 && !it.closed), |socket| {
                Op::Socket(SocketOp::Close { socket })
            }),
            (Kind::Timer, those(&self.timers, |it| it.instance == 0 && it.live), |timer| {
                Op::Executor(ExecutorOp::CancelTimer { timer })
            }),
            (Kind::Watch, those(&self.watches, |it| it.instance == 0 && it.live), |watch| {
                Op::Io(IoOp::Unwatch { watch })
            }),
            (Kind::Offer, those(&self.offers, |it| it.publisher == 0 && it.live), |offer| {
                Op::Offer(OfferOp::Withdraw { offer })
            }),
            (Kind::Message, references.collect(), |message| Op::Message(MessageOp::Release { message })),
        ];
        for (kind, objects, op) in own {
            calls.extend(objects.into_iter().filter_map(|at| Some((0, op(self.reference(kind, at)?)))));
        }
        calls
    }

    /// How a step names an object; none if nobody was ever told of it.
    fn reference(&self, kind: Kind, at: usize) -> Option<Ref> {
        self.stage.number(kind, at as u64 + 1).map(Ref::Number)
    }

    /// A service that is offered.
    pub(crate) fn any_service(&self) -> Option<u32> {
        self.services.first().map(|it| it.service)
    }

    /// When all is let go of, every slot is free but those of instances that were abandoned.
    ///
    /// # Panics
    /// When the model does not do what `docs/flow.md` says.
    pub(crate) fn check_nothing_left(&self) {
        let abandoned = |at: &usize| self.instances[*at].state == State::Abandoned;
        for (at, it) in self.messages.iter().enumerate() {
            assert!(it.pins == 0 && it.holders.keys().all(abandoned) && !it.lingers, "message {at} is left");
        }
        for (at, it) in self.instances.iter().enumerate().skip(1) {
            assert!(!it.state.is_live() && it.phase == Phase::None, "instance {at} is left");
        }
        let slots = [&self.socket_slots, &self.session_slots, &self.request_slots, &self.offer_slots];
        assert!(slots.iter().all(|slots| slots.are_free()), "a socket, session, request or offer is left");
        assert!(!self.timers.iter().any(|it| it.live), "a timer is left");
        assert!(!self.watches.iter().any(|it| it.live), "a watch is left");
        let waiting =
            [self.tasks.len(), self.work.len(), self.posts.len(), self.worker_tasks, self.inbox.len()];
        assert_eq!(waiting, [0; 5], "work is left");
    }
}
