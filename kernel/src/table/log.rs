//! The `log` table.

use core::ffi::c_char;

use pintle_abi_core::rules::log as rule;
use pintle_abi_core::{LOG_MAX, LOG_TRACE, LogApi, Plugin, status};

use crate::base::text;
use crate::table::guard::{answer, enter};

pub(crate) static TABLE: LogApi = LogApi { size: size_of::<LogApi>() as u32, reserved: 0, write };

unsafe extern "C" fn write(
    plugin: *mut Plugin,
    level: u32,
    target: *const c_char,
    target_length: usize,
    text: *const c_char,
    text_length: usize,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::WRITE) }?;
        if level == 0 || level > LOG_TRACE {
            return Err(status::E_ARGUMENT);
        }
        // SAFETY: the plugin's texts are readable.
        let (target, text) =
            unsafe { (text::bytes(target.cast(), target_length)?, text::bytes(text.cast(), text_length)?) };
        caller.kernel.log(level, caller.instance, text::cut(target, LOG_MAX), text::cut(text, LOG_MAX));
        Ok(())
    })
}
