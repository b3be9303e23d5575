//! Inspection of a plugin file.

use std::path::Path;

use napi::{Env, JsValue};

use crate::failure::Failure;
use crate::function::Call;
use crate::value::Raw;

/// Inspects a file: its path. Gives an object with the names that Rust has.
pub(crate) fn inspect(call: &Call) -> Result<Raw, Failure> {
    let inspection = pintle_host::inspect(Path::new(&call.get::<String>(0)?));
    Ok(Raw(Env::from_raw(call.env).to_js_value(&inspection)?.raw()))
}
