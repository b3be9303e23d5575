//! Text that comes from outside: checked pointers, UTF-8, cutting.

use core::ffi::c_char;

use pintle_abi_core::{ERROR_TEXT_MAX, Text, status};

/// Bytes of an error's or exception's text that are kept. There is one for each instance and request: machines with
/// 32-bit pointers have no room for long ones.
pub(crate) const KEPT: usize = if usize::BITS < 64 { 64 } else { ERROR_TEXT_MAX };

/// Bytes given as pointer and length. Length 0 allows any pointer.
///
/// # Safety
/// A pointer that is not NULL is readable for `length` bytes, which nobody writes during `'a`.
pub(crate) unsafe fn bytes<'a>(data: *const u8, length: usize) -> Result<&'a [u8], i32> {
    if length == 0 {
        return Ok(&[]);
    }
    if data.is_null() || length > isize::MAX as usize {
        return Err(status::E_ARGUMENT);
    }
    // SAFETY: not NULL, a possible length, and readable as the caller says.
    Ok(unsafe { core::slice::from_raw_parts(data, length) })
}

/// As [`bytes`], and UTF-8.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn utf8<'a>(data: *const c_char, length: usize) -> Result<&'a str, i32> {
    // SAFETY: as the caller says.
    let bytes = unsafe { bytes(data.cast(), length) }?;
    core::str::from_utf8(bytes).map_err(|_| status::E_ARGUMENT)
}

/// At most `limit` bytes of `bytes`, not cutting a UTF-8 character in two.
pub(crate) fn cut(bytes: &[u8], limit: usize) -> &[u8] {
    if bytes.len() <= limit {
        return bytes;
    }
    let mut end = limit;
    // A character has at most three continuation bytes. Text with more of them is not UTF-8, and is cut anywhere.
    while end > 0 && limit - end < 3 && bytes[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    &bytes[..end]
}

/// A number in decimal digits, at the end of `room`, which is long enough for each.
pub(crate) fn decimal(number: i32, room: &mut [u8; 11]) -> &str {
    let (mut rest, mut at) = (number.unsigned_abs(), room.len());
    loop {
        at -= 1;
        room[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        at -= 1;
        room[at] = b'-';
    }
    core::str::from_utf8(&room[at..]).unwrap_or_default()
}

pub(crate) fn view(text: &str) -> Text {
    Text { data: text.as_ptr().cast(), length: text.len() }
}

#[cfg(test)]
mod tests {
    use super::{cut, decimal};

    #[test]
    fn a_number_is_written_whole() {
        for (number, digits) in [(0, "0"), (-77, "-77"), (1004, "1004"), (i32::MIN, "-2147483648")] {
            assert_eq!(decimal(number, &mut [0; 11]), digits);
        }
    }

    #[test]
    fn cutting_keeps_characters_whole() {
        assert_eq!(cut("abc".as_bytes(), 3), b"abc");
        assert_eq!(cut("aé".as_bytes(), 2), b"a");
        assert_eq!(cut("€€".as_bytes(), 5), "€".as_bytes());
        assert_eq!(cut(&[0x80; 9], 6).len(), 3);
    }
}
