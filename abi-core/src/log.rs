//! The log.

use core::ffi::c_char;

use crate::Plugin;

/// Log level: a failure that a person has to know of.
pub const LOG_ERROR: u32 = 1;
/// Log level: something is wrong but does not stop the work.
pub const LOG_WARN: u32 = 2;
/// Log level: information for the operator.
pub const LOG_INFO: u32 = 3;
/// Log level: information for the developer.
pub const LOG_DEBUG: u32 = 4;
/// Log level: everything.
pub const LOG_TRACE: u32 = 5;

/// The longest log text in bytes. The rest is cut off at a character's boundary.
pub const LOG_MAX: usize = 4096;

/// The log. The host adds the plugin's name and the time to each line.
#[repr(C)]
pub struct LogApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Writes a line. `target` names a part of the plugin and may be empty. Bytes that are not UTF-8 are replaced.
    ///
    /// `E_ARGUMENT`: unknown level, or NULL with a length that is not 0.
    ///
    /// `[thread: any] [state: any] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub write: unsafe extern "C" fn(
        plugin: *mut Plugin,
        level: u32,
        target: *const c_char,
        target_length: usize,
        text: *const c_char,
        text_length: usize,
    ) -> i32,
}
