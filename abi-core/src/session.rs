//! Sessions.

use core::ffi::c_void;

use crate::{Message, Plugin, Request, Session, Socket, Text};

/// Address family: none; the transport has no addresses.
pub const FAMILY_NONE: u16 = 0;
/// Address family: IPv4, the first 4 bytes of `ip`.
pub const FAMILY_IPV4: u16 = 1;
/// Address family: IPv6, all 16 bytes of `ip`.
pub const FAMILY_IPV6: u16 = 2;
/// Address family: a name, such as `unix:/run/x.sock`, of a Unix socket, a pipe or a serial line.
pub const FAMILY_NAMED: u16 = 3;

/// The address of a peer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Address {
    /// `sizeof` this struct; after `session->address`, how many bytes the host has filled.
    pub size: u32,
    /// One of the `FAMILY_` constants.
    pub family: u16,
    /// The port, in the byte order of this machine.
    pub port: u16,
    /// The scope id of a link-local IPv6 address, else 0.
    pub scope: u32,
    /// Zero.
    pub reserved: u32,
    /// The address, in network byte order; unused bytes are 0.
    pub ip: [u8; 16],
    /// The name, with `FAMILY_NAMED`; else empty. `[session]`
    pub name: Text,
}

impl Address {
    /// No address.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            size: size_of::<Self>() as u32,
            family: FAMILY_NONE,
            port: 0,
            scope: 0,
            reserved: 0,
            ip: [0; 16],
            name: Text::EMPTY,
        }
    }
}

/// Options of `session->create`. `[call]`
///
/// The texts of `user`, `protocol` and the name of `address` are not copied. The owner keeps them readable until its
/// `session_destroyed` for this session has returned.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SessionOptions {
    /// `sizeof` this struct.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// The number that the owner gives the peer.
    pub client_id: i64,
    /// The address of the peer; may be NULL. `[call]`
    pub address: *const Address,
    /// The owner's own pointer for the session, which `session->set_data` can change.
    pub data: *mut c_void,
    /// The name that the peer gave, or proved to have; may be empty. `[session]`
    pub user: Text,
    /// The sub-protocol that was agreed on with the peer; may be empty. `[session]`
    pub protocol: Text,
}

impl SessionOptions {
    /// The options that NULL stands for.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            size: size_of::<Self>() as u32,
            reserved: 0,
            client_id: 0,
            address: core::ptr::null(),
            data: core::ptr::null_mut(),
            user: Text::EMPTY,
            protocol: Text::EMPTY,
        }
    }
}

/// Kind of traffic: a message of `session->send` or `session->receive`.
pub const TRAFFIC_MESSAGE: u32 = 0;
/// Kind of traffic: a request on its way to its service.
pub const TRAFFIC_REQUEST: u32 = 1;
/// Kind of traffic: one result on its way to its asker.
pub const TRAFFIC_RESULT: u32 = 2;

/// Describes to a filter the message, request or result that passes. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct MessageInfo {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// One of the `TRAFFIC_` constants.
    pub kind: u32,
    /// The session on which it passes.
    pub session: Session,
    /// The bytes, sealed, as the filters before this one left them.
    pub message: Message,
    /// The channel; `CHANNEL_SERVICE` for requests and results.
    pub channel: u32,
    /// The service of the request; 0 for a message.
    pub service: u32,
    /// The request's number within the service; 0 for a message.
    pub id: u32,
    /// `REQUEST_` flags of the request; 0 for a message.
    pub flags: u32,
    /// The asker's own number for the request; 0 for a message.
    pub correlation: u64,
    /// The request that a result answers; 0 for a message and for a request, which has no handle yet.
    pub request: Request,
}

/// Options of `session->request`. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RequestOptions {
    /// `sizeof` this struct.
    pub size: u32,
    /// The service.
    pub service: u32,
    /// The request's number within the service.
    pub id: u32,
    /// 0, as no flag is defined yet.
    pub flags: u32,
    /// The caller's own number for the request, which its results have too.
    pub correlation: u64,
    /// The payload.
    pub message: Message,
}

