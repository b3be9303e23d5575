//! Services: who offers which, and the `service` table.

use core::cell::Cell;
use core::ffi::c_char;

use pintle_abi_core::{Limits, Message, Plugin, Request, ServiceApi, rules::service as rule, status};

use crate::features::SERVICES;
use crate::guard::{Answer, Caller, KERNEL, answer, enter, needs};
use crate::kernel::Kernel;
use crate::message::Access;
use crate::region::{Cursor, Slice};
use crate::request::State;
use crate::shared::Locked;
use crate::slab::NIL;
use crate::text;

pub(crate) static TABLE: ServiceApi = ServiceApi {
    size: size_of::<ServiceApi>() as u32,
    reserved: 0,
    declare,
    result,
    exception,
    done,
    is_cancelled,
    drop_current,
};

/// Slow ids that all services together may declare, for each service that the limits allow.
pub(crate) const SLOW_IDS: u32 = 16;

/// One service.
#[derive(Clone, Copy)]
pub(crate) struct Offer {
    service: u32,
    record: u32,
    first_slow: u32,
    slow_count: u32,
}

/// All services of a host, in a table that is searched from its beginning: there are few.
pub(crate) struct Services {
    offers: Slice<Cell<Offer>>,
    count: Cell<u32>,
    slow_ids: Slice<Cell<u32>>,
    slow_count: Cell<u32>,
}

impl Services {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits) -> Self {
        Self {
            offers: cursor.take(limits.services),
            count: Cell::new(0),
            slow_ids: cursor.take(limits.services * SLOW_IDS),
            slow_count: Cell::new(0),
        }
    }

    #[inline(always)]
    fn offer(&self, index: u32) -> Offer {
        // SAFETY: below `count` everything was written.
        unsafe { self.offers.get(index) }.get()
    }

    #[inline(always)]
    fn slow_id(&self, index: u32) -> u32 {
        // SAFETY: below `slow_count` everything was written.
        unsafe { self.slow_ids.get(index) }.get()
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn find(&self, service: u32) -> Option<Offer> {
        (0..self.count.get()).map(|index| self.offer(index)).find(|offer| offer.service == service)
    }

    /// Who serves a request, and whether it is slow.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn route(&self, service: u32, id: u32) -> Option<(u32, bool)> {
        let offer = self.find(service)?;
        let slow = (offer.first_slow..offer.first_slow + offer.slow_count).any(|at| self.slow_id(at) == id);
        Some((offer.record, slow))
    }

    fn add(&self, service: u32, record: u32, slow_ids: &[u32]) -> Answer {
        if self.find(service).is_some() {
            return Err(status::E_EXISTS);
        }
        let (count, first_slow) = (self.count.get(), self.slow_count.get());
        if count == self.offers.length() || slow_ids.len() > (self.slow_ids.length() - first_slow) as usize {
            return Err(status::E_CAPACITY);
        }
        let slow_count = slow_ids.len() as u32;
        for (at, id) in (first_slow..).zip(slow_ids) {
            self.slow_ids.write(at, Cell::new(*id));
        }
        self.offers.write(count, Cell::new(Offer { service, record, first_slow, slow_count }));
        self.slow_count.set(first_slow + slow_count);
        self.count.set(count + 1);
        Ok(())
    }

    /// Forgets what an instance offers.
    pub(crate) fn withdraw(&self, record: u32) {
        let (count, mut kept, mut kept_slow) = (self.count.get(), 0, 0);
        for index in 0..count {
            let mut offer = self.offer(index);
            if offer.record == record {
                continue;
            }
            for at in 0..offer.slow_count {
                self.slow_ids.write(kept_slow + at, Cell::new(self.slow_id(offer.first_slow + at)));
            }
            offer.first_slow = kept_slow;
            self.offers.write(kept, Cell::new(offer));
            kept += 1;
            kept_slow += offer.slow_count;
        }
        self.count.set(kept);
        self.slow_count.set(kept_slow);
    }
}

