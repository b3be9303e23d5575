//! Plugin zero: its callbacks call those of JavaScript, or put events into the mailbox.

use std::cell::{Ref, RefCell};
use std::ffi::CStr;
use std::ptr::null_mut;
use std::rc::Rc;

use napi::sys;
use pintle_host::abi::{
    Message, MessageInfo, Offer, ResultInfo, Session, Socket, TRAFFIC_MESSAGE, Timer, status,
};
use pintle_host::mailbox::Mailbox;
use pintle_host::{Answer, Application, Calls, Outcome};

use crate::environment::Environment;
use crate::failure::Failure;
use crate::message;
use crate::value::{self, Reference, Scope};

macro_rules! events {
    ($($event:ident: $name:literal,)*) => {
        /// The callbacks that JavaScript can have.
        #[derive(Clone, Copy)]
        pub(crate) enum Event {
            $($event,)*
        }

        /// The names of these callbacks.
        const NAMES: &[&CStr] = &[$($name,)*];
    };
}

events! {
    SocketAttached: c"socketAttached",
    SocketDetached: c"socketDetached",
    SessionCreated: c"sessionCreated",
    SessionDestroyed: c"sessionDestroyed",
    SessionWritable: c"sessionWritable",
    OfferPublished: c"offerPublished",
    OfferEnded: c"offerEnded",
    MessageIn: c"messageIn",
    MessageOut: c"messageOut",
    RequestIn: c"requestIn",
    ResultOut: c"resultOut",
    SessionSend: c"sessionSend",
    SessionDisconnect: c"sessionDisconnect",
    Timer: c"timer",
    Task: c"task",
    Log: c"log",
    Arrived: c"arrived",
    Unloaded: c"unloaded",
}

/// The application in JavaScript: its callbacks, its mailbox, and the exception that a callback threw.
pub(crate) struct Desk {
    pub(crate) environment: Rc<Environment>,
    pub(crate) mailbox: Mailbox,
    /// None once the host is closed: functions of JavaScript and the host would keep each other for ever.
    events: RefCell<Vec<Option<Reference>>>,
    thrown: RefCell<Option<Reference>>,
}

impl Desk {
    /// A desk with the functions that `events` has.
    pub(crate) fn new(
        environment: &Rc<Environment>,
        events: sys::napi_value,
        queue: usize,
    ) -> Result<Self, Failure> {
        let env = environment.env;
        let function = |name: &&CStr| {
            let function = value::property(env, events, name)?;
            let given = value::kind(env, function) == sys::ValueType::napi_function;
            given.then(|| Reference::new(env, function)).transpose()
        };
        Ok(Self {
            environment: environment.clone(),
            mailbox: Mailbox::new(queue),
            events: RefCell::new(NAMES.iter().map(function).collect::<Result<_, _>>()?),
            thrown: RefCell::new(None),
        })
    }

    /// Whether JavaScript listens.
    fn hears(&self, event: Event) -> bool {
        self.function(event).is_some()
    }

    fn function(&self, event: Event) -> Option<Ref<'_, Reference>> {
        Ref::filter_map(self.events.borrow(), |events| events.get(event as usize)?.as_ref()).ok()
    }

    /// Tells nothing any more.
    pub(crate) fn leave(&self) {
        self.events.take();
    }

    /// Calls a callback of JavaScript, if there is one and JavaScript can run. Its result is a status; an exception is kept
    /// for the call to the host that caused it.
    pub(crate) fn tell<const N: usize>(
        &self,
        event: Event,
        arguments: impl FnOnce(sys::napi_env) -> Result<[sys::napi_value; N], Failure>,
    ) -> Answer {
        if !self.environment.is_live() {
            return Ok(());
        }
        let env = self.environment.env;
        let _scope = Scope::open(env);
        let Some(function) = self.function(event).map(|function| function.value()) else { return Ok(()) };
        match self.call(env, function, arguments(env)) {
            Some(status::OK) => Ok(()),
            Some(answer) => Err(answer),
            None => Err(status::E_POISONED),
        }
    }

    /// Calls a function of JavaScript and returns its status. `None`: the function threw. What it threw is kept, and thrown by
    /// the call to the host that caused this one.
    pub(crate) fn call<const N: usize>(
        &self,
        env: sys::napi_env,
        function: sys::napi_value,
        arguments: Result<[sys::napi_value; N], Failure>,
    ) -> Option<i32> {
        let Ok(told) = arguments.and_then(|arguments| value::call(env, function, &arguments)) else {
            self.keep_thrown(env);
            return None;
        };
        let mut answer = status::OK;
        // SAFETY: `answer` is writable. A value that is no number leaves it as it is.
        unsafe { sys::napi_get_value_int32(env, told, &raw mut answer) };
        Some(answer)
    }

    /// Keeps what was thrown. The first of several is the one that is thrown again.
    fn keep_thrown(&self, env: sys::napi_env) {
        let mut thrown = null_mut();
        // SAFETY: the place is writable.
        unsafe { sys::napi_get_and_clear_last_exception(env, &raw mut thrown) };
        let mut kept = self.thrown.borrow_mut();
        if kept.is_none() {
            // Without memory for it, only the status is left.
            *kept = Reference::within(env, thrown).ok();
        }
    }

    /// The exception that a callback threw since the last call of this.
    pub(crate) fn take_thrown(&self) -> Option<Reference> {
        // Looking is cheaper than taking.
        if self.thrown.borrow().is_none() { None } else { self.thrown.take() }
    }

    fn tell_message(
        &self,
        event: Event,
        session: Session,
        channel: u32,
        message: Message,
        length: usize,
    ) -> Answer {
        self.tell(event, |env| {
            let (low, high) = message::halves(message);
            Ok([
                value::of(env, session.bits)?,
                value::of(env, channel)?,
                value::of(env, low)?,
                value::of(env, high)?,
                value::of(env, length as f64)?,
            ])
        })
    }

    fn tell_offer(&self, event: Event, offer: Offer, id: &str) -> Answer {
        self.tell(event, |env| Ok([value::of(env, offer.bits)?, value::of(env, id)?]))
    }

    fn tell_session(&self, event: Event, session: Session) -> Answer {
        self.tell(event, |env| Ok([value::of(env, session.bits)?]))
    }
}

