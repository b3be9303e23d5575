//! Messages: memory of the host, without a copy on either side.

use std::cell::Cell;
use std::ffi::c_int;

use pintle_host::abi;
use pintle_host::{Calls, Error, Inbound};
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::bytes::lend;
use crate::call::Call;
use crate::error::{closed, exported, raise};
use crate::gil::Gil;
use crate::host::Host;
use crate::lease::Left;
use crate::session::Session;

/// Bytes in the host's memory, which a memoryview shows without a copy. While one does, close() raises BufferError.
#[pyclass(frozen, module = "pintle")]
pub(crate) struct Message {
    host: Py<Host>,
    /// `None` once it is closed.
    handle: Gil<Cell<Option<abi::Message>>>,
    exports: Gil<Cell<usize>>,
    /// Which session a received one came on.
    session: Option<abi::Session>,
    /// The channel that the message came on.
    #[pyo3(get)]
    channel: u32,
}

impl Message {
    /// Takes over a reference of the application's.
    fn kept(
        host: &Bound<'_, Host>,
        handle: abi::Message,
        session: Option<abi::Session>,
        channel: u32,
    ) -> Self {
        let (handle, exports) = (Gil::new(Cell::new(Some(handle))), Gil::new(Cell::new(0)));
        Self { host: host.clone().unbind(), handle, exports, session, channel }
    }

    /// One that came on a session.
    pub(crate) fn received(host: &Bound<'_, Host>, inbound: &Inbound) -> Self {
        Self::kept(host, inbound.message, Some(inbound.session), inbound.channel)
    }

    /// One that a callback was given. Its object may be kept beyond that.
    pub(crate) fn lent(host: &Bound<'_, Host>, calls: &Calls<'_>, inbound: &Inbound) -> PyResult<Self> {
        calls.retain(inbound.message).map_err(|error| raise(host.py(), &error))?;
        Ok(Self::received(host, inbound))
    }

    pub(crate) fn fresh(
        host: &Bound<'_, Host>,
        data: Option<&Bound<'_, PyAny>>,
        capacity: usize,
    ) -> PyResult<Self> {
        let call = host.get().enter(host.py())?;
        let calls = &call.calls;
        let fill = |bytes: &[u8]| {
            let message = calls.acquire(capacity.max(bytes.len()))?;
            // A message that a callback acquires is released when the callback returns, unless it is retained.
            if !call.running.host.is_idle() {
                calls.retain(message)?;
            }
            calls.write(message, bytes).map(|()| message)
        };
        let filled = match data {
            Some(data) => lend(data, fill)?,
            None => fill(&[]),
        };
        Ok(Self::kept(host, call.finish(filled)?, None, 0))
    }

    fn handle(&self, py: Python<'_>) -> PyResult<abi::Message> {
        self.handle.get(py).get().ok_or_else(|| closed(py, "message"))
    }

    /// Makes a call that runs no callbacks.
    #[inline]
    fn look<T>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Calls<'_>, abi::Message) -> Result<T, Error>,
    ) -> PyResult<T> {
        let handle = self.handle(py)?;
        self.host.get().look(py, |calls| work(calls, handle))
    }

    pub(crate) fn bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.look(py, |calls, message| copy(py, calls, message))
    }

    /// Gives the reference back, on whatever thread this is. It calls nothing.
    fn give_back(&self, py: Python<'_>) {
        let Some(handle) = self.handle.get(py).take() else { return };
        let Some(running) = self.host.get().if_running(py) else { return };
        match running.host.calls() {
            // It can only be gone already.
            Ok(calls) => drop(calls.release(handle)),
            Err(_) => self.host.get().leave(py, Left::Message(handle)),
        }
    }
}

