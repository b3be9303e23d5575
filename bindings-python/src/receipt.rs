//! Receipts.

use std::collections::VecDeque;

use pintle_host::abi::{
    IMAGE_RESIDENT, IMAGE_UNMAPPED, Instance, OUTCOME_ABANDONED, OUTCOME_FORCED, OUTCOME_LIVE,
    OUTCOME_STOPPED,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// What a plugin did and left behind. str() of it is a summary in one line.
#[pyclass(frozen, module = "pintle")]
pub(crate) struct Receipt(pub(crate) pintle_host::Receipt);

#[pymethods]
impl Receipt {
    /// How the plugin ended.
    #[getter]
    fn outcome(&self) -> &'static str {
        match self.0.outcome {
            OUTCOME_STOPPED => "stopped",
            OUTCOME_FORCED => "forced",
            OUTCOME_ABANDONED => "abandoned",
            _ => "live",
        }
    }

    /// Whether a callback of the plugin panicked or threw.
    #[getter]
    fn poisoned(&self) -> bool {
        self.0.poisoned != 0
    }

    /// What became of the plugin's image in memory.
    #[getter]
    fn image(&self) -> &'static str {
        match self.0.image {
            IMAGE_UNMAPPED => "unmapped",
            IMAGE_RESIDENT => "resident",
            _ => "static",
        }
    }

    /// How many of its callbacks and tasks were called.
    #[getter]
    fn calls(&self) -> u64 {
        self.0.calls
    }

    /// How many objects of each kind the plugin left behind, by names such as "message", "session", "thread".
    #[getter]
    fn left<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counts = [
            ("message", i64::from(self.0.messages)),
            ("socket", self.0.sockets.into()),
            ("session", self.0.sessions.into()),
            ("request", self.0.requests.into()),
            ("task", self.0.tasks.into()),
            ("timer", self.0.timers.into()),
            ("watch", self.0.watches.into()),
            ("thread", self.0.threads.into()),
            ("fd", self.0.fds.into()),
        ];
        let left = PyDict::new(py);
        for (kind, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            left.set_item(kind, count)?;
        }
        Ok(left)
    }

    /// Why the image stayed in memory, or why the plugin was abandoned.
    #[getter]
    fn reason(&self) -> &str {
        self.0.reason()
    }

    /// Whether the plugin stopped in time and left nothing behind.
    #[getter]
    fn clean(&self) -> bool {
        self.0.is_clean()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<pintle.Receipt: {}>", self.0)
    }
}

/// How many receipts of ended plugins are kept.
const ENDINGS_MAX: usize = 256;

/// The plugins of a host that are ending or have ended.
#[derive(Default)]
pub(crate) struct Endings {
    awaited: Vec<(Instance, String)>,
    ended: VecDeque<Ending>,
}

/// A plugin that has ended.
pub(crate) struct Ending {
    instance: Instance,
    pub(crate) name: String,
    pub(crate) receipt: pintle_host::Receipt,
}

impl Endings {
    /// Notes that a plugin is ending.
    pub(crate) fn expect(&mut self, instance: Instance, name: &str) {
        if !self.awaited.iter().any(|(other, _)| *other == instance) {
            self.awaited.push((instance, name.to_owned()));
        }
    }

    pub(crate) fn are_awaited(&self) -> bool {
        !self.awaited.is_empty()
    }

    /// Keeps the receipts of those that have ended since the last time; which these are.
    pub(crate) fn collect(&mut self, host: &pintle_host::Host) -> Vec<Instance> {
        let ended = &mut self.ended;
        let before = ended.len();
        self.awaited.retain(|(instance, name)| match host.receipt(*instance) {
            Ok(receipt) if receipt.outcome == OUTCOME_LIVE => true,
            Ok(receipt) => {
                ended.push_back(Ending { instance: *instance, name: name.clone(), receipt });
                false
            }
            Err(_) => false,
        });
        let new = ended.iter().skip(before).map(|ending| ending.instance).collect();
        while ended.len() > ENDINGS_MAX {
            ended.pop_front();
        }
        new
    }

    pub(crate) fn find(&self, instance: Instance) -> Option<pintle_host::Receipt> {
        self.ended.iter().rev().find(|ending| ending.instance == instance).map(|ending| ending.receipt)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Ending> {
        self.ended.iter()
    }
}
