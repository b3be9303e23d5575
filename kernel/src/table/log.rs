//! The `log` table.

use core::ffi::c_char;

use pintle_abi_core::{LOG_MAX, LOG_TRACE, LogApi, status};

use crate::base::answer::Answer;
use crate::base::text;
use crate::dispatch::caller::Caller;
use crate::table::guard::table;

table! {
    LogApi, log:
    write(
        level: u32,
        target: *const c_char,
        target_length: usize,
        text: *const c_char,
        text_length: usize,
    ) = WRITE;
}

fn write(
    caller: &Caller<'_>,
    level: u32,
    target: *const c_char,
    target_length: usize,
    text: *const c_char,
    text_length: usize,
) -> Answer {
    if level == 0 || level > LOG_TRACE {
        return Err(status::E_ARGUMENT);
    }
    // SAFETY: the plugin's texts are readable.
    let (target, text) =
        unsafe { (text::bytes(target.cast(), target_length)?, text::bytes(text.cast(), text_length)?) };
    caller.kernel.log(level, caller.instance, text::cut(target, LOG_MAX), text::cut(text, LOG_MAX));
    Ok(())
}
