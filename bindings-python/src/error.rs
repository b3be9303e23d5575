//! Errors of the host as exceptions. Their classes are written in Python: `pintle.errors`.

use std::path::Path;

use pintle_host::Error;
use pintle_host::abi::status;
use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::exit::Busy;

/// The exception for an error of the host.
#[cold]
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error, None)
}

/// The exception for a file that was not loaded.
#[cold]
pub(crate) fn raise_of_file(py: Python<'_>, error: &Error, path: &Path) -> PyErr {
    exception(py, error, Some(path))
}

/// The exception for a status, with words of its own.
#[cold]
pub(crate) fn refuse(py: Python<'_>, code: i32, text: &str) -> PyErr {
    raise(py, &Error { code, plugin: None, text: text.to_owned() })
}

/// The exception for the use of something that was closed.
#[cold]
pub(crate) fn closed(py: Python<'_>, what: &str) -> PyErr {
    refuse(py, status::E_CLOSED, &format!("the {what} is closed"))
}

/// The exception that a service answered with.
#[cold]
pub(crate) fn raise_of_service(py: Python<'_>, code: i32, text: &str) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = || MAKE.import(py, "pintle.errors", "ServiceError")?.call1((code, text));
    make().map_or_else(|error| error, PyErr::from_value)
}

fn exception(py: Python<'_>, error: &Error, path: Option<&Path>) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let _busy = Busy::begin(py);
    let make = || {
        let make = MAKE.import(py, "pintle.errors", "_of")?;
        make.call1((error.code, &error.text, error.plugin.as_deref(), path))
    };
    match make() {
        Ok(exception) => PyErr::from_value(exception),
        Err(other) => other,
    }
}

/// The exception for memory that cannot go because a view of it lives.
#[cold]
pub(crate) fn exported(what: &str) -> PyErr {
    PyBufferError::new_err(format!("a memoryview of {what} is still in use; release it first"))
}

/// The name of a status; None for one that this host does not know.
#[pyfunction]
pub(crate) fn status_name(code: i32) -> Option<&'static str> {
    pintle_host::status_name(code)
}

/// The meaning of a status in a few words.
#[pyfunction]
pub(crate) fn status_text(code: i32) -> &'static str {
    pintle_host::status_text(code)
}

/// If the process crashes from now on, writes the name of the plugin that was running to standard error first.
#[pyfunction]
pub(crate) fn install_crash_handler() -> PyResult<()> {
    Ok(pintle_host::install_crash_handler()?)
}
