//! The plugins of a host.

use std::ffi::c_char;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use pintle_abi_core::extensible::{self, Room};
use pintle_abi_core::status::{E_ARGUMENT, E_NOT_FOUND, E_STALE, E_TIMEOUT};
use pintle_abi_core::{
    AddOptions, Entry, INSTANCE_ENDED, INSTANCE_POISONED, INSTANCE_RUNNING, INSTANCE_STOPPING, Instance,
    InstanceInfo, OUTCOME_ABANDONED, Receipt,
};
use pintle_ffi_shared::out;
use pintle_host::{InstanceState, LoadOptions, PluginInfo};

use crate::host::Host;
use crate::lists::{self, give, give_text, text, view, view_bytes};
use crate::wall::{Failure, with_host};

/// Loads a plugin from its file and creates an instance of it. A path without a slash is relative to the working directory;
/// no folders are searched. `options` may be NULL.
///
/// The code of the plugin runs in the process, with all its rights: load only files that are trusted.
///
/// The path may have any bytes but NUL.
///
/// `E_ARGUMENT`: a NULL pointer, an empty path, a path with a NUL in it, options that are not UTF-8, or `options->size` is below that of the first
/// edition. `E_UNSUPPORTED`: an option that this library does not know is set. `E_WRONG_THREAD`. `E_NO_FILE`,
/// `E_NOT_A_LIBRARY`, `E_TRUNCATED`, `E_NO_ENTRY`, `E_DESCRIPTOR`, `E_VERSION`, `E_MACHINE`, `E_LAYOUT`, `E_LINK`,
/// `E_MISMATCH`, `E_SLOT`: the file is not a plugin for this host. Also `E_UNSUPPORTED`: it needs an interface that is not
/// offered. `E_EXISTS`: the name is taken, or it is not `MULTI_INSTANCE` and lives already. `E_CAPACITY`: too many
/// plugins, or too long a name. Else the status that `create` returned.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, the file is a plugin that is trusted, the other pointers are NULL or
/// what their types say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_load(
    host: *mut Host,
    path: *const c_char,
    path_length: usize,
    options: *const AddOptions,
    instance: *mut Instance,
) -> i32 {
    // SAFETY: the caller's; not NULL when it is written.
    unsafe {
        with_host(host, |inner| {
            let instance = out(instance)?;
            instance.write(inner.load(lists::path(path, path_length)?, &own(options)?)?);
            Ok(())
        })
    }
}

/// Creates an instance of a plugin that is linked into the program, by its entry. `options` may be NULL.
///
/// `E_ARGUMENT`: a NULL pointer, text that is not UTF-8, or too small a size. Else as for pintle_host_load.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, the entry is a plugin's in constant memory, the other pointers are
/// NULL or what their types say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_add(
    host: *mut Host,
    entry: *const Entry,
    options: *const AddOptions,
    instance: *mut Instance,
) -> i32 {
    // SAFETY: the caller's; not NULL when it is written.
    unsafe {
        with_host(host, |inner| {
            let instance = out(instance)?;
            if entry.is_null() {
                return Err(Failure { code: E_ARGUMENT, text: "the entry is NULL".to_owned() });
            }
            instance.write(inner.add_static(entry, &own(options)?)?);
            Ok(())
        })
    }
}

/// Creates an instance of each of `count` plugins that are linked into the program, in this order and without options. `added`
/// receives how many were created: with the first that is refused this ends, and those before it live. `instances` receives
/// their handles; it may be NULL.
///
/// ```text
/// PINTLE_DECLARE(stats);
/// PINTLE_DECLARE(shout);
/// static const pintle_entry_t *const plugins[] = {PINTLE_ENTRY(stats), PINTLE_ENTRY(shout)};
/// ```
///
/// `E_ARGUMENT`: `host`, `added` or an entry is NULL, or `entries` is and `count` is not 0. Else as for pintle_host_load.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, the entries are plugins' in constant memory, `entries` is readable and
/// `instances` NULL or writable for `count` of them, `added` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_add_all(
    host: *mut Host,
    entries: *const *const Entry,
    count: usize,
    instances: *mut Instance,
    added: *mut usize,
) -> i32 {
    // SAFETY: the caller's; not NULL when it is written.
    unsafe {
        with_host(host, |inner| {
            let added = out(added)?;
            added.write(0);
            if entries.is_null() && count != 0 {
                return Err(Failure { code: E_ARGUMENT, text: "the list of entries is NULL".to_owned() });
            }
            for index in 0..count {
                let entry = *entries.add(index);
                if entry.is_null() {
                    return Err(Failure { code: E_ARGUMENT, text: format!("entry {index} is NULL") });
                }
                let instance = inner.add_static(entry, &LoadOptions::default())?;
                if !instances.is_null() {
                    instances.add(index).write(instance);
                }
                added.write(index + 1);
            }
            Ok(())
        })
    }
}

