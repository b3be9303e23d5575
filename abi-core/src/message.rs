//! Messages.

use crate::{Bytes, Message, Plugin};

/// Bytes on their way, counted by reference.
///
/// **Domains.** A message belongs to one thread domain at a time: the kernel thread, or one worker, or one of a
/// plugin's own threads. Every call on it from elsewhere is `E_WRONG_THREAD`, except `release`. Calls tagged
/// `[message: hand-over]` move it.
///
/// **References.** What a callback, task or slow request acquires and does not `retain` is released when it
/// returns. Plugin zero outside a callback, and a plugin on a thread of its own, release what they acquire.
///
/// **Passing on.** `[message: borrow]`: the call is over with the message when it returns. `[message: hand-over]`:
/// on `OK` one reference of the caller is spent; on an error none is. If others hold references, a copy travels.
/// Either way the message is sealed: nobody writes to it any more.
///
/// **Positions.** Writing appends. Reading has a position of its own, which is back at the first byte whenever a
/// callback receives the message.
///
/// Errors common to all slots that take a message: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`, `E_WRONG_THREAD`.
#[repr(C)]
pub struct MessageApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Gives an empty message that holds at least `capacity` bytes, with one reference.
    ///
    /// `E_ARGUMENT`: `out` is NULL. `E_CAPACITY`: `capacity` is over the limit, or no message is free.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub acquire: unsafe extern "C" fn(plugin: *mut Plugin, capacity: usize, out: *mut Message) -> i32,
    /// Adds a reference that outlives the callback.
    ///
    /// `E_CAPACITY`: this instance holds as many references of it as the host counts: 65,535 at least, and with
    /// 64-bit pointers more than there can be sessions.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub retain: unsafe extern "C" fn(plugin: *mut Plugin, message: Message) -> i32,
    /// Gives back a reference, from any thread domain. With the last one the handle is stale.
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
    /// Copies the next `length` bytes to `data` and moves the reading position.
    ///
    /// `E_ARGUMENT`: `data` is NULL and `length` is not 0. `E_UNDERFLOW`: fewer are left; nothing was read.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub read:
        unsafe extern "C" fn(plugin: *mut Plugin, message: Message, data: *mut u8, length: usize) -> i32,
    /// Puts the reading position back to the first byte.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub rewind: unsafe extern "C" fn(plugin: *mut Plugin, message: Message) -> i32,
    /// How many bytes the message holds, wherever the reading position is.
    ///
    /// `E_ARGUMENT`: `out` is NULL.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub length: unsafe extern "C" fn(plugin: *mut Plugin, message: Message, out: *mut usize) -> i32,
    /// Shows all bytes without copying them `[until-next]`.
    ///
    /// `E_ARGUMENT`: `out` is NULL.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub view: unsafe extern "C" fn(plugin: *mut Plugin, message: Message, out: *mut Bytes) -> i32,
    /// Shows room for `length` more bytes, to be filled in place and then committed `[until-next]`.
    ///
    /// `E_ARGUMENT`: `out` is NULL. `E_SEALED`. `E_CAPACITY`: they do not fit.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub reserve:
        unsafe extern "C" fn(plugin: *mut Plugin, message: Message, length: usize, out: *mut *mut u8) -> i32,
    /// Says what was written in place. After `reserve`: appends the first `length` bytes of what was reserved. After
    /// `view_mut`: the first `length` bytes were overwritten. Either is ended by this, and by any other call that writes.
    ///
    /// `E_SEALED`. `E_STATE`: more than was reserved or shown, or neither was done since the last call that writes.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub commit: unsafe extern "C" fn(plugin: *mut Plugin, message: Message, length: usize) -> i32,
    /// Makes the message that the calling filter received writable until the filter returns: `out` is the message
    /// that travels on, a copy if anybody else holds the original. Overwrite bytes through `view_mut` and `commit`,
    /// replace all with `clear` and `write`.
    ///
    /// `E_ARGUMENT`: `out` is NULL. `E_STATE`: not the message of the running `message_in` or `message_out`.
    /// `E_CAPACITY`: no message is free for the copy.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub edit: unsafe extern "C" fn(plugin: *mut Plugin, message: Message, out: *mut Message) -> i32,
    /// Shows all bytes for overwriting in place `[until-next]`; `out_length` receives how many. What was overwritten
    /// travels once `commit` has named it. Without that it is not defined whether it does: a recorder, or a host in
    /// another process, does not see it.
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
