//! Interfaces that plugins offer, and the application's own for them.

use std::any::Any;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::null;

use pintle_abi_core::{OFFER_ID, Offer, OfferApi, Plugin, Text, status};

use super::Calls;
use super::texts::view;
use crate::error::Error;

impl<'h> Calls<'h> {
    fn offers(&self) -> Result<&'h OfferApi, Error> {
        let (id, mut table) = (OFFER_ID.to_bytes(), null());
        // SAFETY: plugin zero lives for 'h; the id is readable, and `table` writable, until the call returns.
        let code =
            unsafe { (self.api().extension)(self.plugin, id.as_ptr().cast(), id.len(), &raw mut table) };
        self.end(code)?;
        // SAFETY: the host gave its table under this id, which lives as long as the host.
        Ok(unsafe { &*table.cast() })
    }

    /// Publishes a table of the application's under an id, which need not be announced anywhere.
    ///
    /// # Errors
    /// `E_ARGUMENT`: the id is empty, or the table's size is under 8. `E_PERMISSION`: the id begins with `pintle.`.
    /// `E_EXISTS`: it is published already. `E_CAPACITY`: too many.
    ///
    /// # Safety
    /// The table is `repr(C)` and begins with a `u32` that says its size; it is what everybody means by the id, and its
    /// functions can be called from the kernel thread at any time.
    pub unsafe fn publish<T: Sync>(&self, id: &'static str, table: &'static T) -> Result<Offer, Error> {
        // SAFETY: id and table are `'static`. The caller promises the rest.
        unsafe { self.publish_kept(view(id), std::ptr::from_ref(table).cast()) }
    }

    /// As [`publish`](Self::publish), for callers in other languages, who have the address of a table. The host keeps a
    /// copy of the id until it is dropped.
    ///
    /// # Errors
    /// `E_STATE`: the host has no application. `E_ARGUMENT`: also a NULL table. As for [`publish`](Self::publish).
    ///
    /// # Safety
    /// `table` is NULL, or points to a table that stays valid until the host is dropped, with all that its functions
    /// need. As for [`publish`](Self::publish).
    pub unsafe fn publish_at(&self, id: &str, table: *const c_void) -> Result<Offer, Error> {
        // SAFETY: `Texts` keeps the id as long as the host lives. The caller promises the rest.
        unsafe { self.publish_kept(self.texts()?.keep_id(id), table) }
    }

    /// # Safety
    /// The id lives at least as long as the host. As for [`publish_at`](Self::publish_at).
    unsafe fn publish_kept(&self, id: Text, table: *const c_void) -> Result<Offer, Error> {
        let mut offer = Offer::default();
        // SAFETY: `offer` is writable. The caller promises the rest.
        let code =
            unsafe { (self.offers()?.publish)(self.plugin, id.data, id.length, table, &raw mut offer) };
        self.end(code)?;
        Ok(offer)
    }

    /// Ends an offer of the application. `offer_ended` of every plugin that has it is called.
    ///
    /// # Errors
    /// `E_NOT_OWNER`: a plugin's. The errors of handles.
    pub fn withdraw(&self, offer: Offer) -> Result<(), Error> {
        // SAFETY: plugin zero lives; anything goes for a handle.
        let code = unsafe { (self.offers()?.withdraw)(self.plugin, offer) };
        self.end(code)
    }

    /// Finds the offer of an interface by its id.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: nothing is now.
    pub fn find_offer(&self, id: &str) -> Result<Offer, Error> {
        let mut offer = Offer::default();
        // SAFETY: the id is readable, and `offer` writable, until the call returns.
        let code =
            unsafe { (self.offers()?.find)(self.plugin, id.as_ptr().cast(), id.len(), &raw mut offer) };
        self.end(code)?;
        Ok(offer)
    }

    /// Whether this offer, which was found, published or announced under this id, has not ended.
    ///
    /// # Errors
    /// `E_CLOSED`, `E_WRONG_THREAD`.
    pub fn is_offered(&self, offer: Offer, id: &str) -> Result<bool, Error> {
        match self.find_offer(id) {
            Err(error) if error.code == status::E_NOT_FOUND => Ok(false),
            found => found.map(|found| found == offer),
        }
    }

    /// Runs `run`, inside a call to the publisher, with the publisher's own pointer and its table. It calls one
    /// function of the table, passes it the pointer, and returns its status. It keeps neither. Gives that status if it
    /// is no error.
    ///
    /// # Errors
    /// `E_STALE`: the offer has ended. `E_POISONED`: the publisher panicked. `E_REENTRANT`: nested too deep. Else
    /// whatever `run` returned, with the publisher's error text. The errors of handles.
    pub fn call_offer<F>(&self, offer: Offer, run: F) -> Result<i32, Error>
    where
        F: FnOnce(*mut Plugin, *const c_void) -> i32,
    {
        let mut call = Call { run: Some(run), panic: None };
        let data = (&raw mut call).cast();
        // SAFETY: plugin zero lives; `data` is what this instance of `reach` expects, and lives until the call returns.
        let code = unsafe { (self.offers()?.call)(self.plugin, offer, Some(reach::<F>), data) };
        if let Some(panic) = call.panic {
            resume_unwind(panic);
        }
        self.end(if status::is_error(code) { code } else { status::OK })?;
        Ok(code)
    }
}

struct Call<F> {
    run: Option<F>,
    panic: Option<Box<dyn Any + Send>>,
}

/// A panic waits until the kernel's frames are left; it is the caller's, not the publisher's.
unsafe extern "C" fn reach<F>(publisher: *mut Plugin, table: *const c_void, data: *mut c_void) -> i32
where
    F: FnOnce(*mut Plugin, *const c_void) -> i32,
{
    // SAFETY: `call_offer` passes this function on together with its own `Call<F>`, to which nothing else refers.
    let call = unsafe { &mut *data.cast::<Call<F>>() };
    let Some(run) = call.run.take() else { return status::E_STATE };
    catch_unwind(AssertUnwindSafe(|| run(publisher, table))).unwrap_or_else(|panic| {
        call.panic = Some(panic);
        status::E_CANCELLED
    })
}
