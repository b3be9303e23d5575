//! The application: an object of Python's that takes part as plugin zero, and everything else that the host calls back.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use pintle_host::abi::{
    Message, MessageInfo, Offer, ResultInfo, Session, Socket, TRAFFIC_MESSAGE, Timer, status,
};
use pintle_host::mailbox::Mailbox;
use pintle_host::{Answer, Application, Calls, Inbound, Outcome};
use pyo3::call::PyCallArgs;
use pyo3::exceptions::{PyBaseException, PyTypeError};
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use crate::exit::{self, Busy};
use crate::gil::Gil;
use crate::host::Host;
use crate::request::RequestInfo;
use crate::{message, offer, session, socket};

macro_rules! methods {
    ($($variant:ident = $name:literal,)*) => {
        /// The methods of an application: first those whose result is ignored, then those that return a status.
        #[derive(Clone, Copy)]
        enum Method { $($variant,)* }

        const NAMES: &[&str] = &[$($name,)*];
    };
}

methods! {
    SocketAttached = "socket_attached",
    SocketDetached = "socket_detached",
    SessionCreated = "session_created",
    SessionDestroyed = "session_destroyed",
    SessionWritable = "session_writable",
    OfferPublished = "offer_published",
    OfferEnded = "offer_ended",
    MessageIn = "message_in",
    MessageOut = "message_out",
    RequestIn = "request_in",
    ResultOut = "result_out",
    SessionSend = "session_send",
    SessionDisconnect = "session_disconnect",
}

/// Plugin zero, as far as it is written in Python.
///
/// Which methods the application has is learnt once: one that is absent never takes the interpreter's lock.
pub(crate) struct Guest {
    has: Vec<bool>,
    callees: Gil<RefCell<Callees>>,
    mailbox: Mailbox,
    /// The exception that a callback of the present call raised.
    pub(crate) raised: Gil<Cell<Option<Py<PyBaseException>>>>,
    /// The host's object. It owns this guest, so it lives as long.
    host: AtomicPtr<ffi::PyObject>,
}

// SAFETY: the mailbox, which alone is not, is only reached on the kernel thread: from callbacks, and with its calls.
unsafe impl Sync for Guest {}
// SAFETY: as above; a thread that adopts the host takes it over with everything that is in it.
unsafe impl Send for Guest {}

/// Everything that can be called.
#[derive(Default)]
struct Callees {
    methods: Vec<Option<Py<PyAny>>>,
    timers: HashMap<u64, (bool, Py<PyAny>)>,
    tasks: HashMap<usize, Py<PyAny>>,
    last_task: usize,
}

impl Guest {
    pub(crate) fn of(application: Option<&Bound<'_, PyAny>>, queue: usize) -> PyResult<Self> {
        let method = |name: &&str| match application {
            Some(application) => Ok(application.getattr_opt(*name)?.map(Bound::unbind)),
            None => Ok(None),
        };
        let methods = NAMES.iter().map(method).collect::<PyResult<Vec<_>>>()?;
        Ok(Self {
            has: methods.iter().map(Option::is_some).collect(),
            callees: Gil::new(RefCell::new(Callees { methods, ..Callees::default() })),
            mailbox: Mailbox::new(queue),
            raised: Gil::new(Cell::new(None)),
            host: AtomicPtr::new(null_mut()),
        })
    }

    pub(crate) fn settle_in(&self, host: &Bound<'_, Host>) {
        self.host.store(host.as_ptr(), Ordering::Relaxed);
    }

    /// The mailbox. `calls` is the proof that this is the kernel thread.
    #[inline]
    pub(crate) fn mailbox(&self, _calls: &Calls<'_>) -> &Mailbox {
        &self.mailbox
    }

    /// From now on nothing is called.
    pub(crate) fn silence(&self, py: Python<'_>) {
        let callees = self.callees.get(py).take();
        drop(callees);
    }

    pub(crate) fn traverse(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // SAFETY: the collector runs under the lock.
        let Ok(callees) = unsafe { self.callees.collected() }.try_borrow() else { return Ok(()) };
        callees.methods.iter().flatten().try_for_each(|method| visit.call(method))?;
        callees.timers.values().try_for_each(|(_, callback)| visit.call(callback))?;
        callees.tasks.values().try_for_each(|callback| visit.call(callback))
    }

    pub(crate) fn expect_timer(
        &self,
        py: Python<'_>,
        timer: Timer,
        is_periodic: bool,
        callback: Bound<'_, PyAny>,
    ) {
        self.callees.get(py).borrow_mut().timers.insert(timer.bits, (is_periodic, callback.unbind()));
    }

