//! Inspection of a file without running it.

use std::path::PathBuf;

use pintle_host::Shown;
use pyo3::prelude::*;

use crate::exit;
use crate::plugin::Descriptor;

/// One reason why a file is refused or stays mapped, and its cure.
#[pyclass(frozen, module = "pintle")]
pub(crate) struct Finding(pintle_host::Finding);

#[pymethods]
impl Finding {
    /// The reason.
    #[getter]
    fn rule(&self) -> &str {
        &self.0.rule
    }

    /// What a person can do about it.
    #[getter]
    fn cure(&self) -> &str {
        &self.0.cure
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<pintle.Finding: {}>", self.0)
    }
}

/// What can be read from a file without running its code.
#[pyclass(frozen, get_all, module = "pintle")]
pub(crate) struct Inspection {
    /// The path that was given.
    path: PathBuf,
    /// Whether the file loads; `resident`: it loads, and stays mapped until the process ends.
    verdict: &'static str,
    /// The status that loading the file would return.
    code: i32,
    /// The reasons why the file is refused or stays mapped.
    findings: Vec<Py<Finding>>,
    /// The plugin's description of itself; None if it cannot be read.
    descriptor: Option<Py<Descriptor>>,
    /// The callbacks that the plugin has; None if the plugin fills them in only when it runs.
    callbacks: Option<Vec<String>>,
    /// The symbols that the file exports.
    exports: Vec<String>,
    /// The symbols that the file needs from libraries or the host.
    imports: Vec<String>,
    /// The libraries that the file needs.
    libraries: Vec<String>,
}

#[pymethods]
impl Inspection {
    fn __repr__(&self) -> String {
        format!("<pintle.Inspection of {}: {}>", Shown(&self.path), self.verdict)
    }
}

/// Says whether a file would be loaded, and why not if it would not. None of its code is run.
#[pyfunction]
pub(crate) fn inspect(py: Python<'_>, path: PathBuf) -> PyResult<Inspection> {
    let inspection = exit::detached(py, || pintle_host::inspect(&path));
    let verdict = &inspection.verdict;
    let finding = |finding: &pintle_host::Finding| Py::new(py, Finding(finding.clone()));
    let descriptor = inspection.descriptor.as_ref().map(|descriptor| Py::new(py, Descriptor::of(descriptor)));
    let report = inspection.report;
    let list = |of: fn(&pintle_host::Report) -> &Vec<String>| {
        report.as_ref().map_or_else(Vec::new, |report| of(report).clone())
    };
    Ok(Inspection {
        path: inspection.path,
        verdict: verdict.word(),
        code: verdict.code(),
        findings: verdict.findings().iter().map(finding).collect::<PyResult<_>>()?,
        descriptor: descriptor.transpose()?,
        callbacks: report.as_ref().and_then(|report| report.callbacks.clone()),
        exports: list(|report| &report.exports),
        imports: list(|report| &report.imports),
        libraries: list(|report| &report.libraries),
    })
}
