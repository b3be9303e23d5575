//! `pintle.batch/1`, reserved: many results as one write on the wire.
//!
//! No host offers it yet: `extension` answers `E_UNSUPPORTED`.

use core::ffi::c_void;

use crate::{Plugin, Session};

/// The id of [`BatchApi`], for `extension`.
pub const BATCH_ID: &core::ffi::CStr = c"pintle.batch/1";

/// What `session_batch` tells an owner: hold what comes for this session, it will be written together.
pub const BATCH_BEGUN: u32 = 1;
/// What `session_batch` tells an owner: write what was held.
pub const BATCH_COMMITTED: u32 = 2;

/// Batches of what goes out on a session: results of requests, and messages.
///
/// From `start` to `commit` whatever this instance sends on the session is kept by the host, in order; filters have seen it.
/// `commit` hands it to the owner between two `session_batch`, so that it becomes one write. One batch of an instance for each
/// session; it ends without a write when the session ends, and by `abort` when the instance does.
///
/// Errors common to all slots: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`: of the session.
#[repr(C)]
pub struct BatchApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Starts a batch on a session.
    ///
    /// `E_STATE`: this instance has one there. `E_CAPACITY`: too many.
    ///
    /// `[thread: kernel|worker] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub start: unsafe extern "C" fn(plugin: *mut Plugin, session: Session) -> i32,
    /// Hands over what was kept. `run` (may be NULL) is called on the kernel thread once the owner has said by `sent` that all of
    /// it is written, or with `E_CANCELLED` if the session ends before.
    ///
    /// `E_STATE`: there is no batch.
    ///
    /// `[thread: kernel|worker] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub commit: unsafe extern "C" fn(
        plugin: *mut Plugin,
        session: Session,
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
    /// Drops what was kept. The ends of requests are told all the same.
    ///
    /// `E_STATE`: there is no batch.
    ///
    /// `[thread: kernel|worker] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub abort: unsafe extern "C" fn(plugin: *mut Plugin, session: Session) -> i32,
    /// The owner says that everything which it was handed for this session so far is written.
    ///
    /// `E_NOT_OWNER`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub sent: unsafe extern "C" fn(plugin: *mut Plugin, session: Session) -> i32,
}
