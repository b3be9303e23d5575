//! What a host calls on a plugin.

use core::ffi::{c_char, c_void};

use crate::{
    Message, MessageInfo, OfferInfo, Plugin, Request, RequestInfo, Restore, ResultInfo, Save, Session,
    SettingsChange, Socket, Text,
};

/// What `create` is told. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Create {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// The ABI minor version that host and plugin agreed on: the lower of both.
    pub abi_minor: u32,
    /// The ABI minor version of the host.
    pub host_minor: u32,
    /// Zero.
    pub reserved: u32,
    /// The name of this instance, unique in its host. `[instance]`
    pub instance: Text,
    /// The configuration, in whatever form the plugin documents; may be empty. `[call]`
    pub config: Text,
}

/// Reason of a stop: the instance is unloaded.
pub const STOP_UNLOAD: u32 = 0;
/// Reason of a stop: another version of the plugin takes its place. Reserved: `save` will be called before `destroy`.
pub const STOP_RELOAD: u32 = 1;
/// Reason of a stop: the host goes down for maintenance. Reserved.
pub const STOP_MAINTENANCE: u32 = 2;

/// Instead of a time in nanoseconds: none; nothing is due, or wait as long as it takes.
pub const NEVER: u64 = u64::MAX;

/// What `request_stop` is told. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Stop {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// One of the `STOP_` constants; today always `STOP_UNLOAD`.
    pub reason: u32,
    /// When the host waits no longer, in nanoseconds on the clock of its platform, which `socket->time` tells too;
    /// `NEVER` if it waits as long as it takes.
    pub deadline: u64,
}

