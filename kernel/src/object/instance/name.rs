//! The name of an instance, which crash reports read at any time.

use core::sync::atomic::Ordering::Relaxed;

use crate::object::instance::{Instance, NAME_MAX};

impl Instance {
    /// Only on the kernel thread, or on a thread that is inside the instance: the name does not change then.
    pub(crate) fn name(&self) -> &str {
        let length = usize::from(self.name_length.load(Relaxed));
        // SAFETY: nobody writes it, as above; it was written from a `str`, in whole characters.
        unsafe {
            let bytes = core::slice::from_raw_parts(self.name.as_ptr().cast::<u8>(), length);
            core::str::from_utf8_unchecked(bytes)
        }
    }

    /// The name, at any time and from any thread. While another instance takes the place it may be parts of both names.
    pub(crate) fn name_now<'b>(&self, buffer: &'b mut [u8; NAME_MAX]) -> &'b str {
        for (to, from) in buffer.iter_mut().zip(&self.name) {
            *to = from.load(Relaxed);
        }
        let bytes = &buffer[..usize::from(self.name_length.load(Relaxed)).min(NAME_MAX)];
        match core::str::from_utf8(bytes) {
            Ok(name) => name,
            // SAFETY: so far it is.
            Err(broken) => unsafe { core::str::from_utf8_unchecked(&bytes[..broken.valid_up_to()]) },
        }
    }

    /// Writes a part of the name, which ends behind it. No instance lives here yet.
    fn put_name(&self, at: usize, part: &[u8]) {
        for (to, from) in self.name[at..].iter().zip(part) {
            to.store(*from, Relaxed);
        }
        self.name_length.store((at + part.len()) as u8, Relaxed);
    }

    pub(crate) fn set_name(&self, name: &str) {
        self.put_name(0, name.as_bytes());
    }

    /// Names it `name-number`. There are fewer than 1000 instances.
    pub(crate) fn number_name(&self, name: &str, number: u32) {
        let digits = [number / 100, number / 10 % 10, number % 10].map(|digit| b'0' + digit as u8);
        let shown = if number < 10 {
            &digits[2..]
        } else if number < 100 {
            &digits[1..]
        } else {
            &digits[..]
        };
        self.put_name(name.len(), b"-");
        self.put_name(name.len() + 1, shown);
    }
}
