//! `pintle.user/1`, reserved: who a session's user is.
//!
//! No host offers it yet: `extension` answers `E_UNSUPPORTED`.

use core::ffi::{c_char, c_void};

use crate::{Address, Bytes, Message, Plugin, Session, Socket, Text};

/// The id of [`UserApi`], for `extension`.
pub const USER_ID: &core::ffi::CStr = c"pintle.user/1";

/// Payload of the hook `pintle.session.open`: a member refuses the peer, or changes `client_id`. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SessionOpening {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Where the session arises.
    pub socket: Socket,
    /// The peer's number, as its transport knows it.
    pub client_id: i64,
    /// The peer's user, as its transport knows it. `[call]`
    pub user: Text,
    /// The protocol. `[call]`
    pub protocol: Text,
    /// The peer's address, NULL if it has none. `[call]`
    pub address: *const Address,
    /// The address on this side, NULL if it has none. `[call]`
    pub local: *const Address,
}

/// Payload of the hook `pintle.session.login`, and what `login` is asked: who is this? `[call]`
///
/// A member that knows answers `CONSUMED`, having put the name that the user has from then on into `user`; one that refuses
/// answers an error. One that must ask elsewhere answers `PENDING`, and calls `decide` later. If all answer `OK`, nobody knew:
/// `E_PERMISSION`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Login {
    /// `sizeof` this struct; set by the caller.
    pub size: u32,
    /// The service that the user wants; 0 for none in particular.
    pub service: u32,
    /// The session.
    pub session: Session,
    /// The name that the user gives. `[call]`
    pub user: Text,
    /// How to read `secret`: `password`, `token`, or a word of the plugin's own. `[call]`
    pub method: Text,
    /// A password, a connect token, or what else `method` says. The host neither keeps nor logs it. `[call]`
    pub secret: Bytes,
}

/// Users of sessions.
///
/// Errors common to all slots that take a session: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`.
#[repr(C)]
pub struct UserApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// The owner asks who a session's user is: runs the hook `pintle.session.login`. `OK`: the session has this user, whom
    /// `session->user` shows. `PENDING`: `run` is called with the answer, unless the session ends before. Until then the session
    /// has no user, and its requests wait.
    ///
    /// `E_ARGUMENT`: NULL, a size that is too small, or text that is not UTF-8. `E_NOT_OWNER`. `E_STATE`: it has a user, or one
    /// is asked for. `E_PERMISSION`: nobody knows the user. Else what a member of the hook refused with, and its text.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub login: unsafe extern "C" fn(
        plugin: *mut Plugin,
        login: *const Login,
        run: Option<
            unsafe extern "C" fn(
                plugin: *mut Plugin,
                data: *mut c_void,
                session: Session,
                status: i32,
            ) -> i32,
        >,
        data: *mut c_void,
    ) -> i32,
    /// The member of the hook that answered `PENDING` decides: `OK` and the user's name, or the error to refuse with.
    ///
    /// `E_STATE`: it is not asked. `E_ARGUMENT`: a name that is empty or not UTF-8 with `OK`, or another status that is no error.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub decide: unsafe extern "C" fn(
        plugin: *mut Plugin,
        session: Session,
        status: i32,
        name: *const c_char,
        name_length: usize,
    ) -> i32,
    /// The owner takes the user from a session, which leaves its groups.
    ///
    /// `E_NOT_OWNER`. `E_STATE`: it has no user.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub logout: unsafe extern "C" fn(plugin: *mut Plugin, session: Session) -> i32,
    /// Calls `run` for every session of a user. `CONSUMED` ends the list.
    ///
    /// `E_ARGUMENT`: `run` is NULL. `E_NOT_FOUND`: the user has no session.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub sessions: unsafe extern "C" fn(
        plugin: *mut Plugin,
        name: *const c_char,
        name_length: usize,
        run: Option<unsafe extern "C" fn(plugin: *mut Plugin, data: *mut c_void, session: Session) -> i32>,
        data: *mut c_void,
    ) -> i32,
    /// Sends a message to every session of a user, on a channel, in the name of the session `from` (0: of nobody), once the hook
    /// `pintle.group.speak` has let it pass. `out_count` (may be NULL) receives to how many.
    ///
    /// `E_NOT_FOUND`: the user has no session. Else what a member of the hook refused with; what `session->send` answers for one
    /// session does not stop the others.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [message: borrow] [since: 1.0]`
    pub send: unsafe extern "C" fn(
        plugin: *mut Plugin,
        from: Session,
        name: *const c_char,
        name_length: usize,
        channel: u32,
        message: Message,
        out_count: *mut usize,
    ) -> i32,
}
