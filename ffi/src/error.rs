//! The text of the last error, and the names of statuses.

use std::cell::RefCell;

use pintle_abi_core::extensible::Room;
use pintle_abi_core::status::{E_NOT_FOUND, OK};
use pintle_abi_core::{ERROR_TEXT_MAX, Error, Text};
use pintle_ffi_shared::out;
use pintle_host::{status_name, status_text};

use crate::host::Host;
use crate::lists::view;
use crate::wall::{Failure, free_standing};

/// The last call of a thread that failed.
struct LastError {
    /// The number of its host; 0 for a call without one.
    host: usize,
    code: i32,
    text: String,
}

thread_local!(static LAST: RefCell<LastError> = const {
    RefCell::new(LastError { host: 0, code: OK, text: String::new() })
});

/// Keeps why a call of this thread failed.
pub(crate) fn keep(host: usize, failure: Failure) {
    let Failure { code, text } = failure;
    // A destructor of the thread may call when there is no place for it any more.
    let _ = LAST.try_with(|last| last.replace(LastError { host, code, text }));
}

/// Runs `read` with the code and the text of the last call with a host, if no other call of this thread has failed since.
///
/// # Safety
/// `host` is NULL or was returned by pintle_host_new.
unsafe fn last<R>(host: *const Host, read: impl FnOnce(i32, &str) -> R) -> R {
    // SAFETY: the memory of a host stays, and its number is not what freeing ends.
    let number = if host.is_null() { 0 } else { unsafe { (*host).number } };
    LAST.with_borrow(|last| if last.host == number { read(last.code, &last.text) } else { read(OK, "") })
}

/// Copies why the last call of this thread with a host failed to `error`, whose `size` the caller sets. If `host` is NULL, it is
/// the last call without a host: pintle_host_new, pintle_inspect. The code is 0 if none has failed yet, or if one with
/// another host has failed since. What does not fit into the text is left out at its end; pintle_host_error_text gives all.
///
/// Errors of calls that plugin zero makes through the tables are read with pintle_error_last.
///
/// `E_ARGUMENT`: `error` is NULL, or its `size` is below that of the first edition. Neither replaces the error that is kept.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or was returned by pintle_host_new, `error` is NULL or writable for the size that it names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_last_error(host: *mut Host, error: *mut Error) -> i32 {
    // SAFETY: the caller's, and not NULL.
    let room = out(error).and_then(|error| unsafe { Room::at(error) }.map_err(|misfit| misfit.status()));
    let room = match room {
        Ok(room) => room,
        Err(code) => return code,
    };
    let fill = |code, whole: &str| {
        let kept = &whole.as_bytes()[..whole.floor_char_boundary(ERROR_TEXT_MAX)];
        let mut text = [0; ERROR_TEXT_MAX];
        text[..kept.len()].copy_from_slice(kept);
        Error { size: size_of::<Error>() as u32, code, length: kept.len() as u32, reserved: 0, text }
    };
    // SAFETY: the caller's.
    room.write(&unsafe { last(host, fill) });
    OK
}

/// Gives the whole text of what pintle_host_last_error copies. It is valid until the next call of this thread that fails.
///
/// `E_ARGUMENT`: `text` is NULL, which does not replace the error that is kept.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or was returned by pintle_host_new, `text` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_error_text(host: *mut Host, text: *mut Text) -> i32 {
    match out(text) {
        // SAFETY: the caller's; not NULL when it is written.
        Ok(text) => unsafe { last(host, |_, whole| text.write(view(whole))) },
        Err(code) => return code,
    }
    OK
}

/// Gives the name of a status in this header, without PINTLE_. `[static]`
///
/// `E_ARGUMENT`: NULL. `E_NOT_FOUND`: this version does not define the status: it is a plugin's own, or a newer one.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `name` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_status_name(code: i32, name: *mut Text) -> i32 {
    free_standing(|| {
        let name = out(name)?;
        // SAFETY: not NULL.
        unsafe { name.write(view(status_name(code).ok_or(E_NOT_FOUND)?)) };
        Ok(())
    })
}

/// Gives the meaning of a status in a few words. `[static]`
///
/// `E_ARGUMENT`: NULL.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `text` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_status_text(code: i32, text: *mut Text) -> i32 {
    free_standing(|| {
        let text = out(text)?;
        // SAFETY: not NULL.
        unsafe { text.write(view(status_text(code))) };
        Ok(())
    })
}
