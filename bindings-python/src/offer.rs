//! Offers: tables of functions that plugins and the application publish for each other.

use std::ffi::c_void;

use pintle_host::abi::{self, status};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use crate::application::status_of;
use crate::host::Host;
use crate::timer::check_callable;

/// Functions that a plugin, or the application, publishes under an id. They stay published when this object is gone.
#[pyclass(frozen, eq, hash, weakref, module = "pintle")]
pub(crate) struct Offer {
    host: Py<Host>,
    handle: abi::Offer,
    /// The id that it is published under.
    #[pyo3(get)]
    id: String,
}

impl Offer {
    pub(crate) fn object(host: &Bound<'_, Host>, handle: abi::Offer, id: &str) -> Self {
        Self { host: host.clone().unbind(), handle, id: id.to_owned() }
    }

    pub(crate) fn find(host: &Bound<'_, Host>, id: &str) -> PyResult<Self> {
        let handle = host.get().look(host.py(), |calls| calls.find_offer(id))?;
        Ok(Self::object(host, handle, id))
    }

    pub(crate) fn publish(host: &Bound<'_, Host>, id: &str, table: usize) -> PyResult<Self> {
        let table = table as *const c_void;
        // SAFETY: the documentation of `Host.publish` demands of its caller that the address is valid.
        let handle = host.get().call(host.py(), |calls| unsafe { calls.publish_at(id, table) })?;
        Ok(Self::object(host, handle, id))
    }
}

impl PartialEq for Offer {
    fn eq(&self, other: &Self) -> bool {
        self.handle.bits == other.handle.bits && self.host.is(&other.host)
    }
}

impl std::hash::Hash for Offer {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.handle.bits.hash(state);
    }
}

#[pymethods]
impl Offer {
    /// The host that it is published in.
    #[getter]
    fn host<'py>(&self, py: Python<'py>) -> Bound<'py, Host> {
        self.host.bind(py).clone()
    }

    /// Calls `function` once, inside a call to the publisher, with two addresses: the publisher's and its table's.
    /// `function` calls one function of the table, passes the publisher to it, and returns its status; None means OK.
    /// It must not keep either address, as both are valid during the call only.
    ///
    /// Returns the status unless it is an error. An error is raised with the publisher's text, and an exception of
    /// `function` is raised as it is. StaleError: the offer has ended. PoisonedError: the publisher panicked.
    /// ReentrantError: calls are nested too deep.
    fn call(&self, py: Python<'_>, function: &Bound<'_, PyAny>) -> PyResult<i32> {
        check_callable(function)?;
        let call = self.host.get().enter(py)?;
        let mut raised = None;
        let called = call.calls.call_offer(self.handle, |publisher, table| {
            let returned = function.call1((publisher.expose_provenance(), table.expose_provenance()));
            returned.and_then(|returned| status_of("the function", &returned)).unwrap_or_else(|error| {
                // An exception cannot cross the frames of the host, so they return this status before it is raised.
                raised = Some(error);
                status::E_CANCELLED
            })
        });
        match raised {
            Some(error) => Err(error),
            None => call.finish(called),
        }
    }

    /// Ends the offer and tells all plugins. Withdrawing again does nothing. NotOwnerError: a plugin published it.
    fn withdraw(&self, py: Python<'_>) -> PyResult<()> {
        let host = self.host.get();
        if host.is_closed(py) {
            return Ok(());
        }
        host.call(py, |calls| match calls.withdraw(self.handle) {
            Err(error) if error.code == status::E_STALE => Ok(()),
            other => other,
        })
    }

    /// Whether the offer has ended.
    #[getter]
    fn closed(&self, py: Python<'_>) -> PyResult<bool> {
        let host = self.host.get();
        Ok(host.is_closed(py) || !host.look(py, |calls| calls.is_offered(self.handle, &self.id))?)
    }

    fn __repr__(&self) -> String {
        format!("<pintle.Offer {}>", self.id)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.host)
    }
}
