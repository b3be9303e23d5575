//! The beginning and end of a host, and its application.
//!
//! The thread that starts a host is its kernel thread, until another one adopts it. On other threads, functions tagged
//! [thread: kernel] return PINTLE_E_WRONG_THREAD. A function returns a status; the text of an error is read with
//! pintle_host_last_error, on the same thread.
//!
//! A host belongs to the process that started it. In a forked child each call returns PINTLE_E_CLOSED, also those of plugins
//! through their tables, and no callback is called: end the child, or start another host in it. The parent notices nothing.
//!
//! A callback returns. If longjmp or an exception leaves it, the host is lost: calls return PINTLE_E_REENTRANT, with a text that
//! names the callback. Free a host before main returns, and keep it out of globals with a destructor: the plugins' own globals
//! are destroyed first, and so is what makes the thread the host's.

use std::cell::{OnceCell, RefCell};
use std::ffi::{c_char, c_void};
use std::mem::ManuallyDrop;
use std::ptr::{NonNull, null};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use std::time::Duration;

use pintle_abi_core::extensible::{self, Room};
use pintle_abi_core::status::OK;
use pintle_abi_core::{Callbacks, HostOptions, Limits, Plugin, Receipt};
use pintle_ffi_shared::calls::pintle_data_set;
use pintle_ffi_shared::out;
use pintle_host::mailbox::EventQueue;
use pintle_host::{Builder, Waker};

use crate::lists::text;
use crate::log::Outlet;
use crate::wall::{Failure, free_standing, with_host};

/// A host with its plugins.
///
/// Its memory is never given back to the allocator, but used again by a later host. So a signal handler may call
/// pintle_host_stop while a host is being freed, and a host that was freed is recognised until then.
pub struct Host {
    pub(crate) host: ManuallyDrop<pintle_host::Host>,
    pub(crate) waker: ManuallyDrop<Waker>,
    pub(crate) outlet: ManuallyDrop<Arc<Outlet>>,
    /// No other host of the process has or had it.
    pub(crate) number: usize,
    /// The callbacks of the program. Kernel thread only.
    pub(crate) callbacks: RefCell<Callbacks>,
    /// Kernel thread only.
    pub(crate) mailbox: ManuallyDrop<OnceCell<EventQueue>>,
    /// The host is being freed, or was freed.
    pub(crate) closing: AtomicBool,
}

/// How many hosts this process has begun.
static BEGUN: AtomicUsize = AtomicUsize::new(0);
/// The memory of hosts that were freed.
static FREED: Mutex<Vec<Freed>> = Mutex::new(Vec::new());

struct Freed(*mut Host);

// SAFETY: whoever takes it out of the list is the only one who writes to it.
unsafe impl Send for Freed {}

fn freed() -> MutexGuard<'static, Vec<Freed>> {
    FREED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Host {
    /// The memory that was freed first is used first, so that a host that was freed is recognised for long.
    fn place(self) -> *mut Self {
        let place = {
            let mut freed = freed();
            (!freed.is_empty()).then(|| freed.remove(0).0)
        };
        let Some(place) = place else { return Box::into_raw(Box::new(self)) };
        // SAFETY: nobody else has the memory, whose content was dropped.
        unsafe { place.write(self) };
        place
    }

    /// Ends a host; `end` has its plugins end.
    ///
    /// # Safety
    /// The host was not freed, and no other thread uses it.
    unsafe fn end(this: *mut Self, end: impl FnOnce(pintle_host::Host)) {
        // SAFETY: the caller's. Callbacks that run meanwhile may look at what is dropped behind the host. Nobody looks at
        // anything but `closing` and `number` afterwards.
        unsafe {
            (*this).closing.store(true, Ordering::Release);
            end(ManuallyDrop::take(&mut (*this).host));
            crate::callbacks::leave(this);
            ManuallyDrop::drop(&mut (*this).waker);
            ManuallyDrop::drop(&mut (*this).outlet);
            ManuallyDrop::drop(&mut (*this).mailbox);
        }
        freed().push(Freed(this));
    }
}

/// Starts a host. The calling thread becomes its kernel thread. If `limits` is NULL, each limit has its default;
/// pintle_host_new_with has more options.
///
/// `E_ARGUMENT`: `host` is NULL, `limits->size` is below that of the first edition, or a limit is out of range.
/// `E_UNSUPPORTED`: a limit that this library does not know is set. `E_CAPACITY`: the process has 1,023 hosts already.
/// `E_IO`: the system has no memory, file descriptor or thread left.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `limits` is NULL or readable for the size that it names, `host` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_new(limits: *const Limits, host: *mut *mut Host) -> i32 {
    // SAFETY: the caller's.
    free_standing(|| unsafe { start(pintle_host::Host::builder(), limits, host) })
}

