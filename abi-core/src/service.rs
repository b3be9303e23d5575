//! Services.

use core::ffi::c_char;

use crate::{Message, Plugin, Request, Session};

/// Flag of a request: its id was declared slow.
pub const REQUEST_SLOW: u32 = 1;

/// What `session_result` brings: one result.
pub const RESULT_RESULT: u32 = 1;
/// What `session_result` brings: the request failed with a code; the message holds its text, if there is one.
pub const RESULT_EXCEPTION: u32 = 2;
/// What `session_result` brings: nothing more will come. The code is `OK`, `E_CANCELLED`, or what the handler returned.
pub const RESULT_DONE: u32 = 3;

/// What a handler is told of a request. `[call]`
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
    /// Who asks. In a slow request the session may have ended meanwhile.
    pub session: Session,
    /// The asker's own number for it.
    pub correlation: u64,
    /// The payload, sealed; zero in `request_done`.
    pub message: Message,
}

/// What an asker is told of its request. `[call]`
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
    /// The code of an exception, or what the request ended with; `OK` for a result.
    pub code: i32,
    /// `REQUEST_` flags of the request.
    pub flags: u32,
    /// The result, sealed, or the exception's text; zero if there is none.
    pub message: Message,
    /// The request; stale, and only a key, once it is over. Zero for the end of a request that a filter consumed,
    /// which never had a handle.
    pub request: Request,
}

/// Services: requests from sessions, answered by the plugin that declared them.
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
    /// Offers a service that the descriptor announces; the request ids in `slow_ids` are slow, all others fast.
    ///
    /// `E_ARGUMENT`: `slow_ids` is NULL and `slow_count` is not 0. `E_PERMISSION`: not announced. `E_EXISTS`: it
    /// is offered already. `E_CAPACITY`: too many services or slow ids.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub declare: unsafe extern "C" fn(
        plugin: *mut Plugin,
        service: u32,
        slow_ids: *const u32,
        slow_count: usize,
    ) -> i32,
    /// Sends one result to the asker. A request may have any number of them; an asker that can take no more for now
    /// gets them later, in order.
    ///
    /// `E_STATE`: an exception was sent. `E_CANCELLED`: nobody waits for it any more. `E_CAPACITY`: the message is
    /// shared and no message is free for the copy. Whatever a filter or the asker refused with is passed on.
    ///
    /// `[thread: kernel|worker] [state: live] [reentrant: yes] [blocking: no] [message: hand-over] [since: 1.0]`
    pub result: unsafe extern "C" fn(plugin: *mut Plugin, request: Request, message: Message) -> i32,
    /// Tells the asker that the request failed: a code and a text (UTF-8, cut at 240 bytes). Results end with it; it
    /// travels when the request is done.
    ///
    /// `E_ARGUMENT`: `text` is NULL and `length` is not 0, or `code` is below 100, which are no errors. `E_STATE`: sent already.
    /// `E_CANCELLED`: nobody waits for it any more.
    ///
    /// `[thread: kernel|worker] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub exception: unsafe extern "C" fn(
        plugin: *mut Plugin,
        request: Request,
        code: i32,
        text: *const c_char,
        length: usize,
    ) -> i32,
    /// Ends a request whose handler returned `PENDING`. While the handler still runs it is remembered, and counts when that
    /// returns `PENDING`.
    ///
    /// `E_STATE`: it was called before, the handler returned anything else, or the request waits to be handled.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub done: unsafe extern "C" fn(plugin: *mut Plugin, request: Request) -> i32,
    /// `OK` while somebody waits for the answer, `E_CANCELLED` once nobody does. A long handler asks now and then.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub is_cancelled: unsafe extern "C" fn(plugin: *mut Plugin, request: Request) -> i32,
    /// Inside `slow_arrive`: the request was answered there and needs no worker. It is done when `slow_arrive` returns.
    ///
    /// `E_STATE`: not inside `slow_arrive` of this request.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub drop_current: unsafe extern "C" fn(plugin: *mut Plugin, request: Request) -> i32,
}
