//! The way to the part for event loops, which is written in Python: `pintle._asyncio`.

use pyo3::call::PyCallArgs;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyModule;

/// Calls a function of it.
pub(crate) fn call<'py>(
    py: Python<'py>,
    function: &str,
    arguments: impl PyCallArgs<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || py.import("pintle._asyncio").map(Bound::unbind))?;
    module.bind(py).getattr(function)?.call1(arguments)
}