/// Starts a host with options. The calling thread becomes its kernel thread. `options` may be NULL.
///
/// The threads of its workers have all signals blocked but SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP and SIGSYS, so that
/// handlers of the program run on its own threads.
///
/// `E_ARGUMENT`: `host` is NULL, `options->size` or `options->limits->size` is below that of the first edition, a limit is out
/// of range, the memory is not aligned to 64, or the name of the workers is too long, has a NUL or is not UTF-8.
/// `E_UNSUPPORTED`: an option or a limit that this library does not know is set. `E_CAPACITY`: the process has 1,023 hosts
/// already, or the memory is too small for the limits. `E_IO`: the system has no memory, file descriptor or thread left.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `options` is NULL or readable for the size that it names, and what it points to is what its members say; `host` is NULL or
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_new_with(options: *const HostOptions, host: *mut *mut Host) -> i32 {
    free_standing(|| {
        let mut builder = pintle_host::Host::builder();
        let mut limits = null();
        if !options.is_null() {
            // SAFETY: the caller's.
            let options = unsafe { extensible::read(options) }?;
            limits = options.limits;
            if options.log_level != 0 {
                builder = builder.log_level(options.log_level);
            }
            if options.watchdog != 0 {
                builder = builder.watchdog(Duration::from_nanos(options.watchdog));
            }
            if let Some(memory) = NonNull::new(options.memory) {
                // SAFETY: the caller's.
                builder = unsafe { builder.memory(memory.cast(), options.memory_size) };
            }
            if options.worker_name.length != 0 {
                // SAFETY: the caller's.
                let name = unsafe { text(options.worker_name.data, options.worker_name.length) }?;
                builder = builder.worker_name(name);
            }
            if options.worker_stack != 0 {
                builder = builder.worker_stack(options.worker_stack);
            }
        }
        // SAFETY: the caller's.
        unsafe { start(builder, limits, host) }
    })
}

/// # Safety
/// As for [`pintle_host_new`].
unsafe fn start(builder: Builder, limits: *const Limits, host: *mut *mut Host) -> Result<(), Failure> {
    let host = out(host)?;
    // SAFETY: the caller's.
    let limits = unsafe { given(limits) }?;
    let outlet = Arc::new(Outlet::default());
    let writer = outlet.clone();
    let started = builder.limits(limits).log(move |line| writer.write(line)).start()?;
    let made = Host {
        waker: ManuallyDrop::new(started.waker()),
        host: ManuallyDrop::new(started),
        outlet: ManuallyDrop::new(outlet),
        number: BEGUN.fetch_add(1, Ordering::Relaxed) + 1,
        callbacks: RefCell::new(Callbacks::none()),
        mailbox: ManuallyDrop::new(OnceCell::new()),
        closing: AtomicBool::new(false),
    };
    // SAFETY: not NULL.
    unsafe { host.write(made.place()) };
    Ok(())
}

/// # Safety
/// `limits` is NULL or readable for the size that it names.
unsafe fn given(limits: *const Limits) -> Result<Limits, Failure> {
    if limits.is_null() {
        return Ok(pintle_host::default_limits());
    }
    // SAFETY: the caller's.
    Ok(unsafe { extensible::read(limits) }?)
}

/// Gives the number of bytes of memory that a host with these limits takes, for the options of pintle_host_new_with. If `limits`
/// is NULL, each limit has its default.
///
/// `E_ARGUMENT`: `size` is NULL, `limits->size` is below that of the first edition, or a limit is out of range. `E_UNSUPPORTED`:
/// a limit that this library does not know is set.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `limits` is NULL or readable for the size that it names, `size` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_region_size(limits: *const Limits, size: *mut usize) -> i32 {
    free_standing(|| {
        let size = out(size)?;
        // SAFETY: the caller's; not NULL when it is written.
        unsafe { size.write(pintle_host::region_size(&given(limits)?)?) };
        Ok(())
    })
}

/// Ends a host: stops and destroys its plugins, the last loaded first, waiting up to 5 seconds for each. Afterwards its
/// handles, plugin pointers and views are invalid. Calls that callbacks of plugin zero make with the host meanwhile return
/// `E_CLOSED`, and so do those that are made afterwards, until a later pintle_host_new returns the same pointer. No other
/// thread may use the host any more.
///
/// `E_ARGUMENT`: NULL. `E_WRONG_THREAD`: adopt it first. `E_REENTRANT`: from inside a callback. `E_CLOSED`: it is being
/// freed, or was freed. If another error is returned, the host goes on.
///
/// `[thread: kernel] [reentrant: no] [blocking: yes] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, and no other thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_free(host: *mut Host) -> i32 {
    // SAFETY: the caller's.
    unsafe { end(host, drop) }
}

