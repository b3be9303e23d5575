//! The `error` table.

use core::ffi::c_char;

use pintle_abi_core::extensible::{Extensible, Room, Shape};
use pintle_abi_core::{Error, ErrorApi, status};

use crate::base::answer::Answer;
use crate::base::text::{self, KEPT};
use crate::dispatch::caller::Caller;
use crate::table::guard::table;

table! {
    ErrorApi, error:
    set(code: i32, text: *const c_char, length: usize) = SET;
    last(to: *mut Error) = LAST;
}

fn set(caller: &Caller<'_>, code: i32, text: *const c_char, length: usize) -> Answer {
    // SAFETY: the plugin's text is readable.
    let bytes = unsafe { text::bytes(text.cast(), length) }?;
    caller.kernel.keep_error(caller.domain, caller.instance, code, &[bytes]);
    Ok(())
}

fn last(caller: &Caller<'_>, to: *mut Error) -> Answer {
    if to.is_null() {
        return Err(status::E_ARGUMENT);
    }
    // Why a room is too short is not kept as the last error: it would replace the one that is asked for.
    // SAFETY: not NULL, so as writable as its size says, which tells its length.
    let room = unsafe { Room::new(to, Shape::of::<Error>().common(to.cast())?) };
    let error = caller.kernel.kept_error(caller.domain, caller.instance);
    // Written in place, because a copy on the stack would be long. So far every room has place for all members.
    const { assert!(Error::FIRST_EDITION == size_of::<Error>()) };
    // SAFETY: writable for the first edition, and nobody else has it during the call; zero bytes are a value.
    unsafe {
        to.write_bytes(0, 1);
        let told = &mut *room.begin();
        let (text, length) = error.bytes();
        told.code = error.code();
        told.length = length.into();
        told.text[..KEPT].copy_from_slice(text);
    }
    Ok(())
}
