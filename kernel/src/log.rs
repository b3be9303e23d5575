//! The log, and the `log` table.

use core::ffi::c_char;

use pintle_abi_core::{LOG_MAX, LOG_TRACE, LogApi, Plugin, rules::log as rule, status};

use crate::features::LOG_TEXT;
use crate::guard::{answer, enter};
use crate::kernel::Kernel;
use crate::plugin::Record;
use crate::text::{self, KEPT};

pub(crate) static TABLE: LogApi = LogApi { size: size_of::<LogApi>() as u32, reserved: 0, write };

/// Room for one line of the kernel's own, which is put together on the stack.
const LINE: usize = KEPT + 160;

impl Kernel {
    /// A line of the kernel's own about an instance.
    #[cold]
    pub(crate) fn say(&self, level: u32, record: &Record, parts: &[&str]) {
        if !LOG_TEXT {
            return;
        }
        let mut line = [0; LINE];
        let mut length = 0;
        for part in parts {
            let part = text::cut(part.as_bytes(), LINE - length);
            line[length..length + part.len()].copy_from_slice(part);
            length += part.len();
        }
        self.log(level, record, b"kernel", &line[..length]);
    }

    fn log(&self, level: u32, record: &Record, target: &[u8], text: &[u8]) {
        let platform = self.shared.platform();
        let name = record.name();
        if let Some(log) = platform.log {
            // SAFETY: the platform's own function and context; the texts outlive the call.
            unsafe {
                log(
                    platform.context,
                    level,
                    name.as_ptr().cast(),
                    name.len(),
                    target.as_ptr().cast(),
                    target.len(),
                    text.as_ptr().cast(),
                    text.len(),
                );
            }
        }
    }
}

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
        caller.kernel.log(level, caller.record, text::cut(target, LOG_MAX), text::cut(text, LOG_MAX));
        Ok(())
    })
}
