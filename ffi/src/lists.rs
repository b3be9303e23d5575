//! Texts and lists, which C passes as a pointer and a length.

use std::ffi::{OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use pintle_abi_core::Text;
use pintle_abi_core::status::{E_ARGUMENT, E_CAPACITY};
use pintle_ffi_shared::out;

use crate::wall::Failure;

/// The largest object that a pointer can point into.
const LONGEST: usize = isize::MAX as usize;

/// UTF-8 text.
///
/// # Safety
/// As for [`bytes`].
pub(crate) unsafe fn text<'a>(data: *const c_char, length: usize) -> Result<&'a str, i32> {
    // SAFETY: the caller's.
    core::str::from_utf8(unsafe { bytes(data, length) }?).map_err(|_| E_ARGUMENT)
}

/// A path, which may have any bytes but NUL.
///
/// # Safety
/// As for [`text`].
pub(crate) unsafe fn path<'a>(data: *const c_char, length: usize) -> Result<&'a Path, Failure> {
    // SAFETY: the caller's.
    let bytes = unsafe { bytes(data, length) }?;
    let wrong = |text: &str| Err(Failure { code: E_ARGUMENT, text: text.to_owned() });
    if bytes.is_empty() {
        return wrong("the path is empty");
    }
    if bytes.contains(&0) {
        return wrong("the path has a NUL byte in it; its length is to be without the NUL at its end");
    }
    Ok(Path::new(OsStr::from_bytes(bytes)))
}

/// # Safety
/// As for [`text`].
unsafe fn bytes<'a>(data: *const c_char, length: usize) -> Result<&'a [u8], i32> {
    if length == 0 {
        return Ok(&[]);
    }
    if data.is_null() || length > LONGEST {
        return Err(E_ARGUMENT);
    }
    // SAFETY: neither NULL nor longer than memory, so readable as the caller says.
    Ok(unsafe { core::slice::from_raw_parts(data.cast(), length) })
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

/// Copies the bytes of a text or path to a caller that has room for `capacity` bytes; `length` always receives how long it is.
///
/// # Safety
/// As for [`give`].
pub(crate) unsafe fn give_text(
    text: &[u8],
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Result<(), i32> {
    // SAFETY: the caller's.
    unsafe { give(text.iter().copied(), buffer.cast(), capacity, length) }
}

/// A view of a text.
pub(crate) fn view(text: &str) -> Text {
    view_bytes(text.as_bytes())
}

/// A view of a text of any bytes.
pub(crate) fn view_bytes(text: &[u8]) -> Text {
    Text { data: text.as_ptr().cast(), length: text.len() }
}
