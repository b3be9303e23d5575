//! Addresses of peers as texts: `1.2.3.4:5`, `[::1]:5`, and nothing for none.

use std::net::SocketAddr;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

pub(crate) fn parse(text: &str) -> PyResult<Option<SocketAddr>> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong =
        |_| PyValueError::new_err(format!("{text:?} is not an address: write it as 1.2.3.4:5 or as [::1]:5"));
    text.parse().map(Some).map_err(wrong)
}