/// Sessions, each with one peer.
///
/// Every session has one owner, the plugin that created it. Only the owner and plugin zero may `receive`, `request`,
/// `cancel`, `suspend`, `resume` and
/// `destroy`; others get `E_NOT_OWNER`. Anyone may send.
///
/// An incoming message passes `message_in` of the other plugins in priority order, and of plugin zero last, even if
/// plugin zero is the owner. An outgoing message passes `message_out` in the reverse order, plugin zero first, and then
/// `session_send` of the owner. Requests and results pass the same filters; [`MessageInfo`] tells which request it is.
///
/// Errors common to all slots that take a session: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`.
#[repr(C)]
pub struct SessionApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Creates a session on a socket, with the caller as its owner. NULL `options` are all zero and empty.
    /// `session_created` of every other plugin is called before this returns, and may send at once: `out` and the
    /// session's data are written before.
    ///
    /// `E_ARGUMENT`: `out` is NULL; the `size` of the options or the address is below that of the first edition; the
    /// address family is unknown; `FAMILY_NAMED` without a name; a text is not UTF-8. `E_UNSUPPORTED`: a member that
    /// this host does not know is set. `E_STATE`: the socket is stopped. `E_CAPACITY`.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub create: unsafe extern "C" fn(
        plugin: *mut Plugin,
        socket: Socket,
        options: *const SessionOptions,
        out: *mut Session,
    ) -> i32,
    /// Ends a session. Its handle is stale and its requests are cancelled at once. `session_destroyed` is called when the
    /// outermost dispatch has returned.
    ///
    /// `E_NOT_OWNER`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub destroy: unsafe extern "C" fn(plugin: *mut Plugin, session: Session) -> i32,
    /// Hands in a message from the peer.
    ///
    /// `E_NOT_FOUND`: no such channel. `E_NOT_OWNER`. `E_AGAIN`: the application's inbox is full; try again after
    /// `session_writable`. The error of a filter that refused the message is returned.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [message: borrow] [since: 1.0]`
    pub receive:
        unsafe extern "C" fn(plugin: *mut Plugin, session: Session, channel: u32, message: Message) -> i32,
    /// Sends a message to the peer.
    ///
    /// `E_NOT_FOUND`: no such channel. `E_POISONED`, `E_CLOSED`: the owner is poisoned or has stopped. `E_UNSUPPORTED`:
    /// the owner cannot send. `E_AGAIN`: the owner is full; try again after `session_writable`. The error of a filter
    /// that refused the message is returned.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [message: borrow] [since: 1.0]`
    pub send:
        unsafe extern "C" fn(plugin: *mut Plugin, session: Session, channel: u32, message: Message) -> i32,
    /// Hands in a request from the peer to a service. Its results are passed to the owner's `session_result` with the
    /// same `correlation`, which the owner chooses. Results of one session come in the order of its requests. The
    /// message of `request` is handed over.
    ///
    /// `E_ARGUMENT`: `request` is NULL, or its `size` is below that of the first edition. `E_UNSUPPORTED`: a flag or
    /// member that this host does not know is set. `E_NOT_FOUND`: no such service. `E_NOT_OWNER`. `E_STATE`: the caller
    /// holds no reference. `E_AGAIN`: the session's queue is full; try again after `session_writable`. `E_CAPACITY`: no
    /// request or message is free. The error of a filter that refused the message is returned.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [message: hand-over] [since: 1.0]`
    pub request:
        unsafe extern "C" fn(plugin: *mut Plugin, session: Session, request: *const RequestOptions) -> i32,
    /// Cancels the oldest request of this session with this `correlation` that is not done. A request that still waits
    /// never runs; one that runs finds out by `is_cancelled`. Either way it ends with `RESULT_DONE` and `E_CANCELLED`.
    ///
    /// `E_NOT_FOUND`: no such request. `E_NOT_OWNER`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub cancel: unsafe extern "C" fn(plugin: *mut Plugin, session: Session, correlation: u64) -> i32,
    /// Says that the owner can take no more for now. Until `resume`, `send` returns `E_AGAIN` before any filter runs, and
    /// results are held back. A transport calls this when a message that it took exceeds its high-water mark.
    ///
    /// `E_NOT_OWNER`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub suspend: unsafe extern "C" fn(plugin: *mut Plugin, session: Session) -> i32,
    /// Says that the owner can take more, after `suspend` or after it returned `E_AGAIN`. Results that were held back are
    /// delivered, and `session_writable` of plugins whose `send` was refused is called.
    ///
    /// `E_NOT_OWNER`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub resume: unsafe extern "C" fn(plugin: *mut Plugin, session: Session) -> i32,
    /// Asks the owner, through `session_disconnect`, to end the session now or later.
    ///
    /// `E_UNSUPPORTED`: the owner has no such callback.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub disconnect: unsafe extern "C" fn(plugin: *mut Plugin, session: Session) -> i32,
    /// Stores the caller's own pointer for this session. The host does not use it.
    ///
    /// `E_PERMISSION`: the caller is not the owner, and its descriptor lacks `SESSION_DATA`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub set_data: unsafe extern "C" fn(plugin: *mut Plugin, session: Session, data: *mut c_void) -> i32,
    /// Reads the caller's own pointer for this session; NULL until it is set, by `create` or `set_data`.
    ///
    /// `E_ARGUMENT`: `out` is NULL. `E_PERMISSION`: as for `set_data`.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub data: unsafe extern "C" fn(plugin: *mut Plugin, session: Session, out: *mut *mut c_void) -> i32,
    /// The number that the owner gave the peer.
    ///
    /// `E_ARGUMENT`: `out` is NULL.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub client_id: unsafe extern "C" fn(plugin: *mut Plugin, session: Session, out: *mut i64) -> i32,
    /// The address of the peer. The caller sets `size`; the host fills the members that both know, and sets `size` to
    /// their end.
    ///
    /// `E_ARGUMENT`: `out` is NULL, or its `size` is below that of the first edition.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub address: unsafe extern "C" fn(plugin: *mut Plugin, session: Session, out: *mut Address) -> i32,
    /// The socket on which the session began.
    ///
    /// `E_ARGUMENT`: `out` is NULL.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub socket: unsafe extern "C" fn(plugin: *mut Plugin, session: Session, out: *mut Socket) -> i32,
    /// The round-trip time in nanoseconds, as the owner measures it: its mean, and the mean deviation from that.
    ///
    /// `E_ARGUMENT`: a NULL pointer. `E_UNSUPPORTED`: the owner does not measure it.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub rtt: unsafe extern "C" fn(
        plugin: *mut Plugin,
        session: Session,
        mean_ns: *mut u64,
        deviation_ns: *mut u64,
    ) -> i32,
    /// The mode of one channel of this session.
    ///
    /// `E_ARGUMENT`: `out` is NULL. `E_NOT_FOUND`: no such channel.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub channel_mode:
        unsafe extern "C" fn(plugin: *mut Plugin, session: Session, channel: u32, out: *mut u32) -> i32,
    /// Changes the mode of one channel of this session. The owner is asked through `session_set_mode`; if it
    /// refuses, the mode stays and its error is returned.
    ///
    /// `E_ARGUMENT`: unknown mode. `E_NOT_FOUND`: no such channel.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub set_channel_mode:
        unsafe extern "C" fn(plugin: *mut Plugin, session: Session, channel: u32, mode: u32) -> i32,
    /// The name that the peer gave, or proved to have; empty if the owner gave none. `[session]`
    ///
    /// `E_ARGUMENT`: `out` is NULL.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub user: unsafe extern "C" fn(plugin: *mut Plugin, session: Session, out: *mut Text) -> i32,
    /// The sub-protocol that was agreed on with the peer; empty if there is none. `[session]`
    ///
    /// `E_ARGUMENT`: `out` is NULL.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub protocol: unsafe extern "C" fn(plugin: *mut Plugin, session: Session, out: *mut Text) -> i32,
}