/// The desk, as the host has it.
pub(crate) struct Zero(pub(crate) Rc<Desk>);

// SAFETY: a host calls its application on the kernel thread only, which is that of the environment for as long as the
// host lives: the addon never lets another thread adopt it, and ends it before the environment's thread ends.
unsafe impl Send for Zero {}

impl Application for Zero {
    fn filters(&self) -> bool {
        self.0.hears(Event::MessageOut) || self.0.hears(Event::ResultOut)
    }

    fn socket_attached(&self, _: &Calls<'_>, socket: Socket, address: &str) {
        let arguments = |env| Ok([value::of(env, socket.bits)?, value::of(env, address)?]);
        let _ = self.0.tell(Event::SocketAttached, arguments);
    }

    fn socket_detached(&self, _: &Calls<'_>, socket: Socket) {
        let _ = self.0.tell(Event::SocketDetached, |env| Ok([value::of(env, socket.bits)?]));
    }

    fn session_created(&self, calls: &Calls<'_>, session: Session) {
        self.0.mailbox.begin(calls, session);
        let _ = self.0.tell_session(Event::SessionCreated, session);
    }

    fn session_destroyed(&self, calls: &Calls<'_>, session: Session) {
        self.0.mailbox.end(calls, session);
        let _ = self.0.tell_session(Event::SessionDestroyed, session);
    }

    fn session_writable(&self, _: &Calls<'_>, session: Session) {
        let _ = self.0.tell_session(Event::SessionWritable, session);
    }

    fn offer_published(&self, _: &Calls<'_>, offer: Offer, id: &str) {
        let _ = self.0.tell_offer(Event::OfferPublished, offer, id);
    }

    fn offer_ended(&self, _: &Calls<'_>, offer: Offer, id: &str) {
        let _ = self.0.tell_offer(Event::OfferEnded, offer, id);
    }

    fn message_in(&self, calls: &Calls<'_>, info: &MessageInfo) -> Answer {
        let shown = self.filter(Event::RequestIn, Event::MessageIn, calls, info);
        shown.unwrap_or_else(|| self.0.mailbox.keep_incoming(calls, info))
    }

    fn message_out(&self, calls: &Calls<'_>, info: &MessageInfo) -> Answer {
        self.filter(Event::ResultOut, Event::MessageOut, calls, info).unwrap_or(Ok(()))
    }

    fn session_send(&self, calls: &Calls<'_>, session: Session, channel: u32, message: Message) -> Answer {
        if !self.0.hears(Event::SessionSend) {
            return self.0.mailbox.keep_outgoing(calls, session, channel, message);
        }
        self.show(Event::SessionSend, calls, session, channel, message)
    }

    fn session_result(&self, calls: &Calls<'_>, info: &ResultInfo, outcome: Outcome) -> Answer {
        self.0.mailbox.answer(calls, info.session, info.correlation, outcome)
    }

    fn session_disconnect(&self, _: &Calls<'_>, session: Session) -> Answer {
        if !self.0.hears(Event::SessionDisconnect) {
            return Err(status::E_UNSUPPORTED);
        }
        self.0.tell_session(Event::SessionDisconnect, session)
    }

    fn timer(&self, _: &Calls<'_>, timer: Timer) {
        let _ = self.0.tell(Event::Timer, |env| Ok([value::of(env, timer.bits)?]));
    }

    fn task(&self, _: &Calls<'_>, task: usize) {
        let _ = self.0.tell(Event::Task, |env| Ok([value::of(env, task as f64)?]));
    }
}

impl Zero {
    /// Shows a message to JavaScript, which listens.
    fn show(
        &self,
        event: Event,
        calls: &Calls<'_>,
        session: Session,
        channel: u32,
        message: Message,
    ) -> Answer {
        let length = calls.length(message).map_err(|error| error.code)?;
        self.0.tell_message(event, session, channel, message, length)
    }

    /// Calls `of_request` for a request or a result that passes a filter, if the program has this function; else `of_all`.
    /// `None`: the program has no such function.
    fn filter(
        &self,
        of_request: Event,
        of_all: Event,
        calls: &Calls<'_>,
        info: &MessageInfo,
    ) -> Option<Answer> {
        if info.kind != TRAFFIC_MESSAGE && self.0.hears(of_request) {
            return Some(self.show_request(of_request, calls, info));
        }
        let show = || self.show(of_all, calls, info.session, info.channel, info.message);
        self.0.hears(of_all).then(show)
    }

    fn show_request(&self, event: Event, calls: &Calls<'_>, info: &MessageInfo) -> Answer {
        let length = calls.length(info.message).map_err(|error| error.code)?;
        self.0.tell(event, |env| {
            let (low, high) = message::halves(info.message);
            Ok([
                value::of(env, info.session.bits)?,
                value::of(env, info.service)?,
                value::of(env, info.id)?,
                value::of(env, info.flags)?,
                value::of(env, info.correlation)?,
                value::of(env, low)?,
                value::of(env, high)?,
                value::of(env, length as f64)?,
            ])
        })
    }
}
