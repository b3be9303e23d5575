//! Watches, and the `pintle.io/1` table. The fds themselves are the platform's.

use core::cell::Cell;
use core::ffi::c_void;

use pintle_abi_core::{IO_READABLE, IO_WRITABLE, IoApi, Limits, Plugin, Watch, rules::io as rule, status};

use crate::features::IO;
use crate::guard::{Answer, Caller, answer, check, enter, needs, out};
use crate::handle::{self, KIND_WATCH};
use crate::kernel::Kernel;
use crate::plugin::Record;
use crate::region::Cursor;
use crate::slab::{FreeList, Slab, Wrap, Zeroed};
use crate::trace;
use crate::turn::Turning;

pub(crate) static TABLE: IoApi =
    IoApi { size: size_of::<IoApi>() as u32, reserved: 0, watch, change, unwatch };

/// What a watch runs.
type Run = unsafe extern "C" fn(*mut Plugin, *mut c_void, Watch, u32) -> i32;

/// One watch.
pub(crate) struct Eye {
    record: Cell<u32>,
    fd: Cell<isize>,
    run: Cell<Option<Run>>,
    data: Cell<*mut c_void>,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Eye {}

/// All watches of a host.
pub(crate) struct Watches {
    slab: Slab<Eye, KIND_WATCH>,
    free: FreeList,
}

impl Watches {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u16) -> Self {
        Self {
            slab: Slab::take(cursor, limits.watches, handle::low_half(tag), Wrap::StartOver),
            free: FreeList::new(0, limits.watches),
        }
    }

    fn find(&self, watch: Watch) -> Answer<u32> {
        self.slab.find(watch.bits, &self.free)
    }

    fn end(&self, index: u32) {
        self.slab.end(index);
        self.slab.free(index, &self.free);
    }
}

fn known(interest: u32) -> Answer {
    if interest & !(IO_READABLE | IO_WRITABLE) == 0 { Ok(()) } else { Err(status::E_ARGUMENT) }
}

fn owned(caller: &Caller<'_>, watch: Watch) -> Answer<u32> {
    let index = caller.kernel.watches.find(watch)?;
    let owner = caller.kernel.watches.slab.at(index).record.get();
    if owner == caller.record.index { Ok(index) } else { Err(status::E_NOT_OWNER) }
}

unsafe extern "C" fn watch(
    plugin: *mut Plugin,
    fd: isize,
    interest: u32,
    run: Option<Run>,
    data: *mut c_void,
    to: *mut Watch,
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
        let index = watches.slab.allocate(&watches.free).ok_or(status::E_CAPACITY)?;
        let eye = watches.slab.at(index);
        eye.record.set(caller.record.index);
        eye.fd.set(fd);
        eye.run.set(Some(run));
        eye.data.set(data);
        watches.slab.begin(index);
        let bits = watches.slab.bits(index);
        // SAFETY: the platform's own function and context.
        let status = unsafe { open(platform.context, fd, interest, bits) };
        if status != status::OK {
            watches.end(index);
            return Err(status);
        }
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(Watch { bits }) };
        Ok(())
    })
}

unsafe extern "C" fn change(plugin: *mut Plugin, watch: Watch, interest: u32) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::CHANGE) }?;
        known(interest)?;
        let index = owned(&caller, watch)?;
        let platform = caller.kernel.shared.platform();
        let change = platform.change.ok_or(status::E_UNSUPPORTED)?;
        let fd = caller.kernel.watches.slab.at(index).fd.get();
        // SAFETY: the platform's own function and context.
        check(unsafe { change(platform.context, fd, interest, watch.bits) })
    })
}

unsafe extern "C" fn unwatch(plugin: *mut Plugin, watch: Watch) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::UNWATCH) }?;
        let index = owned(&caller, watch)?;
        caller.kernel.end_watch(index);
        Ok(())
    })
}

impl Kernel {
    fn end_watch(&self, index: u32) {
        let platform = self.shared.platform();
        if let Some(close) = platform.unwatch {
            // SAFETY: the platform's own function and context.
            unsafe { close(platform.context, self.watches.slab.at(index).fd.get()) };
        }
        self.watches.end(index);
    }

    /// Ends all watches of an instance; how many.
    pub(crate) fn end_watches_of(&self, record: &Record) -> u32 {
        let mut ended = 0;
        if !IO {
            return ended;
        }
        for index in self.watches.slab.live(&self.watches.free) {
            if self.watches.slab.at(index).record.get() == record.index {
                self.end_watch(index);
                ended += 1;
            }
        }
        ended
    }

    /// Delivers readiness that the platform saw for a watch, named by the number that it was given with. A watch that
    /// has ended meanwhile is passed over.
    ///
    /// # Errors
    /// `E_WRONG_THREAD`, `E_REENTRANT`. `E_UNSUPPORTED`: the kernel was built without `pintle.io/1`.
    pub fn ready(&self, watch: u64, ready: u32) -> Result<(), i32> {
        needs(IO)?;
        self.on_kernel_thread()?;
        self.at_depth_zero()?;
        // A turn follows.
        let _turning = Turning::begin(self).ok_or(status::E_REENTRANT)?;
        let watch = Watch { bits: watch };
        self.take_outbox();
        let Ok(index) = self.watches.find(watch) else {
            return Ok(());
        };
        let eye = self.watches.slab.at(index);
        let record = self.record(eye.record.get());
        let (run, data) = (eye.run.get(), eye.data.get());
        if let Some(run) = run.filter(|_| record.is_live()) {
            let _dispatch = self.dispatch();
            // SAFETY: the instance's own function with its own pointer and data.
            self.tell(record, trace::WATCH, |plugin| unsafe { run(plugin, data, watch, ready) });
        }
        Ok(())
    }
}
