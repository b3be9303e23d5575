//! A few numbers that pass from native code to JavaScript beside what a function returns: it costs less than making an
//! object of them.

use std::ptr::null_mut;

use napi::sys;
use pintle_host::abi::Message;

use crate::failure::Failure;
use crate::message::halves;
use crate::value::{self, Reference};

/// The numbers of one message: the halves of its handle, its channel and its length.
const NUMBERS: usize = 4;

/// An array of numbers that both sides see.
pub(crate) struct Slip {
    numbers: *mut [u32; NUMBERS],
    array: Reference,
}

impl Slip {
    pub(crate) fn new(env: sys::napi_env) -> Result<Self, Failure> {
        let (mut data, mut buffer, mut array) = (null_mut(), null_mut(), null_mut());
        let (kind, size) = (sys::TypedarrayType::uint32_array, size_of::<[u32; NUMBERS]>());
        // SAFETY: the places are writable, and the array lies within its buffer.
        unsafe {
            let made = sys::napi_create_arraybuffer(env, size, &raw mut data, &raw mut buffer);
            value::check(made, "no memory for a buffer")?;
            let made = sys::napi_create_typedarray(env, kind, NUMBERS, buffer, 0, &raw mut array);
            value::check(made, "no memory for an array")?;
        }
        Ok(Self { numbers: data.cast(), array: Reference::new(env, array)? })
    }

    /// The array, as JavaScript has it.
    pub(crate) fn array(&self) -> sys::napi_value {
        self.array.value()
    }

    /// Notes a message.
    pub(crate) fn fill(&self, message: Message, channel: u32, length: usize) {
        let (low, high) = halves(message);
        // SAFETY: the reference keeps the array and its memory; only this thread reads it. No message is longer than 2^32.
        unsafe { self.numbers.write([low, high, channel, length as u32]) };
    }
}
