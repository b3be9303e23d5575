//! The callbacks of a plugin, which the host calls.

use core::ffi::{c_char, c_void};

use crate::{
    Message, MessageInfo, OfferInfo, Plugin, Request, RequestInfo, Restore, ResultInfo, Save, Session,
    SettingsChange, Socket, Text,
};

/// Arguments of `create`. `[call]`
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
    /// The name of this instance, which is unique in its host. `[instance]`
    pub instance: Text,
    /// The configuration, in the form that the plugin documents; may be empty. `[call]`
    pub config: Text,
}

/// Reason of a stop: the instance is unloaded.
pub const STOP_UNLOAD: u32 = 0;
/// Reason of a stop: another version of the plugin takes its place. Reserved: `save` will be called before `destroy`.
pub const STOP_RELOAD: u32 = 1;
/// Reason of a stop: the host goes down for maintenance. Reserved.
pub const STOP_MAINTENANCE: u32 = 2;

/// In place of a time in nanoseconds: no time. Nothing is due, or the wait has no end.
pub const NEVER: u64 = u64::MAX;

/// Arguments of `request_stop`. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Stop {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// One of the `STOP_` constants. Only `STOP_UNLOAD` is used yet.
    pub reason: u32,
    /// The time at which the host stops waiting, in nanoseconds on the clock of its platform, which is also that of
    /// `socket->time`. `NEVER`: the host waits without a limit.
    pub deadline: u64,
}

