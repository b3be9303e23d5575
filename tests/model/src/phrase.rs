//! Short sequences of calls that get somewhere; calls drawn one by one seldom do.

use arbitrary::Arbitrary;

use crate::argument::{Code, Id, Null, Ref, Size, Small, Table, Words};
use crate::op::{ExecutorOp, HostOp, MessageOp, OfferOp, Op, ServiceOp, SessionOp, SocketOp, Step};

/// The plugin that serves in the scene that most plans begin with.
const SERVER: u8 = 2;

/// A step with every pointer there.
pub(crate) fn step(actor: u8, op: Op) -> Step {
    Step { actor, nobody: Null(false), op }
}

/// What is said; each begins with a message that is acquired and written.
#[derive(Clone, Copy, Debug, Arbitrary)]
pub(crate) enum Phrase {
    Send {
        actor: u8,
        session: Ref,
        channel: Small,
        bytes: Size,
        keep: bool,
    },
    Receive {
        actor: u8,
        session: Ref,
        channel: Small,
        bytes: Size,
        keep: bool,
    },
    Request {
        actor: u8,
        session: Ref,
        service: Small,
        id: Small,
        correlation: Small,
        bytes: Size,
    },
    RequestFirst {
        actor: u8,
        session: Ref,
        id: Small,
        correlation: Small,
        bytes: Size,
    },
    RequestPayload {
        actor: u8,
        session: Ref,
        id: Small,
        correlation: Small,
        bytes: Size,
    },
    Result {
        actor: u8,
        request: Ref,
        bytes: Size,
        keep: bool,
    },
    Results {
        actor: u8,
        request: Ref,
        bytes: Size,
    },
    Submit {
        actor: u8,
        bytes: Size,
        worker: bool,
    },
    Edit {
        actor: u8,
        bytes: Size,
    },
    Open {
        actor: u8,
    },
    Create {
        actor: u8,
        socket: Ref,
    },
    /// `reserve` and `commit`.
    Fill {
        actor: u8,
        bytes: Size,
        committed: Size,
    },
    /// `view_mut` and `commit`.
    Overwrite {
        actor: u8,
        bytes: Size,
        committed: Size,
    },
    /// The service says something about its newest request.
    Done {
        request: Ref,
    },
    Finish {
        request: Ref,
        exception: bool,
    },
    /// The application holds a session's results back, and lets them go.
    Suspend {
        session: Ref,
        resume: bool,
    },
    Cancel {
        session: Ref,
        correlation: Small,
    },
    Take {
        actor: u8,
    },
    Publish {
        actor: u8,
        id: Id,
        table: Table,
    },
    /// `find` and `call`.
    Reach {
        actor: u8,
        id: Id,
        offer: Ref,
        data: u8,
    },
}

impl Phrase {
    /// Half of what is said, the application says: it may do everything.
    fn by_zero(mut self) -> Self {
        let (Self::Send { actor, .. }
        | Self::Receive { actor, .. }
        | Self::Request { actor, .. }
        | Self::RequestFirst { actor, .. }
        | Self::RequestPayload { actor, .. }
        | Self::Result { actor, .. }
        | Self::Results { actor, .. }
        | Self::Submit { actor, .. }
        | Self::Edit { actor, .. }
        | Self::Open { actor }
        | Self::Create { actor, .. }
        | Self::Fill { actor, .. }
        | Self::Overwrite { actor, .. }
        | Self::Take { actor }
        | Self::Publish { actor, .. }
        | Self::Reach { actor, .. }) = &mut self
        else {
            return self;
        };
        if *actor > 127 {
            *actor = 0;
        }
        self
    }

