//! Requests to services.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use pintle_host::abi::{self, status};
use pintle_host::mailbox::Reply;
use pintle_host::{Error, Inbound, status_text};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::asyncio;
use crate::call::Call;
use crate::error::{raise, raise_of_service, refuse};
use crate::gil::Gil;
use crate::host::Host;
use crate::lease::Left;
use crate::message::{Message, copy, handing_over};
use crate::session::Session;
use crate::turn::seconds;

/// A request to a service.
///
/// Iterating it, also with `async for`, gives its results; awaiting it gives a list of all of them. An exception that the
/// service answers with is raised as ServiceError. A request to which there is no reference any more goes on, and its
/// results are dropped.
#[pyclass(frozen, weakref, module = "pintle")]
pub(crate) struct Request {
    /// It keeps its session, as an iterator keeps what it iterates.
    session: Session,
    number: u64,
    answers: Gil<Answers>,
}

/// Describes a request to a filter: the one that passes, or the one that the passing result answers.
#[pyclass(frozen, get_all, module = "pintle")]
pub(crate) struct RequestInfo {
    /// The service that the request is for.
    service: u32,
    /// The request's number within the service.
    id: u32,
    /// 0, as no flag is defined yet.
    flags: u32,
    /// The number by which the asker knows the request.
    correlation: u64,
}

impl RequestInfo {
    pub(crate) fn of(info: &abi::MessageInfo) -> Self {
        Self { service: info.service, id: info.id, flags: info.flags, correlation: info.correlation }
    }
}

#[pymethods]
impl RequestInfo {
    fn __repr__(&self) -> String {
        format!("<pintle.RequestInfo {} of service {:#x}>", self.id, self.service)
    }
}

/// The replies that were fetched.
#[derive(Default)]
struct Answers {
    ready: RefCell<VecDeque<Py<Message>>>,
    failure: RefCell<Option<(i32, String)>>,
    status: Cell<Option<i32>>,
}

impl Request {
    /// Asks a service.
    pub(crate) fn ask(session: &Session, service: u32, id: u32, data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (py, handle) = (data.py(), session.handle);
        let number = handing_over(session.host.get(), data, |call, message| {
            let mailbox = call.mailbox();
            if !mailbox.is_own(handle) && mailbox.is_live(handle) {
                // Its answers would go to its owner.
                let text = "only on a session of the application's own can the application ask a service";
                return Err(Error { code: status::E_NOT_OWNER, plugin: None, text: text.to_owned() });
            }
            let ask = |number| call.calls.request_message(handle, service, id, number, message);
            mailbox.request(handle, ask)
        })?;
        Ok(Self { session: session.again(py), number, answers: Gil::new(Answers::default()) })
    }

    fn host(&self) -> &Host {
        self.session.host.get()
    }

    /// The next result that is there.
    fn take(&self, py: Python<'_>) -> PyResult<Option<Py<Message>>> {
        let ready = self.answers.get(py).ready.borrow_mut().pop_front();
        match ready {
            Some(message) => Ok(Some(message)),
            None => self.fetch(py, |_, message| {
                let inbound = Inbound { session: self.session.handle, channel: 0, message };
                Py::new(py, Message::received(self.session.host.bind(py), &inbound))
            }),
        }
    }

    /// As [`take`](Self::take), copied.
    fn take_bytes<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let ready = self.answers.get(py).ready.borrow_mut().pop_front();
        match ready {
            Some(message) => message.get().bytes(py).map(Some),
            None => self.fetch(py, |call, message| {
                let bytes = copy(py, &call.calls, message).map_err(|error| raise(py, &error));
                // It can only be gone already.
                let _ = call.calls.release(message);
                bytes
            }),
        }
    }

    /// The next result that has come, as `read` has it, which takes over the reference.
    fn fetch<T>(
        &self,
        py: Python<'_>,
        read: impl FnOnce(&Call<'_>, abi::Message) -> PyResult<T>,
    ) -> PyResult<Option<T>> {
        let answers = self.answers.get(py);
        if answers.status.get().is_some() {
            return Ok(None);
        }
        let call = self.host().enter(py)?;
        // An exception of a callback is raised first: a reply that was taken before would be lost.
        call.mailbox().make_room_for_replies(&call.calls, self.number);
        call.outcome(Ok(()))?;
        let mut next = None;
        while let Some(reply) = call.mailbox().reply(&call.calls, self.number) {
            match reply {
                Reply::Result(message) => {
                    next = Some(read(&call, message)?);
                    break;
                }
                Reply::Exception(code, text) => *answers.failure.borrow_mut() = Some((code, text)),
                Reply::Done(code) => {
                    answers.status.set(Some(code));
                    break;
                }
            }
        }
        call.finish(Ok(next))
    }

    /// The exception that a request which is done raises.
    fn outcome(&self, py: Python<'_>) -> PyResult<()> {
        let answers = self.answers.get(py);
        if let Some((code, text)) = &*answers.failure.borrow() {
            return Err(raise_of_service(py, *code, text));
        }
        match answers.status.get() {
            Some(code) if status::is_error(code) => {
                Err(raise(py, &Error { code, plugin: None, text: status_text(code).to_owned() }))
            }
            _ => Ok(()),
        }
    }

    /// The next result, for which the host turns. `None`: there are no more.
    fn wait_for<T>(
        &self,
        py: Python<'_>,
        timeout: Option<Duration>,
        take: impl Fn() -> PyResult<Option<T>>,
    ) -> PyResult<Option<T>> {
        let mut next = None;
        let came = self.host().turn_until(py, timeout, || {
            next = take()?;
            Ok(next.is_some() || self._over(py))
        })?;
        if !came {
            self.cancel(py)?;
            return Err(refuse(
                py,
                status::E_TIMEOUT,
                "the request was not done in its time, and was cancelled",
            ));
        }
        if next.is_none() {
            self.outcome(py)?;
        }
        Ok(next)
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        Python::try_attach(|py| {
            let host = self.host();
            if self.answers.get(py).status.get().is_none() {
                host.leave(py, Left::Request(self.number));
            }
        });
    }
}

