//! The limits of a host, as an object with the names of the contract.

use std::ffi::CStr;

use napi::sys;
use pintle_host::abi::{Limits, NO_WORKERS};
use pintle_host::default_limits;

use crate::failure::Failure;
use crate::value::{self, Raw};

macro_rules! limits {
    ($($limit:ident: $name:literal,)*) => {
        /// Reads limits; those that are not given stand for their defaults.
        pub(crate) fn read(env: sys::napi_env, object: sys::napi_value) -> Result<Limits, Failure> {
            for name in value::names(env, object)? {
                if ![$($name),*].iter().any(|known| known.to_bytes() == name.as_bytes()) {
                    return Err(Failure::argument(format!("there is no limit {name:?}")));
                }
            }
            let mut limits = default_limits();
            $(
                if let Some(limit) = number(env, object, $name)? {
                    limits.$limit = limit;
                }
            )*
            // In JavaScript no workers are asked for as such.
            if number(env, object, c"workers")? == Some(0) {
                limits.workers = NO_WORKERS;
            }
            Ok(limits)
        }

        /// The limits in force.
        pub(crate) fn write(env: sys::napi_env, limits: &Limits) -> Result<Raw, Failure> {
            let object = value::object(env)?;
            $(
                value::set(env, object, &$name.to_string_lossy(), value::of(env, limits.$limit)?)?;
            )*
            Ok(Raw(object))
        }
    };
}

limits! {
    plugins: c"plugins",
    sockets: c"sockets",
    sessions: c"sessions",
    channels: c"channels",
    services: c"services",
    requests: c"requests",
    requests_per_session: c"requestsPerSession",
    messages: c"messages",
    message_bytes: c"messageBytes",
    large_messages: c"largeMessages",
    large_message_bytes: c"largeMessageBytes",
    worker_messages: c"workerMessages",
    worker_large_messages: c"workerLargeMessages",
    tasks: c"tasks",
    timers: c"timers",
    watches: c"watches",
    workers: c"workers",
    depth: c"depth",
    offers: c"offers",
}

fn number(env: sys::napi_env, object: sys::napi_value, name: &CStr) -> Result<Option<u32>, Failure> {
    let limit = value::property(env, object, name)?;
    if value::is_undefined(env, limit) {
        return Ok(None);
    }
    value::u32(env, limit).map(Some).map_err(|_| {
        Failure::argument(format!("limits.{} is not a whole number from 0 on", name.to_string_lossy()))
    })
}
