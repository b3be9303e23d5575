//! Texts and lists, which C passes as a pointer and a length.

use core::ffi::c_char;

use pintle_abi_core::Text;
use pintle_abi_core::status::{E_ARGUMENT, E_CAPACITY};
use pintle_ffi_shared::out;

/// The largest object that a pointer can point into.
const LONGEST: usize = isize::MAX as usize;

/// UTF-8 text.
///
/// # Safety
/// `data` is NULL, or `length` bytes of it are readable for `'a`.
pub(crate) unsafe fn text<'a>(data: *const c_char, length: usize) -> Result<&'a str, i32> {
    if length == 0 {
        return Ok("");
    }
    if data.is_null() || length > LONGEST {
        return Err(E_ARGUMENT);
    }
    // SAFETY: neither NULL nor longer than memory, so readable as the caller says.
    core::str::from_utf8(unsafe { core::slice::from_raw_parts(data.cast(), length) }).map_err(|_| E_ARGUMENT)
}

/// Copies a list to a caller that has room for `capacity` items; `count` always receives how many there are.
///
/// # Safety
/// `items` is NULL or writable for `capacity` items; `count` is NULL or writable.
pub(crate) unsafe fn give<T>(
    given: impl ExactSizeIterator<Item = T>,
    items: *mut T,
    capacity: usize,
    count: *mut usize,
) -> Result<(), i32> {
    let count = out(count)?;
    if items.is_null() && capacity != 0 || capacity > LONGEST {
        return Err(E_ARGUMENT);
    }
    // SAFETY: not NULL.
    unsafe { count.write(given.len()) };
    if given.len() > capacity {
        return Err(E_CAPACITY);
    }
    for (at, item) in given.enumerate() {
        // SAFETY: there are no more than `capacity`.
        unsafe { items.add(at).write(item) };
    }
    Ok(())
}

/// Copies a text to a caller that has room for `capacity` bytes; `length` always receives how long it is.
///
/// # Safety
/// As for [`give`].
pub(crate) unsafe fn give_text(
    text: &str,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Result<(), i32> {
    // SAFETY: the caller's.
    unsafe { give(text.bytes(), buffer.cast(), capacity, length) }
}

/// A view of a text.
pub(crate) fn view(text: &str) -> Text {
    Text { data: text.as_ptr().cast(), length: text.len() }
}
