//! The calls of plugin zero, without raw pointers.

use std::ffi::c_char;

use pintle_abi_core as abi;
use pintle_abi_core::{Api, ERROR_TEXT_MAX, Limits, Plugin, status};
use pintle_kernel::Kernel;

use crate::application::Seat;
use crate::error::Error;
use texts::Texts;

/// The calls of plugin zero: the host's tables with lengths, lifetimes and errors taken care of.
///
/// It is used on the kernel thread. Messages are handles. One that a callback is given lives until the callback returns; one
/// that [`message`](Self::message) makes outside a callback lives until [`release`](Self::release).
///
/// Every call may run callbacks of plugins, and of the application, before it returns.
pub struct Calls<'h> {
    kernel: &'h Kernel,
    plugin: *mut Plugin,
    seat: Option<&'h Seat>,
}

/// Asks for a call that is `$table->$slot(plugin, …)`, and makes a result of its status.
macro_rules! call {
    ($self:ident, $table:ident . $slot:ident ( $($argument:expr),* )) => {{
        // SAFETY: plugin zero's tables live as long as the host, whose borrow `Calls` holds, and are whole: they belong
        // to the kernel that this crate was built with. What the arguments point to outlives the call.
        let status = unsafe { ((*$self.api().$table).$slot)($self.plugin $(, $argument)*) };
        $self.end(status)
    }};
}

mod executor;
mod message;
mod offer;
mod session;
mod socket;
pub(crate) mod texts;

impl<'h> Calls<'h> {
    /// The calls of a kernel, on its kernel thread.
    pub(crate) fn new(kernel: &'h Kernel, seat: Option<&'h Seat>) -> Self {
        Self { kernel, plugin: kernel.zero(), seat }
    }

    /// The limits in force, with the defaults filled in.
    pub(crate) fn limits(&self) -> &'h Limits {
        self.kernel.limits()
    }

    /// Keeps the texts that the kernel does not copy.
    fn texts(&self) -> Result<&'h Texts, Error> {
        let text = "the host has no application, which would keep what the kernel does not copy";
        self.seat.map(|seat| &seat.texts).ok_or_else(|| Error::new(status::E_STATE, text))
    }

    fn api(&self) -> &'h Api {
        // SAFETY: plugin zero lives for 'h, and points to its tables.
        unsafe { &*(*self.plugin).api }
    }

    #[inline]
    fn end(&self, code: i32) -> Result<(), Error> {
        if let Some(seat) = self.seat {
            seat.resume_panic();
        }
        if code == status::OK { Ok(()) } else { Err(self.error(code)) }
    }

    /// The text that the host set for a status, or else the meaning of the status. The text is taken away, because a later call
    /// that fails with the same status may have none.
    #[cold]
    pub(crate) fn error(&self, code: i32) -> Error {
        let mut last = abi::Error {
            size: size_of::<abi::Error>() as u32,
            code: status::OK,
            length: 0,
            reserved: 0,
            text: [0; ERROR_TEXT_MAX],
        };
        let errors = self.api().error;
        // SAFETY: as in `call`; `last` is writable.
        let read = unsafe { ((*errors).last)(self.plugin, &raw mut last) };
        let text = last.text.get(..last.length as usize).unwrap_or_default();
        if read == status::OK && last.code == code && !text.is_empty() {
            // SAFETY: as in `call`; a text of no bytes may be anywhere. It fails for no reason that `last` has not.
            let _ = unsafe { ((*errors).set)(self.plugin, status::OK, c"".as_ptr(), 0) };
            return Error::new(code, String::from_utf8_lossy(text));
        }
        Error::plain(code)
    }
}

/// # Safety
/// `length` bytes of UTF-8 are readable for `'a`; with none, any pointer does.
pub(crate) unsafe fn text<'a>(data: *const c_char, length: usize) -> &'a str {
    if length == 0 {
        return "";
    }
    // SAFETY: the caller's.
    std::str::from_utf8(unsafe { std::slice::from_raw_parts(data.cast(), length) }).unwrap_or_default()
}
