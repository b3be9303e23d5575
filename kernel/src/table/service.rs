//! The `service` table.

use core::ffi::c_char;

use pintle_abi_core as abi;
use pintle_abi_core::{ServiceApi, status};

use crate::base::answer::{Answer, needs};
use crate::base::domain::KERNEL;
use crate::base::features::SERVICES;
use crate::base::lock::Locked;
use crate::base::text;
use crate::dispatch::caller::Caller;
use crate::object::request::State;
use crate::object::service::announces;
use crate::table::guard::table;

table! {
    ServiceApi, service:
    declare(service: u32, slow_ids: *const u32, slow_count: usize) = DECLARE;
    result(handle: abi::Request, message: abi::Message) = RESULT;
    exception(request: abi::Request, code: i32, text: *const c_char, length: usize) = EXCEPTION;
    done(handle: abi::Request) = DONE;
    is_cancelled(request: abi::Request) = IS_CANCELLED;
    drop_current(request: abi::Request) = DROP_CURRENT;
}

fn declare(caller: &Caller<'_>, service: u32, slow_ids: *const u32, slow_count: usize) -> Answer {
    needs(SERVICES)?;
    let slow_ids = if slow_count == 0 {
        &[]
    } else if slow_ids.is_null() {
        return Err(status::E_ARGUMENT);
    } else if slow_count > u16::MAX as usize {
        return Err(status::E_CAPACITY);
    } else {
        // SAFETY: not NULL, and readable for `slow_count` numbers.
        unsafe { core::slice::from_raw_parts(slow_ids, slow_count) }
    };
    if !caller.instance.is_zero() && !announces(caller.instance.services(), service) {
        return Err(status::E_PERMISSION);
    }
    caller.kernel.services.add(service, caller.instance.index(), slow_ids)
}

/// The request, if it is for a service of the caller.
fn owned(caller: &Caller<'_>, request: abi::Request) -> Answer<u32> {
    let index = caller.kernel.requests.find(request)?;
    if caller.kernel.requests.at(index).instance() == caller.instance.index() {
        Ok(index)
    } else {
        Err(status::E_NOT_OWNER)
    }
}

fn result(caller: &Caller<'_>, handle: abi::Request, message: abi::Message) -> Answer {
    needs(SERVICES)?;
    let kernel = caller.kernel;
    if caller.domain == KERNEL {
        let index = owned(caller, handle)?;
        let found = kernel.find_message(KERNEL, message)?;
        let request = kernel.requests.at(index);
        let state = request.state();
        if !state.is_with_worker() {
            request.may_answer(KERNEL, state)?;
            if !kernel.messages.holds(caller.instance, found) && request.payload() != found {
                return Err(status::E_STATE);
            }
            return kernel.give_result(caller, index, found);
        }
    }
    post(caller, handle, message)
}

/// A result between the start of `slow_request` and the moment at which the kernel thread takes its return: posted, so that
/// the order is that of the calls.
fn post(caller: &Caller<'_>, handle: abi::Request, message: abi::Message) -> Answer {
    let kernel = caller.kernel;
    let mut locked = kernel.shared.lock();
    let index = owned(caller, handle)?;
    let found = kernel.find_message(caller.domain, message)?;
    let request = kernel.requests.at(index);
    request.may_answer(caller.domain, request.state())?;
    let mut posted = found;
    if !kernel.messages.holds(caller.instance, found) && request.payload() == found {
        request.take_payload();
        kernel.messages.at(found).set_domain(KERNEL);
    } else {
        // Meanwhile another thread may have cancelled or failed the request, or its worker returned.
        let may = |_: &Locked<'_>| request.may_answer(caller.domain, request.state());
        posted = kernel.hand_over_locked(caller, &mut locked, found, KERNEL, &may)?;
    }
    kernel.post_result(&mut locked, index, posted);
    Ok(())
}

fn exception(
    caller: &Caller<'_>,
    request: abi::Request,
    code: i32,
    text: *const c_char,
    length: usize,
) -> Answer {
    needs(SERVICES)?;
    // SAFETY: the plugin's text is readable.
    let bytes = unsafe { text::bytes(text.cast(), length) }?;
    if code < status::ERROR_FIRST {
        return Err(status::E_ARGUMENT);
    }
    let kernel = caller.kernel;
    // On the kernel thread too: a worker may run the request.
    let _locked = kernel.shared.lock();
    let index = owned(caller, request)?;
    let request = kernel.requests.at(index);
    request.may_answer(caller.domain, request.state())?;
    request.set_exception(code, bytes);
    Ok(())
}

fn done(caller: &Caller<'_>, handle: abi::Request) -> Answer {
    needs(SERVICES)?;
    let kernel = caller.kernel;
    let index = owned(caller, handle)?;
    let request = kernel.requests.at(index);
    let is_first = match request.state() {
        State::Pending => {
            let _dispatch = kernel.dispatch();
            kernel.finish(index, status::OK);
            true
        }
        State::Fast => request.note_done(),
        // A worker may run the request, and return meanwhile.
        _ => request.note_done_beside_worker(&kernel.shared.lock()),
    };
    if is_first { Ok(()) } else { Err(status::E_STATE) }
}

fn is_cancelled(caller: &Caller<'_>, request: abi::Request) -> Answer {
    needs(SERVICES)?;
    let requests = &caller.kernel.requests;
    let index = requests.find(request)?;
    let found = requests.at(index);
    let (instance, is_cancelled) = (found.instance(), found.is_cancelled());
    // On another thread than the kernel's, the request may have ended meanwhile, and another begun in its slot.
    requests.find_still(request)?;
    if instance != caller.instance.index() {
        return Err(status::E_NOT_OWNER);
    }
    if is_cancelled { Err(status::E_CANCELLED) } else { Ok(()) }
}

fn drop_current(caller: &Caller<'_>, request: abi::Request) -> Answer {
    needs(SERVICES)?;
    let index = owned(caller, request)?;
    caller.kernel.requests.at(index).drop_current()
}
