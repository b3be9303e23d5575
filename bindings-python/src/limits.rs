//! `pintle.Limits`, a class written in Python, to and from the limits of the host.

use pintle_host::abi::Limits;
use pintle_host::default_limits;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

macro_rules! limits {
    ($($name:ident),*) => {
        /// The limits that an object asks for.
        pub(crate) fn read(limits: &Bound<'_, PyAny>) -> PyResult<Limits> {
            let py = limits.py();
            Ok(Limits { $($name: limits.getattr(intern!(py, stringify!($name)))?.extract()?,)* ..default_limits() })
        }

        /// The object for limits that are in force.
        pub(crate) fn write<'py>(py: Python<'py>, limits: &Limits) -> PyResult<Bound<'py, PyAny>> {
            static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            let members = PyDict::new(py);
            $(members.set_item(intern!(py, stringify!($name)), limits.$name)?;)*
            CLASS.import(py, "pintle.limits", "Limits")?.call((), Some(&members))
        }
    };
}

// All but the inbox: messages wait in their sessions.
limits!(
    plugins,
    sockets,
    sessions,
    channels,
    services,
    requests,
    requests_per_session,
    messages,
    message_bytes,
    large_messages,
    large_message_bytes,
    worker_messages,
    worker_large_messages,
    tasks,
    timers,
    watches,
    workers,
    depth
);
