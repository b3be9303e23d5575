//! Calls into a host that runs.

use std::cell::{Cell, RefCell, UnsafeCell};
use std::sync::Arc;

use pintle_host::abi::Instance;
use pintle_host::mailbox::Mailbox;
use pintle_host::{Calls, Error, LogQueue, Waker};
use pyo3::exceptions::PyBaseException;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use crate::application::Guest;
use crate::error::{closed, raise};
use crate::exit::Busy;
use crate::host::Host;
use crate::lease::{Leases, Left};
use crate::receipt::Endings;
use crate::{log, news};

/// The state that the interpreter's lock protects.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) running: UnsafeCell<Option<Running>>,
    /// How many calls of the kernel thread are on its stack.
    pub(crate) users: Cell<u32>,
    /// How many buffers of messages are exported.
    pub(crate) exports: Cell<usize>,
    /// Whether collected objects have left something to close, or plugins are awaited.
    chores: Cell<bool>,
    /// Whether `run` is to end.
    pub(crate) stopped: Cell<bool>,
    pub(crate) leases: RefCell<Leases>,
    pub(crate) endings: RefCell<Endings>,
    /// The things to close that collected objects have left.
    left: RefCell<Vec<Left>>,
    /// The listener, which is called when something has changed: the event loop's attachment.
    pub(crate) listener: RefCell<Option<Py<PyAny>>>,
}

/// The part of a host that exists from its start until it is closed.
pub(crate) struct Running {
    pub(crate) host: pintle_host::Host,
    pub(crate) guest: Arc<Guest>,
    pub(crate) waker: Waker,
    pub(crate) log: LogQueue,
}

impl State {
    /// Notes a plugin that is ending.
    pub(crate) fn expect_end(&self, instance: Instance, name: &str) {
        self.endings.borrow_mut().expect(instance, name);
        self.chores.set(true);
    }

    pub(crate) fn traverse(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(listener) = self.listener.try_borrow() {
            visit.call(&*listener)?;
        }
        // SAFETY: the collector runs under the lock, and no code of ours that writes this lets it run meanwhile.
        match unsafe { &*self.running.get() } {
            Some(running) => running.guest.traverse(visit),
            None => Ok(()),
        }
    }

    /// Takes everything away that refers to other objects.
    pub(crate) fn clear(&self, py: Python<'_>) {
        let listener = self.listener.take();
        drop(listener);
        // SAFETY: as for `Host::running`.
        let guest = unsafe { &*self.running.get() }.as_ref().map(|running| running.guest.clone());
        if let Some(guest) = guest {
            guest.silence(py);
        }
    }
}

/// A call of the kernel thread into a running host.
///
/// While there is one the host cannot be closed. It raises the exception that a callback raised in it.
pub(crate) struct Call<'a> {
    py: Python<'a>,
    host: &'a Host,
    pub(crate) running: &'a Running,
    pub(crate) calls: Calls<'a>,
    /// The exception that a callback raised in the call around this one.
    outer: Option<Py<PyBaseException>>,
    busy: Busy<'a>,
}

// The functions that begin and end a call are always inlined, because moving a `Call` through memory would cost as much as
// a short call.
impl Call<'_> {
    /// Ends the call.
    #[inline(always)]
    pub(crate) fn finish<T>(self, done: Result<T, Error>) -> PyResult<T> {
        self.outcome(done)
    }

    /// The result of a call that is about to end: the exception of a callback, or else the call's own result.
    #[inline(always)]
    pub(crate) fn outcome<T>(&self, done: Result<T, Error>) -> PyResult<T> {
        match self.take_raised() {
            Some(raised) => Err(raised),
            None => done.map_err(|error| raise(self.py, &error)),
        }
    }

    /// Ends the call, and gives what a callback raised in it.
    pub(crate) fn raised(self) -> Option<PyErr> {
        self.take_raised()
    }

    #[inline(always)]
    fn take_raised(&self) -> Option<PyErr> {
        let raised = self.running.guest.raised.get(self.py).take()?;
        Some(PyErr::from_value(raised.into_bound(self.py).into_any()))
    }

    /// The mailbox of the application.
    #[inline]
    pub(crate) fn mailbox(&self) -> &Mailbox {
        self.running.guest.mailbox(&self.calls)
    }

    /// Does what can take long, while other threads of Python run.
    pub(crate) fn detached<T: Send>(&self, work: impl FnOnce(&pintle_host::Host) -> T + Send) -> T {
        let host = &self.running.host;
        self.busy.detached(self.py, || work(host))
    }
}

