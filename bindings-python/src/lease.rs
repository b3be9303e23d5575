//! The end of a socket or an own session whose last object is collected: it is closed in the next call to the host.
//! Nothing is called from inside a finalizer.

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::CStr;
use std::rc::{Rc, Weak};

use pintle_host::Calls;
use pintle_host::abi::{Message, SOCKET_OPEN, Session, Socket};
use pintle_host::mailbox::Mailbox;
use pyo3::exceptions::PyResourceWarning;
use pyo3::prelude::*;

use crate::exit::Busy;
use crate::host::Host;

/// A thing to close that a collected object can leave.
#[derive(Clone, Copy)]
pub(crate) enum Left {
    Socket(Socket),
    Session(Session),
    Message(Message),
    Request(u64),
}

impl Left {
    /// Ends it, if it has not ended already.
    pub(crate) fn end(self, calls: &Calls<'_>, mailbox: &Mailbox) {
        let _ = match self {
            Self::Socket(socket) => calls.close(socket),
            Self::Session(session) => calls.destroy_session(session),
            Self::Message(message) => calls.release(message),
            Self::Request(number) => {
                mailbox.forget(calls, number);
                Ok(())
            }
        };
    }
}

/// Shared by all objects for one socket or own session. When the last of them is collected, it is closed.
pub(crate) struct Lease {
    of: Left,
    /// Closed by hand.
    over: Cell<bool>,
    /// A session keeps its socket.
    socket: Option<Rc<Lease>>,
}

impl Lease {
    pub(crate) fn close(&self) {
        self.over.set(true);
    }
}

/// The leases of a host, by handle.
#[derive(Default)]
pub(crate) struct Leases(HashMap<u64, Weak<Lease>>);

impl Leases {
    pub(crate) fn give(&mut self, bits: u64, of: Left, socket: Option<Rc<Lease>>) -> Rc<Lease> {
        if self.0.len() == self.0.capacity() {
            self.0.retain(|_, lease| lease.strong_count() > 0);
        }
        let lease = Rc::new(Lease { of, over: Cell::new(false), socket });
        self.0.insert(bits, Rc::downgrade(&lease));
        lease
    }

    pub(crate) fn find(&self, bits: u64) -> Option<Rc<Lease>> {
        if self.0.is_empty() { None } else { self.0.get(&bits)?.upgrade() }
    }
}

/// Drops a lease. What it is of ends if it is the last one.
pub(crate) fn give_back(py: Python<'_>, host: &Host, lease: Rc<Lease>) {
    let Some(lease) = Rc::into_inner(lease) else { return };
    if !lease.over.get() {
        if is_started(py, host, lease.of) {
            warn(py, c"a pintle.Socket that was started was dropped without close()");
        }
        host.leave(py, lease.of);
    }
    if let Some(socket) = lease.socket {
        give_back(py, host, socket);
    }
}

/// Whether it is a socket that a plugin serves. On another thread nobody knows.
fn is_started(py: Python<'_>, host: &Host, of: Left) -> bool {
    let Left::Socket(socket) = of else { return false };
    let calls = host.if_running(py).and_then(|running| running.host.calls().ok());
    calls.and_then(|calls| calls.socket_state(socket).ok()).is_some_and(|state| state != SOCKET_OPEN)
}

/// Warns of something that should have been closed. An exception that is on its way stays so.
pub(crate) fn warn(py: Python<'_>, text: &CStr) {
    let _busy = Busy::begin(py);
    let pending = PyErr::take(py);
    if let Err(error) = PyErr::warn(py, &py.get_type::<PyResourceWarning>(), text, 1) {
        error.write_unraisable(py, None);
    }
    if let Some(pending) = pending {
        pending.restore(py);
    }
}
