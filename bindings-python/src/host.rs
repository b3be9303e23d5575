//! The host.

use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::Arc;

use pintle_host::abi::{Entry, MODE_RELIABLE, status};
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
use crate::offer::Offer;
use crate::plugin::Plugin;
use crate::receipt::Receipt;
use crate::session::Session;
use crate::socket::Socket;
use crate::timer::{Timer, check_callable};
use crate::turn::seconds;

/// A host with its plugins.
///
/// The thread that makes the host is its kernel thread. Other threads may call submit(), wake() and stop() only, unless
/// they take the host over with adopt().
///
/// `application` is plugin zero. The host calls those of these methods that it has: socket_attached(socket, address),
/// socket_detached(socket), session_created(session), session_destroyed(session), session_writable(session),
/// offer_published(offer), offer_ended(offer), message_in(session, channel, message), message_out(session, channel,
/// message), request_in(session, request_info, message), result_out(session, request_info, message),
/// session_send(session, channel, message), session_disconnect(session). The last six return None or a Status. An
/// exception that a method raises is raised by the call to the host that caused it. Without request_in, message_in is
/// called for requests; without result_out, message_out is called for results.
///
/// `queue` is the number of messages that may wait in each session, and of results that may wait in each request; when it
/// is reached, the sender has to wait. Messages from the peers of plugins take at most half of the host's messages, over
/// all sessions.
#[pyclass(frozen, weakref, module = "pintle")]
pub(crate) struct Host {
    pub(crate) state: Gil<State>,
}

