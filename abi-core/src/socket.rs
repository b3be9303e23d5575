//! Sockets.

use core::ffi::c_char;

use crate::{Plugin, Socket, Text};

/// Channel mode: a message may be lost, doubled or overtaken.
pub const MODE_UNRELIABLE: u32 = 0;
/// Channel mode: a message may be lost; an older one never comes after a newer one.
pub const MODE_SEQUENCED: u32 = 1;
/// Channel mode: every message comes, once, in order.
pub const MODE_RELIABLE: u32 = 2;

/// Instead of a channel's number: the lane of service requests and results, as filters see it.
pub const CHANNEL_SERVICE: u32 = u32::MAX;

/// Socket state: opened, not started.
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

/// Places where sessions arise.
///
/// A socket is a name for an address and its channels; the bytes are moved by whichever plugin attaches to it. An
/// address is a URI whose scheme says who is meant, such as `ws://127.0.0.1:8080`.
///
/// Errors common to all slots that take a socket: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`.
#[repr(C)]
pub struct SocketApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Opens a socket with `channel_count` channels of the given modes, and tells every plugin. The opener may
    /// start, stop and close it, as plugin zero may.
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
    /// Listens. Every plugin hears of it through `socket_listening`; the one whose scheme it is attaches.
    ///
    /// `E_ARGUMENT`: no address, or not UTF-8. `E_CAPACITY`: over `ADDRESS_MAX`. `E_PERMISSION`: not the
    /// opener. `E_STATE`: started already. `E_UNSUPPORTED`: no plugin attached to it. Whatever else a plugin answered
    /// with is passed on, and the socket is then stopped.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub listen: unsafe extern "C" fn(
        plugin: *mut Plugin,
        socket: Socket,
        address: *const c_char,
        address_length: usize,
    ) -> i32,
    /// Connects as a client. Every plugin hears of it through `socket_connecting`. The token may be empty.
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
    /// Stops a started socket: every plugin hears `socket_stopped`, then what is left of its sessions ends and its
    /// attachments are removed.
    ///
    /// `E_PERMISSION`: not the opener. `E_STATE`: not started.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub stop: unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket) -> i32,
    /// Stops the socket if need be and ends it. The handle is stale at once; `socket_destroyed` runs when the
    /// outermost dispatch has returned.
    ///
    /// `E_PERMISSION`: not the opener.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub close: unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket) -> i32,
    /// How many channels it has.
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
    /// Says that the caller serves this socket, and at what address (which may differ from the one listened on: a
    /// port that the system chose). An empty address leaves it as it is. Every plugin hears `socket_attached`.
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
    /// Says that the caller serves the socket no longer. Every plugin hears `socket_detached`.
    ///
    /// `E_STATE`: not attached.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub detach: unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket) -> i32,
    /// The socket's clock: monotonic nanoseconds while it is started, else 0.
    ///
    /// `E_ARGUMENT`: `out` is NULL.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub time: unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket, out: *mut u64) -> i32,
    /// The address that is served, or was asked for; empty before the first start. `[until-next]`
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