    pub(crate) fn has_timer(&self, py: Python<'_>, timer: Timer) -> bool {
        self.callees.get(py).borrow().timers.contains_key(&timer.bits)
    }

    pub(crate) fn forget_timer(&self, py: Python<'_>, timer: Timer) {
        let forgotten = self.callees.get(py).borrow_mut().timers.remove(&timer.bits);
        drop(forgotten);
    }

    /// Keeps a task, and gives the number that it goes by.
    pub(crate) fn expect_task(&self, py: Python<'_>, callback: Bound<'_, PyAny>) -> usize {
        let mut callees = self.callees.get(py).borrow_mut();
        callees.last_task += 1;
        let task = callees.last_task;
        callees.tasks.insert(task, callback.unbind());
        task
    }

    pub(crate) fn take_task(&self, py: Python<'_>, task: usize) -> Option<Py<PyAny>> {
        self.callees.get(py).borrow_mut().tasks.remove(&task)
    }

    /// Keeps the exception of a callback for the call to the host that caused it.
    fn keep(&self, py: Python<'_>, error: PyErr) -> i32 {
        let raised = self.raised.get(py);
        match raised.take() {
            Some(first) => {
                raised.set(Some(first));
                error.write_unraisable(py, None);
            }
            None => raised.set(Some(error.into_value(py))),
        }
        // Not E_PANIC: a plugin that passes its callee's status on would be taken for the one that panicked.
        status::E_POISONED
    }

    /// The callback of a timer that is due.
    fn due(&self, py: Python<'_>, timer: Timer) -> Option<Py<PyAny>> {
        let mut callees = self.callees.get(py).borrow_mut();
        let (is_periodic, callback) = callees.timers.remove(&timer.bits)?;
        if is_periodic {
            callees.timers.insert(timer.bits, (true, callback.clone_ref(py)));
        }
        Some(callback)
    }

    /// Calls a timer's or a task's callback.
    fn run(&self, py: Python<'_>, callee: Option<Py<PyAny>>) {
        if let Some(Err(error)) = callee.map(|callee| callee.call0(py)) {
            self.keep(py, error);
        }
    }

