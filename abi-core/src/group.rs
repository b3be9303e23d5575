//! `pintle.group/1`, reserved: sessions that are spoken to together.
//!
//! No host offers it yet: `extension` answers `E_UNSUPPORTED`.

use core::ffi::{c_char, c_void};

use crate::{Group, Message, Plugin, Session, Text};

/// The id of [`GroupApi`], for `extension`.
pub const GROUP_ID: &core::ffi::CStr = c"pintle.group/1";

/// Payload of the hook `pintle.group.speak`. A member refuses, or replaces the message. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Speech {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// The channel.
    pub channel: u32,
    /// Who speaks; 0 for nobody in particular.
    pub from: Session,
    /// What is said, sealed.
    pub message: Message,
    /// The groups that are spoken to; NULL if it is a user. `[call]`
    pub groups: *const Group,
    /// How many.
    pub group_count: usize,
    /// The user who is spoken to; empty if it is groups. `[call]`
    pub user: Text,
}

/// Groups of sessions: a session that enters hears what is said there until it leaves or ends. A group is there as long as a
/// session is in it or an instance has it open. Who entered and left is told by the topic `pintle.group`.
///
/// Errors common to all slots that take a group or a session: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`.
#[repr(C)]
pub struct GroupApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Opens the group of a name. Every instance that opens it gets the same handle, and closes it as often.
    ///
    /// `E_ARGUMENT`: `out` is NULL, or a name that is empty or not UTF-8. `E_CAPACITY`: too many groups.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub open: unsafe extern "C" fn(
        plugin: *mut Plugin,
        name: *const c_char,
        name_length: usize,
        out: *mut Group,
    ) -> i32,
    /// Closes a group.
    ///
    /// `E_STATE`: this instance has not opened it.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub close: unsafe extern "C" fn(plugin: *mut Plugin, handle: Group) -> i32,
    /// A session enters. Any number of groups for each session.
    ///
    /// `E_EXISTS`: it is in there. `E_CAPACITY`: too many.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub enter: unsafe extern "C" fn(plugin: *mut Plugin, handle: Group, session: Session) -> i32,
    /// A session leaves.
    ///
    /// `E_NOT_FOUND`: it is not in there.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub leave: unsafe extern "C" fn(plugin: *mut Plugin, handle: Group, session: Session) -> i32,
    /// Sends a message to every session that is in one of `count` groups, once to each and not to `from`, once the hook
    /// `pintle.group.speak` has let it pass. `out_count` (may be NULL) receives to how many.
    ///
    /// `E_ARGUMENT`: `groups` is NULL, or `count` is 0. Else what a member of the hook refused with; what `session->send`
    /// answers for one session does not stop the others.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [message: borrow] [since: 1.0]`
    pub speak: unsafe extern "C" fn(
        plugin: *mut Plugin,
        from: Session,
        groups: *const Group,
        count: usize,
        channel: u32,
        message: Message,
        out_count: *mut usize,
    ) -> i32,
    /// Calls `run` for every session that is in a group. `CONSUMED` ends the list.
    ///
    /// `E_ARGUMENT`: `run` is NULL.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub sessions: unsafe extern "C" fn(
        plugin: *mut Plugin,
        handle: Group,
        run: Option<unsafe extern "C" fn(plugin: *mut Plugin, data: *mut c_void, session: Session) -> i32>,
        data: *mut c_void,
    ) -> i32,
}
