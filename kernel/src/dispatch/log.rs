//! Lines for the platform's log.

use pintle_abi_core::{LOG_WARN, status};

use crate::base::features::{LOG_TEXT, STATUS_IN_LOG};
use crate::base::text::{self, KEPT, decimal};
use crate::kernel::Kernel;
use crate::object::instance::Instance;

/// Room for one line of the kernel's own, which is put together on the stack.
const LINE: usize = KEPT + 160;

impl Kernel {
    /// A line of the kernel's own about an instance.
    #[cold]
    pub(crate) fn say(&self, level: u32, instance: &Instance, parts: &[&str]) {
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
        self.log(level, instance, b"kernel", &line[..length]);
    }

    /// A line of the kernel's own about an error that a plugin returned.
    #[cold]
    pub(crate) fn warn_of(&self, status: i32, instance: &Instance, words: [&str; 4]) {
        if !STATUS_IN_LOG {
            return self.say(LOG_WARN, instance, &words);
        }
        let (name, comma) = status::name(status).map_or(("", ""), |name| (name, ", "));
        let mut room = [0; 11];
        let [a, b, c, d] = words;
        self.say(
            LOG_WARN,
            instance,
            &[a, b, c, d, " (", name, comma, "status ", decimal(status, &mut room), ")"],
        );
    }

    pub(crate) fn log(&self, level: u32, instance: &Instance, target: &[u8], text: &[u8]) {
        let platform = self.shared.platform();
        let name = instance.name();
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
