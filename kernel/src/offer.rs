//! Offers: interfaces that plugins lend to each other, and the `pintle.offer/1` table.
//!
//! Nobody but the kernel knows a published table's address: whoever found an offer has a handle, and each call looks up
//! whether it still stands. So an offer needs no count of those who hold it, and its end waits for nobody.

use core::cell::Cell;
use core::ffi::{c_char, c_void};
use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core::{
    DESCRIPTOR_MAX, KIND_OFFER, Limits, Offer, OfferApi, OfferInfo, Plugin, rules::callback,
    rules::offer as rule, status,
};

use crate::api::OWN;
use crate::guard::{Answer, answer, enter, out};
use crate::handle;
use crate::kernel::Kernel;
use crate::plugin::Record;
use crate::region::Cursor;
use crate::slab::{FreeList, Live, Slab, Wrap, Zeroed};
use crate::{text, trace};

pub(crate) static TABLE: OfferApi =
    OfferApi { size: size_of::<OfferApi>() as u32, reserved: 0, publish, withdraw, find, call };

/// What a call runs.
type Run = unsafe extern "C" fn(*mut Plugin, *const c_void, *mut c_void) -> i32;

/// The least size of a published table: its size and four bytes more, as the host's own tables begin.
const TABLE_LEAST: u32 = 8;

/// One offer. Its id is the publisher's own text: part of its descriptor, or plugin zero's.
pub(crate) struct Offered {
    table: Cell<*const c_void>,
    id: Cell<*const u8>,
    id_length: Cell<u16>,
    /// Its publisher's `create` still runs: nobody knows of it yet.
    is_hidden: Cell<bool>,
    record: Cell<u32>,
}

// SAFETY: numbers, flags and pointers; zero is a value of each.
unsafe impl Zeroed for Offered {}

impl Offered {
    fn id(&self) -> &str {
        // SAFETY: set from a `str` of the publisher's that outlives the offer.
        unsafe {
            let bytes = core::slice::from_raw_parts(self.id.get(), usize::from(self.id_length.get()));
            core::str::from_utf8_unchecked(bytes)
        }
    }
}

/// All offers of a host.
pub(crate) struct Offers {
    slab: Slab<Offered>,
    free: FreeList,
}

impl Offers {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u8) -> Self {
        Self {
            slab: Slab::take(cursor, limits.offers, handle::low_half(KIND_OFFER, tag), Wrap::Retire),
            free: FreeList::new(0, limits.offers),
        }
    }

    fn live(&self) -> Live<'_> {
        self.slab.live(&self.free)
    }

    fn index_of(&self, offer: Offer) -> Answer<u32> {
        self.slab.find(offer.bits, &self.free)
    }
}

/// What becomes of an offer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Begins,
    Ends,
}

impl Kernel {
    /// The offer under an id, and whether it can be found. There are few: they are searched from the beginning.
    #[inline(never)]
    pub(crate) fn find_offer(&self, id: &[u8]) -> Option<(u32, bool)> {
        let index = self.offers.live().find(|index| self.offers.slab.at(*index).id().as_bytes() == id)?;
        Some((index, !self.offers.slab.at(index).is_hidden.get()))
    }

    fn publisher(&self, index: u32) -> &Record {
        self.record(self.offers.slab.at(index).record.get())
    }

    /// Announces what an instance published in its `create`, which has just succeeded, or ends all that it offers. What it
    /// publishes while it is announced has been announced.
    #[inline(never)]
    pub(crate) fn settle_offers_of(&self, record: &Record, fate: Fate) {
        for index in self.offers.live() {
            let offered = self.offers.slab.at(index);
            if offered.record.get() == record.index
                && (fate == Fate::Ends || offered.is_hidden.replace(false))
            {
                self.settle_offer(index, fate);
            }
        }
    }

    /// Announces an offer, or ends it, and tells everybody but the publisher; of what it published in `create` nobody is told
    /// before that has succeeded. If an offer ends while it is announced, those that were not reached hear of its end only.
    #[inline(never)]
    fn settle_offer(&self, index: u32, fate: Fate) {
        let (offers, publisher) = (&self.offers, self.publisher(index));
        let info = OfferInfo {
            size: size_of::<OfferInfo>() as u32,
            reserved: 0,
            offer: Offer { bits: offers.slab.bits(index) },
            publisher: self.instance_of(publisher),
            id: text::view(offers.slab.at(index).id()),
        };
        let is_hidden = offers.slab.at(index).is_hidden.get();
        let ends = fate == Fate::Ends;
        if ends {
            offers.slab.end(index);
            offers.slab.free(index, &offers.free);
        }
        if is_hidden {
            return;
        }
        let place = if ends { callback::OFFER_ENDED } else { callback::OFFER_PUBLISHED };
        for record in self.hearers(place) {
            if !ends && offers.index_of(info.offer).is_err() {
                return;
            }
            let callbacks = record.callbacks();
            let run = if ends { callbacks.offer_ended } else { callbacks.offer_published };
            if let Some(run) = run
                && record.index != publisher.index
            {
                // SAFETY: the instance's own callback with its own pointer; what it is told outlives the call.
                self.tell(record, place, |plugin| unsafe { run(plugin, &info) });
            }
        }
    }
}