/// Makes a message of bytes-like data for `work`, or lends it the message that the data is.
#[inline]
pub(crate) fn lending(
    host: &Host,
    data: &Bound<'_, PyAny>,
    work: impl FnOnce(&Calls<'_>, abi::Message) -> Result<(), Error>,
) -> PyResult<()> {
    let call = host.enter(data.py())?;
    let (message, is_made) = made_of(&call, data)?;
    let done = message.and_then(|message| {
        let done = work(&call.calls, message);
        if is_made {
            // It can only be gone already.
            let _ = call.calls.release(message);
        }
        done
    });
    call.outcome(done)
}

/// Makes a message of bytes-like data for `work` to hand on; one that the data is stays its object's.
pub(crate) fn handing_over<T>(
    host: &Host,
    data: &Bound<'_, PyAny>,
    work: impl FnOnce(&Call<'_>, abi::Message) -> Result<T, Error>,
) -> PyResult<T> {
    let call = host.enter(data.py())?;
    let (message, is_made) = made_of(&call, data)?;
    let done = message.and_then(|message| {
        if !is_made {
            call.calls.retain(message)?;
        }
        let done = work(&call, message);
        if done.is_err() {
            // It was not accepted.
            let _ = call.calls.release(message);
        }
        done
    });
    call.outcome(done)
}

/// The message for some data, and whether it was made for it.
#[inline(always)]
fn made_of(call: &Call<'_>, data: &Bound<'_, PyAny>) -> PyResult<(Result<abi::Message, Error>, bool)> {
    if !data.is_exact_instance_of::<PyBytes>()
        && let Ok(message) = data.cast::<Message>()
    {
        return Ok((Ok(message.get().handle(data.py())?), false));
    }
    Ok((lend(data, |bytes| call.calls.message(bytes))?, true))
}

impl Drop for Message {
    fn drop(&mut self) {
        Python::try_attach(|py| self.give_back(py));
    }
}

#[pymethods]
impl Message {
    /// The host that it belongs to.
    #[getter]
    fn host<'py>(&self, py: Python<'py>) -> Bound<'py, Host> {
        self.host.bind(py).clone()
    }

    /// The session that the message came on; None if the program made it.
    #[getter]
    fn session(&self, py: Python<'_>) -> Option<Session> {
        self.session.map(|session| Session::object(self.host.bind(py), session))
    }

    /// Appends bytes. Once the message was sent, this raises StateError.
    fn write(&self, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = data.py();
        let handle = self.handle(py)?;
        let call = self.host.get().enter(py)?;
        let done = lend(data, |bytes| call.calls.write(handle, bytes))?;
        call.finish(done)
    }

    /// Gives the memory back to the host. Closing again does nothing.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        if self.exports.get(py).get() > 0 {
            return Err(exported("this message"));
        }
        self.give_back(py);
        Ok(())
    }

    /// Whether the memory was given back.
    #[getter]
    fn closed(&self, py: Python<'_>) -> bool {
        self.handle.get(py).get().is_none() || self.host.get().is_closed(py)
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.look(py, |calls, message| calls.length(message))
    }

    fn __bytes__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.bytes(py)
    }

    /// # Safety
    /// As the interpreter calls it.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let bytes = this.look(py, |calls, message| calls.view(message))?;
        let length = bytes.len() as ffi::Py_ssize_t;
        let data =
            if length == 0 { c"".as_ptr().cast_mut().cast() } else { bytes.cast::<u8>().cast_mut().cast() };
        // SAFETY: the view is the interpreter's to be filled in; the bytes stay while this object holds its reference,
        // which it does while a buffer is exported.
        if unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), data, length, 1, flags) } != 0 {
            return Err(PyErr::fetch(py));
        }
        let count = |exports: &Cell<usize>| exports.set(exports.get() + 1);
        count(this.exports.get(py));
        count(&this.host.get().state.get(py).exports);
        Ok(())
    }

    /// # Safety
    /// As the interpreter calls it.
    unsafe fn __releasebuffer__(&self, py: Python<'_>, _view: *mut ffi::Py_buffer) {
        let count = |exports: &Cell<usize>| exports.set(exports.get() - 1);
        count(self.exports.get(py));
        count(&self.host.get().state.get(py).exports);
    }

    fn __enter__(slf: Bound<'_, Self>) -> PyResult<Bound<'_, Self>> {
        let (py, this) = (slf.py(), slf.get());
        this.host.get().running(py)?;
        this.handle(py)?;
        Ok(slf)
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.close(py)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        match self.__len__(py) {
            Ok(length) => format!("<pintle.Message of {length} bytes>"),
            Err(_) => "<pintle.Message, closed>".to_owned(),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.host)
    }
}

/// The bytes of a message.
pub(crate) fn copy<'py>(
    py: Python<'py>,
    calls: &Calls<'_>,
    message: abi::Message,
) -> Result<Bound<'py, PyBytes>, Error> {
    let view = calls.view(message)?;
    if view.is_empty() {
        return Ok(PyBytes::new(py, b""));
    }
    // SAFETY: the bytes stay until the message is called again, and they are not written to under the lock.
    Ok(PyBytes::new(py, unsafe { &*view }))
}
