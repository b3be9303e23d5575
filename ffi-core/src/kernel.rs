//! A freestanding kernel, in memory that the caller gives.
//!
//! The thread (or the main loop) that starts a kernel is its kernel thread. A kernel has no function that ends it: once its
//! instances are unloaded nothing of it runs, and the caller may use the region for something else.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use pintle_abi_core::extensible::{Extensible, Shape};
use pintle_abi_core::status::{E_ARGUMENT, OK};
use pintle_abi_core::{Callbacks, Limits, Platform, Plugin};
use pintle_ffi_shared::out;
use pintle_kernel::Kernel;

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

/// Gives the number of bytes of memory that a kernel with these limits takes. PINTLE_REGION_SIZE is an upper bound of it at
/// compile time.
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

/// Starts a kernel in a region of memory that is aligned to 64 and that the program does not touch from then on. The calling
/// thread becomes its kernel thread. `tag` is a number from 1 to 1,023 that no other kernel of the program has; handles carry it.
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

/// Gives the pointer of plugin zero, with which the program makes calls through the tables as a plugin does. It is valid as
/// long as the kernel.
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

/// Sets the callbacks of plugin zero, which are copied, and the data in its pintle_plugin_t.
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
        match unsafe { pintle_ffi_shared::calls::pintle_data_set(kernel.zero(), data) } {
            OK => Ok(()),
            status => Err(status),
        }
    })
}

/// Writes the limits in force, with the defaults filled in; 0 means no inbox and no workers. The caller sets `size`. The
/// kernel fills the members that both know, and sets `size` to the number of bytes that it filled.
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

/// Makes the calling thread the kernel thread. The kernel thread before it must have left the kernel, and all that it did
/// there must have happened before this call.
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

/// Ends the role of the calling thread as the kernel thread, which it must do before it ends. On another thread this does
/// nothing.
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
