//! Offers: interfaces that plugins lend to each other.
//!
//! Nobody but the kernel knows a published table's address: whoever found an offer has a handle, and each call looks up
//! whether it still stands. So an offer needs no count of those who hold it, and its end waits for nobody.

use core::cell::Cell;
use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::Limits;

use crate::base::answer::Answer;
use crate::base::handle::{self, KIND_OFFER};
use crate::base::region::Cursor;
use crate::base::slab::{FreeList, Live, Slab, Wrap, Zeroed};

/// One offer. Its id is the publisher's own text: part of its descriptor, or plugin zero's.
pub(crate) struct Offer {
    pub(crate) table: Cell<*const c_void>,
    pub(crate) id: Cell<*const u8>,
    pub(crate) id_length: Cell<u16>,
    /// Its publisher's `create` still runs: nobody knows of it yet.
    pub(crate) is_hidden: Cell<bool>,
    pub(crate) instance: Cell<u32>,
}

// SAFETY: numbers, flags and pointers; zero is a value of each.
unsafe impl Zeroed for Offer {}

impl Offer {
    pub(crate) fn id(&self) -> &str {
        // SAFETY: set from a `str` of the publisher's that outlives the offer.
        unsafe {
            let bytes = core::slice::from_raw_parts(self.id.get(), usize::from(self.id_length.get()));
            core::str::from_utf8_unchecked(bytes)
        }
    }
}

/// All offers of a host.
pub(crate) struct Offers {
    pub(crate) slab: Slab<Offer, KIND_OFFER>,
    pub(crate) free: FreeList,
}

impl Offers {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u16) -> Self {
        Self {
            slab: Slab::take(cursor, limits.offers, handle::low_half(tag), Wrap::Retire),
            free: FreeList::new(0, limits.offers),
        }
    }

    pub(crate) fn live(&self) -> Live<'_> {
        self.slab.live(&self.free)
    }

    pub(crate) fn find(&self, offer: abi::Offer) -> Answer<u32> {
        self.slab.find(offer.bits, &self.free)
    }
}
