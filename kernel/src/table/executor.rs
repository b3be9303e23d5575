//! The `executor` table.

use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::{ExecutorApi, Plugin, status};

use crate::base::answer::{Answer, needs};
use crate::base::features::TIMERS;
use crate::dispatch::caller::Caller;
use crate::object::instance::{EXECUTOR_OPEN, EXECUTOR_SHUT};
use crate::object::task::Run;
use crate::table::guard::{out, table};

table! {
    ExecutorApi, executor:
    startup() = STARTUP;
    shutdown() = SHUTDOWN;
    submit(run: Option<Run>, data: *mut c_void, message: abi::Message) = SUBMIT;
    submit_worker(run: Option<Run>, data: *mut c_void, message: abi::Message) = SUBMIT_WORKER;
    start_timer(
        delay: u64,
        period: u64,
        run: Option<unsafe extern "C" fn(*mut Plugin, *mut c_void, abi::Timer) -> i32>,
        data: *mut c_void,
        to: *mut abi::Timer,
    ) = START_TIMER;
    cancel_timer(timer: abi::Timer) = CANCEL_TIMER;
}

fn startup(caller: &Caller<'_>) -> Answer {
    caller.instance.set_executor(EXECUTOR_OPEN);
    Ok(())
}

fn shutdown(caller: &Caller<'_>) -> Answer {
    caller.instance.set_executor(EXECUTOR_SHUT);
    Ok(())
}

fn submit(caller: &Caller<'_>, run: Option<Run>, data: *mut c_void, message: abi::Message) -> Answer {
    caller.kernel.submit_task(caller, run, data, message, false)
}

fn submit_worker(caller: &Caller<'_>, run: Option<Run>, data: *mut c_void, message: abi::Message) -> Answer {
    caller.kernel.submit_task(caller, run, data, message, true)
}

fn start_timer(
    caller: &Caller<'_>,
    delay: u64,
    period: u64,
    run: Option<unsafe extern "C" fn(*mut Plugin, *mut c_void, abi::Timer) -> i32>,
    data: *mut c_void,
    to: *mut abi::Timer,
) -> Answer {
    needs(TIMERS)?;
    let to = out(to)?;
    let run = run.ok_or(status::E_ARGUMENT)?;
    if delay > 1 << 62 || period > 1 << 62 {
        return Err(status::E_ARGUMENT);
    }
    if !caller.instance.takes_timers() {
        return Err(status::E_CLOSED);
    }
    let timer = caller.kernel.start_timer(caller.instance, delay, period, run, data)?;
    to.write(timer);
    Ok(())
}

fn cancel_timer(caller: &Caller<'_>, timer: abi::Timer) -> Answer {
    needs(TIMERS)?;
    caller.kernel.timers.cancel(timer, caller.instance.index())
}
