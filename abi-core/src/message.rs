//! Messages.

use crate::{Bytes, Message, Plugin};

/// Messages: bytes that are sent or handed over, whose references are counted.
///
/// **Domains.** A message belongs to one thread domain at a time: the kernel thread, one worker, or one of a plugin's own
/// threads. Every call on it from another domain but `release` returns `E_WRONG_THREAD`. Calls tagged
/// `[message: hand-over]` move it to another domain.
///
/// **References.** A message that a callback, task or slow request acquires and does not `retain` is released when it
/// returns. Plugin zero outside a callback, and a plugin on its own thread, must release what they acquire.
///
/// **Passing on.** `[message: borrow]`: the call uses the message until it returns. `[message: hand-over]`: on `OK` one
/// reference of the caller is spent, on an error none; if others hold references, a copy is handed over. Either way the
/// message is sealed: it cannot be written any more.
///
/// **Positions.** Writing appends. Reading has its own position, which is at the first byte whenever a callback
/// receives the message.
///
/// Errors common to all slots that take a message: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`, `E_WRONG_THREAD`.
#[repr(C)]
pub struct MessageApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Gives an empty message with room for at least `capacity` bytes, and one reference.
    ///
    /// `E_ARGUMENT`: `out` is NULL. `E_CAPACITY`: `capacity` is over the limit, or no message is free.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub acquire: unsafe extern "C" fn(plugin: *mut Plugin, capacity: usize, out: *mut Message) -> i32,
    /// Adds a reference, which is not released when the callback returns.
    ///
    /// `E_CAPACITY`: this instance holds as many references of it as the host can count: at least 65,535, and with 64-bit
    /// pointers more than there can be sessions.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub retain: unsafe extern "C" fn(plugin: *mut Plugin, message: Message) -> i32,
    /// Gives back a reference, from any thread domain. When the last one is given back, the handle is stale.
    ///
    /// `E_STATE`: this instance holds no reference of it (it was spent, or is another's).
    ///
    /// `[thread: any|isr] [state: any] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub release: unsafe extern "C" fn(plugin: *mut Plugin, message: Message) -> i32,
    /// Appends `length` bytes.
    ///
    /// `E_ARGUMENT`: `data` is NULL and `length` is not 0. `E_SEALED`. `E_CAPACITY`: they do not fit; nothing was
    /// written.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub write:
        unsafe extern "C" fn(plugin: *mut Plugin, message: Message, data: *const u8, length: usize) -> i32,
    /// Copies the next `length` bytes to `data` and moves the reading position behind them.
    ///
    /// `E_ARGUMENT`: `data` is NULL and `length` is not 0. `E_UNDERFLOW`: fewer are left; nothing was read.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub read:
        unsafe extern "C" fn(plugin: *mut Plugin, message: Message, data: *mut u8, length: usize) -> i32,
    /// Sets the reading position to the first byte.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub rewind: unsafe extern "C" fn(plugin: *mut Plugin, message: Message) -> i32,
    /// The length of the message in bytes, whatever the reading position is.
    ///
    /// `E_ARGUMENT`: `out` is NULL.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub length: unsafe extern "C" fn(plugin: *mut Plugin, message: Message, out: *mut usize) -> i32,
    /// Gives a view of all bytes, without a copy `[until-next]`.
    ///
    /// `E_ARGUMENT`: `out` is NULL.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub view: unsafe extern "C" fn(plugin: *mut Plugin, message: Message, out: *mut Bytes) -> i32,
    /// Gives room for `length` more bytes, to be filled in place and then committed `[until-next]`.
    ///
    /// `E_ARGUMENT`: `out` is NULL. `E_SEALED`. `E_CAPACITY`: they do not fit.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub reserve:
        unsafe extern "C" fn(plugin: *mut Plugin, message: Message, length: usize, out: *mut *mut u8) -> i32,
    /// Says how many bytes were written in place. After `reserve`, the first `length` bytes of the room are appended.
    /// After `view_mut`, the first `length` bytes have been overwritten. This call ends both, as does any other call
    /// that writes.
    ///
    /// `E_SEALED`. `E_STATE`: `length` is more than was given, or there was no `reserve` or `view_mut` since the
    /// last call that writes.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub commit: unsafe extern "C" fn(plugin: *mut Plugin, message: Message, length: usize) -> i32,
    /// Makes the message that the calling filter received writable until the filter returns. `out` is the message that is
    /// passed on, which is a copy if anybody else holds the original. Overwrite bytes with `view_mut` and `commit`, or
    /// replace all of them with `clear` and `write`.
    ///
    /// `E_ARGUMENT`: `out` is NULL. `E_STATE`: not the message of the running `message_in` or `message_out`.
    /// `E_CAPACITY`: no message is free for the copy.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub edit: unsafe extern "C" fn(plugin: *mut Plugin, message: Message, out: *mut Message) -> i32,
    /// Gives all bytes for overwriting in place `[until-next]`; `out_length` receives their number. Overwritten bytes
    /// count once `commit` has been called. Without that it is not defined whether they are passed on: a recorder, or a
    /// host in another process, does not see them.
    ///
    /// `E_ARGUMENT`: `out` or `out_length` is NULL. `E_SEALED`.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub view_mut: unsafe extern "C" fn(
        plugin: *mut Plugin,
        message: Message,
        out: *mut *mut u8,
        out_length: *mut usize,
    ) -> i32,
    /// Empties the message.
    ///
    /// `E_SEALED`.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub clear: unsafe extern "C" fn(plugin: *mut Plugin, message: Message) -> i32,
    /// Gives a writable copy with one reference, and room for at least `capacity` bytes.
    ///
    /// `E_ARGUMENT`: `out` is NULL. `E_CAPACITY`: as for `acquire`.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub clone: unsafe extern "C" fn(
        plugin: *mut Plugin,
        message: Message,
        capacity: usize,
        out: *mut Message,
    ) -> i32,
}
