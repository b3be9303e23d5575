//! The `pintle.io/1` table.

use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::rules::io as rule;
use pintle_abi_core::{IO_READABLE, IO_WRITABLE, IoApi, Plugin, status};

use crate::base::answer::{Answer, check};
use crate::object::watch::Run;
use crate::table::guard::{answer, enter, out};

pub(crate) static TABLE: IoApi =
    IoApi { size: size_of::<IoApi>() as u32, reserved: 0, watch, change, unwatch };

fn known(interest: u32) -> Answer {
    if interest & !(IO_READABLE | IO_WRITABLE) == 0 { Ok(()) } else { Err(status::E_ARGUMENT) }
}

pub(crate) unsafe extern "C" fn watch(
    plugin: *mut Plugin,
    fd: isize,
    interest: u32,
    run: Option<Run>,
    data: *mut c_void,
    to: *mut abi::Watch,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::WATCH) }?;
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
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(watch) };
        Ok(())
    })
}

unsafe extern "C" fn change(plugin: *mut Plugin, watch: abi::Watch, interest: u32) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::CHANGE) }?;
        known(interest)?;
        let index = caller.kernel.watches.find_own(watch, caller.instance.index())?;
        let platform = caller.kernel.shared.platform();
        let change = platform.change.ok_or(status::E_UNSUPPORTED)?;
        let fd = caller.kernel.watches.at(index).fd();
        // SAFETY: the platform's own function and context.
        check(unsafe { change(platform.context, fd, interest, watch.bits) })
    })
}

unsafe extern "C" fn unwatch(plugin: *mut Plugin, watch: abi::Watch) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::UNWATCH) }?;
        let index = caller.kernel.watches.find_own(watch, caller.instance.index())?;
        caller.kernel.end_watch(index);
        Ok(())
    })
}