/// The options, copied.
///
/// # Safety
/// `options` is NULL or what its type says.
pub(crate) unsafe fn own(options: *const AddOptions) -> Result<LoadOptions, Failure> {
    if options.is_null() {
        return Ok(LoadOptions::default());
    }
    // SAFETY: the caller's.
    unsafe {
        let options = extensible::read(options)?;
        Ok(LoadOptions {
            priority: options.priority,
            instance: text(options.instance.data, options.instance.length)?.to_owned(),
            config: text(options.config.data, options.config.length)?.to_owned(),
        })
    }
}

/// Ends an instance: asks it to stop, polls until it has or `timeout` nanoseconds are over, and fills its receipt as
/// pintle_host_receipt does. `receipt` may be NULL.
///
/// `E_ARGUMENT`: `host` is NULL, or `receipt->size` is below that of the first edition. `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`.
/// `E_CLOSED`: ended already. `E_WRONG_THREAD`. `E_REENTRANT`: from inside a callback; use pintle_host_begin_unload
/// there. `E_TIMEOUT`: one of its calls still runs, so it was abandoned, as the receipt says.
///
/// `[thread: kernel] [reentrant: no] [blocking: yes] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, `receipt` is NULL or writable for the size that it names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_unload(
    host: *mut Host,
    instance: Instance,
    timeout: u64,
    receipt: *mut Receipt,
) -> i32 {
    // SAFETY: the caller's; not NULL when it is looked at.
    unsafe {
        with_host(host, |inner| {
            let room = if receipt.is_null() { None } else { Some(Room::at(receipt)?) };
            let told = inner.unload(instance, Duration::from_nanos(timeout))?;
            if let Some(room) = room {
                room.write(&told);
            }
            if told.outcome == OUTCOME_ABANDONED { Err(E_TIMEOUT.into()) } else { Ok(()) }
        })
    }
}

/// Asks an instance to stop, and returns. The instance ends in one of the next turns, at the latest after `timeout`
/// nanoseconds. pintle_host_receipt then says how it ended. A host with a mailbox has an event when it has.
///
/// `E_ARGUMENT`: NULL. `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`. `E_CLOSED`: ended already. `E_WRONG_THREAD`.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_begin_unload(host: *mut Host, instance: Instance, timeout: u64) -> i32 {
    // SAFETY: the caller's; the host is not NULL inside.
    unsafe {
        with_host(host, |inner| {
            inner.begin_unload(instance, Duration::from_nanos(timeout))?;
            if let Some(mailbox) = (*host).mailbox.get() {
                mailbox.expect_end(instance);
            }
            Ok(())
        })
    }
}

/// Fills the receipt of an instance: so far while it lives, final once it has ended. The caller sets `size`. The host fills
/// the members that both know, and sets `size` to the number of bytes that it filled.
///
/// `E_ARGUMENT`: a NULL pointer, or `receipt->size` is below that of the first edition. `E_HANDLE`, `E_KIND`, `E_FOREIGN`. `E_STALE`: its
/// receipt is no longer kept. `E_WRONG_THREAD`.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, `receipt` is NULL or writable for the size that it names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_receipt(
    host: *mut Host,
    instance: Instance,
    receipt: *mut Receipt,
) -> i32 {
    // SAFETY: the caller's; not NULL when it is looked at.
    unsafe {
        with_host(host, |inner| {
            inner.calls()?;
            Room::at(out(receipt)?)?.write(&*inner.receipt(instance)?);
            Ok(())
        })
    }
}

