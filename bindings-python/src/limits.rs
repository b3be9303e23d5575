//! `pintle.Limits`, a class written in Python, to and from the limits of the host.

use pintle_host::abi::{Limits, NO_WORKERS};
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
            let workers: Option<u32> = limits.getattr(intern!(py, "workers"))?.extract()?;
            Ok(Limits {
                $($name: limits.getattr(intern!(py, stringify!($name)))?.extract()?,)*
                // In Python it is None that stands for the default, and 0 for none: as in limits that are in force.
                workers: workers.map_or(0, |workers| if workers == 0 { NO_WORKERS } else { workers }),
                ..default_limits()
            })
        }

        /// The object for limits that are in force.
        pub(crate) fn write<'py>(py: Python<'py>, limits: &Limits) -> PyResult<Bound<'py, PyAny>> {
            static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            let members = PyDict::new(py);
            $(members.set_item(intern!(py, stringify!($name)), limits.$name)?;)*
            members.set_item(intern!(py, "workers"), limits.workers)?;
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
    depth,
    offers
);