/// Whether a list of numbers, decimal or with `0x`, has this one.
fn announces(services: &str, wanted: u32) -> bool {
    services.split_ascii_whitespace().any(|word| number(word) == Some(wanted))
}

fn number(word: &str) -> Option<u32> {
    let (digits, radix) = word.strip_prefix("0x").map_or((word, 10), |digits| (digits, 16));
    let more =
        |value: u32, digit: u8| value.checked_mul(radix)?.checked_add(char::from(digit).to_digit(radix)?);
    if digits.is_empty() { None } else { digits.bytes().try_fold(0, more) }
}

unsafe extern "C" fn declare(
    plugin: *mut Plugin,
    service: u32,
    slow_ids: *const u32,
    slow_count: usize,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::DECLARE) }?;
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
        if !caller.record.is_zero() && !announces(caller.record.services(), service) {
            return Err(status::E_PERMISSION);
        }
        caller.kernel.services.add(service, caller.record.index, slow_ids)
    })
}

/// The request, if it is for a service of the caller.
fn owned(caller: &Caller<'_>, request: Request) -> Answer<u32> {
    let index = caller.kernel.requests.find(request)?;
    if caller.kernel.requests.at(index).record.get() == caller.record.index {
        Ok(index)
    } else {
        Err(status::E_NOT_OWNER)
    }
}

/// Whether the caller runs this request, or may answer for it.
fn answerable(caller: &Caller<'_>, index: u32) -> Answer {
    let ask = caller.kernel.requests.at(index);
    let may = match ask.state() {
        State::Fast | State::Arriving | State::Pending => caller.domain == KERNEL,
        State::Running => caller.domain == KERNEL || ask.domain.get() == caller.domain,
        State::Returned => caller.domain == KERNEL && ask.status.get() == status::PENDING,
        State::Over | State::Waiting | State::Queued => false,
    };
    if !may || ask.exception.get() != 0 {
        return Err(status::E_STATE);
    }
    if ask.is_cancelled() { Err(status::E_CANCELLED) } else { Ok(()) }
}

unsafe extern "C" fn result(plugin: *mut Plugin, request: Request, message: Message) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::RESULT) }?;
        needs(SERVICES)?;
        let kernel = caller.kernel;
        if caller.domain == KERNEL {
            let index = owned(&caller, request)?;
            let found = kernel.find_message(KERNEL, message)?;
            let ask = kernel.requests.at(index);
            if !ask.state().is_with_worker() {
                answerable(&caller, index)?;
                if !kernel.messages.holds(caller.record, found) && ask.message.get() != found {
                    return Err(status::E_STATE);
                }
                return kernel.give_result(&caller, index, found);
            }
        }
        post(&caller, request, message)
    })
}

/// A result between the start of `slow_request` and the moment at which the kernel thread takes its return: posted, so that
/// the order is that of the calls.
fn post(caller: &Caller<'_>, request: Request, message: Message) -> Answer {
    let kernel = caller.kernel;
    let mut locked = kernel.shared.lock();
    let index = owned(caller, request)?;
    let found = kernel.find_message(caller.domain, message)?;
    answerable(caller, index)?;
    let ask = kernel.requests.at(index);
    let mut posted = found;
    if !kernel.messages.holds(caller.record, found) && ask.message.get() == found {
        ask.message.set(NIL);
        kernel.messages.at(found).set_domain(KERNEL);
    } else {
        // Meanwhile another thread may have cancelled or failed the request, or its worker returned.
        let may = |_: &Locked<'_>| answerable(caller, index);
        posted = kernel.hand_over_locked(caller, &mut locked, found, KERNEL, &may)?;
    }
    kernel.post_result(&locked, index, posted);
    Ok(())
}

