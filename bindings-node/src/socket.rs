//! Sockets.

use std::rc::Rc;

use napi::sys;
use pintle_host::abi::Socket;

use crate::failure::Failure;
use crate::function::{Call, method};
use crate::host::Host;
use crate::payload::bytes;

fn socket(call: &Call) -> Result<Socket, Failure> {
    Ok(Socket { bits: call.u64(0)? })
}

pub(crate) fn add_functions(
    env: sys::napi_env,
    object: sys::napi_value,
    host: &Rc<Host>,
) -> Result<(), Failure> {
    method(env, object, "open", host, |host, call| {
        let modes = call.get::<Vec<u32>>(0)?;
        host.calls(|calls| Ok(calls.open(&modes)?.bits))
    })?;
    method(env, object, "listen", host, |host, call| {
        let (socket, address) = (socket(call)?, call.get::<String>(1)?);
        host.calls(|calls| calls.listen(socket, &address))
    })?;
    method(env, object, "connect", host, |host, call| {
        let (socket, address) = (socket(call)?, call.get::<String>(1)?);
        // A copy: a plugin reads it while JavaScript's callbacks may run.
        let token = bytes(call.env, call.value(2))?.to_vec();
        host.calls(|calls| calls.connect(socket, &address, &token))
    })?;
    method(env, object, "stopSocket", host, |host, call| {
        let socket = socket(call)?;
        host.calls(|calls| calls.stop(socket))
    })?;
    method(env, object, "closeSocket", host, |host, call| {
        let socket = socket(call)?;
        host.calls(|calls| calls.close(socket))
    })?;
    method(env, object, "socketAddress", host, |host, call| {
        let socket = socket(call)?;
        host.calls(|calls| calls.socket_address(socket))
    })?;
    method(env, object, "socketState", host, |host, call| {
        let socket = socket(call)?;
        host.calls(|calls| calls.socket_state(socket))
    })?;
    method(env, object, "socketTime", host, |host, call| {
        let socket = socket(call)?;
        host.calls(|calls| Ok(calls.socket_time(socket)? as f64 / 1e6))
    })?;
    method(env, object, "socketChannels", host, |host, call| {
        let socket = socket(call)?;
        host.calls(|calls| calls.socket_channels(socket))
    })
}
