//! The host.

use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::Arc;

use pintle_host::abi::{CHANNEL_RELIABLE, Entry, status};
use pintle_host::{LoadOptions, LogQueue};
use pyo3::exceptions::PyValueError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::application::{Guest, Seat};
use crate::asyncio;
use crate::call::{Running, State};
use crate::error::{raise, raise_of_file, refuse};
use crate::gil::Gil;
use crate::inspect::{self, Inspection};
use crate::limits;
use crate::log;
use crate::message::Message;
use crate::plugin::Plugin;
use crate::receipt::Receipt;
use crate::session::Session;
use crate::socket::Socket;
use crate::timer::Timer;
use crate::turn::seconds;

/// A host and its plugins. The thread that makes it is its kernel thread.
#[pyclass(frozen, weakref, module = "pintle")]
pub(crate) struct Host {
    pub(crate) state: Gil<State>,
}

#[pymethods]
impl Host {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self { state: Gil::new(State::default()) }
    }

    #[pyo3(signature = (*, limits = None, application = None, queue = 64))]
    fn __init__(
        slf: &Bound<'_, Self>,
        limits: Option<&Bound<'_, PyAny>>,
        application: Option<&Bound<'_, PyAny>>,
        queue: usize,
    ) -> PyResult<()> {
        let py = slf.py();
        if slf.get().running(py).is_ok() {
            return Err(refuse(py, status::E_STATE, "the host is started already"));
        }
        if queue == 0 {
            return Err(PyValueError::new_err("queue must be at least 1"));
        }
        let guest = Arc::new(Guest::of(application, queue)?);
        let log = LogQueue::new(log::CAPACITY);
        let mut builder = pintle_host::Host::builder().application(Seat(guest.clone())).log_to(&log);
        if let Some(limits) = limits {
            builder = builder.limits(limits::read(limits)?);
        }
        let host = builder.start().map_err(|error| raise(py, &error))?;
        guest.settle_in(slf);
        let waker = host.waker();
        Self::started(slf, Running { host, guest, waker, log })
    }

    #[getter]
    fn limits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        limits::write(py, self.running(py)?.host.limits())
    }

    #[getter]
    fn closed(&self, py: Python<'_>) -> bool {
        self.is_closed(py)
    }

    #[pyo3(signature = (path, *, instance = String::new(), config = String::new(), priority = 0))]
    fn load(
        slf: &Bound<'_, Self>,
        path: PathBuf,
        instance: String,
        config: String,
        priority: i32,
    ) -> PyResult<Plugin> {
        let py = slf.py();
        let call = slf.get().enter(py)?;
        let options = LoadOptions { priority, instance, config };
        // SAFETY: whoever loads a native plugin trusts it with the process; that is said where the method is documented.
        let loaded = call.detached(|host| unsafe { host.load(&path, &options) });
        let raised = call.raised();
        raised.map_or(Ok(()), Err)?;
        Plugin::added(slf, loaded.map_err(|error| raise_of_file(py, &error, &path))?)
    }

    #[pyo3(signature = (entry, *, instance = String::new(), config = String::new(), priority = 0))]
    fn load_static(
        slf: &Bound<'_, Self>,
        entry: usize,
        instance: String,
        config: String,
        priority: i32,
    ) -> PyResult<Plugin> {
        let py = slf.py();
        let call = slf.get().enter(py)?;
        let options = LoadOptions { priority, instance, config };
        // SAFETY: the caller vouches for the address; that is said where the method is documented.
        let loaded = call.detached(|host| unsafe { host.add_static(entry as *const Entry, &options) });
        Plugin::added(slf, call.finish(loaded)?)
    }

    #[getter]
    fn plugins(slf: &Bound<'_, Self>) -> PyResult<Vec<Plugin>> {
        let infos = slf.get().running(slf.py())?.host.list();
        Ok(infos.into_iter().map(|info| Plugin { host: slf.clone().unbind(), info }).collect())
    }

    #[pyo3(signature = (plugin, timeout = 5.0))]
    fn unload(&self, py: Python<'_>, plugin: &Bound<'_, Plugin>, timeout: f64) -> PyResult<Receipt> {
        self.unload_plugin(py, plugin.get(), seconds(timeout)?).map(Receipt)
    }

    #[pyo3(signature = (plugin, timeout = 5.0))]
    fn aunload<'py>(
        slf: &Bound<'py, Self>,
        plugin: &Bound<'py, Plugin>,
        timeout: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        asyncio::call(slf.py(), "unload", (slf, plugin, timeout))
    }

    #[getter]
    fn receipts(&self, py: Python<'_>) -> Vec<(String, Receipt)> {
        self.ended(py).into_iter().map(|(name, receipt)| (name, Receipt(receipt))).collect()
    }

    #[pyo3(signature = (*modes))]
    fn open(slf: &Bound<'_, Self>, modes: Vec<u32>) -> PyResult<Socket> {
        let modes = if modes.is_empty() { vec![CHANNEL_RELIABLE] } else { modes };
        let socket = slf.get().call(slf.py(), |calls| calls.open(&modes))?;
        Ok(Socket::opened(slf, socket))
    }

    #[getter]
    fn sessions(slf: &Bound<'_, Self>) -> PyResult<Vec<Session>> {
        let call = slf.get().enter(slf.py())?;
        let sessions = call.mailbox().sessions();
        call.finish(Ok(()))?;
        Ok(Session::objects(slf, sessions))
    }

    #[pyo3(signature = (delay, callback, *, period = None))]
    fn timer(
        slf: &Bound<'_, Self>,
        delay: f64,
        callback: Bound<'_, PyAny>,
        period: Option<f64>,
    ) -> PyResult<Timer> {
        Timer::start(slf, delay, callback, period)
    }

    fn submit(&self, py: Python<'_>, callback: Bound<'_, PyAny>) -> PyResult<()> {
        let running = self.running(py)?;
        let task = running.guest.expect_task(py, callback);
        running.waker.submit(task).map_err(|error| {
            let refused = running.guest.take_task(py, task);
            drop(refused);
            raise(py, &error)
        })
    }

    #[pyo3(signature = (data = None, *, capacity = 0), text_signature = "($self, data=b'', *, capacity=0)")]
    fn message(slf: &Bound<'_, Self>, data: Option<&Bound<'_, PyAny>>, capacity: usize) -> PyResult<Message> {
        Message::fresh(slf, data, capacity)
    }

    #[pyo3(signature = (timeout = None))]
    fn poll(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<()> {
        self.turn(py, timeout.map(seconds).transpose()?)
    }

    fn run(&self, py: Python<'_>) -> PyResult<()> {
        while !self.state.get(py).stopped.replace(false) {
            self.turn(py, None)?;
        }
        Ok(())
    }

    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        let running = self.running(py)?;
        self.state.get(py).stopped.set(true);
        running.waker.wake();
        Ok(())
    }

    fn wake(&self, py: Python<'_>) -> PyResult<()> {
        self.running(py)?.waker.wake();
        Ok(())
    }

    fn fileno(&self, py: Python<'_>) -> PyResult<i32> {
        Ok(self.running(py)?.host.pollable().as_raw_fd())
    }

    #[getter]
    fn next_deadline(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        let next = self.running(py)?.host.next_deadline().map_err(|error| raise(py, &error))?;
        Ok(next.map(|nanoseconds| nanoseconds as f64 / 1e9))
    }

    fn adopt(&self, py: Python<'_>) -> PyResult<()> {
        self.adopt_here(py)
    }

    #[pyo3(signature = (timeout = 5.0))]
    fn close(slf: &Bound<'_, Self>, timeout: f64) -> PyResult<Vec<Receipt>> {
        let receipts = slf.get().end(slf.py(), seconds(timeout)?)?;
        Ok(receipts.into_iter().map(Receipt).collect())
    }

    fn aclose<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        asyncio::call(slf.py(), "close", (slf,))
    }

    #[staticmethod]
    fn inspect(py: Python<'_>, path: PathBuf) -> PyResult<Inspection> {
        inspect::inspect(py, path)
    }

    fn __enter__<'py>(slf: Bound<'py, Self>) -> Bound<'py, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(slf: &Bound<'_, Self>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        Self::close(slf, 5.0).map(drop)
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        asyncio::call(slf.py(), "enter", (slf,))
    }

    #[pyo3(signature = (*_exception))]
    fn __aexit__<'py>(
        slf: &Bound<'py, Self>,
        _exception: &Bound<'_, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        asyncio::call(slf.py(), "close", (slf,))
    }

    /// What hears of news, if there is something: the event loop's side of this host.
    #[getter]
    fn _listener<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.state.get(py).listener.borrow().as_ref().map(|listener| listener.bind(py).clone())
    }

    fn _listen(&self, py: Python<'_>, listener: Option<Bound<'_, PyAny>>) {
        let replaced = self.state.get(py).listener.replace(listener.map(Bound::unbind));
        drop(replaced);
    }

    /// Asks a plugin to stop, without waiting for it.
    fn _begin_unload(&self, py: Python<'_>, plugin: &Bound<'_, Plugin>, timeout: f64) -> PyResult<()> {
        self.begin_unload(py, plugin.get(), seconds(timeout)?)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        match self.running(py) {
            Ok(running) => format!("<pintle.Host with {} plugins>", running.host.list().len()),
            Err(_) => "<pintle.Host, closed>".to_owned(),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // SAFETY: the collector runs under the lock.
        unsafe { self.state.collected() }.traverse(visit)
    }

    fn __clear__(&self, py: Python<'_>) {
        self.state.get(py).clear(py);
    }
}
