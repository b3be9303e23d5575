//! The `pintle.offer/1` table.

use core::ffi::{c_char, c_void};

use pintle_abi_core as abi;
use pintle_abi_core::{DESCRIPTOR_MAX, OfferApi, Plugin, status};

use crate::base::answer::Answer;
use crate::base::{text, trace};
use crate::dispatch::caller::Caller;
use crate::dispatch::offer::Fate;
use crate::table::api::OWN;
use crate::table::guard::{out, table};

table! {
    OfferApi, offer:
    publish(id: *const c_char, id_length: usize, table: *const c_void, to: *mut abi::Offer) = PUBLISH;
    withdraw(offer: abi::Offer) = WITHDRAW;
    find(id: *const c_char, id_length: usize, to: *mut abi::Offer) = FIND;
    call(offer: abi::Offer, run: Option<Run>, data: *mut c_void) = CALL;
}

/// What a call runs.
type Run = unsafe extern "C" fn(*mut Plugin, *const c_void, *mut c_void) -> i32;

/// The least size of a published table: its size and four bytes more, as the host's own tables begin.
const TABLE_LEAST: u32 = 8;

fn publish(
    caller: &Caller<'_>,
    id: *const c_char,
    id_length: usize,
    table: *const c_void,
    to: *mut abi::Offer,
) -> Answer {
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
    let (kernel, instance) = (caller.kernel, caller.instance);
    // The descriptor's own text, which outlives the call.
    let announced = if instance.is_zero() {
        Some(id.as_bytes())
    } else {
        instance.offers().as_bytes().split(|byte| *byte == b' ').find(|offer| *offer == id.as_bytes())
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
        kernel.set_error(instance, status, &[id, why]);
        return Err(status);
    }
    let id = announced.unwrap_or_default();
    let is_hidden = instance.is_creating();
    // SAFETY: one id of the descriptor's, or plugin zero's, which stays readable.
    let index = unsafe { kernel.offers.begin(instance.index(), id, table, is_hidden) }?;
    to.write(kernel.offers.handle(index));
    let _dispatch = kernel.dispatch();
    kernel.settle_offer(index, Fate::Begins);
    Ok(())
}

fn withdraw(caller: &Caller<'_>, offer: abi::Offer) -> Answer {
    let kernel = caller.kernel;
    let index = kernel.offers.find(offer)?;
    if kernel.publisher(index).index() != caller.instance.index() {
        return Err(status::E_NOT_OWNER);
    }
    let _dispatch = kernel.dispatch();
    kernel.settle_offer(index, Fate::Ends);
    Ok(())
}

fn find(caller: &Caller<'_>, id: *const c_char, id_length: usize, to: *mut abi::Offer) -> Answer {
    let to = out(to)?;
    // SAFETY: the plugin's text is readable.
    let id = unsafe { text::bytes(id.cast(), id_length) }?;
    let Some((index, true)) = caller.kernel.find_offer(id) else { return Err(status::E_NOT_FOUND) };
    to.write(caller.kernel.offers.handle(index));
    Ok(())
}

fn call(caller: &Caller<'_>, offer: abi::Offer, run: Option<Run>, data: *mut c_void) -> Answer {
    let run = run.ok_or(status::E_ARGUMENT)?;
    let kernel = caller.kernel;
    let index = kernel.offers.find(offer)?;
    let publisher = kernel.publisher(index);
    if !publisher.is_live() {
        return Err(publisher.why_closed());
    }
    let table = kernel.offers.at(index).table();
    let _dispatch = kernel.dispatch();
    let Some(gate) = kernel.enter(publisher, trace::OFFER) else {
        kernel.set_error(caller.instance, status::E_REENTRANT, &["calls are nested too deep"]);
        return Err(status::E_REENTRANT);
    };
    // SAFETY: the caller's function, with the pointer of a live instance and the table that this has published.
    let returned = gate.leave(unsafe { run(publisher.pointer(), table, data) });
    let answered = if returned == status::E_PANIC { status::E_POISONED } else { returned };
    if status::is_error(returned) {
        kernel.pass_words(caller.instance, publisher, answered);
    }
    // The publisher's answer goes to the caller as it is. Only a panic has a meaning to the kernel here.
    if answered == status::OK { Ok(()) } else { Err(answered) }
}
