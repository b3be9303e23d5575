//! The second exported object of a plugin file.

use crate::{Callbacks, Descriptor};

/// The exported object `pintle_entry`; in a plugin that is linked in, `pintle_entry_<name>`.
#[repr(C)]
pub struct Entry {
    /// Bytes of this struct that the plugin fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// The plugin's descriptor. \[static\]
    pub descriptor: *const Descriptor,
    /// The plugin's callbacks. \[static\]
    pub callbacks: *const Callbacks,
}

// SAFETY: an entry is constant data that points to constant data.
unsafe impl Sync for Entry {}