    /// Adds the steps.
    pub(crate) fn speak(self, steps: &mut Vec<Step>) {
        let (actor, op, keep) = match self.by_zero() {
            Self::Send { actor, session, channel, bytes, keep } => {
                let message = message(steps, actor, bytes);
                (actor, Op::Session(SessionOp::Send { session, channel, message }), keep)
            }
            Self::Receive { actor, session, channel, bytes, keep } => {
                let message = message(steps, actor, bytes);
                (actor, Op::Session(SessionOp::Receive { session, channel, message }), keep)
            }
            Self::Request { actor, session, service, id, correlation, bytes } => {
                let message = message(steps, actor, bytes);
                let op = request(session, service, id, correlation, message);
                (actor, Op::Session(op), true)
            }
            Self::RequestFirst { actor, session, id, correlation, bytes }
            | Self::RequestPayload { actor, session, id, correlation, bytes } => {
                let message = message(steps, actor, bytes);
                let op = request(session, Small(0), id, correlation, message);
                (actor, Op::Session(op), true)
            }
            Self::Result { actor, request, bytes, keep } => {
                let message = message(steps, actor, bytes);
                (actor, Op::Service(ServiceOp::Result { request, message }), keep)
            }
            Self::Results { actor, request, bytes } => {
                let op = ServiceOp::Result { request, message: Ref::Given };
                steps.push(step(actor, Op::Service(op.clone())));
                message(steps, actor, bytes);
                (actor, Op::Service(op), true)
            }
            Self::Submit { actor, bytes, worker } => {
                let message = message(steps, actor, bytes);
                let (with, data, null) = (true, 1, Null(false));
                let op = if worker {
                    ExecutorOp::SubmitWorker { message, with, data, null }
                } else {
                    ExecutorOp::Submit { message, with, data, null }
                };
                (actor, Op::Executor(op), true)
            }
            Self::Edit { actor, bytes } => {
                let (message, length, null) = (Ref::Given, bytes, Null(false));
                steps.push(step(actor, Op::Message(MessageOp::Edit { message, null })));
                let message = Ref::Recent(0);
                (actor, Op::Message(MessageOp::Write { message, length, null }), true)
            }
            Self::Open { actor } => {
                let (modes, count, null) = ([Small(2), Small(1)], Small(2), Null(false));
                (actor, Op::Socket(SocketOp::Open { modes, count, null }), true)
            }
            Self::Fill { actor, bytes, committed } => {
                let (message, null) = (Ref::Recent(0), Null(false));
                steps.push(step(actor, Op::Message(MessageOp::Acquire { capacity: bytes, null })));
                steps.push(step(actor, Op::Message(MessageOp::Reserve { message, length: bytes, null })));
                (actor, Op::Message(MessageOp::Commit { message, length: committed }), true)
            }
            Self::Overwrite { actor, bytes, committed } => {
                let (message, null) = (message(steps, actor, bytes), Null(false));
                steps.push(step(actor, Op::Message(MessageOp::ViewMut { message, null })));
                (actor, Op::Message(MessageOp::Commit { message, length: committed }), true)
            }
            Self::Done { request } => (SERVER, Op::Service(ServiceOp::Done { request }), true),
            Self::Finish { request, exception } => {
                if exception {
                    let (code, text) = (Code(10_001), Words::Word(1));
                    steps.push(step(SERVER, Op::Service(ServiceOp::Exception { request, code, text })));
                } else {
                    let message = message(steps, SERVER, Size::Bytes(3));
                    steps.push(step(SERVER, Op::Service(ServiceOp::Result { request, message })));
                }
                (SERVER, Op::Service(ServiceOp::Done { request }), true)
            }
            Self::Suspend { session, resume } => {
                let op = if resume { SessionOp::Resume { session } } else { SessionOp::Suspend { session } };
                (0, Op::Session(op), true)
            }
            Self::Cancel { session, correlation } => {
                (0, Op::Session(SessionOp::Cancel { session, correlation }), true)
            }
            Self::Take { actor } => (actor, Op::Host(HostOp::Take), true),
            Self::Publish { actor, id, table } => {
                (actor, Op::Offer(OfferOp::Publish { id, table, null: Null(false) }), true)
            }
            Self::Reach { actor, id, offer, data } => {
                let null = Null(false);
                steps.push(step(actor, Op::Offer(OfferOp::Find { id, null })));
                (actor, Op::Offer(OfferOp::Call { offer, data, null }), true)
            }
            Self::Create { actor, socket } => {
                let (client_id, family, data, null) = (1, Small(0), 1, Null(false));
                let (user, protocol) = (Words::Word(1), Words::Empty);
                let create = SessionOp::Create { socket, client_id, family, data, user, protocol, null };
                (actor, Op::Session(create), true)
            }
        };
        steps.push(step(actor, op));
        if !keep {
            steps.push(step(actor, Op::Message(MessageOp::Release { message: Ref::Recent(0) })));
        }
    }
}

/// A request that is asked as it should be.
fn request(session: Ref, service: Small, id: Small, correlation: Small, message: Ref) -> SessionOp {
    let [null, short, flag] = [Null(false); 3];
    SessionOp::Request { session, service, id, correlation, message, null, short, flag }
}

/// A message with so many bytes.
fn message(steps: &mut Vec<Step>, actor: u8, bytes: Size) -> Ref {
    let (message, null) = (Ref::Recent(0), Null(false));
    steps.push(step(actor, Op::Message(MessageOp::Acquire { capacity: bytes, null })));
    steps.push(step(actor, Op::Message(MessageOp::Write { message, length: bytes, null })));
    message
}
