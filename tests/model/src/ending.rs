//! How every run ends: all is let go of, then as much is made as the limits allow, and let go of again.
//!
//! So a slot that is not given back shows, whatever kept it: model and kernel are full at different times.

use pintle_abi_core::{IO_READABLE, Limits, status::OK};

use crate::{
    argument::{Id, Null, Ref, Size, Small, Span, Table, Words},
    event::Kind,
    model::Model,
    op::{ExecutorOp, HostOp, IoOp, MessageOp, OfferOp, OnObject, Op, ServiceOp, SessionOp, SocketOp, Step},
    phrase::step,
    plan::Plan,
};

/// More turns and rounds than what scripts can make necessary.
const PATIENCE: usize = 10_000;

/// Every pointer is there.
const HERE: Null = Null(false);

/// A run on the model, and the calls from outside that it consists of, with the instance that makes each.
pub(crate) struct Run {
    pub(crate) model: Model,
    pub(crate) made: Vec<(usize, Step)>,
    limits: Limits,
}

impl Run {
    /// The steps of the plan, and the end.
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut run = Self { model: Model::new(plan), made: Vec::new(), limits: plan.limits.limits() };
        for step in &plan.steps {
            if let Some(actor) = run.model.actor(step.actor) {
                run.make(actor, step.clone());
            }
        }
        run.let_go();
        run.look();
        run.fill();
        run.let_go();
        run
    }

    fn make(&mut self, actor: usize, step: Step) -> i32 {
        let status = self.model.perform(actor, &step);
        self.model.tell_deadline();
        self.made.push((actor, step));
        status
    }

    /// Plugin zero calls.
    fn call(&mut self, op: Op) -> i32 {
        self.make(0, step(0, op))
    }

    /// Turns until none is due at once.
    fn settle(&mut self) {
        for _ in 0..PATIENCE {
            if !self.model.is_turn_due() {
                return;
            }
            self.call(Op::Host(HostOp::Turn));
        }
        panic!("a turn is due for ever");
    }

    /// All plugins are unloaded, and plugin zero gives back what it has, until there is nothing.
    fn let_go(&mut self) {
        for _ in 0..PATIENCE {
            self.settle();
            let left = self.model.left();
            if left.is_empty() {
                return self.model.check_nothing_left();
            }
            for (actor, op) in left {
                self.make(actor, step(0, op));
            }
        }
        panic!("something is left for ever");
    }

    /// What has gone is looked at.
    fn look(&mut self) {
        let looks: [(Kind, OnObject); 4] = [
            (Kind::Instance, |instance| Op::Host(HostOp::Receipt { instance })),
            (Kind::Message, |message| Op::Message(MessageOp::Length { message, null: HERE })),
            (Kind::Socket, |socket| Op::Socket(SocketOp::State { socket, null: HERE })),
            (Kind::Session, |session| Op::Session(SessionOp::ClientId { session, null: HERE })),
        ];
        for (kind, look) in looks {
            for number in 0..self.model.stage.all(kind).len() {
                self.call(look(Ref::Number(number)));
            }
        }
    }

    /// As many of each kind as there is room for, and one more, which is refused.
    fn fill(&mut self) {
        let (limits, null) = (self.limits, HERE);
        self.call(Op::Executor(ExecutorOp::Startup));
        self.until_refused(limits.timers, |run, data| {
            let (delay, period, null_run, null_out) = (Span(10), Span(0), null, null);
            run.call(Op::Executor(ExecutorOp::StartTimer { delay, period, data, null_run, null_out }))
        });
        self.until_refused(limits.watches, |run, data| {
            let (fd, interest, null_run, null_out) = (Small(data.into()), Small(IO_READABLE), null, null);
            run.call(Op::Io(IoOp::Watch { fd, interest, data, null_run, null_out }))
        });
        self.until_refused(limits.offers, |run, n| {
            run.call(Op::Offer(OfferOp::Publish { id: Id::Offer(n), table: Table::Number(0), null }))
        });
        self.until_refused(limits.sockets, |run, _| {
            run.call(Op::Socket(SocketOp::Open { modes: [Small(0); 2], count: Small(1), null }))
        });
        self.until_refused(limits.sessions, |run, data| {
            let (socket, family, user, protocol) = (Ref::Recent(0), Small(0), Words::Empty, Words::Empty);
            let client_id = data.into();
            run.call(Op::Session(SessionOp::Create { socket, client_id, family, data, user, protocol, null }))
        });
        self.fill_requests();
        for (capacity, count) in [(Size::Bytes(0), limits.messages), (Size::Large(0), limits.large_messages)]
        {
            self.until_refused(count, |run, _| run.call(Op::Message(MessageOp::Acquire { capacity, null })));
        }
        self.fill_workers();
        self.until_refused(limits.plugins, |run, definition| run.call(Op::Host(HostOp::Add { definition })));
    }

    /// The messages of workers are theirs alone; a task that ends gives back what it acquired.
    fn fill_workers(&mut self) {
        let null = HERE;
        let (small, large) = (self.limits.worker_messages, self.limits.worker_large_messages);
        let acquire = |capacity| step(0, Op::Message(MessageOp::Acquire { capacity, null }));
        let steps = (0..=small).map(|_| acquire(Size::Bytes(0)));
        let steps = steps.chain((0..=large).map(|_| acquire(Size::Large(0)))).collect();
        self.call(Op::Host(HostOp::Work { steps }));
        let (message, with, data) = (Ref::Zero, false, 0);
        self.call(Op::Executor(ExecutorOp::SubmitWorker { message, with, data, null }));
        self.settle();
    }

    /// One more often than the limit allows, unless a script has made room meanwhile.
    fn until_refused(&mut self, limit: u32, attempt: impl Fn(&mut Self, u8) -> i32) {
        let numbers = (0..=u8::MAX).take(limit as usize + 1);
        for number in numbers {
            if attempt(self, number) != OK {
                return;
            }
        }
    }

    /// Requests wait while their sessions are suspended.
    fn fill_requests(&mut self) {
        let null = HERE;
        let declare = ServiceOp::Declare { service: Small(0), slow: [Small(0); 2], count: Small(0), null };
        self.call(Op::Service(declare));
        let Some(service) = self.model.any_service() else { return };
        for number in 0..self.model.stage.all(Kind::Session).len() {
            let session = Ref::Number(number);
            if self.call(Op::Session(SessionOp::Suspend { session })) != OK {
                continue;
            }
            self.until_refused(self.limits.requests_per_session, |run, _| {
                run.call(Op::Message(MessageOp::Acquire { capacity: Size::Bytes(0), null }));
                run.call(Op::Session(SessionOp::Request {
                    session,
                    service: Small(service),
                    id: Small(0),
                    correlation: Small(0),
                    message: Ref::Recent(0),
                    null,
                    short: null,
                    flag: null,
                }))
            });
        }
    }
}
