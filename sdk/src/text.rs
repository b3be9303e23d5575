//! Text without an allocator.

use core::fmt::{self, Write};

/// `text`, cut to at most `limit` bytes at a character's boundary.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// A buffer to format into. What does not fit is cut at a character's boundary, without an error.
pub(crate) struct Line<const N: usize> {
    bytes: [u8; N],
    length: usize,
    full: bool,
}

impl<const N: usize> Line<N> {
    const fn new() -> Self {
        Line { bytes: [0; N], length: 0, full: false }
    }

    fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.length]).expect("only whole characters are written")
    }
}

impl<const N: usize> Write for Line<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.full {
            return Ok(());
        }
        let kept = cut(text, N - self.length);
        self.full = kept.len() < text.len();
        self.bytes[self.length..self.length + kept.len()].copy_from_slice(kept.as_bytes());
        self.length += kept.len();
        Ok(())
    }
}

/// Calls `body` with the formatted text, at most `N` bytes of it where it has to be put together.
pub(crate) fn with<const N: usize, R>(text: fmt::Arguments<'_>, body: impl FnOnce(&str) -> R) -> R {
    if let Some(text) = text.as_str() {
        return body(text);
    }
    let mut line = Line::<N>::new();
    // A `Display` that fails leaves what it wrote before.
    let _ = line.write_fmt(text);
    body(line.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_between_characters() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 3), "aé");
        assert_eq!(cut("aé", 0), "");
        let parts = ["abc", "é", "d"];
        let text = format_args!("{}{}{}", parts[0], parts[1], parts[2]).to_string();
        with::<4, _>(format_args!("{}{}{}", parts[0], parts[1], parts[2]), |text| assert_eq!(text, "abc"));
        with::<5, _>(format_args!("{}{}{}", parts[0], parts[1], parts[2]), |text| assert_eq!(text, "abcé"));
        with::<6, _>(format_args!("{text}"), |text| assert_eq!(text, "abcéd"));
    }
}
