//! What becomes of a socket or an own session when the last object for it goes: a closing is posted, and done in the next
//! turn. Nothing is called from inside a finalizer.

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::CStr;
use std::rc::{Rc, Weak};

use pintle_host::{Calls, Closing};
use pyo3::exceptions::PyResourceWarning;
use pyo3::prelude::*;

use crate::host::Host;

/// What all objects for one socket or own session share. The last one ends it.
pub(crate) struct Lease {
    of: Closing,
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
    pub(crate) fn give(&mut self, bits: u64, of: Closing, socket: Option<Rc<Lease>>) -> Rc<Lease> {
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

/// Drops a lease. If it is the last one of something that is still there, a closing is posted.
pub(crate) fn give_back(py: Python<'_>, host: &Host, lease: Rc<Lease>) {
    let Some(lease) = Rc::into_inner(lease) else { return };
    if let Some(running) = host.if_running(py).filter(|_| !lease.over.get()) {
        running.waker.post(lease.of);
        // On another thread nobody knows whether it has ended.
        if running.host.calls().map_or(true, |calls| is_live(lease.of, &calls)) {
            warn(
                py,
                match lease.of {
                    Closing::Session(_) => {
                        c"a pintle.Session of the application's own was dropped without close()"
                    }
                    _ => c"a pintle.Socket was dropped without close()",
                },
            );
        }
    }
    if let Some(socket) = lease.socket {
        give_back(py, host, socket);
    }
}

fn is_live(of: Closing, calls: &Calls<'_>) -> bool {
    match of {
        Closing::Socket(socket) => calls.socket_state(socket).is_ok(),
        Closing::Session(session) => calls.client_id(session).is_ok(),
        Closing::Message(_) => true,
    }
}

/// Warns of something that should have been closed. An exception that is on its way stays so.
pub(crate) fn warn(py: Python<'_>, what: &CStr) {
    let pending = PyErr::take(py);
    if let Err(error) = PyErr::warn(py, &py.get_type::<PyResourceWarning>(), what, 1) {
        error.write_unraisable(py, None);
    }
    if let Some(pending) = pending {
        pending.restore(py);
    }
}
