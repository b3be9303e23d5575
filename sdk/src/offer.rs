//! `pintle.offer/1`: interfaces that plugins offer to each other.

use core::ffi::c_void;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

use abi::status;
use pintle_abi_core as abi;

use crate::callbacks::enter_checked;
use crate::wall::Carried;
use crate::{Error, Host, Offer, Plugin, Result, Status};

/// A table with an id, which one plugin publishes and others find and call.
///
/// ```
/// use core::ffi::c_void;
/// use pintle_sdk::{Interface, abi};
///
/// #[repr(C)]
/// pub struct Prices {
///     pub size: u32,
///     pub reserved: u32,
///     pub price: unsafe extern "C" fn(publisher: *mut abi::Plugin, symbol: u32, out: *mut u64) -> i32,
/// }
///
/// // SAFETY: as the trait asks; the id stands for this layout.
/// unsafe impl Interface for Prices {
///     const ID: &'static str = "org.example.prices/1";
/// }
/// ```
///
/// # Safety
/// The type is `repr(C)`, at least 8 bytes large, and begins with a `u32` that says how many bytes of it are present. The id
/// stands for this layout in every plugin that publishes or finds it; members are only ever added at its end.
pub unsafe trait Interface: Sync + 'static {
    /// The id, such as `org.vendor.name/1`.
    const ID: &'static str;
}

/// An offer of this interface, to be kept and compared. A call with a stale one returns a status.
pub struct Found<I> {
    /// The handle.
    pub offer: Offer,
    interface: PhantomData<fn() -> I>,
}

impl<I> Clone for Found<I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I> Copy for Found<I> {}

impl<I> PartialEq for Found<I> {
    fn eq(&self, other: &Self) -> bool {
        self.offer == other.offer
    }
}

impl<I> Eq for Found<I> {}

impl<I: Interface> fmt::Debug for Found<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Found({}, {:#x})", I::ID, self.offer.bits)
    }
}

/// Interfaces that plugins offer to each other: `host.offers()?`. Kernel thread.
#[derive(Clone, Copy, Debug)]
pub struct Offers<'h> {
    host: &'h Host,
    table: NonNull<abi::OfferApi>,
}

impl Host {
    /// The interfaces that this plugin and others offer.
    ///
    /// # Errors
    /// `E_UNSUPPORTED`: this host has none.
    pub fn offers(&self) -> Result<Offers<'_>> {
        // The id is a constant of the contract, and ASCII.
        let table = self.extension(abi::OFFER_ID.to_str().unwrap_or_default())?.cast::<abi::OfferApi>();
        // SAFETY: the host gives the table that the id names; it begins with its size.
        if unsafe { abi::covers!(table.as_ptr(), abi::OfferApi, call) } {
            Ok(Offers { host: self, table })
        } else {
            Err(Error::new(Status(status::E_LAYOUT), "the host's pintle.offer/1 table is too short"))
        }
    }
}