impl Drop for Call<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        let state = self.host.state.get(self.py);
        if state.users.get() == 1 && self.has_chores() {
            self.do_chores();
        }
        // The call ends with another exception.
        if let Some(raised) = self.take_raised() {
            raised.write_unraisable(self.py, None);
        }
        self.running.guest.raised.get(self.py).set(self.outer.take());
        state.users.set(state.users.get() - 1);
    }
}

impl<'a> Call<'a> {
    /// Whether anything is to be done once nothing of the host is on the stack.
    #[inline]
    fn has_chores(&self) -> bool {
        !self.running.log.is_empty() || self.host.state.get(self.py).chores.get() || self.mailbox().has_news()
    }

    #[inline(never)]
    fn do_chores(&self) {
        let py = self.py;
        let state = self.host.state.get(py);
        let mut ended = Vec::new();
        if state.chores.replace(false) {
            self.end_left();
            let mut endings = state.endings.borrow_mut();
            ended = endings.collect(&self.running.host);
            if endings.are_awaited() {
                state.chores.set(true);
            }
        }
        if !self.running.log.is_empty() {
            let (lines, lost) = self.running.log.take();
            log::deliver(py, &lines, lost);
        }
        let listener = state.listener.borrow().as_ref().map(|listener| listener.clone_ref(py));
        match listener {
            Some(listener) => news::deliver(listener.bind(py), &self.mailbox().news(), &ended),
            None => self.mailbox().drop_news(),
        }
    }

    /// Closes what collected objects have left. Exceptions of callbacks in this have no caller that could raise them.
    fn end_left(&self) {
        let raised = self.running.guest.raised.get(self.py);
        let kept = raised.take();
        for left in self.host.state.get(self.py).left.take() {
            left.end(&self.calls, self.mailbox());
            if let Some(raised) = self.take_raised() {
                raised.write_unraisable(self.py, None);
            }
        }
        raised.set(kept);
    }
}

impl Host {
    /// Begins a call.
    #[inline(always)]
    pub(crate) fn enter<'a>(&'a self, py: Python<'a>) -> PyResult<Call<'a>> {
        let state = self.state.get(py);
        if state.chores.get() && state.users.get() == 0 {
            self.do_chores_first(py)?;
        }
        self.begin(py)
    }

    #[cold]
    #[inline(never)]
    fn do_chores_first(&self, py: Python<'_>) -> PyResult<()> {
        self.begin(py)?.do_chores();
        Ok(())
    }

    #[inline(always)]
    fn begin<'a>(&'a self, py: Python<'a>) -> PyResult<Call<'a>> {
        let busy = Busy::begin(py);
        let state = self.state.get(py);
        let running = self.running(py)?;
        let calls = running.host.calls().map_err(|error| raise(py, &error))?;
        state.users.set(state.users.get() + 1);
        let outer = running.guest.raised.get(py).take();
        Ok(Call { py, host: self, running, calls, outer, busy })
    }

    /// Makes a call that runs no callbacks.
    #[inline]
    pub(crate) fn look<T>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Calls<'_>) -> Result<T, Error>,
    ) -> PyResult<T> {
        let running = self.running(py)?;
        running.host.calls().and_then(|calls| work(&calls)).map_err(|error| raise(py, &error))
    }

    /// Makes one call.
    #[inline]
    pub(crate) fn call<T>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Calls<'_>) -> Result<T, Error>,
    ) -> PyResult<T> {
        let call = self.enter(py)?;
        let done = work(&call.calls);
        call.outcome(done)
    }

    /// Notes a thing to close that a collected object has left. This is for finalizers, which must not make calls that run
    /// callbacks. It is closed in the next call, or in the next turn of a loop that waits.
    pub(crate) fn leave(&self, py: Python<'_>, left: Left) {
        let Some(running) = self.if_running(py) else { return };
        let state = self.state.get(py);
        state.left.borrow_mut().push(left);
        state.chores.set(true);
        if state.users.get() > 0 || state.listener.borrow().is_some() {
            running.waker.wake();
        }
    }

    /// The running host, for reading only: calls to it take a [`Call`].
    #[inline]
    pub(crate) fn running<'a>(&'a self, py: Python<'a>) -> PyResult<&'a Running> {
        self.if_running(py).ok_or_else(|| closed(py, "host"))
    }

    pub(crate) fn is_closed(&self, py: Python<'_>) -> bool {
        self.if_running(py).is_none()
    }

    #[inline]
    pub(crate) fn if_running<'a>(&'a self, py: Python<'a>) -> Option<&'a Running> {
        // SAFETY: under the lock; it is only written under the lock, when no call is on a stack. A reference that is
        // not part of a call is not kept over anything that gives up the lock.
        unsafe { &*self.state.get(py).running.get() }.as_ref()
    }
}
