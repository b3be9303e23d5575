//! Sockets.

use core::ffi::c_char;

use crate::{Plugin, Socket, Text};

/// Channel mode: a message may be lost, doubled or overtaken.
pub const MODE_UNRELIABLE: u32 = 0;
/// Channel mode: a message may be lost; an older one never comes after a newer one.
pub const MODE_SEQUENCED: u32 = 1;
/// Channel mode: every message arrives once, in order.
pub const MODE_RELIABLE: u32 = 2;

/// In place of a channel's number: requests to services and their results, when they pass filters.
pub const CHANNEL_SERVICE: u32 = u32::MAX;

/// Socket state: open, and not started yet.
pub const SOCKET_OPEN: u32 = 1;
/// Socket state: listening.
pub const SOCKET_LISTENING: u32 = 2;
/// Socket state: connecting or connected as a client.
pub const SOCKET_CONNECTING: u32 = 3;
/// Socket state: stopped; it can be started again.
pub const SOCKET_STOPPED: u32 = 4;

/// The longest address text, in bytes.
pub const ADDRESS_MAX: usize = 240;
/// The longest connect token, in bytes; Pomelo's have exactly this size.
pub const TOKEN_MAX: usize = 2048;

/// Sockets, on which sessions begin.
///
/// A socket has an address and channels. The plugin that attaches to it moves the bytes. An address is a URI, such as
/// `ws://127.0.0.1:8080`; its scheme says which plugin serves it.
///
/// Errors common to all slots that take a socket: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`.
#[repr(C)]
pub struct SocketApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Opens a socket with `channel_count` channels of the given modes, and tells every plugin. Only the opener and
    /// plugin zero may start, stop and close it.
    ///
    /// `E_ARGUMENT`: a NULL pointer, no channel, an unknown mode. `E_PERMISSION`: the descriptor lacks
    /// `OPENS_SOCKETS`. `E_CAPACITY`: too many channels or sockets.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub open: unsafe extern "C" fn(
        plugin: *mut Plugin,
        modes: *const u32,
        channel_count: u32,
        out: *mut Socket,
    ) -> i32,
    /// Listens. `socket_listening` of every plugin is called; the plugin that knows the scheme attaches.
    ///
    /// `E_ARGUMENT`: the address is empty or not UTF-8. `E_CAPACITY`: over `ADDRESS_MAX`. `E_PERMISSION`: not the
    /// opener. `E_STATE`: started already. `E_UNSUPPORTED`: no plugin attached to it. Any other error of a plugin is
    /// returned, and the socket is then stopped.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub listen: unsafe extern "C" fn(
        plugin: *mut Plugin,
        socket: Socket,
        address: *const c_char,
        address_length: usize,
    ) -> i32,
    /// Connects as a client. `socket_connecting` of every plugin is called. The token may be empty.
    ///
    /// Errors as for `listen`; `E_CAPACITY`: the token is over `TOKEN_MAX`.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub connect: unsafe extern "C" fn(
        plugin: *mut Plugin,
        socket: Socket,
        address: *const c_char,
        address_length: usize,
        token: *const u8,
        token_length: usize,
    ) -> i32,
    /// Stops a started socket: `socket_stopped` of every plugin is called, then the sessions that are left end, and the
    /// attachments are removed.
    ///
    /// `E_PERMISSION`: not the opener. `E_STATE`: not started.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub stop: unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket) -> i32,
    /// Stops the socket if it is started, and ends it. The handle is stale at once; `socket_destroyed` is called when the
    /// outermost dispatch has returned.
    ///
    /// `E_PERMISSION`: not the opener.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub close: unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket) -> i32,
    /// The number of channels.
    ///
    /// `E_ARGUMENT`: `out` is NULL.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub channel_count: unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket, out: *mut u32) -> i32,
    /// The mode that sessions of this socket begin with on `channel`.
    ///
    /// `E_ARGUMENT`: `out` is NULL. `E_NOT_FOUND`: no such channel.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub channel_mode:
        unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket, channel: u32, out: *mut u32) -> i32,
    /// Says that the caller serves this socket, and at which address. It may differ from the address that was asked
    /// for, as when the system chose the port; an empty address leaves that unchanged. `socket_attached` of every
    /// plugin is called.
    ///
    /// `E_ARGUMENT`: not UTF-8. `E_CAPACITY`: over `ADDRESS_MAX`. `E_STATE`: the socket is not started. `E_EXISTS`:
    /// attached already.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub attach: unsafe extern "C" fn(
        plugin: *mut Plugin,
        socket: Socket,
        address: *const c_char,
        address_length: usize,
    ) -> i32,
    /// Says that the caller no longer serves the socket. `socket_detached` of every plugin is called.
    ///
    /// `E_STATE`: not attached.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub detach: unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket) -> i32,
    /// The socket's clock in monotonic nanoseconds; 0 while it is not started.
    ///
    /// `E_ARGUMENT`: `out` is NULL.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub time: unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket, out: *mut u64) -> i32,
    /// The address at which the socket is served; before that, the address that was asked for, or nothing. `[until-next]`
    ///
    /// `E_ARGUMENT`: `out` is NULL.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub address: unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket, out: *mut Text) -> i32,
    /// One of the `SOCKET_` states.
    ///
    /// `E_ARGUMENT`: `out` is NULL.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub state: unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket, out: *mut u32) -> i32,
}
