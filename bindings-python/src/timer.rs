//! Timers of the application.

use pintle_host::abi;
use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::host::Host;
use crate::turn::seconds;

/// A callback that the host calls later. It remains in force when there is no reference to the timer any more.
#[pyclass(frozen, weakref, module = "pintle")]
pub(crate) struct Timer {
    host: Py<Host>,
    handle: abi::Timer,
}

impl Timer {
    pub(crate) fn start(
        host: &Bound<'_, Host>,
        delay: f64,
        callback: Bound<'_, PyAny>,
        period: Option<f64>,
    ) -> PyResult<Self> {
        let py = host.py();
        check_callable(&callback)?;
        let (delay, period) = (seconds(delay)?, period.map(seconds).transpose()?);
        let handle = host.get().call(py, |calls| calls.start_timer(delay, period))?;
        host.get().running(py)?.guest.expect_timer(py, handle, period.is_some(), callback);
        Ok(Self { host: host.clone().unbind(), handle })
    }
}

/// Refuses a callback that cannot be called, because a later error would not show where it came from.
pub(crate) fn check_callable(callback: &Bound<'_, PyAny>) -> PyResult<()> {
    if callback.is_callable() {
        return Ok(());
    }
    Err(PyTypeError::new_err(format!("the callback must be callable, and {callback:?} is not")))
}

#[pymethods]
impl Timer {
    /// Ends the timer: its callback is not called again. Cancelling again does nothing.
    fn cancel(&self, py: Python<'_>) -> PyResult<()> {
        let host = self.host.get();
        if self.closed(py) {
            return Ok(());
        }
        host.call(py, |calls| calls.cancel_timer(self.handle))?;
        host.running(py)?.guest.forget_timer(py, self.handle);
        Ok(())
    }

    /// The same as cancel().
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.cancel(py)
    }

    /// Whether the callback will not be called again.
    #[getter]
    fn closed(&self, py: Python<'_>) -> bool {
        self.host.get().if_running(py).is_none_or(|running| !running.guest.has_timer(py, self.handle))
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.cancel(py)
    }

    fn __repr__(&self) -> String {
        format!("<pintle.Timer {:#x}>", self.handle.bits)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.host)
    }
}
