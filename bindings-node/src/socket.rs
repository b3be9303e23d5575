//! Sockets.

use pintle_host::abi::Socket;

use crate::class::Methods;
use crate::failure::Failure;
use crate::function::Call;
use crate::host::Host;
use crate::payload::bytes;

fn socket(call: &Call) -> Result<Socket, Failure> {
    Ok(Socket { bits: call.u64(0)? })
}

pub(crate) fn add_methods(methods: &mut Methods<Host>) {
    methods.add(c"open", |host, call| {
        let modes = call.get::<Vec<u32>>(0)?;
        host.calls(|calls| Ok(calls.open(&modes)?.bits))
    });
    methods.add(c"listen", |host, call| {
        let (socket, address) = (socket(call)?, call.get::<String>(1)?);
        host.calls(|calls| calls.listen(socket, &address))
    });
    methods.add(c"connect", |host, call| {
        let (socket, address) = (socket(call)?, call.get::<String>(1)?);
        // A copy: a plugin reads it while JavaScript's callbacks may run.
        let token = bytes(call.env, call.value(2))?.to_vec();
        host.calls(|calls| calls.connect(socket, &address, &token))
    });
    methods.add(c"stopSocket", |host, call| {
        let socket = socket(call)?;
        host.calls(|calls| calls.stop(socket))
    });
    methods.add(c"closeSocket", |host, call| {
        let socket = socket(call)?;
        host.calls(|calls| calls.close(socket))
    });
    methods.add(c"socketAddress", |host, call| {
        let socket = socket(call)?;
        host.calls(|calls| calls.socket_address(socket))
    });
    methods.add(c"socketState", |host, call| {
        let socket = socket(call)?;
        host.calls(|calls| calls.socket_state(socket))
    });
    methods.add(c"socketTime", |host, call| {
        let socket = socket(call)?;
        host.calls(|calls| Ok(calls.socket_time(socket)? as f64 / 1e6))
    });
    methods.add(c"socketChannels", |host, call| {
        let socket = socket(call)?;
        host.calls(|calls| calls.socket_channels(socket))
    });
}
