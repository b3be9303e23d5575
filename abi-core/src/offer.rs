//! `pintle.offer/1`: interfaces that plugins offer to each other.

use core::ffi::{c_char, c_void};

use crate::{Instance, Offer, Plugin, Text};

/// The id of [`OfferApi`], for `extension`.
pub const OFFER_ID: &core::ffi::CStr = c"pintle.offer/1";

/// What is told of an offer when it was published and when it has ended. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct OfferInfo {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// The offer; in `offer_ended` it is stale, and a key only.
    pub offer: Offer,
    /// Who published it.
    pub publisher: Instance,
    /// The id of the interface. `[call]`
    pub id: Text,
}

/// A plugin publishes a table of its own under an id that its descriptor lists in `offers`; others find the offer by that id
/// and call through the host.
///
/// Nobody is ever given the table's address outside a call, so no call can reach a plugin that has gone: an offer ends
/// before its publisher's `destroy`, and a call through its handle is then `E_STALE`. A call is a crossing of the publisher,
/// like a callback: it nests as deep as callbacks may, what the publisher acquires in it and does not retain is released
/// after it, and a panic in it poisons the publisher alone.
///
/// Errors common to all slots that take an offer: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`.
#[repr(C)]
pub struct OfferApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Publishes `table` under `id`, and tells every other instance that has `offer_published`. What is published in `create`
    /// can be found, and is told, once `create` has succeeded.
    ///
    /// `table` points to a struct of the publisher's that begins with its size, a `uint32_t` of at least 8, and stays where it
    /// is until the publisher's `destroy` returns. Its layout is what the id stands for, as `org.vendor.name/1`. The host
    /// reads nothing of it but the size. `id` of plugin zero, which need not announce it, is readable for as long.
    ///
    /// `E_ARGUMENT`: `table` or `out` is NULL, the size is under 8, or `id` is empty, longer than a
    /// descriptor, or not UTF-8. `E_PERMISSION`: the
    /// descriptor does not offer it, or it begins with `pintle.`, as the host's own do. `E_EXISTS`: it is published already.
    /// `E_CAPACITY`: too many offers.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub publish: unsafe extern "C" fn(
        plugin: *mut Plugin,
        id: *const c_char,
        id_length: usize,
        table: *const c_void,
        out: *mut Offer,
    ) -> i32,
    /// Ends an offer: its handle is stale at once, and every other instance that has `offer_ended` is told. Calls that are on
    /// the stack run to their end.
    ///
    /// `E_NOT_OWNER`: another instance's.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub withdraw: unsafe extern "C" fn(plugin: *mut Plugin, handle: Offer) -> i32,
    /// Finds the offer of an interface by its id. The handle may be kept.
    ///
    /// `E_ARGUMENT`: `out` is NULL, or `id` is NULL and its length is not 0. `E_NOT_FOUND`: nobody offers it now;
    /// `offer_published` tells when somebody does.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub find: unsafe extern "C" fn(
        plugin: *mut Plugin,
        id: *const c_char,
        id_length: usize,
        out: *mut Offer,
    ) -> i32,
    /// Runs `run`, a small function of the caller's, as a crossing of the publisher, with the publisher's own pointer, its
    /// table `[call]` and `data`. It calls the function of the table that it wants, passes it `publisher`, and returns its
    /// status, which is also the answer of this slot. It keeps neither pointer.
    ///
    /// If that is an error, the text that the publisher set for it becomes the caller's last error, behind the publisher's name.
    ///
    /// `E_ARGUMENT`: `run` is NULL. `E_POISONED`: the publisher is poisoned, or panicked in this call. `E_REENTRANT`: nested
    /// too deep. Else whatever `run` returned.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub call: unsafe extern "C" fn(
        plugin: *mut Plugin,
        handle: Offer,
        run: Option<
            unsafe extern "C" fn(publisher: *mut Plugin, table: *const c_void, data: *mut c_void) -> i32,
        >,
        data: *mut c_void,
    ) -> i32,
}
