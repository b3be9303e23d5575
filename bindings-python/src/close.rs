//! The beginning and end of a host: it ends when it is closed, when its last reference is gone, or with the interpreter.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use pintle_host::Receipt;
use pintle_host::abi::status;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};

use crate::call::Running;
use crate::error::{exported, raise, refuse};
use crate::exit;
use crate::gil::Gil;
use crate::host::Host;
use crate::lease::warn;
use crate::{log, news};

/// How long the plugins of all hosts may take to stop when the interpreter ends.
const AT_EXIT: Duration = Duration::from_secs(1);

/// Every host that runs, for the end of the interpreter.
static HOSTS: Gil<RefCell<Vec<Py<PyWeakrefReference>>>> = Gil::new(RefCell::new(Vec::new()));

impl Host {
    /// Notes what runs from now on.
    pub(crate) fn started(slf: &Bound<'_, Self>, running: Running) -> PyResult<()> {
        let py = slf.py();
        let this = PyWeakrefReference::new(slf)?.unbind();
        let mut hosts = HOSTS.get(py).borrow_mut();
        hosts.retain(|host| host.bind(py).upgrade().is_some());
        hosts.push(this);
        // SAFETY: under the lock. Nothing ran before, so there is no reference to it.
        unsafe { *slf.get().state.get(py).running.get() = Some(running) };
        Ok(())
    }

    /// Ends the plugins, the last loaded first, and frees the host.
    pub(crate) fn end(&self, py: Python<'_>, timeout: Duration) -> PyResult<Vec<Receipt>> {
        if self.is_closed(py) {
            return Ok(Vec::new());
        }
        self.check_closable(py)?;
        let mut raised = None;
        let receipts = self.end_plugins(py, timeout, &mut raised)?;
        self.refuse_exported(py)?;
        self.stop_running(py);
        raised.map_or(Ok(receipts), Err)
    }

    /// Refuses to close from another thread, inside a call, and under a view of a message.
    pub(crate) fn check_closable(&self, py: Python<'_>) -> PyResult<()> {
        self.look(py, |_| Ok(()))?;
        if self.state.get(py).users.get() > 0 {
            let text = "the host cannot be closed from inside one of its own calls; let that return first";
            return Err(refuse(py, status::E_REENTRANT, text));
        }
        self.refuse_exported(py)
    }

    fn refuse_exported(&self, py: Python<'_>) -> PyResult<()> {
        let exports = self.state.get(py).exports.get();
        if exports > 0 { Err(exported("a message of this host")) } else { Ok(()) }
    }

    /// Ends the plugins. An exception of the application's does not stop that; the first one is kept.
    fn end_plugins(
        &self,
        py: Python<'_>,
        timeout: Duration,
        raised: &mut Option<PyErr>,
    ) -> PyResult<Vec<Receipt>> {
        let until = Instant::now() + timeout;
        let mut receipts = Vec::new();
        for plugin in self.running(py)?.host.list().into_iter().rev() {
            let call = self.enter(py)?;
            let left = until.saturating_duration_since(Instant::now());
            let begun = call.detached(|host| host.begin_unload(plugin.instance, left));
            self.state.get(py).expect_end(plugin.instance, &plugin.name);
            keep(py, raised, call.raised())?;
            begun.map_err(|error| raise(py, &error))?;
            while !self.has_ended(py, plugin.instance) {
                keep(py, raised, self.turn(py, None).err())?;
            }
            receipts.push(self.receipt(py, plugin.instance)?);
        }
        Ok(receipts)
    }

    /// Frees the host. Its plugins have ended, or are ended now without a callback of the application.
    fn stop_running(&self, py: Python<'_>) {
        // SAFETY: under the lock, and no call is on a stack: the callers have seen to it.
        let Some(running) = (unsafe { (*self.state.get(py).running.get()).take() }) else { return };
        running.guest.silence(py);
        let listener = self.state.get(py).listener.take();
        if let Some(listener) = listener {
            news::deliver_close(listener.bind(py));
        }
        exit::detached(py, || drop(running.host.close(AT_EXIT)));
        let (lines, lost) = running.log.take();
        log::deliver(py, &lines, lost);
    }

    /// Ends a host with the interpreter.
    fn end_at_exit(&self, py: Python<'_>) {
        let state = self.state.get(py);
        if state.users.get() > 0 || state.exports.get() > 0 {
            self.forget(py);
        } else {
            self.stop_running(py);
        }
    }

    /// Leaves what the host has to the end of the process: threads or views may still use it.
    fn forget(&self, py: Python<'_>) {
        let state = self.state.get(py);
        if state.users.get() == 0 {
            // SAFETY: under the lock, and no call is on a stack.
            let running = unsafe { (*state.running.get()).take() };
            std::mem::forget(running);
        }
    }

    /// Called by the interpreter when the last reference is gone.
    fn abandon(&self, py: Python<'_>) {
        if self.if_running(py).is_some() {
            warn(py, c"a pintle.Host was dropped without close()");
            self.stop_running(py);
        }
    }
}

/// Keeps the first exception of the application's. Another one, as that of Ctrl-C, ends whatever is being done.
fn keep(py: Python<'_>, kept: &mut Option<PyErr>, raised: Option<PyErr>) -> PyResult<()> {
    match raised {
        Some(error) if !error.is_instance_of::<PyException>(py) => Err(error),
        Some(error) => {
            kept.get_or_insert(error);
            Ok(())
        }
        None => Ok(()),
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        Python::try_attach(|py| self.abandon(py));
    }
}

/// Forgets all hosts, in a process that was forked: their threads are not in it.
#[pyfunction]
pub(crate) fn _forget_hosts(py: Python<'_>) {
    for host in HOSTS.get(py).take() {
        if let Some(host) = host.bind(py).upgrade().and_then(|host| host.cast_into::<Host>().ok()) {
            host.get().forget(py);
        }
    }
}

/// Ends the hosts that still run when the interpreter ends. A host that another thread is using is not ended.
#[pyfunction]
pub(crate) fn _end_hosts(py: Python<'_>) {
    exit::begin(py);
    let hosts = HOSTS.get(py).take();
    for host in hosts {
        let Some(host) = host.bind(py).upgrade().and_then(|host| host.cast_into::<Host>().ok()) else {
            continue;
        };
        host.get().end_at_exit(py);
    }
}
