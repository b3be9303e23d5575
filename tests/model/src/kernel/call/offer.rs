//! Offers.

use std::ptr;

use pintle_abi_core::{OFFER_ID, Offer, OfferApi};

use super::{Answer, Caller, extension, lasting, out, pointer, when_ok};
use crate::{
    argument::{Id, Ref, TABLES, Table},
    event::Kind,
    kernel::{
        side::{bits, name},
        work::{self, Published},
    },
    op::OfferOp,
};

pub(super) fn call(caller: Caller, op: &OfferOp) -> Answer {
    let offers: *const OfferApi = extension(OFFER_ID);
    let plugin = caller.plugin;
    let mut found = Offer::default();
    let named = |status, found: Offer| when_ok(status, || vec![name(Kind::Offer, found.bits)]);
    match *op {
        OfferOp::Publish { id, table, null } => {
            let (id, length) = text(id);
            let (table, to) = (published(table), out(null.0, &mut found));
            // SAFETY: the table is `[instance]`; id and table are NULL or live as long as the process, `to` is NULL or
            // points to a variable of this function.
            let status = unsafe { ((*offers).publish)(plugin, id, length, table.cast(), to) };
            named(status, found)
        }
        OfferOp::Withdraw { offer } => {
            // SAFETY: the table is `[instance]`; no pointer is passed.
            (unsafe { ((*offers).withdraw)(plugin, handle(offer)) }, vec![])
        }
        OfferOp::Find { id, null } => {
            let ((id, length), to) = (text(id), out(null.0, &mut found));
            // SAFETY: as for `publish`.
            let status = unsafe { ((*offers).find)(plugin, id, length, to) };
            named(status, found)
        }
        OfferOp::Call { offer, data, null } => {
            let run: Option<work::OfferCall> = if null.0 { None } else { Some(work::offer_call) };
            // SAFETY: the table is `[instance]`; `run` takes what the kernel gives it.
            (unsafe { ((*offers).call)(plugin, handle(offer), run, pointer(data)) }, vec![])
        }
    }
}

fn handle(offer: Ref) -> Offer {
    Offer { bits: bits(Kind::Offer, offer) }
}

/// What plugin zero publishes has to be readable while the offer lives.
fn text(id: Id) -> (*const std::ffi::c_char, usize) {
    let bytes = lasting(id.bytes());
    (if id == Id::Null { ptr::null() } else { bytes.as_ptr().cast() }, bytes.len())
}

fn published(table: Table) -> *const Published {
    static PUBLISHED: [Published; TABLES as usize] = {
        let size = size_of::<Published>() as u32;
        [Published { size, number: 0 }, Published { size, number: 1 }, Published { size, number: 2 }]
    };
    static SHORT: Published = Published { size: 7, number: 0 };
    match table {
        Table::Number(number) => &raw const PUBLISHED[usize::from(number % TABLES)],
        Table::Short => &raw const SHORT,
        Table::Null => ptr::null(),
    }
}
