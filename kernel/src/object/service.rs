//! Services: which instance serves which, and which of its requests are slow.

use core::cell::Cell;

use pintle_abi_core::{Limits, status};

use crate::base::answer::Answer;
use crate::base::region::{Cursor, Slice};

/// Slow ids that all services together may declare, for each service that the limits allow.
pub(crate) const SLOW_IDS: u32 = 16;

/// One service.
#[derive(Clone, Copy)]
pub(crate) struct Service {
    number: u32,
    instance: u32,
    first_slow: u32,
    slow_count: u32,
}

/// All services of a host, in a table that is searched from its beginning: there are few.
pub(crate) struct Services {
    services: Slice<Cell<Service>>,
    count: Cell<u32>,
    slow_ids: Slice<Cell<u32>>,
    slow_count: Cell<u32>,
}

impl Services {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits) -> Self {
        Self {
            services: cursor.take(limits.services),
            count: Cell::new(0),
            slow_ids: cursor.take(limits.services * SLOW_IDS),
            slow_count: Cell::new(0),
        }
    }

    #[inline(always)]
    fn service(&self, index: u32) -> Service {
        // SAFETY: below `count` everything was written.
        unsafe { self.services.get(index) }.get()
    }

    #[inline(always)]
    fn slow_id(&self, index: u32) -> u32 {
        // SAFETY: below `slow_count` everything was written.
        unsafe { self.slow_ids.get(index) }.get()
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn find(&self, number: u32) -> Option<Service> {
        (0..self.count.get()).map(|index| self.service(index)).find(|service| service.number == number)
    }

    /// Who serves a request, and whether it is slow.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn route(&self, number: u32, id: u32) -> Option<(u32, bool)> {
        let service = self.find(number)?;
        let slow =
            (service.first_slow..service.first_slow + service.slow_count).any(|at| self.slow_id(at) == id);
        Some((service.instance, slow))
    }

    pub(crate) fn add(&self, number: u32, instance: u32, slow_ids: &[u32]) -> Answer {
        if self.find(number).is_some() {
            return Err(status::E_EXISTS);
        }
        let (count, first_slow) = (self.count.get(), self.slow_count.get());
        if count == self.services.length() || slow_ids.len() > (self.slow_ids.length() - first_slow) as usize
        {
            return Err(status::E_CAPACITY);
        }
        let slow_count = slow_ids.len() as u32;
        for (at, id) in (first_slow..).zip(slow_ids) {
            self.slow_ids.write(at, Cell::new(*id));
        }
        self.services.write(count, Cell::new(Service { number, instance, first_slow, slow_count }));
        self.slow_count.set(first_slow + slow_count);
        self.count.set(count + 1);
        Ok(())
    }

    /// Forgets what an instance offers.
    pub(crate) fn withdraw(&self, instance: u32) {
        let (count, mut kept, mut kept_slow) = (self.count.get(), 0, 0);
        for index in 0..count {
            let mut service = self.service(index);
            if service.instance == instance {
                continue;
            }
            for at in 0..service.slow_count {
                self.slow_ids.write(kept_slow + at, Cell::new(self.slow_id(service.first_slow + at)));
            }
            service.first_slow = kept_slow;
            self.services.write(kept, Cell::new(service));
            kept += 1;
            kept_slow += service.slow_count;
        }
        self.count.set(kept);
        self.slow_count.set(kept_slow);
    }
}

/// Whether a list of numbers, decimal or with `0x`, has this one.
pub(crate) fn announces(services: &str, wanted: u32) -> bool {
    services.split_ascii_whitespace().any(|word| number(word) == Some(wanted))
}

fn number(word: &str) -> Option<u32> {
    let (digits, radix) = word.strip_prefix("0x").map_or((word, 10), |digits| (digits, 16));
    let more =
        |value: u32, digit: u8| value.checked_mul(radix)?.checked_add(char::from(digit).to_digit(radix)?);
    if digits.is_empty() { None } else { digits.bytes().try_fold(0, more) }
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