impl Kernel {
    /// The pinned message that travels as a result on the kernel thread: the payload of the request itself, or what the
    /// caller hands over.
    pub(crate) fn take_result(&self, caller: &Caller<'_>, request: u32, message: u32) -> Answer<u32> {
        let ask = self.requests.at(request);
        if self.messages.holds(caller.record, message) || ask.message.get() != message {
            return self.hand_over(caller, message, KERNEL);
        }
        if ask.state() == State::Arriving {
            // `slow_request` is still to see it.
            let copy = self.messages.copy(message, KERNEL, 0)?;
            self.messages.at(copy).seal();
            return Ok(copy);
        }
        ask.message.set(NIL);
        Ok(message)
    }

    /// Spends what [`take_result`](Self::take_result) would have taken.
    /// `life` is that of the request when it gave the message.
    pub(crate) fn spend_result(&self, caller: &Caller<'_>, request: u32, life: u32, message: Message) {
        let Ok(index) = self.messages.find(message) else {
            return;
        };
        let ask = self.requests.at(request);
        if self.messages.holds(caller.record, index) {
            let _ = self.spend(caller.record, Access::Kernel, index);
        } else if ask.life() == life && ask.message.get() == index && ask.state() != State::Arriving {
            ask.message.set(NIL);
            self.unpin(Access::Kernel, index);
        }
    }
}

unsafe extern "C" fn exception(
    plugin: *mut Plugin,
    request: Request,
    code: i32,
    text: *const c_char,
    length: usize,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::EXCEPTION) }?;
        needs(SERVICES)?;
        // SAFETY: the plugin's text is readable.
        let bytes = unsafe { text::bytes(text.cast(), length) }?;
        if code < status::ERROR_FIRST {
            return Err(status::E_ARGUMENT);
        }
        let kernel = caller.kernel;
        // On the kernel thread too: a worker may run the request.
        let _locked = kernel.shared.lock();
        let index = owned(&caller, request)?;
        answerable(&caller, index)?;
        kernel.requests.at(index).set_exception(code, text::cut(bytes, text::KEPT));
        Ok(())
    })
}

unsafe extern "C" fn done(plugin: *mut Plugin, request: Request) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::DONE) }?;
        needs(SERVICES)?;
        let kernel = caller.kernel;
        let index = owned(&caller, request)?;
        let ask = kernel.requests.at(index);
        let is_first = match ask.state() {
            State::Pending => {
                let _dispatch = kernel.dispatch();
                kernel.finish(index, status::OK);
                true
            }
            State::Fast => ask.note_done(),
            // A worker may run the request, and return meanwhile.
            _ => {
                let _locked = kernel.shared.lock();
                let may = match ask.state() {
                    State::Running => true,
                    State::Returned => ask.status.get() == status::PENDING,
                    _ => false,
                };
                may && ask.note_done()
            }
        };
        if is_first { Ok(()) } else { Err(status::E_STATE) }
    })
}

unsafe extern "C" fn is_cancelled(plugin: *mut Plugin, request: Request) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::IS_CANCELLED) }?;
        needs(SERVICES)?;
        let index = owned(&caller, request)?;
        if caller.kernel.requests.at(index).is_cancelled() { Err(status::E_CANCELLED) } else { Ok(()) }
    })
}

unsafe extern "C" fn drop_current(plugin: *mut Plugin, request: Request) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::DROP_CURRENT) }?;
        needs(SERVICES)?;
        let index = owned(&caller, request)?;
        if caller.kernel.requests.at(index).state() != State::Arriving {
            return Err(status::E_STATE);
        }
        caller.kernel.requests.at(index).drop_current();
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::announces;

    #[test]
    fn service_lists_are_read_as_numbers() {
        assert!(announces("257 0x10000001", 0x1000_0001));
        assert!(announces("257", 257));
        assert!(!announces("", 0));
        assert!(!announces("2570", 257));
        assert!(!announces("0xzz", 0));
    }
}
