//! Error texts, which explain a status.

use core::ffi::c_char;

use crate::Plugin;

/// The longest error text in bytes. The rest is cut off at a character's boundary. A kernel with 32-bit pointers keeps
/// 64 bytes.
pub const ERROR_TEXT_MAX: usize = 240;

/// A copy of the last error of the running crossing.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Error {
    /// `sizeof` this struct, set by the caller. Afterwards it says how many bytes the host has filled.
    pub size: u32,
    /// The status that the text explains; 0 if there was no error yet.
    pub code: i32,
    /// The length of `text` in bytes.
    pub length: u32,
    /// Zero.
    pub reserved: u32,
    /// UTF-8, not NUL-terminated.
    pub text: [u8; ERROR_TEXT_MAX],
}

/// Error texts of crossings.
///
/// Each crossing (a callback, task, timer, watch or slow request) keeps one error, which nested crossings do not
/// change, and begins without one. Plugin zero also has one outside all crossings. Threads that plugins start share one
/// in the whole host: a thread sees its own last error until another such thread has one.
#[repr(C)]
pub struct ErrorApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Sets the code and the text of the error that the plugin is about to return.
    ///
    /// `E_ARGUMENT`: `text` is NULL and `length` is not 0.
    ///
    /// `[thread: any] [state: any] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub set: unsafe extern "C" fn(plugin: *mut Plugin, code: i32, text: *const c_char, length: usize) -> i32,
    /// Copies the last error of the running crossing to `out`: the one that it set itself, or the host's text for a call
    /// of the plugin that failed. The code is 0 if there is none.
    ///
    /// `E_ARGUMENT`: `out` is NULL, or its `size` is below that of the first edition.
    ///
    /// `[thread: any] [state: any] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub last: unsafe extern "C" fn(plugin: *mut Plugin, out: *mut Error) -> i32,
}
