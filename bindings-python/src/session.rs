//! Sessions.

use std::rc::Rc;
use std::time::Duration;

use pintle_host::abi::{self, status};
use pintle_host::{Calls, Error};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyTuple};

use crate::asyncio;
use crate::error::{closed, refuse};
use crate::gil::Gil;
use crate::host::Host;
use crate::lease::{Lease, Left, give_back};
use crate::message::{Message, lending};
use crate::request::Request;
use crate::socket::Socket;
use crate::turn::seconds;

/// A connection to one peer.
///
/// Iterating it, also with `async for`, gives the messages that come from the peer, until the session ends. If the
/// application owns the session, it gives the messages that are sent to the peer instead.
///
/// A session that the application owns ends when there is no reference to it any more.
#[pyclass(frozen, eq, hash, weakref, module = "pintle")]
pub(crate) struct Session {
    pub(crate) host: Py<Host>,
    pub(crate) handle: abi::Session,
    /// Of a session that the application owns.
    lease: Gil<Option<Rc<Lease>>>,
}

impl Session {
    /// One that the application created just now.
    pub(crate) fn created(host: &Bound<'_, Host>, handle: abi::Session, socket: Option<Rc<Lease>>) -> Self {
        let state = host.get().state.get(host.py());
        let lease = state.leases.borrow_mut().give(handle.bits, Left::Session(handle), socket);
        Self { host: host.clone().unbind(), handle, lease: Gil::new(Some(lease)) }
    }

    pub(crate) fn object(host: &Bound<'_, Host>, handle: abi::Session) -> Self {
        let lease = host.get().state.get(host.py()).leases.borrow().find(handle.bits);
        Self { host: host.clone().unbind(), handle, lease: Gil::new(lease) }
    }

    /// Another object for this session.
    pub(crate) fn again(&self, py: Python<'_>) -> Self {
        let lease = self.lease.get(py).clone();
        Self { host: self.host.clone_ref(py), handle: self.handle, lease: Gil::new(lease) }
    }

    /// Objects for sessions, the oldest handle first.
    pub(crate) fn objects(host: &Bound<'_, Host>, mut handles: Vec<abi::Session>) -> Vec<Self> {
        handles.sort_by_key(|handle| handle.bits);
        handles.into_iter().map(|handle| Self::object(host, handle)).collect()
    }

    /// Makes a call that runs no callbacks.
    #[inline]
    fn look<T>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Calls<'_>, abi::Session) -> Result<T, Error>,
    ) -> PyResult<T> {
        self.host.get().look(py, |calls| work(calls, self.handle))
    }

    #[inline]
    fn with<T>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Calls<'_>, abi::Session) -> Result<T, Error>,
    ) -> PyResult<T> {
        self.host.get().call(py, |calls| work(calls, self.handle))
    }

    /// The next message, for which the host turns.
    fn wait_for_message(&self, py: Python<'_>, timeout: Option<Duration>) -> PyResult<Waited> {
        let mut message = None;
        let came = self.host.get().turn_until(py, timeout, || {
            message = self.take(py)?;
            Ok(message.is_some() || self._over(py)?)
        })?;
        Ok(match message {
            Some(message) => Waited::Message(message),
            None if came => Waited::Ended,
            None => Waited::OutOfTime,
        })
    }
}

/// The result of a wait for a message.
enum Waited {
    Message(Message),
    Ended,
    OutOfTime,
}

impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        self.handle.bits == other.handle.bits && self.host.is(&other.host)
    }
}

impl std::hash::Hash for Session {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.handle.bits.hash(state);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.get_mut().take() {
            Python::try_attach(|py| give_back(py, self.host.get(), lease));
        }
    }
}

