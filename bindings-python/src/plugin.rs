//! Plugins of a host, and what they say of themselves.

use std::path::PathBuf;

use pintle_host::PluginInfo;
use pintle_host::abi::Instance;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use crate::asyncio;
use crate::error::closed;
use crate::host::Host;
use crate::receipt::Receipt;
use crate::setting::Setting;
use crate::turn::seconds;

/// A plugin that was loaded into a host.
#[pyclass(frozen, eq, hash, module = "pintle")]
pub(crate) struct Plugin {
    pub(crate) host: Py<Host>,
    pub(crate) info: PluginInfo,
}

impl Plugin {
    /// One that was added just now.
    pub(crate) fn added(host: &Bound<'_, Host>, instance: Instance) -> PyResult<Self> {
        let infos = host.get().running(host.py())?.host.list();
        let info = infos.into_iter().find(|info| info.instance == instance);
        let info = info.ok_or_else(|| closed(host.py(), "plugin"))?;
        Ok(Self { host: host.clone().unbind(), info })
    }

    pub(crate) fn instance(&self) -> Instance {
        self.info.instance
    }
}

impl PartialEq for Plugin {
    fn eq(&self, other: &Self) -> bool {
        self.info.instance.bits == other.info.instance.bits && self.host.is(&other.host)
    }
}

impl std::hash::Hash for Plugin {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.info.instance.bits.hash(state);
    }
}

#[pymethods]
impl Plugin {
    /// The host that it was loaded into.
    #[getter]
    fn host<'py>(&self, py: Python<'py>) -> Bound<'py, Host> {
        self.host.bind(py).clone()
    }

    /// The name of the instance.
    #[getter]
    fn name(&self) -> &str {
        &self.info.name
    }

    /// The file that the plugin was loaded from; None if it was in memory already.
    #[getter]
    fn path(&self) -> Option<PathBuf> {
        self.info.path.clone()
    }

    /// The plugin's own description.
    #[getter]
    fn descriptor(&self) -> Descriptor {
        Descriptor::of(&self.info.descriptor)
    }

    /// What the plugin has done and left behind: so far while it is live, finally once it has ended.
    #[getter]
    fn receipt(&self, py: Python<'_>) -> PyResult<Receipt> {
        self.host.get().receipt(py, self.instance()).map(Receipt)
    }

    /// Whether the plugin has ended.
    #[getter]
    fn closed(&self, py: Python<'_>) -> bool {
        self.host.get().has_ended(py, self.instance())
    }

    /// Host.unload() for this plugin.
    #[pyo3(signature = (timeout = 5.0))]
    fn unload(&self, py: Python<'_>, timeout: f64) -> PyResult<Receipt> {
        self.host.get().unload_plugin(py, self, seconds(timeout)?).map(Receipt)
    }

    /// Host.aunload() for this plugin.
    #[pyo3(signature = (timeout = 5.0))]
    fn aunload<'py>(slf: &Bound<'py, Self>, timeout: f64) -> PyResult<Bound<'py, PyAny>> {
        asyncio::call(slf.py(), "unload", (&slf.get().host, slf, timeout))
    }

    /// The key of the plugin in calls of the host's listener.
    #[getter]
    fn _key(&self) -> u64 {
        self.info.instance.bits
    }

    fn __repr__(&self) -> String {
        format!("<pintle.Plugin {}>", self.info.name)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.host)
    }
}

/// A plugin's description of itself, which the host reads without running it.
#[pyclass(frozen, get_all, module = "pintle")]
pub(crate) struct Descriptor {
    /// The id of the plugin, in reverse domain notation. It never changes.
    id: String,
    /// A name for people.
    name: String,
    /// The plugin's own version.
    version: String,
    /// The maker of the plugin.
    vendor: String,
    /// One sentence about the plugin.
    description: String,
    /// An SPDX expression.
    licence: String,
    /// The address of a page about the plugin.
    url: String,
    /// The version of the ABI that the plugin was built for: major, minor.
    abi: (u16, u16),
    /// The names of the flags that the plugin sets.
    flags: Vec<String>,
    /// Ids of the interfaces without which the plugin cannot run.
    needs: Vec<String>,
    /// Ids of the interfaces that the plugin offers to others.
    offers: Vec<String>,
    /// Numbers of the services that the plugin may declare.
    services: Vec<u32>,
    /// The settings that the configuration of an instance may have.
    settings: Vec<Setting>,
}

impl Descriptor {
    pub(crate) fn of(descriptor: &pintle_host::Descriptor) -> Self {
        let descriptor = descriptor.clone();
        Self {
            id: descriptor.id,
            name: descriptor.name,
            version: descriptor.version,
            vendor: descriptor.vendor,
            description: descriptor.description,
            licence: descriptor.licence,
            url: descriptor.url,
            abi: (descriptor.abi_major, descriptor.abi_minor),
            flags: descriptor.flags.names(),
            needs: descriptor.needs,
            offers: descriptor.offers,
            services: descriptor.services,
            settings: descriptor.settings.into_iter().map(Setting::of).collect(),
        }
    }
}

#[pymethods]
impl Descriptor {
    fn __repr__(&self) -> String {
        format!("<pintle.Descriptor {} {}>", self.id, self.version)
    }
}
