//! The root table.

use core::ffi::{c_char, c_void};
use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core::{Api, IO_ID, Plugin, Receipt, rules::api as rule, status};

use crate::guard::{answer, enter, out};
use crate::shared::STOPPED;
use crate::{data, error, executor, io, log, message_api, service, session_api, socket_api, text};

/// The table for an agreed minor version.
pub(crate) const fn table(abi_minor: u32) -> Api {
    Api {
        size: size_of::<Api>() as u32,
        abi_minor,
        data: &data::TABLE,
        message: &message_api::TABLE,
        socket: &socket_api::TABLE,
        session: &session_api::TABLE,
        service: &service::TABLE,
        executor: &executor::TABLE,
        log: &log::TABLE,
        error: &error::TABLE,
        extension,
        stopped,
    }
}

/// Nothing happened yet.
pub(crate) const NO_RECEIPT: Receipt = Receipt {
    size: size_of::<Receipt>() as u32,
    outcome: 0,
    poisoned: 0,
    image: 0,
    calls: 0,
    messages: 0,
    sockets: 0,
    sessions: 0,
    requests: 0,
    tasks: 0,
    timers: 0,
    watches: 0,
    threads: -1,
    descriptors: -1,
    reason_length: 0,
    reason: [0; 240],
};

unsafe extern "C" fn extension(
    plugin: *mut Plugin,
    id: *const c_char,
    id_length: usize,
    to: *mut *const c_void,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::EXTENSION) }?;
        let to = out(to)?;
        // SAFETY: the plugin's text is readable.
        let id = unsafe { text::bytes(id.cast(), id_length) }?;
        let found = if id == IO_ID.to_bytes() && caller.kernel.shared.platform().watch.is_some() {
            (&raw const io::TABLE).cast()
        } else {
            core::ptr::null()
        };
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(found) };
        if found.is_null() { Err(status::E_NOT_FOUND) } else { Ok(()) }
    })
}

unsafe extern "C" fn stopped(plugin: *mut Plugin) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::STOPPED) }?;
        let shared = &caller.kernel.shared;
        let locked = shared.lock();
        let stop = &caller.record.stop;
        if !stop.is_asked.load(Relaxed) || stop.is_answered.load(Relaxed) {
            return Err(status::E_STATE);
        }
        stop.is_answered.store(true, Relaxed);
        let wake = shared.leave_word(STOPPED);
        drop(locked);
        if wake {
            shared.wake();
        }
        Ok(())
    })
}
