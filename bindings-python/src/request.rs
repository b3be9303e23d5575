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
use crate::error::{raise, raise_of_service, refuse};
use crate::gil::Gil;
use crate::host::Host;
use crate::message::{Message, handing_over};
use crate::session::Session;
use crate::turn::seconds;

/// A request on its way, and its results.
#[pyclass(frozen, weakref, module = "pintle")]
pub(crate) struct Request {
    host: Py<Host>,
    session: abi::Session,
    number: u64,
    answers: Gil<Answers>,
}

/// What has been fetched of the answers.
#[derive(Default)]
struct Answers {
    ready: RefCell<VecDeque<Py<Message>>>,
    failure: RefCell<Option<(i32, String)>>,
    status: Cell<Option<i32>>,
}

impl Request {
    /// Asks a service.
    pub(crate) fn ask(
        host: &Bound<'_, Host>,
        session: abi::Session,
        service: u32,
        id: u32,
        data: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let number = handing_over(host.get(), data, |call, message| {
            let ask = |number| call.calls.request_message(session, service, id, number, message);
            call.mailbox().request(session, ask)
        })?;
        Ok(Self { host: host.clone().unbind(), session, number, answers: Gil::new(Answers::default()) })
    }

    /// The next result that is there.
    fn take(&self, py: Python<'_>) -> PyResult<Option<Py<Message>>> {
        let answers = self.answers.get(py);
        if let Some(message) = answers.ready.borrow_mut().pop_front() {
            return Ok(Some(message));
        }
        self.fetch(py)
    }

    fn fetch(&self, py: Python<'_>) -> PyResult<Option<Py<Message>>> {
        let answers = self.answers.get(py);
        let host = self.host.bind(py);
        while answers.status.get().is_none() {
            let call = host.get().enter(py)?;
            let reply = call.mailbox().reply(&call.calls, self.number);
            call.finish(Ok(()))?;
            match reply {
                None => break,
                Some(Reply::Result(message)) => {
                    let inbound = Inbound { session: self.session, channel: 0, message };
                    return Py::new(py, Message::received(host, &inbound)).map(Some);
                }
                Some(Reply::Exception(code, text)) => *answers.failure.borrow_mut() = Some((code, text)),
                Some(Reply::Done(code)) => answers.status.set(Some(code)),
            }
        }
        Ok(None)
    }

    /// What a request that is done is to raise.
    fn outcome(&self, py: Python<'_>) -> PyResult<()> {
        let answers = self.answers.get(py);
        if let Some((code, text)) = &*answers.failure.borrow() {
            return Err(raise_of_service(py, *code, text));
        }
        match answers.status.get() {
            None | Some(status::OK | status::CONSUMED) => Ok(()),
            Some(code) => Err(raise(py, &Error { code, plugin: None, text: status_text(code).to_owned() })),
        }
    }

    /// The next result, for which the host turns. `None`: there are no more.
    fn next(&self, py: Python<'_>, timeout: Option<Duration>) -> PyResult<Option<Py<Message>>> {
        let mut next = None;
        let came = self.host.get().turn_until(py, timeout, || {
            next = self.take(py)?;
            Ok(next.is_some() || self.answers.get(py).status.get().is_some())
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
            let host = self.host.get();
            let Some(running) = host.if_running(py) else { return };
            if self.answers.get(py).status.get().is_none() {
                host.state.get(py).forgotten.borrow_mut().push(self.number);
                running.waker.wake();
            }
        });
    }
}

#[pymethods]
impl Request {
    #[getter]
    fn session(&self, py: Python<'_>) -> Session {
        Session::object(self.host.bind(py), self.session)
    }

    fn cancel(&self, py: Python<'_>) -> PyResult<()> {
        let host = self.host.get();
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

    #[getter]
    fn done(&self, py: Python<'_>) -> PyResult<bool> {
        let host = self.host.get();
        if self.answers.get(py).status.get().is_some() || host.is_closed(py) {
            return Ok(true);
        }
        let call = host.enter(py)?;
        let done = call.mailbox().is_done(self.number);
        call.finish(Ok(done))
    }

    #[getter]
    fn status(&self, py: Python<'_>) -> PyResult<Option<i32>> {
        let answers = self.answers.get(py);
        if answers.status.get().is_none() && self.host.get().if_running(py).is_some() && self.done(py)? {
            while let Some(message) = self.fetch(py)? {
                answers.ready.borrow_mut().push_back(message);
            }
        }
        Ok(answers.status.get())
    }

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
            let Some(message) = self.next(py, left)? else { return Ok(results) };
            results.push(message.get().bytes(py)?);
        }
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<Message>>> {
        self.next(py, None)
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

    /// What the listener of the host hears of it by.
    #[getter]
    fn _key(&self) -> u64 {
        self.number
    }

    fn __repr__(&self) -> String {
        format!("<pintle.Request {}>", self.number)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.host)?;
        // SAFETY: the collector runs under the lock.
        match unsafe { self.answers.collected() }.ready.try_borrow() {
            Ok(ready) => ready.iter().try_for_each(|message| visit.call(message)),
            Err(_) => Ok(()),
        }
    }
}
