//! Lines of the log, on their way to `logging`.

use pintle_host::WrittenLine;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// How many lines wait at most.
pub(crate) const CAPACITY: usize = 4096;

pub(crate) fn deliver(py: Python<'_>, lines: &[WrittenLine], lost: u64) {
    static EMIT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let deliver = || {
        let emit = EMIT.import(py, "pintle._logging", "emit")?;
        for line in lines {
            emit.call1((line.level, &line.plugin, &line.target, &line.text))?;
        }
        if lost > 0 {
            let text = format!("{lost} lines of the log were lost: more were written than could wait");
            emit.call1((pintle_host::abi::LOG_WARN, "", "", text))?;
        }
        Ok(())
    };
    let delivered: PyResult<()> = deliver();
    if let Err(error) = delivered {
        error.write_unraisable(py, None);
    }
}
