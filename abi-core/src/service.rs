//! Services.

use core::ffi::c_char;

use crate::{Message, Plugin, Request, Session};

/// Flag of a request: its id was declared as slow.
pub const REQUEST_SLOW: u32 = 1;

/// Kind of a result: one result.
pub const RESULT_RESULT: u32 = 1;
/// Kind of a result: the request failed with a code. The message has its text, if there is one.
pub const RESULT_EXCEPTION: u32 = 2;
/// Kind of a result: the request is over. The code is `OK`, `E_CANCELLED`, or the error that the handler returned.
pub const RESULT_DONE: u32 = 3;

/// Describes a request to its handler. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RequestInfo {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// The service.
    pub service: u32,
    /// The request's number within the service.
    pub id: u32,
    /// `REQUEST_` flags.
    pub flags: u32,
    /// The session that asks. In a slow request it may have ended meanwhile.
    pub session: Session,
    /// The asker's own number for the request.
    pub correlation: u64,
    /// The payload, sealed; zero in `request_done`.
    pub message: Message,
}

/// Describes a result to the asker. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ResultInfo {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// One of the `RESULT_` constants.
    pub kind: u32,
    /// The session that asked.
    pub session: Session,
    /// The asker's own number for the request.
    pub correlation: u64,
    /// The code of the exception, or the code that the request ended with; `OK` for a result.
    pub code: i32,
    /// `REQUEST_` flags of the request.
    pub flags: u32,
    /// The result, sealed, or the exception's text; zero if there is none.
    pub message: Message,
    /// The request. Once it is over, its handle is stale and can be used as a key only. Zero for the end of a request
    /// that a filter consumed, which never had a handle.
    pub request: Request,
}

/// Services, which answer requests from sessions. The plugin that declared a service answers.
///
/// Requests of one session run one at a time, in order. A fast one runs inside `session->request`, on the kernel
/// thread. A slow one first runs `slow_arrive` on the kernel thread, then `slow_request` on a worker (or, in a host
/// without workers, from `poll`); slow requests of different sessions run in parallel.
///
/// Errors common to all slots that take a request: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`, and `E_NOT_OWNER`:
/// the request is for another plugin's service.
#[repr(C)]
pub struct ServiceApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Declares a service that the descriptor announces. The request ids in `slow_ids` are slow, all others fast.
    ///
    /// `E_ARGUMENT`: `slow_ids` is NULL and `slow_count` is not 0. `E_PERMISSION`: the service is not announced.
    /// `E_EXISTS`: it is declared already. `E_CAPACITY`: too many services or slow ids.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub declare: unsafe extern "C" fn(
        plugin: *mut Plugin,
        service: u32,
        slow_ids: *const u32,
        slow_count: usize,
    ) -> i32,
    /// Sends one result to the asker. A request may have any number of results. An asker that can take no more for now
    /// gets them later, in order.
    ///
    /// `E_STATE`: an exception was sent already. `E_CANCELLED`: nobody waits for the result any more. `E_CAPACITY`: the
    /// message is shared and no message is free for the copy. The error of a filter or an asker that refused the result
    /// is returned.
    ///
    /// `[thread: kernel|worker] [state: live] [reentrant: yes] [blocking: no] [message: hand-over] [since: 1.0]`
    pub result: unsafe extern "C" fn(plugin: *mut Plugin, request: Request, message: Message) -> i32,
    /// Tells the asker that the request failed, with a code and a text (UTF-8, cut off at 240 bytes). No results can
    /// follow. The exception is sent when the request is done.
    ///
    /// `E_ARGUMENT`: `text` is NULL and `length` is not 0, or `code` is below 100, which is no error. `E_STATE`: an
    /// exception was sent already.
    /// `E_CANCELLED`: nobody waits for the result any more.
    ///
    /// `[thread: kernel|worker] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub exception: unsafe extern "C" fn(
        plugin: *mut Plugin,
        request: Request,
        code: i32,
        text: *const c_char,
        length: usize,
    ) -> i32,
    /// Ends a request whose handler returned `PENDING`. If the handler still runs, the call is remembered, and takes
    /// effect when the handler returns `PENDING`.
    ///
    /// `E_STATE`: it was called before, the handler returned another status, or the request waits to be handled.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub done: unsafe extern "C" fn(plugin: *mut Plugin, request: Request) -> i32,
    /// `OK` while somebody waits for the results, `E_CANCELLED` once nobody does. A long handler calls this from time
    /// to time.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub is_cancelled: unsafe extern "C" fn(plugin: *mut Plugin, request: Request) -> i32,
    /// Says inside `slow_arrive` that the request needs no worker, as it was answered. It is done when `slow_arrive`
    /// returns.
    ///
    /// `E_STATE`: the call is not inside `slow_arrive` of this request.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub drop_current: unsafe extern "C" fn(plugin: *mut Plugin, request: Request) -> i32,
}