/// Ends a host as pintle_host_free does, but its plugins have `timeout` nanoseconds to stop all together. `ended` is called with
/// `context` for each of them as soon as it has ended, with its name and its receipt `[call]`, and may not call the host. It may
/// be NULL.
///
/// Errors as for pintle_host_free.
///
/// `[thread: kernel] [reentrant: no] [blocking: yes] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, and no other thread uses it; `ended` is NULL or a function that may be called
/// with `context`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_close(
    host: *mut Host,
    timeout: u64,
    ended: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            name: *const c_char,
            name_length: usize,
            receipt: *const Receipt,
        ),
    >,
    context: *mut c_void,
) -> i32 {
    let told = |name: &str, receipt: &pintle_host::Receipt| {
        if let Some(ended) = ended {
            // SAFETY: the caller's; both live until it returns.
            unsafe { ended(context, name.as_ptr().cast(), name.len(), &raw const **receipt) };
        }
    };
    // SAFETY: the caller's.
    unsafe { end(host, |inner| inner.close_with(Duration::from_nanos(timeout), told)) }
}

/// # Safety
/// As for [`pintle_host_free`].
unsafe fn end(host: *mut Host, end: impl FnOnce(pintle_host::Host)) -> i32 {
    // SAFETY: the caller's.
    let status = unsafe {
        with_host(host, |inner| {
            inner.calls()?;
            if inner.is_idle() { Ok(()) } else { Err(inner.busy().into()) }
        })
    };
    if status != OK {
        return status;
    }
    free_standing(|| {
        // SAFETY: the call above found a host that nobody frees; this thread does from here on, and no other uses it.
        unsafe { Host::end(host, end) };
        Ok(())
    })
}

/// Gives the pointer of plugin zero, with which the program makes calls through the tables as a plugin does. It is valid as
/// long as the host.
///
/// `E_ARGUMENT`: a NULL pointer.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, `plugin` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_self(host: *mut Host, plugin: *mut *mut Plugin) -> i32 {
    // SAFETY: the caller's; not NULL when it is written.
    unsafe {
        with_host(host, |inner| {
            out(plugin)?.write(inner.zero());
            Ok(())
        })
    }
}

/// Sets the callbacks of plugin zero, which are copied, and the data in its pintle_plugin_t.
///
/// A callback runs on the kernel thread, inside the call that caused it. No C++ exception may leave it; pintle.hpp catches
/// them. Events for which there is no callback wait in the mailbox, if the host has one: pintle_mailbox_open.
///
/// `E_ARGUMENT`: a NULL pointer, or a table without a size. `E_WRONG_THREAD`. `E_REENTRANT`: from inside a callback.
///
/// `[thread: kernel] [reentrant: no] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed; the table is NULL or readable for its size, and its functions are what
/// it says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_callbacks(
    host: *mut Host,
    callbacks: *const Callbacks,
    data: *mut c_void,
) -> i32 {
    // SAFETY: the caller's; plugin zero lives as long as the host.
    unsafe {
        with_host(host, |inner| {
            let program = crate::callbacks::known(callbacks)?;
            inner.calls()?;
            if (*host).mailbox.get().is_some() {
                let table = crate::callbacks::with_mailbox(&program);
                inner.set_callbacks(&raw const table)?;
            } else {
                inner.set_callbacks(callbacks)?;
            }
            (*host).callbacks.replace(program);
            match pintle_data_set(inner.zero(), data) {
                OK => Ok(()),
                code => Err(code.into()),
            }
        })
    }
}

/// Writes the limits in force, with the defaults filled in; 0 means no inbox and no workers. The caller sets `size`. The host
/// fills the members that both know, and sets `size` to the number of bytes that it filled.
///
/// `E_ARGUMENT`: a NULL pointer, or `limits->size` is below that of the first edition.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, `limits` is NULL or writable for the size that it names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_limits(host: *mut Host, limits: *mut Limits) -> i32 {
    // SAFETY: the caller's; not NULL when it is looked at.
    unsafe {
        with_host(host, |inner| {
            Room::at(out(limits)?)?.write(inner.limits());
            Ok(())
        })
    }
}

/// Makes the calling thread the kernel thread. The kernel thread before it must have left the host, and all that it did there
/// must have happened before this call.
///
/// `E_ARGUMENT`: NULL. `E_REENTRANT`: a callback runs.
///
/// `[thread: any] [reentrant: no] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, and no other thread is inside it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_adopt(host: *mut Host) -> i32 {
    // SAFETY: the caller's.
    unsafe { with_host(host, |inner| Ok(inner.adopt_shared()?)) }
}