#[pymethods]
impl Session {
    /// The host that it belongs to.
    #[getter]
    fn host<'py>(&self, py: Python<'py>) -> Bound<'py, Host> {
        self.host.bind(py).clone()
    }

    /// Sends to the peer, through the filters of all plugins. A Message is not copied.
    #[pyo3(signature = (data, channel = 0))]
    fn send(&self, data: &Bound<'_, PyAny>, channel: u32) -> PyResult<()> {
        lending(self.host.get(), data, |calls, message| calls.send_message(self.handle, channel, message))
    }

    /// Hands in a message as if the peer had sent it, on a session of the application. A Message is not copied.
    #[pyo3(signature = (data, channel = 0))]
    fn receive(&self, data: &Bound<'_, PyAny>, channel: u32) -> PyResult<()> {
        lending(self.host.get(), data, |calls, message| calls.receive_message(self.handle, channel, message))
    }

    /// Asks a service as if the peer did, on a session that the application owns.
    #[pyo3(signature = (service, id, data = None), text_signature = "($self, service, id, data=b'')")]
    fn request(
        &self,
        py: Python<'_>,
        service: u32,
        id: u32,
        data: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Request> {
        let data = data.unwrap_or_else(|| PyBytes::new(py, b"").into_any());
        Request::ask(self, service, id, &data)
    }

    /// Asks a service and waits for all results.
    #[pyo3(
        signature = (service, id, data = None, timeout = None),
        text_signature = "($self, service, id, data=b'', timeout=None)"
    )]
    fn call<'py>(
        &self,
        py: Python<'py>,
        service: u32,
        id: u32,
        data: Option<Bound<'py, PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        self.request(py, service, id, data)?.wait(py, timeout)
    }

    /// As call(), for a coroutine. Cancelling it cancels the request.
    #[pyo3(signature = (service, id, data = None), text_signature = "($self, service, id, data=b'')")]
    fn acall<'py>(
        &self,
        py: Python<'py>,
        service: u32,
        id: u32,
        data: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        asyncio::call(py, "results", (self.request(py, service, id, data)?,))
    }

    /// The oldest message that has arrived; None if there is none.
    fn take(&self, py: Python<'_>) -> PyResult<Option<Message>> {
        let host = self.host.bind(py);
        let call = host.get().enter(py)?;
        // An exception of a callback is raised first: a message that was taken before would be lost.
        call.mailbox().make_room(&call.calls, self.handle);
        call.outcome(Ok(()))?;
        let taken = call.mailbox().take(&call.calls, self.handle);
        call.finish(Ok(taken.map(|inbound| Message::received(host, &inbound))))
    }

    /// The oldest message that has arrived; waits until there is one. ClosedError: the session has ended.
    #[pyo3(signature = (timeout = None))]
    fn next(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Message> {
        let timeout = timeout.map(seconds).transpose()?;
        match self.wait_for_message(py, timeout)? {
            Waited::Message(message) => Ok(message),
            Waited::Ended => Err(closed(py, "session")),
            Waited::OutOfTime => Err(refuse(py, status::E_TIMEOUT, "no message came in time")),
        }
    }

    /// As next(), for a coroutine: the event loop runs meanwhile.
    fn anext<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        asyncio::call(slf.py(), "next_message", (slf,))
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Message>> {
        match self.wait_for_message(py, None)? {
            Waited::Message(message) => Ok(Some(message)),
            _ => Ok(None),
        }
    }

    fn __aiter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        asyncio::call(slf.py(), "iterate_messages", (slf,))
    }

    /// Whether no message will come any more.
    #[getter]
    fn _over(&self, py: Python<'_>) -> PyResult<bool> {
        let call = self.host.get().enter(py)?;
        let over = !call.mailbox().is_live(self.handle) && call.mailbox().waiting(self.handle) == 0;
        call.finish(Ok(over))
    }

    /// The key of the session in calls of the host's listener.
    #[getter]
    fn _key(&self) -> u64 {
        self.handle.bits
    }

    /// Says that the peer takes nothing for now: send() raises AgainError until resume() is called.
    fn suspend(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |calls, session| calls.suspend(session))
    }

    /// Says that the peer takes messages again.
    fn resume(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |calls, session| calls.resume(session))
    }

    /// Asks the owner to end the session.
    fn disconnect(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |calls, session| calls.disconnect(session))
    }

    /// Ends the session. Closing again does nothing.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        if !self.host.get().is_closed(py) {
            self.with(py, |calls, session| match calls.destroy_session(session) {
                Err(error) if error.code == status::E_STALE => Ok(()),
                other => other,
            })?;
        }
        if let Some(lease) = self.lease.get(py) {
            lease.close();
        }
        Ok(())
    }

    /// Whether the session has ended.
    #[getter]
    fn closed(&self, py: Python<'_>) -> PyResult<bool> {
        if self.host.get().is_closed(py) {
            return Ok(true);
        }
        self.look(py, |calls, session| match calls.client_id(session) {
            Ok(_) => Ok(false),
            Err(error) if error.code == status::E_STALE => Ok(true),
            Err(error) => Err(error),
        })
    }

    /// Whether the application owns the session.
    #[getter]
    fn own(&self, py: Python<'_>) -> bool {
        self.lease.get(py).is_some()
    }

    /// The number that its owner gave the peer.
    #[getter]
    fn client_id(&self, py: Python<'_>) -> PyResult<i64> {
        self.look(py, |calls, session| calls.client_id(session))
    }

    /// The address of the peer: 1.2.3.4:5, [::1]:5, a name such as unix:/run/x.sock, or an empty string.
    #[getter]
    fn address(&self, py: Python<'_>) -> PyResult<String> {
        self.look(py, |calls, session| calls.address(session)).map(|address| address.to_string())
    }

    /// The user name of the peer, as the owner of the session gave it; empty if it gave none. It may be unproved.
    #[getter]
    fn user(&self, py: Python<'_>) -> PyResult<String> {
        self.look(py, |calls, session| calls.user(session))
    }

    /// The sub-protocol that was agreed with the peer; empty if there is none.
    #[getter]
    fn protocol(&self, py: Python<'_>) -> PyResult<String> {
        self.look(py, |calls, session| calls.protocol(session))
    }

    /// The socket at which the session began.
    #[getter]
    fn socket(&self, py: Python<'_>) -> PyResult<Socket> {
        let socket = self.look(py, |calls, session| calls.socket(session))?;
        Ok(Socket::object(self.host.bind(py), socket))
    }

    /// The round-trip time in seconds: its mean, and its mean deviation from that.
    #[getter]
    fn rtt(&self, py: Python<'_>) -> PyResult<(f64, f64)> {
        let (mean, deviation) = self.with(py, |calls, session| calls.rtt(session))?;
        Ok((mean.as_secs_f64(), deviation.as_secs_f64()))
    }

    /// The mode of one channel.
    fn channel_mode<'py>(&self, py: Python<'py>, channel: u32) -> PyResult<Bound<'py, PyAny>> {
        let mode = self.look(py, |calls, session| calls.channel_mode(session, channel))?;
        mode_of(py, mode)
    }

    /// Changes the mode of one channel.
    fn set_channel_mode(&self, py: Python<'_>, channel: u32, mode: u32) -> PyResult<()> {
        self.with(py, |calls, session| calls.set_channel_mode(session, channel, mode))
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.close(py)
    }

    fn __repr__(&self) -> String {
        format!("<pintle.Session {:#x}>", self.handle.bits)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.host)
    }
}

/// A member of `pintle.ChannelMode`.
pub(crate) fn mode_of<'py>(py: Python<'py>, mode: u32) -> PyResult<Bound<'py, PyAny>> {
    static MEMBERS: PyOnceLock<Vec<Py<PyAny>>> = PyOnceLock::new();
    let members = MEMBERS.get_or_try_init(py, || {
        let members = py.import("pintle.constants")?.getattr("ChannelMode")?.try_iter()?;
        members.map(|member| member.map(Bound::unbind)).collect::<PyResult<_>>()
    })?;
    match members.get(mode as usize) {
        Some(member) => Ok(member.bind(py).clone()),
        None => Ok(mode.into_pyobject(py)?.into_any()),
    }
}