#[pymethods]
impl Host {
    #[new]
    #[pyo3(
        signature = (*_args, **_kwargs),
        text_signature = "(*, limits=None, application=None, queue=64)"
    )]
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

    /// The limits in force.
    #[getter]
    fn limits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        limits::write(py, self.running(py)?.host.limits())
    }

    /// Whether the host is closed.
    #[getter]
    fn closed(&self, py: Python<'_>) -> bool {
        self.is_closed(py)
    }

    /// Loads a plugin from its file. Its code runs in this process with all its rights: load only what you trust.
    ///
    /// Plugins with a lower priority come first. Without `instance`, the plugin's id is the name of the instance.
    #[pyo3(signature = (path, *, instance = "", config = "", priority = 0))]
    fn load(
        slf: &Bound<'_, Self>,
        path: PathBuf,
        instance: &str,
        config: &str,
        priority: i32,
    ) -> PyResult<Plugin> {
        let py = slf.py();
        let call = slf.get().enter(py)?;
        let options = LoadOptions { priority, instance: instance.to_owned(), config: config.to_owned() };
        // SAFETY: the caller trusts the plugin's code, as the documentation of the method demands.
        let loaded = call.detached(|host| unsafe { host.load(&path, &options) });
        let raised = call.raised();
        raised.map_or(Ok(()), Err)?;
        Plugin::added(slf, loaded.map_err(|error| raise_of_file(py, &error, &path))?)
    }

    /// Adds a plugin that is in memory already, by the address of its `pintle_entry`, which must remain valid.
    #[pyo3(signature = (entry, *, instance = "", config = "", priority = 0))]
    fn load_static(
        slf: &Bound<'_, Self>,
        entry: usize,
        instance: &str,
        config: &str,
        priority: i32,
    ) -> PyResult<Plugin> {
        let py = slf.py();
        let call = slf.get().enter(py)?;
        let options = LoadOptions { priority, instance: instance.to_owned(), config: config.to_owned() };
        // SAFETY: the caller vouches for the address; that is said where the method is documented.
        let loaded = call.detached(|host| unsafe { host.add_static(entry as *const Entry, &options) });
        Plugin::added(slf, call.finish(loaded)?)
    }

    /// The live plugins, in the order of loading.
    #[getter]
    fn plugins(slf: &Bound<'_, Self>) -> PyResult<Vec<Plugin>> {
        let infos = slf.get().running(slf.py())?.host.list();
        Ok(infos.into_iter().map(|info| Plugin { host: slf.clone().unbind(), info }).collect())
    }

    /// Asks a plugin to stop and waits until it has; after `timeout` seconds the host ends it.
    #[pyo3(signature = (plugin, timeout = 5.0))]
    fn unload(&self, py: Python<'_>, plugin: &Bound<'_, Plugin>, timeout: f64) -> PyResult<Receipt> {
        self.unload_plugin(py, plugin.get(), seconds(timeout)?).map(Receipt)
    }

    /// As unload(), for a coroutine: the event loop runs meanwhile.
    #[pyo3(signature = (plugin, timeout = 5.0))]
    fn aunload<'py>(
        slf: &Bound<'py, Self>,
        plugin: &Bound<'py, Plugin>,
        timeout: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        asyncio::call(slf.py(), "unload", (slf, plugin, timeout))
    }

    /// The receipts of the last 256 plugins that ended, with their instance names. Also available after close().
    #[getter]
    fn receipts(&self, py: Python<'_>) -> Vec<(String, Receipt)> {
        self.ended(py).into_iter().map(|(name, receipt)| (name, Receipt(receipt))).collect()
    }

    /// Opens a socket whose channels have these modes; without an argument it has one channel, which is RELIABLE.
    #[pyo3(signature = (*modes))]
    fn open(slf: &Bound<'_, Self>, modes: Vec<u32>) -> PyResult<Socket> {
        let modes = if modes.is_empty() { vec![MODE_RELIABLE] } else { modes };
        let socket = slf.get().call(slf.py(), |calls| calls.open(&modes))?;
        Ok(Socket::opened(slf, socket))
    }

    /// The live sessions.
    #[getter]
    fn sessions(slf: &Bound<'_, Self>) -> PyResult<Vec<Session>> {
        let call = slf.get().enter(slf.py())?;
        let sessions = call.mailbox().sessions();
        call.finish(Ok(()))?;
        Ok(Session::objects(slf, sessions))
    }

    /// The offer that is published under an id now. NotFoundError: there is none.
    fn find_offer(slf: &Bound<'_, Self>, id: &str) -> PyResult<Offer> {
        Offer::find(slf, id)
    }

    /// Publishes a table of the application's under an id. `table` is the address of a C struct, as
    /// ctypes.addressof() gives it; the struct begins with a uint32_t that holds its size. Plugins may call its
    /// functions, on the kernel thread, until the offer has ended. The table and all that its functions need must
    /// stay in memory until the host is closed.
    ///
    /// StateError: the id is published already. PermissionDeniedError: it begins with `pintle.`. CapacityError: too many
    /// offers. ArgumentError: an empty id, or a size under 8.
    fn publish(slf: &Bound<'_, Self>, id: &str, table: usize) -> PyResult<Offer> {
        Offer::publish(slf, id, table)
    }

    /// Calls `callback` after `delay` seconds, and then every `period` seconds if a period is given.
    #[pyo3(signature = (delay, callback, *, period = None))]
    fn timer(
        slf: &Bound<'_, Self>,
        delay: f64,
        callback: Bound<'_, PyAny>,
        period: Option<f64>,
    ) -> PyResult<Timer> {
        Timer::start(slf, delay, callback, period)
    }

    /// Has `callback` called on the kernel thread, in a later turn. Any thread may call this.
    fn submit(&self, py: Python<'_>, callback: Bound<'_, PyAny>) -> PyResult<()> {
        let running = self.running(py)?;
        check_callable(&callback)?;
        let task = running.guest.expect_task(py, callback);
        running.waker.submit(task).map_err(|error| {
            let refused = running.guest.take_task(py, task);
            drop(refused);
            raise(py, &error)
        })
    }

    /// Makes a message with these bytes, which more can be appended to and which is sent without a copy.
    #[pyo3(signature = (data = None, *, capacity = 0), text_signature = "($self, data=b'', *, capacity=0)")]
    fn message(slf: &Bound<'_, Self>, data: Option<&Bound<'_, PyAny>>, capacity: usize) -> PyResult<Message> {
        Message::fresh(slf, data, capacity)
    }

    /// Waits at most `timeout` seconds until something is to be done, and takes one turn, which does it.
    #[pyo3(signature = (timeout = None))]
    fn poll(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<()> {
        self.turn(py, timeout.map(seconds).transpose()?)
    }

    /// Calls poll() until stop() is called.
    fn run(&self, py: Python<'_>) -> PyResult<()> {
        while !self.state.get(py).stopped.replace(false) {
            self.turn(py, None)?;
        }
        Ok(())
    }

    /// Ends run(); if it does not run, the next run() ends before its first turn. Any thread may call this.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        let running = self.running(py)?;
        self.state.get(py).stopped.set(true);
        running.waker.wake();
        Ok(())
    }

    /// Ends the wait of poll(); if there is none, the next wait ends at once. Any thread may call this.
    fn wake(&self, py: Python<'_>) -> PyResult<()> {
        self.running(py)?.waker.wake();
        Ok(())
    }

    /// An fd that is readable whenever poll() has something to do.
    fn fileno(&self, py: Python<'_>) -> PyResult<i32> {
        Ok(self.running(py)?.host.pollable().as_raw_fd())
    }

    /// The time of time.monotonic() at which the next timer is due; None if there is none.
    #[getter]
    fn next_deadline(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        let next = self.running(py)?.host.next_deadline().map_err(|error| raise(py, &error))?;
        Ok(next.map(|nanoseconds| nanoseconds as f64 / 1e9))
    }

    /// Makes the calling thread the kernel thread.
    fn adopt(&self, py: Python<'_>) -> PyResult<()> {
        self.adopt_here(py)
    }

    /// Ends all plugins, the last loaded first, and then everything that was made from the host. The plugins have
    /// `timeout` seconds to stop, all together.
    ///
    /// BufferError: a memoryview of a message is in use. The host is then unchanged.
    #[pyo3(signature = (timeout = 5.0))]
    fn close(slf: &Bound<'_, Self>, timeout: f64) -> PyResult<Vec<Receipt>> {
        let receipts = slf.get().end(slf.py(), seconds(timeout)?)?;
        Ok(receipts.into_iter().map(Receipt).collect())
    }

    /// As close(), for a coroutine: the event loop runs meanwhile.
    #[pyo3(signature = (timeout = 5.0))]
    fn aclose<'py>(slf: &Bound<'py, Self>, timeout: f64) -> PyResult<Bound<'py, PyAny>> {
        asyncio::call(slf.py(), "close", (slf, timeout))
    }

    /// Says whether a file would be loaded, and why not if it would not. None of its code is run.
    #[staticmethod]
    fn inspect(py: Python<'_>, path: PathBuf) -> PyResult<Inspection> {
        inspect::inspect(py, path)
    }

    fn __enter__(slf: Bound<'_, Self>) -> PyResult<Bound<'_, Self>> {
        slf.get().running(slf.py())?;
        Ok(slf)
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
        asyncio::call(slf.py(), "leave", (slf,))
    }

    /// The listener, which is called when something has changed: the event loop's attachment.
    #[getter]
    fn _listener<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.state.get(py).listener.borrow().as_ref().map(|listener| listener.bind(py).clone())
    }

    fn _listen(&self, py: Python<'_>, listener: Option<Bound<'_, PyAny>>) {
        let replaced = self.state.get(py).listener.replace(listener.map(Bound::unbind));
        drop(replaced);
    }

    /// The plugins, in the order in which they are to end. Refused as close() is.
    fn _begin_close(slf: &Bound<'_, Self>) -> PyResult<Vec<Plugin>> {
        slf.get().check_closable(slf.py())?;
        let mut plugins = Self::plugins(slf)?;
        plugins.reverse();
        Ok(plugins)
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