unsafe extern "C" fn publish(
    plugin: *mut Plugin,
    id: *const c_char,
    id_length: usize,
    table: *const c_void,
    to: *mut Offer,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::PUBLISH) }?;
        let to = out(to)?;
        // SAFETY: a table that is not NULL begins with its size.
        if table.is_null() || unsafe { table.cast::<u32>().read() } < TABLE_LEAST {
            return Err(status::E_ARGUMENT);
        }
        // SAFETY: the plugin's text is readable, and plugin zero's stays so.
        let id = unsafe { text::utf8(id, id_length) }?;
        if id.is_empty() || id.len() > DESCRIPTOR_MAX {
            return Err(status::E_ARGUMENT);
        }
        let (kernel, record) = (caller.kernel, caller.record);
        // The descriptor's own text, which outlives the call.
        let announced = if record.is_zero() {
            Some(id.as_bytes())
        } else {
            record.offers().as_bytes().split(|byte| *byte == b' ').find(|offer| *offer == id.as_bytes())
        };
        let refused = if id.as_bytes().starts_with(OWN) {
            Some((status::E_PERMISSION, ": ids that begin with pintle. are the host's"))
        } else if announced.is_none() {
            Some((status::E_PERMISSION, ": the plugin's descriptor does not list it in offers"))
        } else if kernel.find_offer(id.as_bytes()).is_some() {
            Some((status::E_EXISTS, ": it is published already"))
        } else {
            None
        };
        if let Some((status, why)) = refused {
            kernel.set_error(record, status, &[id, why]);
            return Err(status);
        }
        let id = announced.unwrap_or_default();
        let offers = &kernel.offers;
        let index = offers.slab.allocate(&offers.free).ok_or(status::E_CAPACITY)?;
        let offered = offers.slab.at(index);
        offered.table.set(table);
        offered.id.set(id.as_ptr());
        offered.id_length.set(id.len() as u16);
        offered.is_hidden.set(record.is_creating.load(Relaxed));
        offered.record.set(record.index);
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(Offer { bits: offers.slab.bits(index) }) };
        let _dispatch = kernel.dispatch();
        kernel.settle_offer(index, Fate::Begins);
        Ok(())
    })
}

unsafe extern "C" fn withdraw(plugin: *mut Plugin, offer: Offer) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::WITHDRAW) }?;
        let kernel = caller.kernel;
        let index = kernel.offers.index_of(offer)?;
        if kernel.publisher(index).index != caller.record.index {
            return Err(status::E_NOT_OWNER);
        }
        let _dispatch = kernel.dispatch();
        kernel.settle_offer(index, Fate::Ends);
        Ok(())
    })
}

unsafe extern "C" fn find(plugin: *mut Plugin, id: *const c_char, id_length: usize, to: *mut Offer) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::FIND) }?;
        let to = out(to)?;
        // SAFETY: the plugin's text is readable.
        let id = unsafe { text::bytes(id.cast(), id_length) }?;
        let Some((index, true)) = caller.kernel.find_offer(id) else { return Err(status::E_NOT_FOUND) };
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(Offer { bits: caller.kernel.offers.slab.bits(index) }) };
        Ok(())
    })
}

unsafe extern "C" fn call(plugin: *mut Plugin, offer: Offer, run: Option<Run>, data: *mut c_void) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::CALL) }?;
        let run = run.ok_or(status::E_ARGUMENT)?;
        let kernel = caller.kernel;
        let index = kernel.offers.index_of(offer)?;
        let publisher = kernel.publisher(index);
        if !publisher.is_live() {
            return Err(publisher.why_closed());
        }
        let table = kernel.offers.slab.at(index).table.get();
        let _dispatch = kernel.dispatch();
        // SAFETY: the caller's function, with the pointer of a live instance and the table that this has published.
        let returned =
            kernel.cross(publisher, trace::OFFER, |publisher| unsafe { run(publisher, table, data) });
        let answered = if returned == status::E_PANIC { status::E_POISONED } else { returned };
        if status::is_error(returned) {
            kernel.pass_words(caller.record, publisher, answered);
        }
        // Whatever the publisher means by it: no status has a meaning to the kernel here.
        if answered == status::OK { Ok(()) } else { Err(answered) }
    })
}
