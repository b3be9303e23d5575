//! Timers and tasks of the application.

use std::rc::Rc;

use napi::sys;
use pintle_host::abi::Timer;

use crate::failure::Failure;
use crate::function::method;
use crate::host::{Host, milliseconds};

pub(crate) fn add_functions(
    env: sys::napi_env,
    object: sys::napi_value,
    host: &Rc<Host>,
) -> Result<(), Failure> {
    method(env, object, "startTimer", host, |host, call| {
        let delay = milliseconds(call.get(0)?)?;
        let period = call.get::<Option<f64>>(1)?.map(milliseconds).transpose()?;
        host.calls(|calls| Ok(calls.start_timer(delay, period)?.bits))
    })?;
    method(env, object, "cancelTimer", host, |host, call| {
        let timer = Timer { bits: call.u64(0)? };
        host.calls(|calls| calls.cancel_timer(timer))
    })?;
    method(env, object, "submit", host, |host, call| {
        let task: u32 = call.u32(0)?;
        host.with(|host| Ok(host.waker().submit(task as usize)?))
    })
}
