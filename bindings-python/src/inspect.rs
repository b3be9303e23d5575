//! What a file would become, without running it.

use std::path::PathBuf;

use pintle_host::Verdict;
use pyo3::prelude::*;

use crate::plugin::Descriptor;

/// A rule that decides about a file, and what a person can do about it.
#[pyclass(frozen, get_all, module = "pintle")]
pub(crate) struct Finding {
    /// What is so.
    rule: String,
    /// What to do if it is in the way.
    cure: String,
}

#[pymethods]
impl Finding {
    fn __str__(&self) -> String {
        format!("{}. {}", self.rule, self.cure)
    }

    fn __repr__(&self) -> String {
        format!("<pintle.Finding: {}>", self.__str__())
    }
}

/// Everything that a file tells without being run.
#[pyclass(frozen, get_all, module = "pintle")]
pub(crate) struct Inspection {
    /// The file, as it was named.
    path: PathBuf,
    /// What would become of it; resident: it loads, and stays mapped until the process ends.
    verdict: &'static str,
    /// The status that loading answers with.
    code: i32,
    /// Why it is refused, or stays mapped.
    findings: Vec<Py<Finding>>,
    /// What it says of itself, if that can be read.
    descriptor: Option<Py<Descriptor>>,
    /// The callbacks that it offers; None if it only fills them in when it runs.
    callbacks: Option<Vec<String>>,
    /// The symbols that it exports.
    exports: Vec<String>,
    /// The symbols that it needs from others.
    imports: Vec<String>,
    /// The libraries that it needs.
    libraries: Vec<String>,
}

#[pymethods]
impl Inspection {
    fn __repr__(&self) -> String {
        format!("<pintle.Inspection of {}: {}>", self.path.display(), self.verdict)
    }
}

/// Says what would become of a file that is loaded. None of its code is run.
#[pyfunction]
pub(crate) fn inspect(py: Python<'_>, path: PathBuf) -> PyResult<Inspection> {
    let inspection = py.detach(|| pintle_host::inspect(&path));
    let (verdict, code, findings) = match inspection.verdict {
        Verdict::Loads => ("loads", 0, Vec::new()),
        Verdict::Resident { reasons } => ("resident", 0, reasons),
        Verdict::Refused { code, finding } => ("refused", code, vec![finding]),
    };
    let finding =
        |finding: pintle_host::Finding| Py::new(py, Finding { rule: finding.rule, cure: finding.cure });
    let descriptor = inspection.descriptor.as_ref().map(|descriptor| Py::new(py, Descriptor::of(descriptor)));
    let report = inspection.report;
    let list = |of: fn(&pintle_host::Report) -> &Vec<String>| {
        report.as_ref().map_or_else(Vec::new, |report| of(report).clone())
    };
    Ok(Inspection {
        path: inspection.path,
        verdict,
        code,
        findings: findings.into_iter().map(finding).collect::<PyResult<_>>()?,
        descriptor: descriptor.transpose()?,
        callbacks: report.as_ref().and_then(|report| report.callbacks.clone()),
        exports: list(|report| &report.exports),
        imports: list(|report| &report.imports),
        libraries: list(|report| &report.libraries),
    })
}