#[pymethods]
impl Request {
    /// The session on which it was asked.
    #[getter]
    fn session(&self, py: Python<'_>) -> Session {
        self.session.again(py)
    }

    /// Cancels the request. If it waits it never runs; if it runs, the service can see that it is cancelled.
    fn cancel(&self, py: Python<'_>) -> PyResult<()> {
        let host = self.host();
        if self.answers.get(py).status.get().is_some() || host.is_closed(py) {
            return Ok(());
        }
        let call = host.enter(py)?;
        let cancelled = match call.mailbox().cancel(&call.calls, self.number) {
            // It is done already.
            Err(error) if matches!(error.code, status::E_NOT_FOUND | status::E_STALE) => Ok(()),
            other => other,
        };
        call.finish(cancelled)
    }

    /// Whether the request is over: all its results have come, whether they were fetched or not.
    #[getter]
    fn done(&self, py: Python<'_>) -> PyResult<bool> {
        let host = self.host();
        if self.answers.get(py).status.get().is_some() || host.is_closed(py) {
            return Ok(true);
        }
        let call = host.enter(py)?;
        let done = call.mailbox().is_done(self.number);
        call.finish(Ok(done))
    }

    /// The status that the request ended with; None until it is done.
    #[getter]
    fn status(&self, py: Python<'_>) -> PyResult<Option<i32>> {
        let answers = self.answers.get(py);
        if answers.status.get().is_none() && self.host().if_running(py).is_some() && self.done(py)? {
            let mut fetched = VecDeque::new();
            while let Some(message) = self.take(py)? {
                fetched.push_back(message);
            }
            answers.ready.replace(fetched);
        }
        Ok(answers.status.get())
    }

    /// Waits until the request is done and returns all results. TimeoutError: it took too long and was cancelled.
    #[pyo3(signature = (timeout = None))]
    pub(crate) fn wait<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<f64>,
    ) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let until = timeout.map(seconds).transpose()?.and_then(|time| Instant::now().checked_add(time));
        let mut results = Vec::new();
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            match self.wait_for(py, left, || self.take_bytes(py))? {
                Some(result) => results.push(result),
                None => return Ok(results),
            }
        }
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<Message>>> {
        self.wait_for(py, None, || self.take(py))
    }

    fn __await__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        asyncio::call(slf.py(), "results", (slf,))?.call_method0("__await__")
    }

    fn __aiter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        asyncio::call(slf.py(), "iterate_results", (slf,))
    }

    /// The next result that is there, for the event loop's side. Raises what the request ended with.
    fn _take(&self, py: Python<'_>) -> PyResult<Option<Py<Message>>> {
        let next = self.take(py)?;
        if next.is_none() {
            self.outcome(py)?;
        }
        Ok(next)
    }

    /// Whether everything was fetched.
    #[getter]
    fn _over(&self, py: Python<'_>) -> bool {
        self.answers.get(py).status.get().is_some()
    }

    /// The key of the request in calls of the host's listener.
    #[getter]
    fn _key(&self) -> u64 {
        self.number
    }

    fn __repr__(&self) -> String {
        format!("<pintle.Request {}>", self.number)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.session.host)?;
        // SAFETY: the collector runs under the lock.
        match unsafe { self.answers.collected() }.ready.try_borrow() {
            Ok(ready) => ready.iter().try_for_each(|message| visit.call(message)),
            Err(_) => Ok(()),
        }
    }
}
