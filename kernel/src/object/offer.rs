//! Offers: interfaces that plugins lend to each other.
//!
//! Nobody but the kernel knows a published table's address: whoever found an offer has a handle, and each call looks up
//! whether it still stands. So an offer needs no count of those who hold it, and its end waits for nobody.

use core::cell::Cell;
use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::{Limits, status};

use crate::base::answer::Answer;
use crate::base::handle::{self, KIND_OFFER};
use crate::base::pool::Pool;
use crate::base::region::Cursor;
use crate::base::slab::{Live, Wrap, Zeroed};

/// How far an offer is known.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Stage {
    /// It is announced, or was.
    Announced = 0,
    /// Its publisher's `create` has succeeded: it can be found, and is to be announced.
    Found,
    /// Its publisher's `create` still runs: nobody knows of it yet.
    Hidden,
}

/// One offer. Its id is the publisher's own text: part of its descriptor, or plugin zero's.
pub(crate) struct Offer {
    table: Cell<*const c_void>,
    id: Cell<*const u8>,
    id_length: Cell<u16>,
    stage: Cell<Stage>,
    instance: Cell<u32>,
}

// SAFETY: numbers, pointers and the first stage; zero is a value of each.
unsafe impl Zeroed for Offer {}

impl Offer {
    pub(crate) fn id(&self) -> &str {
        // SAFETY: UTF-8 that outlives the offer, as whoever began it said.
        unsafe {
            let bytes = core::slice::from_raw_parts(self.id.get(), usize::from(self.id_length.get()));
            core::str::from_utf8_unchecked(bytes)
        }
    }

    pub(crate) fn table(&self) -> *const c_void {
        self.table.get()
    }

    /// The publisher.
    pub(crate) fn instance(&self) -> u32 {
        self.instance.get()
    }

    pub(crate) fn is_hidden(&self) -> bool {
        self.stage.get() == Stage::Hidden
    }

    /// Its publisher's `create` has succeeded.
    pub(crate) fn show(&self) {
        if self.is_hidden() {
            self.stage.set(Stage::Found);
        }
    }

    /// It is announced now; whether it was to be.
    pub(crate) fn announce(&self) -> bool {
        self.stage.replace(Stage::Announced) == Stage::Found
    }
}

/// All offers of a host.
pub(crate) struct Offers {
    pool: Pool<Offer, KIND_OFFER>,
}

impl Offers {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u16) -> Self {
        Self { pool: Pool::take(cursor, limits.offers, handle::low_half(tag), Wrap::Retire) }
    }

    /// A new offer.
    ///
    /// # Safety
    /// The id is UTF-8, and outlives the offer.
    pub(crate) unsafe fn begin(
        &self,
        instance: u32,
        id: &[u8],
        table: *const c_void,
        is_hidden: bool,
    ) -> Answer<u32> {
        let index = self.pool.allocate().ok_or(status::E_CAPACITY)?;
        let offer = self.pool.at(index);
        offer.table.set(table);
        offer.id.set(id.as_ptr());
        offer.id_length.set(id.len() as u16);
        offer.stage.set(if is_hidden { Stage::Hidden } else { Stage::Announced });
        offer.instance.set(instance);
        self.pool.begin(index);
        Ok(index)
    }

    pub(crate) fn at(&self, index: u32) -> &Offer {
        self.pool.at(index)
    }

    pub(crate) fn handle(&self, index: u32) -> abi::Offer {
        abi::Offer { bits: self.pool.bits(index) }
    }

    pub(crate) fn live(&self) -> Live<'_> {
        self.pool.live()
    }

    pub(crate) fn find(&self, offer: abi::Offer) -> Answer<u32> {
        self.pool.find(offer.bits)
    }

    pub(crate) fn end(&self, index: u32) {
        self.pool.remove(index);
    }
}
