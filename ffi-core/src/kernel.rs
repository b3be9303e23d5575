//! A freestanding kernel: memory that the caller gives, and what it needs from outside.
//!
//! The thread (or the main loop) that starts it is its kernel thread. It stops by being left alone: once its instances
//! are unloaded, nothing of it runs, and the region can be used for something else.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use pintle_abi_core::extensible::{Extensible, Shape};
use pintle_abi_core::status::{E_ARGUMENT, OK};
use pintle_abi_core::{Callbacks, Limits, Platform, Plugin};
use pintle_kernel::Kernel;

use crate::arguments::out;

/// A freestanding kernel, at the beginning of its region.
pub struct Core {
    _private: [u8; 0],
}

/// Turns what was found into what is returned.
pub(crate) fn answer(run: impl FnOnce() -> Result<(), i32>) -> i32 {
    match run() {
        Ok(()) => OK,
        Err(status) => status,
    }
}

/// The kernel behind a handle.
///
/// # Safety
/// `core` is NULL or what [`pintle_core_start`] gave, and its region is untouched.
pub(crate) unsafe fn kernel<'k>(core: *const Core) -> Result<&'k Kernel, i32> {
    // SAFETY: the pointer that was given out is that of a kernel.
    unsafe { core.cast::<Kernel>().as_ref() }.ok_or(E_ARGUMENT)
}

/// What is passed, as this library knows it.
///
/// # Safety
/// `from` is NULL, or a struct that is readable for the size that it names.
unsafe fn given<T: Extensible>(from: *const T) -> Result<T, i32> {
    if from.is_null() {
        return Err(E_ARGUMENT);
    }
    let mut to = MaybeUninit::<T>::uninit();
    // SAFETY: not NULL, so as the caller says, and a place for a `T`.
    unsafe { Shape::of::<T>().read(from.cast(), to.as_mut_ptr().cast()) }?;
    // SAFETY: the struct was written there.
    Ok(unsafe { to.assume_init() })
}

/// Tells how many bytes of memory a kernel with these limits takes. PINTLE_REGION_SIZE gives a bound of it at compile
/// time.
///
/// `E_ARGUMENT`: a NULL pointer, `limits->size` is below that of the first edition, or a limit is out of range.
/// `E_UNSUPPORTED`: a limit that this library does not know is set.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// The pointers are NULL or what their types say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_region_size(limits: *const Limits, size: *mut usize) -> i32 {
    answer(|| {
        let size = out(size)?;
        // SAFETY: the caller's.
        let needed = Kernel::region_size(&unsafe { given(limits) }?)?;
        // SAFETY: not NULL.
        unsafe { size.write(needed) };
        Ok(())
    })
}

/// Starts a kernel in a region of memory that is aligned to 64 and that nobody else touches from then on. The caller
/// becomes its kernel thread. `tag` is a number from 1 to 1,023 that no other kernel of the program has; handles carry it.
/// Limits and platform are copied.
///
/// `E_ARGUMENT`: a NULL pointer, a `size` below that of the first edition, a limit or the tag out of range, no clock, a
/// region that is not aligned. `E_UNSUPPORTED`: a limit or function that this library does not know is set.
/// `E_CAPACITY`: the region is too small.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// The region is writable and free, the platform's functions work as long as the kernel is used, the other pointers
/// are NULL or what their types say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_start(
    region: *mut c_void,
    size: usize,
    limits: *const Limits,
    platform: *const Platform,
    tag: u32,
    core: *mut *mut Core,
) -> i32 {
    answer(|| {
        let core = out(core)?;
        let region = NonNull::new(region.cast::<u8>()).ok_or(E_ARGUMENT)?;
        let tag = u16::try_from(tag).map_err(|_| E_ARGUMENT)?;
        // SAFETY: the caller's.
        let (limits, platform) = unsafe { (given(limits)?, given(platform)?) };
        // SAFETY: the caller's.
        let kernel = unsafe { Kernel::start(region, size, &limits, &platform, tag) }?;
        #[cfg(not(panic = "unwind"))]
        crate::panic::keep(&platform);
        // SAFETY: not NULL.
        unsafe { core.write(core::ptr::from_ref(kernel).cast_mut().cast()) };
        Ok(())
    })
}

/// Gives plugin zero: the program as a plugin, for calls through the tables. It lives as long as the kernel.
///
/// `E_ARGUMENT`: a NULL pointer.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started, `plugin` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_self(core: *mut Core, plugin: *mut *mut Plugin) -> i32 {
    answer(|| {
        let plugin = out(plugin)?;
        // SAFETY: the caller's, and not NULL.
        unsafe { plugin.write(kernel(core)?.zero()) };
        Ok(())
    })
}

/// Gives plugin zero its callbacks, which are copied, and its data, which its pintle_plugin_t shows.
///
/// `E_ARGUMENT`: a NULL pointer, or a table without a size. `E_WRONG_THREAD`. `E_REENTRANT`: from inside a callback.
///
/// `[thread: kernel] [reentrant: no] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started; the table is NULL or readable for its size, and its functions are what
/// it says they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_callbacks(
    core: *mut Core,
    callbacks: *const Callbacks,
    data: *mut c_void,
) -> i32 {
    answer(|| {
        // SAFETY: the caller's.
        let kernel = unsafe { kernel(core) }?;
        // SAFETY: the caller's.
        unsafe { kernel.set_callbacks(callbacks) }?;
        // SAFETY: plugin zero lives as long as the kernel.
        match unsafe { crate::calls::pintle_data_set(kernel.zero(), data) } {
            OK => Ok(()),
            status => Err(status),
        }
    })
}

/// Tells the limits in force, with the defaults filled in; 0 for no inbox and for no workers. The caller sets `size`;
/// the kernel fills what both know and says in `size` how far that reaches.
///
/// `E_ARGUMENT`: a NULL pointer, or `limits->size` is below that of the first edition.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started, `limits` is NULL or writable for the size that it names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_limits(core: *mut Core, limits: *mut Limits) -> i32 {
    answer(|| {
        // SAFETY: the caller's.
        let kernel = unsafe { kernel(core) }?;
        // SAFETY: the caller's.
        unsafe { kernel.room(limits) }?.write(kernel.limits());
        Ok(())
    })
}

/// Makes the caller the kernel thread. The thread that was it must have left the kernel, and whatever it did there must
/// have happened before.
///
/// `E_ARGUMENT`: NULL. `E_REENTRANT`: a callback runs.
///
/// `[thread: any] [reentrant: no] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started, and no other thread is inside it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_adopt(core: *mut Core) -> i32 {
    // SAFETY: the caller's.
    answer(|| unsafe { kernel(core)?.adopt() })
}

/// Gives up being the kernel thread, before the caller's thread ends. On another thread it does nothing.
///
/// `E_ARGUMENT`: NULL.
///
/// `[thread: any] [reentrant: no] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_resign(core: *mut Core) -> i32 {
    answer(|| {
        // SAFETY: the caller's.
        unsafe { kernel(core) }?.resign();
        Ok(())
    })
}
