//! The `error` table.

use core::ffi::c_char;

use pintle_abi_core::rules::error as rule;
use pintle_abi_core::{Error, ErrorApi, Plugin, status};

use crate::base::text::{self, KEPT};
use crate::dispatch::caller::Caller;
use crate::table::guard::{answer, enter, out};

pub(crate) static TABLE: ErrorApi = ErrorApi { size: size_of::<ErrorApi>() as u32, reserved: 0, set, last };

unsafe extern "C" fn set(plugin: *mut Plugin, code: i32, text: *const c_char, length: usize) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller: Caller<'_> = unsafe { enter(plugin, &rule::SET) }?;
        // SAFETY: the plugin's text is readable.
        let bytes = unsafe { text::bytes(text.cast(), length) }?;
        caller.kernel.keep_error(caller.domain, caller.instance, code, &[bytes]);
        Ok(())
    })
}

unsafe extern "C" fn last(plugin: *mut Plugin, to: *mut Error) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::LAST) }?;
        let to = out(to)?;
        // SAFETY: not NULL, so its `size` at least is readable.
        if (unsafe { (*to).size } as usize) < size_of::<Error>() {
            return Err(status::E_ARGUMENT);
        }
        let error = caller.kernel.kept_error(caller.domain, caller.instance);
        // SAFETY: writable for the size that it names, and nobody else has it during the call; zero bytes are a value.
        let told = unsafe {
            to.write_bytes(0, 1);
            &mut *to
        };
        told.size = size_of::<Error>() as u32;
        told.code = error.code;
        told.length = error.length.into();
        told.text[..KEPT].copy_from_slice(&error.text);
        Ok(())
    })
}
