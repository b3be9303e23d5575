//! The text of the last error, and the names of statuses.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use pintle_abi_core::extensible::Room;
use pintle_abi_core::status::{E_NOT_FOUND, OK};
use pintle_abi_core::{ERROR_TEXT_MAX, Error, Text};
use pintle_host::{status_name, status_text};

use crate::arguments::out;
use crate::host::Host;
use crate::lists::view;
use crate::wall::{Failure, free_standing};

/// The last error of a host, or of the calls that a thread makes without one.
#[derive(Clone, Debug)]
pub(crate) struct LastError {
    pub(crate) code: i32,
    pub(crate) text: String,
}

thread_local!(static OF_THREAD: RefCell<LastError> = const { RefCell::new(LastError::NONE) });

impl LastError {
    pub(crate) const NONE: Self = Self { code: OK, text: String::new() };

    pub(crate) fn keep(slot: &Mutex<Self>, failure: &Failure) {
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = failure.into();
    }

    fn of(slot: &Mutex<Self>) -> Self {
        slot.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl From<&Failure> for LastError {
    fn from(failure: &Failure) -> Self {
        Self { code: failure.code, text: failure.text.clone() }
    }
}

pub(crate) fn keep_for_thread(failure: &Failure) {
    OF_THREAD.set(failure.into());
}

pub(crate) fn of_thread() -> LastError {
    OF_THREAD.with_borrow(Clone::clone)
}

/// Copies the last error of a host to `error`, whose `size` the caller sets. It is the error of the last call with this host
/// that failed, on any thread. If `host` is NULL, it is that of the last call on this thread that has no host:
/// pintle_host_new, pintle_inspect. The code is 0 if there was no error yet.
///
/// Errors of calls that plugin zero makes through the tables are read with pintle_error_last.
///
/// `E_ARGUMENT`: `error` is NULL, or its `size` is below that of the first edition.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, `error` is NULL or writable for the size that it names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_last_error(host: *mut Host, error: *mut Error) -> i32 {
    // Asking for an error must not replace it, so this one goes past the wall's book-keeping.
    let last = if host.is_null() {
        of_thread()
    } else {
        // SAFETY: not NULL, so a host; its error is not what freeing ends.
        LastError::of(unsafe { &(*host).error })
    };
    // SAFETY: the caller's, and not NULL.
    let room = out(error).and_then(|error| unsafe { Room::at(error) }.map_err(|misfit| misfit.status()));
    let room = match room {
        Ok(room) => room,
        Err(code) => return code,
    };
    let kept = &last.text.as_bytes()[..last.text.floor_char_boundary(ERROR_TEXT_MAX)];
    let mut text = [0; ERROR_TEXT_MAX];
    text[..kept.len()].copy_from_slice(kept);
    let told = Error {
        size: size_of::<Error>() as u32,
        code: last.code,
        length: kept.len() as u32,
        reserved: 0,
        text,
    };
    room.write(&told);
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
