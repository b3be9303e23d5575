//! Offers: interfaces that plugins lend to each other, and the `pintle.offer/1` table.
//!
//! Nobody but the kernel knows a published table's address: whoever found an offer has a handle, and each call looks up
//! whether it still stands. So an offer needs no count of those who hold it, and its end waits for nobody.

use core::cell::Cell;
use core::ffi::{c_char, c_void};
use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core::{
    KIND_OFFER, Limits, Offer, OfferApi, OfferInfo, Plugin, rules::callback, rules::offer as rule, status,
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
    id_length: Cell<u32>,
    record: Cell<u32>,
}

// SAFETY: numbers and pointers; zero is a value of each.
unsafe impl Zeroed for Offered {}

impl Offered {
    fn id(&self) -> &str {
        // SAFETY: set from a `str` of the publisher's that outlives the offer.
        unsafe {
            let bytes = core::slice::from_raw_parts(self.id.get(), self.id_length.get() as usize);
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

    /// The offer under an id. There are few: they are searched from the beginning.
    fn find(&self, id: &[u8]) -> Option<u32> {
        self.live().find(|index| self.slab.at(*index).id().as_bytes() == id)
    }

    fn live(&self) -> Live<'_> {
        self.slab.live(&self.free)
    }

    fn index_of(&self, offer: Offer) -> Answer<u32> {
        self.slab.find(offer.bits, &self.free)
    }
}

impl Kernel {
    /// The offer under an id, once its publisher's `create` has succeeded.
    pub(crate) fn find_offer(&self, id: &[u8]) -> Option<u32> {
        let index = self.offers.find(id)?;
        let publisher = self.record(self.offers.slab.at(index).record.get());
        (!publisher.is_creating.load(Relaxed)).then_some(index)
    }

    /// Tells what was published in a `create` that has just succeeded.
    pub(crate) fn announce_offers_of(&self, record: &Record) {
        for index in self.offers.live() {
            if self.offers.slab.at(index).record.get() == record.index {
                self.announce_offer(index);
            }
        }
    }

    fn announce_offer(&self, index: u32) {
        let info = self.about_offer(index);
        self.tell_of_offer(&info, callback::OFFER_PUBLISHED);
    }

    /// Ends what an instance offers.
    pub(crate) fn end_offers_of(&self, record: &Record) {
        for index in self.offers.live() {
            if self.offers.slab.at(index).record.get() == record.index {
                self.end_offer(index);
            }
        }
    }

    fn end_offer(&self, index: u32) {
        let info = self.about_offer(index);
        self.offers.slab.end(index);
        self.offers.slab.free(index, &self.offers.free);
        self.tell_of_offer(&info, callback::OFFER_ENDED);
    }

    fn about_offer(&self, index: u32) -> OfferInfo {
        let offered = self.offers.slab.at(index);
        OfferInfo {
            size: size_of::<OfferInfo>() as u32,
            reserved: 0,
            offer: Offer { bits: self.offers.slab.bits(index) },
            publisher: self.instance_of(self.record(offered.record.get())),
            id: text::view(offered.id()),
        }
    }

    /// Tells everybody but the publisher; of what it published in `create` nobody is told before that has succeeded. If an
    /// offer ends while it is announced, those that were not reached hear of its end only.
    fn tell_of_offer(&self, info: &OfferInfo, place: u8) {
        let Ok(publisher) = self.find_instance(info.publisher) else { return };
        if publisher.is_creating.load(Relaxed) {
            return;
        }
        let is_end = place == callback::OFFER_ENDED;
        for record in self.hearers(place) {
            if !is_end && self.offers.index_of(info.offer).is_err() {
                return;
            }
            let callbacks = record.callbacks();
            let run = if is_end { callbacks.offer_ended } else { callbacks.offer_published };
            if let Some(run) = run
                && record.index != publisher.index
            {
                // SAFETY: the instance's own callback with its own pointer; what it is told outlives the call.
                self.tell(record, place, |plugin| unsafe { run(plugin, info) });
            }
        }
    }

    /// The words of the publisher, whose call has just returned an error, become the caller's.
    #[cold]
    #[inline(never)]
    fn pass_words(&self, caller: &Record, publisher: &Record, returned: i32, answered: i32) {
        let error = self.error_of_last_crossing(publisher);
        self.set_error(caller, answered, &[publisher.name(), ": ", error.about(returned)]);
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
        if id.is_empty() {
            return Err(status::E_ARGUMENT);
        }
        let (kernel, record) = (caller.kernel, caller.record);
        let refuse = |status, why: &[&str; 2]| {
            kernel.set_error(record, status, &[id, why[0], why[1]]);
            Err(status)
        };
        if id.as_bytes().starts_with(OWN) {
            return refuse(status::E_PERMISSION, &[": ids that begin with pintle. are the host's", ""]);
        }
        let announced =
            if record.is_zero() { Some(id) } else { record.offers().split(' ').find(|offer| *offer == id) };
        let Some(id) = announced else {
            return refuse(
                status::E_PERMISSION,
                &[": the plugin's descriptor does not list it in offers", ""],
            );
        };
        let offers = &kernel.offers;
        if let Some(other) = offers.find(id.as_bytes()) {
            let other = kernel.record(offers.slab.at(other).record.get());
            return refuse(status::E_EXISTS, &[": published already, by ", other.name()]);
        }
        let index = offers.slab.allocate(&offers.free).ok_or(status::E_CAPACITY)?;
        let offered = offers.slab.at(index);
        offered.table.set(table);
        offered.id.set(id.as_ptr());
        offered.id_length.set(id.len() as u32);
        offered.record.set(record.index);
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(Offer { bits: offers.slab.bits(index) }) };
        let _dispatch = kernel.dispatch();
        kernel.announce_offer(index);
        Ok(())
    })
}

unsafe extern "C" fn withdraw(plugin: *mut Plugin, offer: Offer) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::WITHDRAW) }?;
        let kernel = caller.kernel;
        let index = kernel.offers.index_of(offer)?;
        if kernel.offers.slab.at(index).record.get() != caller.record.index {
            return Err(status::E_NOT_OWNER);
        }
        let _dispatch = kernel.dispatch();
        kernel.end_offer(index);
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
        let index = caller.kernel.find_offer(id).ok_or(status::E_NOT_FOUND)?;
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
        let offered = kernel.offers.slab.at(kernel.offers.index_of(offer)?);
        let publisher = kernel.record(offered.record.get());
        if !publisher.is_live() {
            return Err(publisher.why_closed());
        }
        let table = offered.table.get();
        let _dispatch = kernel.dispatch();
        // SAFETY: the caller's function, with the pointer of a live instance and the table that this has published.
        let returned =
            kernel.cross(publisher, trace::OFFER, |publisher| unsafe { run(publisher, table, data) });
        let answered = if returned == status::E_PANIC { status::E_POISONED } else { returned };
        if status::is_error(returned) {
            kernel.pass_words(caller.record, publisher, returned, answered);
        }
        // Whatever the publisher means by it: no status has a meaning to the kernel here.
        if answered == status::OK { Ok(()) } else { Err(answered) }
    })
}