/// The callbacks of a plugin. All of them are optional, and an absent one takes no time.
///
/// If a callback whose status has no meaning returns another status than `OK`, the status is logged. `E_PANIC` from any
/// callback poisons the instance: only its `destroy` is called after that.
#[repr(C)]
pub struct Callbacks {
    /// Bytes of this table that the plugin fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Begins an instance. An error ends it at once, without `destroy`; the host reports the text set through
    /// `error->set`.
    ///
    /// `[thread: kernel] [state: running] [reentrant: no] [blocking: no] [since: 1.0]`
    pub create: Option<unsafe extern "C" fn(plugin: *mut Plugin, args: *const Create) -> i32>,
    /// Asks the instance to end its threads and finish its work. `OK`: it has done so. `PENDING`: it will call
    /// `api->stopped` before `stop->deadline`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub request_stop: Option<unsafe extern "C" fn(plugin: *mut Plugin, stop: *const Stop) -> i32>,
    /// Ends an instance; it is not called again after this. Its sessions, timers, tasks and watches have ended before.
    ///
    /// `[thread: kernel] [state: any] [reentrant: no] [blocking: no] [since: 1.0]`
    pub destroy: Option<unsafe extern "C" fn(plugin: *mut Plugin) -> i32>,
    /// A socket was opened.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub socket_created: Option<unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket) -> i32>,
    /// A socket is to listen at `address` `[call]`. A transport that knows the scheme begins to listen and attaches to
    /// the socket, or refuses with an error. Other plugins return `OK`.
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
    /// A socket stops. A transport ends its sessions and releases what it holds for the socket.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub socket_stopped: Option<unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket) -> i32>,
    /// A socket has ended. Its handle is stale and can be used as a key only.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub socket_destroyed: Option<unsafe extern "C" fn(plugin: *mut Plugin, socket: Socket) -> i32>,
    /// A plugin has attached to the socket and serves it at `address` `[call]`.
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
    /// A session has ended. Its handle is stale and can be used as a key only. `data` is the pointer that this plugin
    /// stored with `session->set_data`, or passed to `session->create` as the owner.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub session_destroyed:
        Option<unsafe extern "C" fn(plugin: *mut Plugin, session: Session, data: *mut c_void) -> i32>,
    /// Filter: a message or a request comes in. `OK` lets it pass, `CONSUMED` takes it, an error refuses it. To alter the
    /// message, use `message->edit`: the message that it gave is passed on, whatever is written to `info`.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [message: borrow] [since: 1.0]`
    pub message_in: Option<unsafe extern "C" fn(plugin: *mut Plugin, info: *const MessageInfo) -> i32>,
    /// Filter: a message or a result goes out. As `message_in`.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [message: borrow] [since: 1.0]`
    pub message_out: Option<unsafe extern "C" fn(plugin: *mut Plugin, info: *const MessageInfo) -> i32>,
    /// Owner: send this to the peer. `E_AGAIN`: the message cannot be taken now, and the session is suspended until
    /// `session->resume`. As the filters have seen the message already, it is better to take it and call
    /// `session->suspend`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [message: borrow] [since: 1.0]`
    pub session_send: Option<
        unsafe extern "C" fn(plugin: *mut Plugin, session: Session, channel: u32, message: Message) -> i32,
    >,
    /// A call of this plugin on this session that returned `E_AGAIN` can be tried again: the owner's `receive` or
    /// `request`, or a `send` by any plugin.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub session_writable: Option<unsafe extern "C" fn(plugin: *mut Plugin, session: Session) -> i32>,
    /// Owner: end this session, now or later, with `session->destroy`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub session_disconnect: Option<unsafe extern "C" fn(plugin: *mut Plugin, session: Session) -> i32>,
    /// Owner: a request has a result, has failed with an exception, or has ended. `E_AGAIN` holds this back until
    /// `session->resume`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [message: borrow] [since: 1.0]`
    pub session_result: Option<unsafe extern "C" fn(plugin: *mut Plugin, result: *const ResultInfo) -> i32>,
    /// Owner: give the round-trip time in nanoseconds: its mean, and the mean deviation from that.
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
    /// Owner: change a channel's mode, or refuse with an error.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub session_set_mode:
        Option<unsafe extern "C" fn(plugin: *mut Plugin, session: Session, channel: u32, mode: u32) -> i32>,
    /// Service: handle a fast request. `OK`: it is done. `PENDING`: `service->done` will end it. An error is sent to the
    /// asker as an exception with that code, unless an exception was sent already.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub request:
        Option<unsafe extern "C" fn(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> i32>,
    /// Service: a slow request has arrived. The plugin may answer it here and call `service->drop_current`, so that it
    /// needs no worker. An error ends it.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub slow_arrive:
        Option<unsafe extern "C" fn(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> i32>,
    /// Service: handle a slow request. This may block, and should call `service->is_cancelled` from time to time.
    ///
    /// `[thread: worker] [state: live] [reentrant: yes] [blocking: yes] [since: 1.0]`
    pub slow_request:
        Option<unsafe extern "C" fn(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> i32>,
    /// Service: a request is over, with the code that the asker got with `RESULT_DONE`.
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
    /// Another instance has published an interface.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub offer_published: Option<unsafe extern "C" fn(plugin: *mut Plugin, info: *const OfferInfo) -> i32>,
    /// An offer of another instance has ended: it was withdrawn, or its publisher stops or was poisoned.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub offer_ended: Option<unsafe extern "C" fn(plugin: *mut Plugin, info: *const OfferInfo) -> i32>,
    /// Reserved; no host calls it yet. Owner: a batch of this session begins, or is complete, as one of the `BATCH_`
    /// constants says. An owner without this callback gets the same messages and results one by one.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub session_batch: Option<unsafe extern "C" fn(plugin: *mut Plugin, session: Session, batch: u32) -> i32>,
    /// Reserved; no host calls it yet. Checks settings before they change. `OK`: they are acceptable. An error refuses
    /// them, with the text that is set for it, and nothing changes. If this callback is absent, all settings of their
    /// declared types are acceptable.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub settings_check:
        Option<unsafe extern "C" fn(plugin: *mut Plugin, change: *const SettingsChange) -> i32>,
    /// Reserved; no host calls it yet. The settings that `settings_check` has accepted in the same turn are in force now.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub settings_changed:
        Option<unsafe extern "C" fn(plugin: *mut Plugin, change: *const SettingsChange) -> i32>,
    /// Reserved; no host calls it yet. Another version of the plugin takes the instance's place. The instance writes,
    /// through `pintle.state/1`, the state that the new version needs to go on. Called right before `destroy`, after a
    /// stop with `STOP_RELOAD`. An error: there is no state.
    ///
    /// `[thread: kernel] [state: live] [reentrant: no] [blocking: no] [since: 1.0]`
    pub save: Option<unsafe extern "C" fn(plugin: *mut Plugin, save: *const Save) -> i32>,
    /// Reserved; no host calls it yet. Restores the state that another version saved. Called right after `create`. An
    /// error ends the instance, and the host adds the previous version again, with the same state.
    ///
    /// `[thread: kernel] [state: running] [reentrant: no] [blocking: no] [since: 1.0]`
    pub restore: Option<unsafe extern "C" fn(plugin: *mut Plugin, restore: *const Restore) -> i32>,
}

impl Callbacks {
    /// A table without callbacks, to build others on.
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
