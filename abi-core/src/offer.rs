//! `pintle.offer/1`: interfaces that plugins publish for each other.

use core::ffi::{c_char, c_void};

use crate::{Instance, Offer, Plugin, Text};

/// The id of [`OfferApi`], for `extension`.
pub const OFFER_ID: &core::ffi::CStr = c"pintle.offer/1";

/// Arguments of `offer_published` and `offer_ended`. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct OfferInfo {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// The offer. In `offer_ended` it is stale and can be used as a key only.
    pub offer: Offer,
    /// The instance that published it.
    pub publisher: Instance,
    /// The id of the interface. `[call]`
    pub id: Text,
}

/// Offers. A plugin publishes a table of functions under an id that its descriptor lists in `offers`. Other plugins
/// find the offer by that id and call its functions through the host.
///
/// The address of the table is given out during a call only, so that no call can reach a plugin that has ended: an
/// offer ends before its publisher's `destroy`, and a call through its handle then returns `E_STALE`. A call is a
/// crossing of the publisher, like a callback: it counts for the limit of nesting, a message that the publisher
/// acquires in it and does not retain is released after it, and a panic in it poisons the publisher alone.
///
/// Errors common to all slots that take an offer: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`.
#[repr(C)]
pub struct OfferApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Publishes `table` under `id`, and calls `offer_published` of every other instance. An offer that is published in
    /// `create` can be found, and is announced, once `create` has succeeded.
    ///
    /// `table` points to a struct of the publisher that begins with its size, a `uint32_t` of at least 8, and stays
    /// valid until the publisher's `destroy` returns. The id, such as `org.vendor.name/1`, stands for one layout of the
    /// table. The host reads the size only. Plugin zero need not announce its ids; it keeps `id` readable as long as
    /// the table.
    ///
    /// `E_ARGUMENT`: `table` or `out` is NULL, the size is under 8, or `id` is empty, longer than a descriptor, or not
    /// UTF-8. `E_PERMISSION`: the descriptor does not list the id in `offers`, or the id begins with `pintle.`, as
    /// those of the host do. `E_EXISTS`: the id is published already. `E_CAPACITY`: too many offers.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub publish: unsafe extern "C" fn(
        plugin: *mut Plugin,
        id: *const c_char,
        id_length: usize,
        table: *const c_void,
        out: *mut Offer,
    ) -> i32,
    /// Ends an offer. Its handle is stale at once, and `offer_ended` of every other instance is called. Calls that are
    /// on the stack run to their end.
    ///
    /// `E_NOT_OWNER`: another instance published it.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub withdraw: unsafe extern "C" fn(plugin: *mut Plugin, handle: Offer) -> i32,
    /// Finds the offer of an interface by its id. The handle may be kept.
    ///
    /// `E_ARGUMENT`: `out` is NULL, or `id` is NULL and its length is not 0. `E_NOT_FOUND`: it is not
    /// published now; `offer_published` is called when it is.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub find: unsafe extern "C" fn(
        plugin: *mut Plugin,
        id: *const c_char,
        id_length: usize,
        out: *mut Offer,
    ) -> i32,
    /// Runs `run`, a function of the caller, as a crossing of the publisher, with the publisher's own pointer, its
    /// table `[call]` and `data`. `run` calls one function of the table, passes `publisher` to it, and returns its
    /// status, which this slot then returns. It must not keep either pointer.
    ///
    /// If that is an error, the caller's last error is the text that the publisher set for it, after the publisher's
    /// name.
    ///
    /// `E_ARGUMENT`: `run` is NULL. `E_POISONED`: the publisher is poisoned, or panicked in this call. `E_REENTRANT`:
    /// nested too deep. Else the error that `run` returned.
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
