//! The plugins of a freestanding kernel.

use core::ffi::c_char;

use pintle_abi_core::status::E_CAPACITY;
use pintle_abi_core::{AddOptions, Entry, Instance, Receipt, Text};
use pintle_ffi_shared::out;

use crate::kernel::{Core, answer, kernel};

/// Adds an instance of a plugin that is linked in, by its entry, and runs its `create`. `options` may be NULL.
///
/// The text of an error is read with pintle_error_last and plugin zero. `E_ARGUMENT`: NULL, text that is not UTF-8, or
/// `options->size` is below that of the first edition. `E_UNSUPPORTED`: an option that this library does not know is set.
/// `E_NO_ENTRY`, `E_DESCRIPTOR`, `E_VERSION`, `E_MACHINE`, `E_LAYOUT`, `E_SLOT`: it is not for this kernel.
/// Also `E_UNSUPPORTED`: it needs an interface that is not offered. `E_EXISTS`: the name is taken, or it is not
/// `MULTI_INSTANCE` and lives already. `E_CAPACITY`: too many plugins, or too long a name. `E_WRONG_THREAD`. Else
/// the status that `create` returned.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started, the entry is a plugin's, the other pointers are NULL or what their
/// types say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_add(
    core: *mut Core,
    entry: *const Entry,
    options: *const AddOptions,
    instance: *mut Instance,
) -> i32 {
    answer(|| {
        // SAFETY: the caller's.
        let kernel = unsafe { kernel(core) }?;
        let instance = out(instance)?;
        let options = if options.is_null() {
            None
        } else {
            // SAFETY: not NULL, so what its type says.
            Some(unsafe { kernel.read(options) }?)
        };
        // SAFETY: the caller's, and not NULL.
        unsafe { instance.write(kernel.add(entry, options.as_ref())?) };
        Ok(())
    })
}

/// Stops an instance and ends it: at once if possible, else (`PENDING`) in one of the next turns, at the latest
/// after `timeout` nanoseconds. pintle_core_receipt then says how it ended.
///
/// `E_ARGUMENT`: NULL. `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`. `E_CLOSED`: ended already. `E_WRONG_THREAD`.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_unload(core: *mut Core, instance: Instance, timeout: u64) -> i32 {
    // SAFETY: the caller's.
    let unloaded = unsafe { kernel(core) }.and_then(|kernel| kernel.unload(instance, timeout));
    unloaded.unwrap_or_else(|status| status)
}

/// Fills the receipt of an instance: so far while it lives, final once it has ended, until another instance takes its place.
/// The caller sets `size`. The kernel fills the members that both know, and sets `size` to the number of bytes that it
/// filled.
///
/// `E_ARGUMENT`: a NULL pointer, or `receipt->size` is below that of the first edition. `E_HANDLE`, `E_STALE`, `E_KIND`,
/// `E_FOREIGN`. `E_WRONG_THREAD`.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started, `receipt` is NULL or writable for the size that it names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_receipt(
    core: *mut Core,
    instance: Instance,
    receipt: *mut Receipt,
) -> i32 {
    answer(|| {
        // SAFETY: the caller's.
        let kernel = unsafe { kernel(core) }?;
        // SAFETY: the caller's.
        let room = unsafe { kernel.room(receipt) }?;
        room.write(&kernel.receipt(instance)?);
        Ok(())
    })
}

/// Lists the live instances in priority order. `count` receives how many there are, also where they do not fit.
///
/// `E_ARGUMENT`: `count` is NULL, or `instances` is and `capacity` is not 0. `E_CAPACITY`: there are more than
/// `capacity`. `E_WRONG_THREAD`.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started, `instances` is NULL or writable for `capacity` handles, `count` is
/// NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_instances(
    core: *mut Core,
    instances: *mut Instance,
    capacity: usize,
    count: *mut usize,
) -> i32 {
    answer(|| {
        // SAFETY: the caller's.
        let kernel = unsafe { kernel(core) }?;
        let count = out(count)?;
        if capacity != 0 {
            out(instances)?;
        }
        let mut found = 0;
        kernel.instances(|instance, _| {
            if found < capacity {
                // SAFETY: writable for `capacity` handles, as the caller says.
                unsafe { instances.add(found).write(instance) };
            }
            found += 1;
        })?;
        // SAFETY: not NULL.
        unsafe { count.write(found) };
        if found > capacity { Err(E_CAPACITY) } else { Ok(()) }
    })
}

/// Gives the name of an instance, also after it has ended, until another one takes its place. `[instance]`
///
/// `E_ARGUMENT`: a NULL pointer. `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`. `E_WRONG_THREAD`.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started, `name` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_name(core: *mut Core, instance: Instance, name: *mut Text) -> i32 {
    answer(|| {
        let name = out(name)?;
        // SAFETY: the caller's.
        let text = unsafe { kernel(core) }?.name(instance)?;
        // SAFETY: not NULL.
        unsafe { name.write(Text { data: text.as_ptr().cast::<c_char>(), length: text.len() }) };
        Ok(())
    })
}
