//! Error texts: what a status number cannot say.

use core::ffi::c_char;

use crate::Plugin;

/// The longest error text, in bytes; more is cut at a character's boundary. A kernel with 32-bit pointers keeps 64 of them.
pub const ERROR_TEXT_MAX: usize = 240;

/// The last error of the running crossing, copied out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Error {
    /// `sizeof` this struct, set by the caller; afterwards how far it was filled.
    pub size: u32,
    /// The status that the text belongs to; 0 if there was none yet.
    pub code: i32,
    /// How many bytes of `text` are used.
    pub length: u32,
    /// Zero.
    pub reserved: u32,
    /// UTF-8, not NUL-terminated.
    pub text: [u8; ERROR_TEXT_MAX],
}

/// Error texts of crossings.
///
/// Each crossing (a callback, task, timer, watch or slow request) has room for one error, which nested crossings do not
/// disturb, and begins without one. Plugin zero has one outside all crossings. The threads of plugins' own share one for
/// the whole host: each sees what it was told itself, until another is told something.
#[repr(C)]
pub struct ErrorApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Keeps a code and a text for the status that the plugin is about to return.
    ///
    /// `E_ARGUMENT`: `text` is NULL and `length` is not 0.
    ///
    /// `[thread: any] [state: any] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub set: unsafe extern "C" fn(plugin: *mut Plugin, code: i32, text: *const c_char, length: usize) -> i32,
    /// Copies the last error of the running crossing to `out`: what it set itself, or the host's words for a call of its
    /// that failed. Code 0 if there is none.
    ///
    /// `E_ARGUMENT`: `out` is NULL, or its `size` is below that of the first edition.
    ///
    /// `[thread: any] [state: any] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub last: unsafe extern "C" fn(plugin: *mut Plugin, out: *mut Error) -> i32,
}
