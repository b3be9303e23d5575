//! The plugin's own data.

use core::ffi::c_void;

use crate::Plugin;

/// The pointer that an instance keeps with the host, which is also [`Plugin::data`].
#[repr(C)]
pub struct DataApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Stores the instance's pointer, as [`Plugin::data`]. The host does not use it.
    ///
    /// `[thread: any] [state: any] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub set: unsafe extern "C" fn(plugin: *mut Plugin, data: *mut c_void) -> i32,
    /// Reads the instance's pointer, for languages that cannot read [`Plugin::data`] in place; NULL until it is set.
    ///
    /// `E_ARGUMENT`: `out` is NULL.
    ///
    /// `[thread: any|isr] [state: any] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub get: unsafe extern "C" fn(plugin: *mut Plugin, out: *mut *mut c_void) -> i32,
}
