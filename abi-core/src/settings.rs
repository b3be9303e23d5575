//! `pintle.settings/1`, reserved: the settings of instances, read and changed while they live.
//!
//! No host offers it yet: `extension` answers `E_UNSUPPORTED`.

use core::ffi::{c_char, c_void};

use crate::{Instance, Plugin, Text};

/// The id of [`SettingsApi`], for `extension`.
pub const SETTINGS_ID: &core::ffi::CStr = c"pintle.settings/1";

/// What `settings_check` and `settings_changed` are told, and the payload of the hook `pintle.settings.change`. `[call]`
///
/// A line is `name=value`, its value written as in the grammar of the descriptor's `settings`; lines end in a newline.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SettingsChange {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Whose settings they are.
    pub instance: Instance,
    /// Who changes them; zero for the host.
    pub author: Instance,
    /// Counts the changes of this instance, from 1.
    pub revision: u64,
    /// One line for each setting that is to have another value, checked against the declared type. `[call]`
    pub changed: Text,
    /// The whole configuration with these values, as `create` would be given it. `[call]`
    pub config: Text,
}

/// Settings of instances, for plugins that administer others.
#[repr(C)]
pub struct SettingsApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Calls `run` for every setting of the instance `instance` (an empty name: this one), with its value in force.
    /// `CONSUMED` ends the list.
    ///
    /// `E_ARGUMENT`: `run` is NULL. `E_NOT_FOUND`: no such instance. `E_PERMISSION`: this plugin may not read them.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub list: unsafe extern "C" fn(
        plugin: *mut Plugin,
        instance: *const c_char,
        instance_length: usize,
        run: Option<
            unsafe extern "C" fn(
                plugin: *mut Plugin,
                data: *mut c_void,
                name: *const Text,
                value: *const Text,
            ) -> i32,
        >,
        data: *mut c_void,
    ) -> i32,
    /// Changes settings of an instance in two steps: it is asked by `settings_check` whether the values will do, and told by
    /// `settings_changed` that they are in force. `lines` has the form that a change tells its lines in. All of them or none.
    ///
    /// `E_ARGUMENT`: a line that names no setting, or whose value has not its type; the text says which. `E_NOT_FOUND`: no such
    /// instance. `E_PERMISSION`: this plugin may not. `E_UNSUPPORTED`: the instance has no `settings_changed`. `E_REENTRANT`:
    /// from inside `settings_check`. Else what `settings_check` or a member of the hook refused with, and its text.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub set: unsafe extern "C" fn(
        plugin: *mut Plugin,
        instance: *const c_char,
        instance_length: usize,
        lines: *const c_char,
        lines_length: usize,
    ) -> i32,
}