/// The callbacks of a plugin. All are optional, and an absent one costs nothing.
///
/// A status other than `OK` from a callback that has no use for one is logged. `E_PANIC` from any of them poisons
/// the instance: it is not called again except for `destroy`.
#[repr(C)]
pub struct Callbacks {
    /// Bytes of this table that the plugin fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Begins an instance. An error ends it at once, without `destroy`; the text set through `error->set` is shown.
    ///
    /// `[thread: kernel] [state: running] [reentrant: no] [blocking: no] [since: 1.0]`
    pub create: Option<unsafe extern "C" fn(plugin: *mut Plugin, args: *const Create) -> i32>,
    /// Asks the instance to come to rest: end its threads, finish its work. `OK`: it has. `PENDING`: it will call
    /// `api->stopped` before `stop->deadline`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub request_stop: Option<unsafe extern "C" fn(plugin: *mut Plugin, stop: *const Stop) -> i32>,
    /// Ends an instance: the last call that it gets. Its sessions, timers, tasks and watches are gone already.
    ///
    /// `[thread: kernel] [state: any] [reentrant: no] [blocking: no] [since: 1.0]`
    pub destroy: Option<unsafe extern "C" fn(plugin: *mut Plugin) -> i32>,
    /// A socket was opened.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub socket_created: Option<unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket) -> i32>,
    /// A socket is to listen at `address` `[call]`. A transport whose scheme it is begins to, and attaches; an error
    /// refuses. Others answer `OK`.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub socket_listening: Option<
        unsafe extern "C" fn(
            plugin: *mut Plugin,
            socket: Socket,
            address: *const c_char,
            address_length: usize,
        ) -> i32,
    >,
    /// A socket is to connect to `address` with `token` `[call]`. As `socket_listening`.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub socket_connecting: Option<
        unsafe extern "C" fn(
            plugin: *mut Plugin,
            socket: Socket,
            address: *const c_char,
            address_length: usize,
            token: *const u8,
            token_length: usize,
        ) -> i32,
    >,
    /// A socket stops. A transport ends its sessions and lets go of what it holds.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub socket_stopped: Option<unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket) -> i32>,
    /// A socket is gone; its handle is stale and serves as a key only.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub socket_destroyed: Option<unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket) -> i32>,
    /// A plugin attached to the socket and serves it at `address` `[call]`.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub socket_attached: Option<
        unsafe extern "C" fn(
            plugin: *mut Plugin,
            socket: Socket,
            address: *const c_char,
            address_length: usize,
        ) -> i32,
    >,
    /// A plugin no longer serves the socket.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub socket_detached: Option<unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket) -> i32>,
    /// Another plugin created a session.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub session_created: Option<unsafe extern "C" fn(plugin: *mut Plugin, session: Session) -> i32>,
    /// A session is gone; its handle is stale and serves as a key only. `data` is what this plugin stored with
    /// `session->set_data`, or an owner gave to `session->create`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub session_destroyed:
        Option<unsafe extern "C" fn(plugin: *mut Plugin, session: Session, data: *mut c_void) -> i32>,
    /// Filter: a message or a request comes in. `OK` lets it pass, `CONSUMED` takes it, an error refuses it. Its
    /// message is altered through `message->edit`: what travels on is what that gave, whatever `info` says afterwards.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [message: borrow] [since: 1.0]`
    pub message_in: Option<unsafe extern "C" fn(plugin: *mut Plugin, info: *const MessageInfo) -> i32>,
    /// Filter: a message or a result goes out. As `message_in`.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [message: borrow] [since: 1.0]`
    pub message_out: Option<unsafe extern "C" fn(plugin: *mut Plugin, info: *const MessageInfo) -> i32>,
    /// Owner: send this to the peer. `E_AGAIN`: not now, and the session is suspended until `session->resume`. Filters
    /// have seen the message by then, so better take it and call `session->suspend`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [message: borrow] [since: 1.0]`
    pub session_send: Option<
        unsafe extern "C" fn(plugin: *mut Plugin, session: Session, channel: u32, message: Message) -> i32,
    >,
    /// What this plugin was refused with `E_AGAIN` on this session can be tried again: an owner's `receive` or
    /// `request`, anyone's `send`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub session_writable: Option<unsafe extern "C" fn(plugin: *mut Plugin, session: Session) -> i32>,
    /// Owner: end this session, now or later, with `session->destroy`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub session_disconnect: Option<unsafe extern "C" fn(plugin: *mut Plugin, session: Session) -> i32>,
    /// Owner: an answer to a request: a result, an exception, or the end. `E_AGAIN` holds it back until
    /// `session->resume`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [message: borrow] [since: 1.0]`
    pub session_result: Option<unsafe extern "C" fn(plugin: *mut Plugin, result: *const ResultInfo) -> i32>,
    /// Owner: the round-trip time in nanoseconds: its mean, and its mean deviation from that.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub session_get_rtt: Option<
        unsafe extern "C" fn(
            plugin: *mut Plugin,
            session: Session,
            mean_ns: *mut u64,
            deviation_ns: *mut u64,
        ) -> i32,
    >,
    /// Owner: change a channel's mode. An error refuses.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub session_set_mode:
        Option<unsafe extern "C" fn(plugin: *mut Plugin, session: Session, channel: u32, mode: u32) -> i32>,
    /// Service: handle a fast request. `OK`: it is done. `PENDING`: `service->done` will end it. An error becomes
    /// an exception with that code, unless one was sent.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub request:
        Option<unsafe extern "C" fn(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> i32>,
    /// Service: a slow request arrived. It may be answered here, together with `service->drop_current`. An error
    /// ends it.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub slow_arrive:
        Option<unsafe extern "C" fn(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> i32>,
    /// Service: handle a slow request. It may take its time, and asks `service->is_cancelled` now and then.
    ///
    /// `[thread: worker] [state: live] [reentrant: yes] [blocking: yes] [since: 1.0]`
    pub slow_request:
        Option<unsafe extern "C" fn(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> i32>,
    /// Service: a request is over, with what `RESULT_DONE` told the asker.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub request_done: Option<
        unsafe extern "C" fn(
            plugin: *mut Plugin,
            request: Request,
            info: *const RequestInfo,
            status: i32,
        ) -> i32,
    >,
    /// Another instance published an interface.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub offer_published: Option<unsafe extern "C" fn(plugin: *mut Plugin, info: *const OfferInfo) -> i32>,
    /// An offer of another instance has ended: it was withdrawn, or its publisher stops or was poisoned.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub offer_ended: Option<unsafe extern "C" fn(plugin: *mut Plugin, info: *const OfferInfo) -> i32>,
    /// Reserved; no host calls it yet. Owner: what comes for this session belongs together, or is complete: one of the `BATCH_`
    /// constants. An owner without it gets the same things one by one.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub session_batch: Option<unsafe extern "C" fn(plugin: *mut Plugin, session: Session, batch: u32) -> i32>,
    /// Reserved; no host calls it yet. Would these settings do? `OK`: they would. An error refuses them, with the text that is
    /// set for it; nothing has changed. Absent: whatever has its declared type will do.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub settings_check:
        Option<unsafe extern "C" fn(plugin: *mut Plugin, change: *const SettingsChange) -> i32>,
    /// Reserved; no host calls it yet. These settings are in force: what `settings_check` was asked before, in the same turn.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub settings_changed:
        Option<unsafe extern "C" fn(plugin: *mut Plugin, change: *const SettingsChange) -> i32>,
    /// Reserved; no host calls it yet. Another version takes the instance's place: it writes what that needs to go on, by
    /// `pintle.state/1`. Called right before `destroy`, after a stop with `STOP_RELOAD`. An error: there is no state.
    ///
    /// `[thread: kernel] [state: live] [reentrant: no] [blocking: no] [since: 1.0]`
    pub save: Option<unsafe extern "C" fn(plugin: *mut Plugin, save: *const Save) -> i32>,
    /// Reserved; no host calls it yet. Goes on from what another version saved; called right after `create`. An error ends the
    /// instance, and the host adds the version before again, which is given the same state.
    ///
    /// `[thread: kernel] [state: running] [reentrant: no] [blocking: no] [since: 1.0]`
    pub restore: Option<unsafe extern "C" fn(plugin: *mut Plugin, restore: *const Restore) -> i32>,
}

impl Callbacks {
    /// A table that offers nothing, to build others on.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            size: size_of::<Self>() as u32,
            reserved: 0,
            create: None,
            request_stop: None,
            destroy: None,
            socket_created: None,
            socket_listening: None,
            socket_connecting: None,
            socket_stopped: None,
            socket_destroyed: None,
            socket_attached: None,
            socket_detached: None,
            session_created: None,
            session_destroyed: None,
            message_in: None,
            message_out: None,
            session_send: None,
            session_writable: None,
            session_disconnect: None,
            session_result: None,
            session_get_rtt: None,
            session_set_mode: None,
            request: None,
            slow_arrive: None,
            slow_request: None,
            request_done: None,
            offer_published: None,
            offer_ended: None,
            session_batch: None,
            settings_check: None,
            settings_changed: None,
            save: None,
            restore: None,
        }
    }
}
