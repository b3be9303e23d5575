//! Timers and tasks of the application.

use pintle_host::abi::Timer;

use crate::class::Methods;
use crate::host::{Host, milliseconds};

pub(crate) fn add_methods(methods: &mut Methods<Host>) {
    methods.add(c"startTimer", |host, call| {
        let delay = milliseconds(call.get(0)?)?;
        let period = call.get::<Option<f64>>(1)?.map(milliseconds).transpose()?;
        host.calls(|calls| Ok(calls.start_timer(delay, period)?.bits))
    });
    methods.add(c"cancelTimer", |host, call| {
        let timer = Timer { bits: call.u64(0)? };
        host.calls(|calls| calls.cancel_timer(timer))
    });
    methods.add(c"submit", |host, call| {
        let task: u32 = call.u32(0)?;
        host.with(|host| Ok(host.waker().submit(task as usize)?))
    });
}
