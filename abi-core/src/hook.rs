//! `pintle.hook/1`, reserved: ordered chains that alter a payload or refuse it.
//!
//! No host offers it yet: `extension` answers `E_UNSUPPORTED`.

use core::ffi::{c_char, c_void};

use crate::{Hook, Instance, Listeners, Plugin, Text};

/// The id of [`HookApi`], for `extension`.
pub const HOOK_ID: &core::ffi::CStr = c"pintle.hook/1";

/// Hook of the host, before a session is created. Its payload is a [`SessionOpening`](crate::SessionOpening).
pub const HOOK_SESSION: &core::ffi::CStr = c"pintle.session.open";
/// Hook of the host: who is the user of a session? Its payload is a [`Login`](crate::Login).
pub const HOOK_LOGIN: &core::ffi::CStr = c"pintle.session.login";
/// Hook of the host, before a session speaks to groups or to a user. Its payload is a [`Speech`](crate::Speech).
pub const HOOK_SPEECH: &core::ffi::CStr = c"pintle.group.speak";
/// Hook of the host, before a table is changed. Its payload is a [`TableChange`](crate::TableChange).
pub const HOOK_TABLE: &core::ffi::CStr = c"pintle.table.change";
/// Hook of the host, before settings are offered to their plugin. Its payload is a
/// [`SettingsChange`](crate::SettingsChange).
pub const HOOK_SETTINGS: &core::ffi::CStr = c"pintle.settings.change";
/// Hook of the host, before a plugin is added. Its payload is a [`PluginLoading`].
pub const HOOK_PLUGIN: &core::ffi::CStr = c"pintle.plugin.load";

/// The layout of the hooks of the host: each has the one payload that its name stands for.
pub const LAYOUT_HOST_HOOK: u64 = 1;

/// Payload of `pintle.plugin.load`. A member refuses the plugin, or changes nothing. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PluginLoading {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// `FLAG_` constants of the descriptor.
    pub flags: u32,
    /// The plugin's id. `[call]`
    pub id: Text,
    /// Its version. `[call]`
    pub version: Text,
    /// The name that the instance will have. `[call]`
    pub instance: Text,
    /// The file; empty for one that is linked in. `[call]`
    pub file: Text,
}

/// One run of a chain, as each member sees it. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HookCall {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// The hook.
    pub hook: Hook,
    /// Who runs the chain; zero for the host.
    pub caller: Instance,
    /// The layout of the payload.
    pub layout: u64,
    /// One bit for each member of the payload that was altered, `size` being bit 0. A member of the chain sets the bits of
    /// what it alters; whoever runs the chain reads what came together.
    pub changed: u64,
    /// The hook's name. `[call]`
    pub name: Text,
    /// The payload, which begins with its size in a `uint32_t`. A member reads and alters no more than that covers. `[call]`
    pub payload: *mut c_void,
    /// Bytes of the payload: what its own size says.
    pub length: usize,
}

/// Hooks: chains of members by name, run by whoever opened them, on the kernel thread, by the priority of the instances. A
/// message's filters (`message_in`, `message_out`) are the hooks of messages, requests and results, and stay callbacks.
///
/// A member answers `OK`: the chain goes on; `CONSUMED`: it ends, and whoever runs it sees `OK`; or an error, which refuses: it
/// and the text that was set for it go to whoever runs the chain, behind the member's name.
///
/// Errors common to all slots that take a hook: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`, and `E_NOT_OWNER`: another
/// instance opened it.
#[repr(C)]
pub struct HookApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Opens a hook to run its chain. `layout` is a number of the author's for the payload: it changes when members are not
    /// only added at the end. `out_listeners` (may be NULL) receives where to read whether the chain has members `[instance]`.
    ///
    /// `E_ARGUMENT`: `out` is NULL, or a name that is empty or not UTF-8. `E_LAYOUT`: somebody opened or joined it with
    /// another layout; the text names hook and instance. `E_PERMISSION`: the name begins with `pintle.`. `E_EXISTS`: this
    /// instance has it open. `E_CAPACITY`: too many hooks.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub open: unsafe extern "C" fn(
        plugin: *mut Plugin,
        name: *const c_char,
        name_length: usize,
        layout: u64,
        out: *mut Hook,
        out_listeners: *mut *const Listeners,
    ) -> i32,
    /// Closes a hook; its members stay.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub close: unsafe extern "C" fn(plugin: *mut Plugin, handle: Hook) -> i32,
    /// Runs the chain on a payload that begins with its size. `out_changed` (may be NULL) receives which members were altered.
    /// What members altered before one refused stays altered.
    ///
    /// `E_ARGUMENT`: `payload` is NULL, or its size is under 8. `E_REENTRANT`: nested too deep. `E_POISONED`: a member panicked.
    /// Else what a member refused with.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub call: unsafe extern "C" fn(
        plugin: *mut Plugin,
        handle: Hook,
        payload: *mut c_void,
        out_changed: *mut u64,
    ) -> i32,
    /// Joins the chain of a hook, which nobody need have opened yet. `run` is called with each payload. Once for each
    /// instance and name.
    ///
    /// `E_ARGUMENT`: `run` is NULL, or a name that is empty or not UTF-8. `E_LAYOUT`: as for `open`. `E_EXISTS`: joined already.
    /// `E_CAPACITY`: too many. `E_PERMISSION`: this plugin may not.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub join: unsafe extern "C" fn(
        plugin: *mut Plugin,
        name: *const c_char,
        name_length: usize,
        layout: u64,
        run: Option<unsafe extern "C" fn(plugin: *mut Plugin, data: *mut c_void, call: *mut HookCall) -> i32>,
        data: *mut c_void,
    ) -> i32,
    /// Leaves a chain: it is not called again, not in a run that goes on either.
    ///
    /// `E_NOT_FOUND`: it has not joined.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub leave: unsafe extern "C" fn(plugin: *mut Plugin, name: *const c_char, name_length: usize) -> i32,
}
