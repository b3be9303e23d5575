//! Sockets.

use std::rc::Rc;

use pintle_host::Peer;
use pintle_host::abi::{self, SOCKET_CONNECTING, SOCKET_LISTENING, SOCKET_OPEN, status};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::bytes::lend;
use crate::error::raise;
use crate::gil::Gil;
use crate::host::Host;
use crate::lease::{Lease, Left, give_back};
use crate::session::{Session, mode_of};

/// A place at which sessions begin, by listening or connecting. Closed when the last reference to it is gone.
#[pyclass(frozen, eq, hash, weakref, module = "pintle")]
pub(crate) struct Socket {
    host: Py<Host>,
    handle: abi::Socket,
    lease: Gil<Option<Rc<Lease>>>,
}

impl Socket {
    /// One that was opened just now.
    pub(crate) fn opened(host: &Bound<'_, Host>, handle: abi::Socket) -> Self {
        let state = host.get().state.get(host.py());
        let lease = state.leases.borrow_mut().give(handle.bits, Left::Socket(handle), None);
        Self { host: host.clone().unbind(), handle, lease: Gil::new(Some(lease)) }
    }

    pub(crate) fn object(host: &Bound<'_, Host>, handle: abi::Socket) -> Self {
        let lease = host.get().state.get(host.py()).leases.borrow().find(handle.bits);
        Self { host: host.clone().unbind(), handle, lease: Gil::new(lease) }
    }
}

impl PartialEq for Socket {
    fn eq(&self, other: &Self) -> bool {
        self.handle.bits == other.handle.bits && self.host.is(&other.host)
    }
}

impl std::hash::Hash for Socket {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.handle.bits.hash(state);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.get_mut().take() {
            Python::try_attach(|py| give_back(py, self.host.get(), lease));
        }
    }
}

#[pymethods]
impl Socket {
    /// The host that it was opened in.
    #[getter]
    fn host<'py>(&self, py: Python<'py>) -> Bound<'py, Host> {
        self.host.bind(py).clone()
    }

    /// Listens on an address. A plugin that knows the scheme of the address serves the socket.
    fn listen(&self, py: Python<'_>, address: &str) -> PyResult<()> {
        self.host.get().call(py, |calls| calls.listen(self.handle, address))
    }

    /// Connects to an address as a client.
    #[pyo3(signature = (address, token = None))]
    fn connect(&self, py: Python<'_>, address: &str, token: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let token = token.map(|token| lend(token, <[u8]>::to_vec)).transpose()?.unwrap_or_default();
        self.host.get().call(py, |calls| calls.connect(self.handle, address, &token))
    }

    /// Stops the socket, and ends its sessions.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        self.host.get().call(py, |calls| calls.stop(self.handle))
    }

    /// Ends the socket and its sessions. Closing again does nothing.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let host = self.host.get();
        if !host.is_closed(py) {
            host.call(py, |calls| match calls.close(self.handle) {
                Err(error) if error.code == status::E_STALE => Ok(()),
                other => other,
            })?;
        }
        if let Some(lease) = self.lease.get(py) {
            lease.close();
        }
        Ok(())
    }

    /// Whether the socket has ended.
    #[getter]
    fn closed(&self, py: Python<'_>) -> PyResult<bool> {
        let host = self.host.get();
        if host.is_closed(py) {
            return Ok(true);
        }
        host.look(py, |calls| match calls.socket_state(self.handle) {
            Ok(_) => Ok(false),
            Err(error) if error.code == status::E_STALE => Ok(true),
            Err(error) => Err(error),
        })
    }

    /// The address at which the socket is served; before that, the address that was asked for.
    #[getter]
    fn address(&self, py: Python<'_>) -> PyResult<String> {
        self.host.get().look(py, |calls| calls.socket_address(self.handle))
    }

    /// The state of the socket.
    #[getter]
    fn state(&self, py: Python<'_>) -> PyResult<&'static str> {
        let state = self.host.get().look(py, |calls| calls.socket_state(self.handle))?;
        Ok(match state {
            SOCKET_OPEN => "open",
            SOCKET_LISTENING => "listening",
            SOCKET_CONNECTING => "connecting",
            _ => "stopped",
        })
    }

    /// The mode of each channel of a new session.
    #[getter]
    fn channels<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let modes = self.host.get().look(py, |calls| calls.socket_channels(self.handle))?;
        modes.into_iter().map(|mode| mode_of(py, mode)).collect()
    }

    /// The live sessions of this socket.
    #[getter]
    fn sessions(&self, py: Python<'_>) -> PyResult<Vec<Session>> {
        let host = self.host.bind(py);
        let call = host.get().enter(py)?;
        let mut sessions = call.mailbox().sessions();
        sessions.retain(|session| call.calls.socket(*session).is_ok_and(|socket| socket == self.handle));
        call.finish(Ok(()))?;
        Ok(Session::objects(host, sessions))
    }

    /// The socket's clock in seconds; 0 while it is not started.
    #[getter]
    fn time(&self, py: Python<'_>) -> PyResult<f64> {
        let nanoseconds = self.host.get().look(py, |calls| calls.socket_time(self.handle))?;
        Ok(nanoseconds as f64 / 1e9)
    }

    /// Makes a session that the application owns: the program is its transport.
    ///
    /// `address` is the address of the peer: 1.2.3.4:5, [::1]:5, or a name that begins with a scheme, as
    /// unix:/run/x.sock. `user` is the name that the peer gave, or proved to have; `protocol` is the sub-protocol
    /// that was agreed on.
    #[pyo3(signature = (client_id = 0, address = None, *, user = "", protocol = ""))]
    fn create_session(
        &self,
        py: Python<'_>,
        client_id: i64,
        address: Option<&str>,
        user: &str,
        protocol: &str,
    ) -> PyResult<Session> {
        let address = address.unwrap_or_default().parse().map_err(|error| raise(py, &error))?;
        let peer = Peer { address, user: user.to_owned(), protocol: protocol.to_owned() };
        let host = self.host.bind(py);
        let call = host.get().enter(py)?;
        let created = call.calls.create_session(self.handle, client_id, Some(peer));
        if let Ok(session) = created {
            call.mailbox().begin_own(&call.calls, session);
        }
        let session = call.finish(created)?;
        Ok(Session::created(host, session, self.lease.get(py).clone()))
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.close(py)
    }

    fn __repr__(&self) -> String {
        format!("<pintle.Socket {:#x}>", self.handle.bits)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.host)
    }
}
