//! Views: a pointer and a length, never NUL-terminated. Length 0 allows any pointer.

use core::ffi::c_char;

/// Borrowed bytes. How long they live stands where the view is given.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    /// The first byte.
    pub data: *const u8,
    /// How many bytes.
    pub length: usize,
}

/// Borrowed UTF-8 text. How long it lives stands where the view is given.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// The first byte; not NUL-terminated.
    pub data: *const c_char,
    /// How many bytes.
    pub length: usize,
}

impl Text {
    /// No text.
    pub const EMPTY: Self = Self { data: core::ptr::null(), length: 0 };
}
