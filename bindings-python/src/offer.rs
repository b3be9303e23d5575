//! Offers: tables of functions that plugins and the application publish for each other.

use std::ffi::c_void;

use pintle_host::abi::{self, status};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use crate::application::status_of;
use crate::host::Host;
use crate::timer::check_callable;

/// Functions that a plugin, or the application, publishes under an id. They stay published when this object goes.
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
        // SAFETY: the caller vouches for the address; that is said where the method is documented.
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
    /// Where it is published.
    #[getter]
    fn host<'py>(&self, py: Python<'py>) -> Bound<'py, Host> {
        self.host.bind(py).clone()
    }

    /// Calls `function` once, inside a call to the publisher, with two addresses: of the publisher, and of its table.
    /// `function` calls one function of the table, passes the publisher to it, and returns its status; None stands for OK.
    /// It keeps neither address.
    ///
    /// Gives the status if it is no error. An error is raised, with the publisher's words; what `function` raises is
    /// raised. StaleError: the offer has ended. PoisonedError: the publisher panicked. ReentrantError: nested too deep.
    fn call(&self, py: Python<'_>, function: &Bound<'_, PyAny>) -> PyResult<i32> {
        check_callable(function)?;
        let call = self.host.get().enter(py)?;
        let mut raised = None;
        let called = call.calls.call_offer(self.handle, |publisher, table| {
            let returned = function.call1((publisher.expose_provenance(), table.expose_provenance()));
            returned.and_then(|returned| status_of("the function", &returned)).unwrap_or_else(|error| {
                // The frames of the host are left with a status first.
                raised = Some(error);
                status::E_CANCELLED
            })
        });
        match raised {
            Some(error) => Err(error),
            None => call.finish(called),
        }
    }

    /// Ends the offer: all plugins are told. Twice is fine. NotOwnerError: a plugin published it.
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

    /// Whether it has ended.
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
