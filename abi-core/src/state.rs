//! `pintle.state/1`, reserved: what an instance leaves to the one that takes its place.
//!
//! No host offers it yet: `extension` answers `E_UNSUPPORTED`.

use crate::{Bytes, Plugin, Text};

/// The id of [`StateApi`], for `extension`.
pub const STATE_ID: &core::ffi::CStr = c"pintle.state/1";

/// What `save` is told. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Save {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// The most bytes that the host keeps.
    pub capacity: u32,
    /// The version of the plugin that takes its place, as its descriptor has it. `[call]`
    pub version: Text,
}

/// What `restore` is told. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Restore {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// The number that the old instance gave to the form of its state, by `state->write`.
    pub form: u32,
    /// The version of the plugin that wrote it, as its descriptor has it. `[call]`
    pub version: Text,
    /// What it wrote, aligned to 8. `[call]`
    pub state: Bytes,
}

/// The state of an instance while `save` runs.
#[repr(C)]
pub struct StateApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Appends to the state. `form` is a number of the plugin's for how its state is written; the last one counts.
    ///
    /// `E_STATE`: not inside `save` of this instance. `E_ARGUMENT`: NULL with a length that is not 0. `E_CAPACITY`: more than
    /// the host keeps; nothing was appended.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub write: unsafe extern "C" fn(plugin: *mut Plugin, form: u32, data: *const u8, length: usize) -> i32,
}
