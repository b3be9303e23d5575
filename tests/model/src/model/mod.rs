//! The reference: what `docs/flow.md` says, in plain Rust, for one thread.

mod call;
mod crossing;
mod deadline;
mod executor;
mod filter;
mod handler;
mod instance;
mod invariants;
mod io;
mod left;
mod message;
mod message_api;
mod offer;
mod passing;
mod request;
mod result;
mod service;
mod session;
mod session_api;
mod slots;
mod socket;
mod stop;
mod turn;

use std::collections::VecDeque;

use pintle_abi_core::{
    Limits, Rule, STATE_DESTROYING, STATE_POISONED, STATE_RUNNING, STATE_STOPPING, THREAD_KERNEL,
    THREAD_WORKER,
    status::{E_ARGUMENT, E_CLOSED, E_FOREIGN, E_HANDLE, E_KIND, E_POISONED, E_STALE, E_WRONG_THREAD, OK},
};

use slots::Slots;

use crate::{
    argument::Size,
    event::{Event, Kind, Value},
    op::{Op, Step},
    plan::{Definition, Plan},
    stage::{Stage, Target},
};

/// What a call gives: values with `OK`, or another status.
type Outcome = Result<Vec<Value>, i32>;

/// `OK` and nothing else.
const DONE: Outcome = Ok(Vec::new());

/// The whole kernel.
pub(crate) struct Model {
    pub(crate) stage: Stage,
    limits: Limits,
    definitions: Vec<Definition>,
    clock: u64,
    instances: Vec<instance::Instance>,
    messages: Vec<message::Message>,
    returned: Vec<(usize, usize)>,
    sockets: Vec<socket::Socket>,
    sessions: Vec<session::Session>,
    services: Vec<service::Service>,
    requests: Vec<request::Request>,
    posts: VecDeque<result::Post>,
    /// What was taken from `posts` and is not passed on yet.
    arrived: VecDeque<result::Post>,
    tasks: VecDeque<executor::Task>,
    work: VecDeque<executor::Work>,
    timers: Vec<executor::Timer>,
    watches: Vec<io::Watch>,
    offers: Vec<offer::Offer>,
    inbox: VecDeque<passing::Received>,
    taken: bool,
    frames: Vec<crossing::Frame>,
    /// The error text of the crossing that returned last.
    words: instance::LastError,
    /// What was told last outside all crossings, and to whom.
    outside: (usize, instance::LastError),
    next_frame: u64,
    /// How many dispatches are open.
    dispatching: u32,
    ended_sessions: VecDeque<usize>,
    ended_sockets: VecDeque<usize>,
    /// There is something to settle at depth 0.
    has_ends: bool,
    /// Somebody was poisoned since the last look.
    has_poisoned: bool,
    /// Sessions whose next request may start.
    ready: VecDeque<usize>,
    /// Worker tasks that ran and were not looked at since.
    worker_tasks: usize,
    turns: u64,
    socket_slots: Slots,
    session_slots: Slots,
    request_slots: Slots,
    offer_slots: Slots,
    /// When each record was left, counted in closings; 0 is never.
    records: Vec<instance::Record>,
    closings: u64,
}

