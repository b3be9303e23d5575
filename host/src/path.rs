//! Paths in texts for people. A path may have any bytes.

use std::fmt::{self, Display, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A path in one line: what is not UTF-8 is written as `\xff`, and control characters are escaped, so that a path adds no
/// line to a log.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a Path);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.as_os_str().as_bytes().utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() { write!(f, "{}", c.escape_default())? } else { f.write_char(c)? }
            }
            write!(f, "{}", chunk.invalid().escape_ascii())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn any_bytes_are_one_line() {
        for (path, shown) in [
            (&b"/tmp/\xd0\xb6 x.so"[..], "/tmp/ж x.so"),
            (b"st\xffats.so", "st\\xffats.so"),
            (b"a\n[error] b\x1b[31m", "a\\n[error] b\\u{1b}[31m"),
        ] {
            assert_eq!(Shown(Path::new(OsStr::from_bytes(path))).to_string(), shown);
        }
    }
}
