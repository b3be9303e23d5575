//! Which kind of file it is, by its first bytes.

use object::ReadRef;

use crate::refusal::Refusal;

/// The width of an ELF file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Elf32,
    Elf64,
}

/// Finds out by its first bytes which kind of file it is.
pub(crate) fn identify<'data, R: ReadRef<'data>>(data: R) -> Result<Class, Refusal> {
    let length = data.len().unwrap_or(0);
    if length == 0 {
        return Err(Refusal::Empty);
    }
    let Ok(start) = data.read_bytes_at(0, length.min(64)) else {
        return Err(Refusal::Io("it ended while it was read".to_owned()));
    };
    match start {
        [0x7f, b'E', b'L', b'F', class, ..] => {
            let (class, needed) = match *class {
                1 => (Class::Elf32, 52),
                2 => (Class::Elf64, 64),
                other => return Err(Refusal::Headers(format!("the class {other} is neither 1 nor 2"))),
            };
            if length < needed {
                return Err(Refusal::Truncated { what: "its ELF header", needed, length });
            }
            Ok(class)
        }
        [b'!', b'<', b'a' | b't', b'r' | b'h', ..] => Err(Refusal::Archive),
        [b'M', b'Z', ..] => Err(Refusal::ForeignFormat("Windows")),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..]
        | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..]
        | [0xca, 0xfe, 0xba, 0xbe | 0xbf, ..] => Err(Refusal::ForeignFormat("macOS")),
        [0, b'a', b's', b'm', ..] => Err(Refusal::ForeignFormat("WebAssembly")),
        _ if is_text(start) => Err(Refusal::Text),
        _ => Err(Refusal::UnknownFormat(start[..start.len().min(8)].to_vec())),
    }
}

fn is_text(bytes: &[u8]) -> bool {
    let whole = match core::str::from_utf8(bytes) {
        Ok(text) => text,
        // The last character may be incomplete, because the read ends in the middle of it.
        Err(error) if error.error_len().is_none() => {
            core::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !whole.is_empty() && !whole.chars().any(|c| c.is_control() && !c.is_ascii_whitespace())
}