impl Model {
    /// A kernel that was just started.
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut definitions = vec![plan.zero.clone()];
        definitions.extend(plan.definitions.iter().cloned());
        let limits = plan.limits.limits();
        Self {
            stage: Stage::new(plan),
            limits,
            definitions,
            clock: crate::data::EPOCH,
            instances: vec![instance::Instance::zero()],
            messages: Vec::new(),
            returned: Vec::new(),
            sockets: Vec::new(),
            sessions: Vec::new(),
            services: Vec::new(),
            requests: Vec::new(),
            posts: VecDeque::new(),
            arrived: VecDeque::new(),
            tasks: VecDeque::new(),
            work: VecDeque::new(),
            timers: Vec::new(),
            watches: Vec::new(),
            offers: Vec::new(),
            inbox: VecDeque::new(),
            taken: false,
            frames: Vec::new(),
            words: instance::LastError::default(),
            outside: (0, instance::LastError::default()),
            next_frame: 0,
            dispatching: 0,
            ended_sessions: VecDeque::new(),
            ended_sockets: VecDeque::new(),
            has_ends: false,
            has_poisoned: false,
            ready: VecDeque::new(),
            worker_tasks: 0,
            turns: 0,
            socket_slots: Slots::new(limits.sockets),
            session_slots: Slots::new(limits.sessions),
            request_slots: Slots::new(limits.requests),
            offer_slots: Slots::new(limits.offers),
            records: (0..limits.plugins).map(|_| instance::Record::default()).collect(),
            closings: 0,
        }
    }

    /// Does one step and writes it down. Gives its status.
    pub(crate) fn perform(&mut self, actor: usize, step: &Step) -> i32 {
        let actor = (!step.nobody.0).then_some(actor);
        let objects = self.stage.objects(&step.op);
        self.stage.tell(Event::Call { actor, op: step.op.clone(), objects });
        let outcome = match step.op {
            // These end their dispatches before they answer.
            Op::Host(_) => self.call(actor, &step.op),
            _ => self.dispatch(|model| model.call(actor, &step.op)),
        };
        let (status, out) = match outcome {
            Ok(out) => (OK, out),
            Err(status) => (status, Vec::new()),
        };
        self.stage.tell(Event::Return { status, out });
        self.check_invariants();
        status
    }

    fn call(&mut self, actor: Option<usize>, op: &Op) -> Outcome {
        match op {
            Op::Message(op) | Op::MessageAgain(op) => self.message(actor, op),
            Op::Socket(op) => self.socket(actor, op),
            Op::Session(op) | Op::SessionAgain(op) => self.session(actor, op),
            Op::Service(op) | Op::ServiceAgain(op) => self.service(actor, op),
            Op::Executor(op) => self.executor(actor, op),
            Op::Io(op) => self.io(actor, op),
            Op::Offer(op) => self.offer(actor, op),
            Op::Plugin(op) => self.plugin(actor, op),
            Op::Host(op) => self.host(op),
        }
    }

    /// The first checks of every slot: the pointer, the state of the instance, the thread.
    fn guard(&self, actor: Option<usize>, rule: &Rule) -> Result<usize, i32> {
        let actor = actor.ok_or(E_ARGUMENT)?;
        let instance = &self.instances[actor];
        let state = match instance.state {
            instance::State::Destroying => STATE_DESTROYING,
            instance::State::Closed | instance::State::Abandoned => return Err(E_CLOSED),
            _ if instance.poisoned => STATE_POISONED,
            instance::State::Running => STATE_RUNNING,
            instance::State::Stopping => STATE_STOPPING,
        };
        if rule.states & state == 0 {
            return Err(if state == STATE_POISONED { E_POISONED } else { E_CLOSED });
        }
        let thread = if self.on_worker() { THREAD_WORKER } else { THREAD_KERNEL };
        if rule.threads & thread == 0 { Err(E_WRONG_THREAD) } else { Ok(actor) }
    }

    /// The object that a reference names.
    fn check(&self, kind: Kind, reference: crate::argument::Ref) -> Result<usize, i32> {
        let target = self.stage.find(kind, reference);
        match target {
            Target::Zero | Target::Ones | Target::NeverUsed | Target::UnknownKind => Err(E_HANDLE),
            Target::Foreign(..) => Err(E_FOREIGN),
            Target::Generation(of, _) | Target::Object(of, _) if of != kind => Err(E_KIND),
            Target::Generation(..) => Err(E_STALE),
            Target::Object(_, number) => {
                let at = usize::try_from(self.stage.bits(kind, number)).expect("an index") - 1;
                let live = match kind {
                    Kind::Message => self.messages[at].is_live(),
                    Kind::Socket => !self.sockets[at].closed,
                    Kind::Session => !self.sessions[at].ended,
                    Kind::Request => !self.requests[at].over,
                    Kind::Timer => self.timers[at].live,
                    Kind::Watch => self.watches[at].live,
                    Kind::Offer => self.offers[at].live,
                    Kind::Instance => self.lives_in_record(at),
                };
                if live { Ok(at) } else { Err(E_STALE) }
            }
        }
    }

    /// The name of an object of the model.
    fn name(&mut self, kind: Kind, at: usize) -> Value {
        self.stage.name(kind, at as u64 + 1)
    }

    /// A length in bytes.
    fn bytes(&self, size: Size) -> usize {
        size.bytes(&self.limits)
    }
}
