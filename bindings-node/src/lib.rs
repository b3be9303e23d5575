//! The Node addon behind the package `pintle`: what its TypeScript calls.
//!
//! Every function is a raw callback of Node-API whose data pointer is the object that it belongs to: a call costs what it
//! costs in C. What is thrown is made by the TypeScript side, which knows the classes of errors.
//!
//! Nothing is global: each environment (the main thread's, each worker's) has hosts of its own.

mod application;
mod class;
mod environment;
mod failure;
mod function;
mod host;
mod inspection;
mod limits;
mod message;
mod news;
mod offer;
mod payload;
mod plugin;
mod request;
mod session;
mod slip;
mod socket;
mod timer;
mod turn;
mod uv;
mod value;

use napi::bindgen_prelude::Object;
use napi::{Env, JsValue};
use napi_derive::napi;

use environment::Environment;

/// The exports of the addon, in each environment that loads it.
///
/// # Errors
/// Node has no memory, or the environment is about to end.
#[napi(module_exports)]
pub fn export(exports: Object<'_>, env: Env) -> napi::Result<()> {
    let refused = |_| napi::Error::from_reason("the environment is about to end");
    Environment::begin(env.raw(), exports.raw()).map_err(refused)
}
