//! The `executor` table.

use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::rules::executor as rule;
use pintle_abi_core::{ExecutorApi, Plugin, status};

use crate::base::answer::needs;
use crate::base::features::TIMERS;
use crate::object::instance::{EXECUTOR_OPEN, EXECUTOR_SHUT};
use crate::object::task::Run;
use crate::table::guard::{answer, enter, out};

pub(crate) static TABLE: ExecutorApi = ExecutorApi {
    size: size_of::<ExecutorApi>() as u32,
    reserved: 0,
    startup,
    shutdown,
    submit,
    submit_worker,
    start_timer,
    cancel_timer,
};

unsafe extern "C" fn startup(plugin: *mut Plugin) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::STARTUP) }?;
        caller.instance.set_executor(EXECUTOR_OPEN);
        Ok(())
    })
}

unsafe extern "C" fn shutdown(plugin: *mut Plugin) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::SHUTDOWN) }?;
        caller.instance.set_executor(EXECUTOR_SHUT);
        Ok(())
    })
}

unsafe extern "C" fn submit(
    plugin: *mut Plugin,
    run: Option<Run>,
    data: *mut c_void,
    message: abi::Message,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::SUBMIT) }?;
        caller.kernel.submit_task(&caller, run, data, message, false)
    })
}

unsafe extern "C" fn submit_worker(
    plugin: *mut Plugin,
    run: Option<Run>,
    data: *mut c_void,
    message: abi::Message,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::SUBMIT_WORKER) }?;
        caller.kernel.submit_task(&caller, run, data, message, true)
    })
}

unsafe extern "C" fn start_timer(
    plugin: *mut Plugin,
    delay: u64,
    period: u64,
    run: Option<unsafe extern "C" fn(*mut Plugin, *mut c_void, abi::Timer) -> i32>,
    data: *mut c_void,
    to: *mut abi::Timer,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::START_TIMER) }?;
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
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(timer) };
        Ok(())
    })
}

unsafe extern "C" fn cancel_timer(plugin: *mut Plugin, timer: abi::Timer) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::CANCEL_TIMER) }?;
        needs(TIMERS)?;
        caller.kernel.timers.cancel(timer, caller.instance.index())
    })
}