/// Tells what is known of an instance. The caller sets `size`. The host fills the members that both know, and sets `size` to the
/// number of bytes that it filled.
///
/// `E_ARGUMENT`: a NULL pointer, or `info->size` is below that of the first edition. `E_HANDLE`, `E_KIND`, `E_FOREIGN`.
/// `E_STALE`: it has ended, and its receipt is no longer kept. `E_WRONG_THREAD`.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, `info` is NULL or writable for the size that it names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_instance(
    host: *mut Host,
    instance: Instance,
    info: *mut InstanceInfo,
) -> i32 {
    // SAFETY: the caller's; not NULL when it is looked at.
    unsafe {
        with_host(host, |inner| {
            let room = Room::at(out(info)?)?;
            let state = match inner.state(instance)? {
                InstanceState::Ended => INSTANCE_ENDED,
                InstanceState::Running => INSTANCE_RUNNING,
                InstanceState::Stopping => INSTANCE_STOPPING,
                InstanceState::Poisoned => INSTANCE_POISONED,
            };
            let mut told = InstanceInfo {
                size: size_of::<InstanceInfo>() as u32,
                state,
                instance,
                priority: 0,
                flags: 0,
                name: view(""),
                id: view(""),
                version: view(""),
                path: view(""),
            };
            // One that is in `create` is not in the book of those that live.
            let _ = inner.with_plugin(instance, |known| {
                told.priority = known.priority;
                told.flags = known.descriptor.flags.bits();
                (told.name, told.id) = (view(&known.name), view(&known.descriptor.id));
                told.version = view(&known.descriptor.version);
                let path = known.path.as_ref().map_or(&[][..], |path| path.as_os_str().as_bytes());
                told.path = view_bytes(path);
            });
            room.write(&told);
            Ok(())
        })
    }
}

/// Lists the live instances in the order of loading. `count` receives how many there are, also where they do not fit.
///
/// `E_ARGUMENT`: `host` or `count` is NULL, or `instances` is and `capacity` is not 0. `E_CAPACITY`: there are more than
/// `capacity`.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, `instances` is NULL or writable for `capacity` handles, `count` is
/// NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_instances(
    host: *mut Host,
    instances: *mut Instance,
    capacity: usize,
    count: *mut usize,
) -> i32 {
    // SAFETY: the caller's.
    unsafe {
        with_host(host, |inner| {
            let found = inner.list().into_iter().map(|plugin| plugin.instance);
            Ok(give(found, instances, capacity, count)?)
        })
    }
}

/// Copies the name of a live instance to `name`, which has room for `capacity` bytes; 64 are enough for any. `length`
/// receives how long it is, also where it does not fit.
///
/// `E_ARGUMENT`: a NULL pointer. `E_CAPACITY`: it is longer than `capacity`. `E_STALE`: no such instance lives.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, `name` is NULL or writable for `capacity` bytes, `length` is NULL or
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_name(
    host: *mut Host,
    instance: Instance,
    name: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    // SAFETY: the caller's.
    unsafe {
        with_host(host, |inner| {
            Ok(give_text(find(inner, instance)?.name.as_bytes(), name, capacity, length)?)
        })
    }
}

/// Copies the path that a live instance was loaded from to `path`, which has room for `capacity` bytes: any bytes but NUL.
/// `length` receives how long it is, also where it does not fit.
///
/// `E_ARGUMENT`: a NULL pointer. `E_CAPACITY`: it is longer than `capacity`. `E_NOT_FOUND`: the plugin is linked in.
/// `E_STALE`: no such instance lives.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, `path` is NULL or writable for `capacity` bytes, `length` is NULL or
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_path(
    host: *mut Host,
    instance: Instance,
    path: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    // SAFETY: the caller's.
    unsafe {
        with_host(host, |inner| {
            let found = find(inner, instance)?.path.ok_or(E_NOT_FOUND)?;
            Ok(give_text(found.as_os_str().as_bytes(), path, capacity, length)?)
        })
    }
}

fn find(host: &pintle_host::Host, instance: Instance) -> Result<PluginInfo, i32> {
    host.list().into_iter().find(|plugin| plugin.instance == instance).ok_or(E_STALE)
}