impl Offers<'_> {
    /// Publishes a table, whose id must be under `offers` in [`plugin`](crate::plugin). Others can find a table that `create`
    /// publishes once `create` has succeeded. Its functions use [`offered`].
    ///
    /// # Errors
    /// `E_PERMISSION`: the id is not under `offers`. `E_EXISTS`: it is published already. `E_CAPACITY`: too many.
    pub fn publish<I: Interface>(self, table: &'static I) -> Result<Offer> {
        let mut offer = Offer::default();
        let (id, table) = (I::ID, core::ptr::from_ref(table).cast::<c_void>());
        // SAFETY: `offers` saw that the host's table covers 1.0; id and table live for ever, `offer` until the call returns.
        let code = unsafe {
            (self.table.as_ref().publish)(
                self.host.as_raw(),
                id.as_ptr().cast(),
                id.len(),
                table,
                &raw mut offer,
            )
        };
        Status(code).check()?;
        Ok(offer)
    }

    /// Ends an offer of this plugin; `offer_ended` of all others is called. The host withdraws what the plugin still offers when
    /// it ends.
    ///
    /// # Errors
    /// `E_STALE`: it has ended. `E_NOT_OWNER`: another plugin's.
    pub fn withdraw(self, offer: Offer) -> Result {
        // SAFETY: as for `publish`.
        Status(unsafe { (self.table.as_ref().withdraw)(self.host.as_raw(), offer) }).check()
    }

    /// Finds the offer of an interface.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: no plugin offers it now; [`Plugin::offer_published`] is called when one does.
    pub fn find<I: Interface>(self) -> Result<Found<I>> {
        let (id, mut offer) = (I::ID, Offer::default());
        // SAFETY: as for `publish`.
        let code = unsafe {
            (self.table.as_ref().find)(self.host.as_raw(), id.as_ptr().cast(), id.len(), &raw mut offer)
        };
        Status(code).check()?;
        Ok(Found { offer, interface: PhantomData })
    }

    /// Runs `run`, inside a call to the publisher, with the publisher's own pointer and its table. `run` must call one function of
    /// the table, pass it the pointer, return its status, and do nothing else, because the host takes it for code of the
    /// publisher. A panic of `run` goes on in the caller.
    ///
    /// # Errors
    /// `E_STALE`: the offer has ended. `E_POISONED`: the publisher panicked. `E_UNSUPPORTED`: its table is an older one, and
    /// ends before what `I` has. `E_REENTRANT`: nested too deep. Else the status that `run` returned, with the publisher's error text.
    pub fn call<I, F>(self, found: Found<I>, run: F) -> Result
    where
        I: Interface,
        F: FnOnce(*mut abi::Plugin, &I) -> i32,
    {
        let mut call = Call { run: Some(run), carried: Carried::default() };
        let data = (&raw mut call).cast::<c_void>();
        // SAFETY: as for `publish`; `data` is what this instance of `reach` expects, and lives until the call returns.
        let code =
            unsafe { (self.table.as_ref().call)(self.host.as_raw(), found.offer, Some(reach::<I, F>), data) };
        call.carried.resume();
        Status(code).check()
    }
}

struct Call<F> {
    run: Option<F>,
    carried: Carried,
}

unsafe extern "C" fn reach<I, F>(publisher: *mut abi::Plugin, table: *const c_void, data: *mut c_void) -> i32
where
    I: Interface,
    F: FnOnce(*mut abi::Plugin, &I) -> i32,
{
    // SAFETY: `Offers::call` passes this function on together with its own `Call<F>`, to which nothing else refers.
    let call = unsafe { &mut *data.cast::<Call<F>>() };
    // SAFETY: a published table begins with its size.
    let size = unsafe { table.cast::<u32>().read() } as usize;
    match call.run.take() {
        // SAFETY: as the id says, the table is an `I`, all of which is there; it lives during the call.
        Some(run) if size >= size_of::<I>() => call.carried.run(|| run(publisher, unsafe { &*table.cast() })),
        _ => status::E_UNSUPPORTED,
    }
}

/// Runs a function of a published table: `body` with the publisher, behind the wall.
///
/// ```
/// # use pintle_sdk::{CreateArgs, Host, Plugin, Result, abi, offered};
/// # struct Shop { price: u64 }
/// # impl Plugin for Shop {
/// #     fn create(_: &Host, _: CreateArgs<'_>) -> Result<Self> { Ok(Shop { price: 1 }) }
/// # }
/// unsafe extern "C" fn price(publisher: *mut abi::Plugin, symbol: u32, out: *mut u64) -> i32 {
///     // SAFETY: whoever calls passes the publisher's pointer, and a place to write to.
///     unsafe {
///         offered::<Shop>(publisher, "price", |shop, _| {
///             out.write(shop.price * u64::from(symbol));
///             Ok(())
///         })
///     }
/// }
/// ```
///
/// # Safety
/// `publisher` is what the host gave to the function that called this table: an instance of this crate's.
pub unsafe fn offered<T: Plugin>(
    publisher: *mut abi::Plugin,
    function: &'static str,
    body: impl FnOnce(&T, &Host) -> Result,
) -> i32 {
    // SAFETY: as the caller promises; a call through an offer keeps its publisher alive.
    unsafe { enter_checked::<T>(publisher, function, body) }
}
