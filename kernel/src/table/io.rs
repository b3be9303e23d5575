//! The `pintle.io/1` table.

use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::{IO_READABLE, IO_WRITABLE, IoApi, status};

use crate::base::answer::{Answer, check};
use crate::dispatch::caller::Caller;
use crate::object::watch::Run;
use crate::table::guard::{out, table};

table! {
    IoApi, io:
    watch(fd: isize, interest: u32, run: Option<Run>, data: *mut c_void, to: *mut abi::Watch) = WATCH;
    change(watch: abi::Watch, interest: u32) = CHANGE;
    unwatch(watch: abi::Watch) = UNWATCH;
}

fn known(interest: u32) -> Answer {
    if interest & !(IO_READABLE | IO_WRITABLE) == 0 { Ok(()) } else { Err(status::E_ARGUMENT) }
}

fn watch(
    caller: &Caller<'_>,
    fd: isize,
    interest: u32,
    run: Option<Run>,
    data: *mut c_void,
    to: *mut abi::Watch,
) -> Answer {
    let to = out(to)?;
    let run = run.ok_or(status::E_ARGUMENT)?;
    known(interest)?;
    if interest == 0 {
        return Err(status::E_ARGUMENT);
    }
    let platform = caller.kernel.shared.platform();
    let open = platform.watch.ok_or(status::E_UNSUPPORTED)?;
    let watches = &caller.kernel.watches;
    let index = watches.begin(caller.instance.index(), fd, run, data)?;
    let watch = watches.handle(index);
    // SAFETY: the platform's own function and context.
    let status = unsafe { open(platform.context, fd, interest, watch.bits) };
    if status != status::OK {
        watches.end(index);
        return Err(status);
    }
    to.write(watch);
    Ok(())
}

fn change(caller: &Caller<'_>, watch: abi::Watch, interest: u32) -> Answer {
    known(interest)?;
    let index = caller.kernel.watches.find_own(watch, caller.instance.index())?;
    let platform = caller.kernel.shared.platform();
    let change = platform.change.ok_or(status::E_UNSUPPORTED)?;
    let fd = caller.kernel.watches.at(index).fd();
    // SAFETY: the platform's own function and context.
    check(unsafe { change(platform.context, fd, interest, watch.bits) })
}

fn unwatch(caller: &Caller<'_>, watch: abi::Watch) -> Answer {
    let index = caller.kernel.watches.find_own(watch, caller.instance.index())?;
    caller.kernel.end_watch(index);
    Ok(())
}
