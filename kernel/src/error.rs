//! Error texts, and the `error` table.

use core::ffi::c_char;

use pintle_abi_core::{Error, ErrorApi, Plugin, rules::error as rule, status};

use crate::features::LOG_TEXT;
use crate::guard::{answer, enter, out};
use crate::kernel::Kernel;
use crate::plugin::Record;
use crate::text::{self, KEPT};

pub(crate) static TABLE: ErrorApi = ErrorApi { size: size_of::<ErrorApi>() as u32, reserved: 0, set, last };

/// The last error of an instance; under the lock.
#[derive(Clone, Copy)]
pub(crate) struct LastError {
    pub(crate) code: i32,
    pub(crate) length: u16,
    text: [u8; KEPT],
}

impl LastError {
    pub(crate) fn text(&self) -> &str {
        // A plugin's text may be anything; what is not UTF-8 ends it.
        let bytes = &self.text[..usize::from(self.length)];
        match core::str::from_utf8(bytes) {
            Ok(text) => text,
            // SAFETY: so far it is.
            Err(broken) => unsafe { core::str::from_utf8_unchecked(&bytes[..broken.valid_up_to()]) },
        }
    }

    fn begin(&mut self, code: i32) {
        self.code = code;
        self.length = 0;
    }

    fn push(&mut self, part: &[u8]) {
        let at = usize::from(self.length);
        let part = text::cut(part, KEPT - at);
        self.text[at..at + part.len()].copy_from_slice(part);
        self.length += part.len() as u16;
    }
}

impl Kernel {
    /// Keeps the host's words for a call of this instance that is about to fail.
    #[cold]
    pub(crate) fn set_error(&self, record: &Record, code: i32, parts: &[&str]) {
        let _locked = self.shared.lock();
        // SAFETY: under the lock, and no other reference to it is ever kept.
        let error = unsafe { &mut *record.error.get() };
        error.begin(code);
        for part in parts.iter().filter(|_| LOG_TEXT) {
            error.push(part.as_bytes());
        }
    }

    /// A copy of an instance's last error.
    pub(crate) fn last_error(&self, record: &Record) -> LastError {
        let _locked = self.shared.lock();
        // SAFETY: under the lock, and no reference to it is kept.
        unsafe { record.error.get().read() }
    }
}

unsafe extern "C" fn set(plugin: *mut Plugin, code: i32, text: *const c_char, length: usize) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::SET) }?;
        // SAFETY: the plugin's text is readable.
        let bytes = unsafe { text::bytes(text.cast(), length) }?;
        let _locked = caller.kernel.shared.lock();
        // SAFETY: as in `set_error`.
        let error = unsafe { &mut *caller.record.error.get() };
        error.begin(code);
        error.push(bytes);
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
        let error = caller.kernel.last_error(caller.record);
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
