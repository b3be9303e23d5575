//! How plugins end.

use std::time::Duration;

use pintle_host::Receipt;
use pintle_host::abi::{Instance, status};
use pyo3::prelude::*;

use crate::error::refuse;
use crate::host::Host;
use crate::plugin::Plugin;

impl Host {
    /// Asks a plugin to stop. It ends in the turns that follow.
    pub(crate) fn begin_unload(&self, py: Python<'_>, plugin: &Plugin, timeout: Duration) -> PyResult<()> {
        let call = self.enter(py)?;
        let begun = call.detached(|host| host.begin_unload(plugin.instance(), timeout));
        if begun.is_ok() {
            self.state.get(py).expect_end(plugin.instance(), &plugin.info.name);
        }
        call.finish(begun)
    }

    /// Ends a plugin: it is asked to stop, and the host turns until it has.
    pub(crate) fn unload_plugin(
        &self,
        py: Python<'_>,
        plugin: &Plugin,
        timeout: Duration,
    ) -> PyResult<Receipt> {
        if !self.enter(py)?.running.host.is_idle() {
            let text = "a plugin cannot be waited for from inside a callback; unload it from a task: host.submit(...)";
            return Err(refuse(py, status::E_REENTRANT, text));
        }
        self.begin_unload(py, plugin, timeout)?;
        self.turn_until(py, None, || Ok(self.has_ended(py, plugin.instance())))?;
        self.receipt(py, plugin.instance())
    }

    /// The receipt of a plugin: so far, or final.
    pub(crate) fn receipt(&self, py: Python<'_>, instance: Instance) -> PyResult<Receipt> {
        if let Some(receipt) = self.state.get(py).endings.borrow().find(instance) {
            return Ok(receipt);
        }
        let call = self.enter(py)?;
        let receipt = call.running.host.receipt(instance);
        call.finish(receipt)
    }

    /// Whether a plugin has ended.
    pub(crate) fn has_ended(&self, py: Python<'_>, instance: Instance) -> bool {
        self.if_running(py)
            .is_none_or(|running| running.host.list().iter().all(|plugin| plugin.instance != instance))
    }

    /// The receipts of all plugins that have ended, by name.
    pub(crate) fn ended(&self, py: Python<'_>) -> Vec<(String, Receipt)> {
        let mut endings = self.state.get(py).endings.borrow_mut();
        if let Some(running) = self.if_running(py).filter(|running| running.host.calls().is_ok()) {
            endings.collect(&running.host);
        }
        endings.iter().map(|ending| (ending.name.clone(), ending.receipt)).collect()
    }
}