    /// Calls a method, and makes a status of what it returns. `None`: there is no such method.
    fn call<A>(&self, method: Method, arguments: impl FnOnce(&Bound<'_, Host>) -> PyResult<A>) -> Option<i32>
    where
        A: for<'py> PyCallArgs<'py>,
    {
        if !self.has[method as usize] {
            return None;
        }
        let call = |py: Python<'_>| {
            let callee = self.callees.get(py).borrow().methods.get(method as usize)?.as_ref()?.clone_ref(py);
            // SAFETY: the pointer is that of the host's object, which takes the methods away before it goes.
            let host = unsafe {
                Bound::from_borrowed_ptr(py, self.host.load(Ordering::Relaxed)).cast_into_unchecked()
            };
            let returned = arguments(&host).and_then(|arguments| callee.bind(py).call1(arguments));
            Some(match returned.and_then(|returned| answer(method, &returned)) {
                Ok(status) => status,
                Err(error) => self.keep(py, error),
            })
        };
        attach(call).flatten()
    }

    fn tell<A>(&self, method: Method, arguments: impl FnOnce(&Bound<'_, Host>) -> PyResult<A>)
    where
        A: for<'py> PyCallArgs<'py>,
    {
        let _ = self.call(method, arguments);
    }

    /// Passes a message on; `None`: there is no such method.
    fn pass(&self, method: Method, calls: &Calls<'_>, inbound: Inbound) -> Option<Answer> {
        let answered = self.call(method, |host| {
            let message = message::Message::lent(host, calls, &inbound)?;
            Ok((session::Session::object(host, inbound.session), inbound.channel, message))
        });
        answered.map(answered_with)
    }

    /// Calls `of_request` for a request or a result that passes a filter, if there is this method; else `of_all`.
    fn filter(
        &self,
        of_request: Method,
        of_all: Method,
        calls: &Calls<'_>,
        info: &MessageInfo,
    ) -> Option<Answer> {
        let inbound = Inbound { session: info.session, channel: info.channel, message: info.message };
        if info.kind == TRAFFIC_MESSAGE || !self.has[of_request as usize] {
            return self.pass(of_all, calls, inbound);
        }
        let answered = self.call(of_request, |host| {
            let message = message::Message::lent(host, calls, &inbound)?;
            Ok((session::Session::object(host, info.session), RequestInfo::of(info), message))
        });
        answered.map(answered_with)
    }
}

/// Takes the interpreter's lock for a callback. An interpreter that ends takes no more of them.
fn attach<T>(call: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    exit::pass();
    Python::try_attach(|py| {
        let _busy = Busy::begin(py);
        call(py)
    })
}

/// The status that a method returned; `OK` for a method whose result is ignored.
fn answer(method: Method, returned: &Bound<'_, PyAny>) -> PyResult<i32> {
    if (method as usize) < Method::MessageIn as usize {
        return Ok(status::OK);
    }
    status_of(NAMES[method as usize], returned)
}

/// The status that was returned by a function whose name the error tells.
pub(crate) fn status_of(name: &str, returned: &Bound<'_, PyAny>) -> PyResult<i32> {
    if returned.is_none() {
        return Ok(status::OK);
    }
    returned.extract().map_err(|_| {
        PyTypeError::new_err(format!("{name} returned {returned:?}; it must return None or a pintle.Status"))
    })
}

fn answered_with(code: i32) -> Answer {
    if code == status::OK { Ok(()) } else { Err(code) }
}

/// The application's place in its host.
pub(crate) struct Seat(pub(crate) Arc<Guest>);

impl Application for Seat {
    fn filters(&self) -> bool {
        self.0.has[Method::MessageOut as usize] || self.0.has[Method::ResultOut as usize]
    }

    fn socket_attached(&self, _: &Calls<'_>, socket: Socket, address: &str) {
        self.0.tell(Method::SocketAttached, |host| {
            Ok((socket::Socket::object(host, socket), address.to_owned()))
        });
    }

    fn socket_detached(&self, _: &Calls<'_>, socket: Socket) {
        self.0.tell(Method::SocketDetached, |host| Ok((socket::Socket::object(host, socket),)));
    }

    fn session_created(&self, calls: &Calls<'_>, session: Session) {
        self.0.mailbox(calls).begin(calls, session);
        self.0.tell(Method::SessionCreated, |host| Ok((session::Session::object(host, session),)));
    }

    fn session_destroyed(&self, calls: &Calls<'_>, session: Session) {
        self.0.mailbox(calls).end(calls, session);
        self.0.tell(Method::SessionDestroyed, |host| Ok((session::Session::object(host, session),)));
    }

    fn session_writable(&self, _: &Calls<'_>, session: Session) {
        self.0.tell(Method::SessionWritable, |host| Ok((session::Session::object(host, session),)));
    }

    fn offer_published(&self, _: &Calls<'_>, offer: Offer, id: &str) {
        self.0.tell(Method::OfferPublished, |host| Ok((offer::Offer::object(host, offer, id),)));
    }

    fn offer_ended(&self, _: &Calls<'_>, offer: Offer, id: &str) {
        self.0.tell(Method::OfferEnded, |host| Ok((offer::Offer::object(host, offer, id),)));
    }

    fn message_in(&self, calls: &Calls<'_>, info: &MessageInfo) -> Answer {
        let passed = self.0.filter(Method::RequestIn, Method::MessageIn, calls, info);
        passed.unwrap_or_else(|| self.0.mailbox(calls).keep_incoming(calls, info))
    }

    fn message_out(&self, calls: &Calls<'_>, info: &MessageInfo) -> Answer {
        self.0.filter(Method::ResultOut, Method::MessageOut, calls, info).unwrap_or(Ok(()))
    }

    fn session_send(&self, calls: &Calls<'_>, session: Session, channel: u32, message: Message) -> Answer {
        let passed = self.0.pass(Method::SessionSend, calls, Inbound { session, channel, message });
        passed.unwrap_or_else(|| self.0.mailbox(calls).keep_outgoing(calls, session, channel, message))
    }

    fn session_result(&self, calls: &Calls<'_>, info: &ResultInfo, outcome: Outcome) -> Answer {
        self.0.mailbox(calls).answer(calls, info.session, info.correlation, outcome)
    }

    fn session_disconnect(&self, _: &Calls<'_>, session: Session) -> Answer {
        let asked =
            self.0.call(Method::SessionDisconnect, |host| Ok((session::Session::object(host, session),)));
        answered_with(asked.unwrap_or(status::E_UNSUPPORTED))
    }

    fn timer(&self, _: &Calls<'_>, timer: Timer) {
        attach(|py| {
            let callee = self.0.due(py, timer);
            self.0.run(py, callee);
        });
    }

    fn task(&self, _: &Calls<'_>, task: usize) {
        attach(|py| {
            let callee = self.0.take_task(py, task);
            self.0.run(py, callee);
        });
    }
}
