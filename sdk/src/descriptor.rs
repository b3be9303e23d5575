//! The descriptor, put together at compile time.

use pintle_abi_core as abi;

/// Flags that an author may set, by the names that `flags = […]` takes. The attribute sets `PANIC_ABORT` and `DEBUG` where
/// they apply.
pub mod flag {
    use pintle_abi_core as abi;

    /// The plugin may have several live instances: it keeps all state in the instance. Without the feature `std` of this
    /// crate the flag is left out.
    pub const MULTI_INSTANCE: u32 = abi::FLAG_MULTI_INSTANCE;
    /// The image may be unmapped once its last instance has ended: the plugin has no thread-local with a destructor, leaves
    /// no thread running, and registers nothing with the process.
    pub const UNLOAD_SAFE: u32 = abi::FLAG_UNLOAD_SAFE;
    /// The plugin was built with a sanitizer.
    pub const SANITIZED: u32 = abi::FLAG_SANITIZED;
    /// The plugin opens sockets.
    pub const OPENS_SOCKETS: u32 = abi::FLAG_OPENS_SOCKETS;
    /// The plugin stores data on sessions of other owners.
    pub const SESSION_DATA: u32 = abi::FLAG_SESSION_DATA;
}

/// How many texts a descriptor has.
pub const TEXTS: usize = 11;

/// A descriptor with its texts behind it; `N` is [`heap_size`] of them.
#[repr(C)]
pub struct Descriptor<const N: usize> {
    head: abi::Descriptor,
    heap: [u8; N],
}

/// Bytes that the texts take, filled up to a multiple of 8 so that nothing undefined follows them.
#[must_use]
pub const fn heap_size(texts: &[&str; TEXTS]) -> usize {
    let (mut size, mut i) = (0, 0);
    while i < TEXTS {
        size += texts[i].len();
        i += 1;
    }
    size.next_multiple_of(8)
}

/// Bytes that [`ids`] takes for these services.
#[must_use]
pub const fn ids_length(services: &[(u32, &[u32])]) -> usize {
    let (mut length, mut i) = (0, 0);
    while i < services.len() {
        let space = if i == 0 { 0 } else { 1 };
        length += space + 2 + hex_digits(services[i].0);
        i += 1;
    }
    length
}

/// The ids of services as the descriptor has them: hexadecimal, with single spaces between them.
#[must_use]
pub const fn ids<const N: usize>(services: &[(u32, &[u32])]) -> [u8; N] {
    let mut text = [b' '; N];
    let (mut end, mut i) = (0, 0);
    while i < services.len() {
        end += if i == 0 { 0 } else { 1 };
        let id = services[i].0;
        (text[end], text[end + 1]) = (b'0', b'x');
        end += 2;
        let mut digits = hex_digits(id);
        while digits > 0 {
            digits -= 1;
            text[end] = b"0123456789abcdef"[(id >> (4 * digits)) as usize & 15];
            end += 1;
        }
        i += 1;
    }
    text
}

const fn hex_digits(id: u32) -> usize {
    if id == 0 { 1 } else { id.ilog2() as usize / 4 + 1 }
}

/// Bytes that are text because they are ASCII.
///
/// # Panics
/// At compile time, if they are not.
#[must_use]
pub const fn ascii(bytes: &'static [u8]) -> &'static str {
    match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("no text"),
    }
}

impl<const N: usize> Descriptor<N> {
    /// The descriptor of a plugin with these texts (in the order of the contract: id, name, version, vendor,
    /// description, licence, url, needs, offers, services, settings), the least minor version that it requires of its
    /// host, and flags.
    ///
    /// # Panics
    /// At compile time: the texts are too long, the id is empty, or the sdk is older than the least minor version.
    #[must_use]
    pub const fn new(texts: &[&str; TEXTS], minor_least: u16, flags: u32) -> Self {
        assert!(
            size_of::<Self>() <= abi::DESCRIPTOR_MAX,
            "the plugin's texts are too long: a descriptor has at most 4096 bytes, with 80 for its head"
        );
        assert!(
            abi::ABI_MINOR.checked_sub(minor_least).is_some(),
            "the plugin needs a minor version that this sdk does not have"
        );
        assert!(
            !texts[0].is_empty(),
            "the plugin's id is empty: give a reverse URI, such as org.example.hello"
        );
        let mut heap = [0; N];
        let mut spans = [abi::Span { offset: 0, length: 0 }; TEXTS];
        let (mut end, mut i) = (0, 0);
        while i < TEXTS {
            let text = texts[i].as_bytes();
            spans[i] =
                abi::Span { offset: (size_of::<abi::Descriptor>() + end) as u16, length: text.len() as u16 };
            let mut j = 0;
            while j < text.len() {
                heap[end] = text[j];
                end += 1;
                j += 1;
            }
            i += 1;
        }
        let [id, name, version, vendor, description, licence, url, needs, offers, services, settings] = spans;
        let head = abi::Descriptor {
            magic: abi::MAGIC,
            size: size_of::<Self>() as u32,
            abi_major: abi::ABI_MAJOR,
            abi_minor: abi::ABI_MINOR,
            pointer_width: size_of::<usize>() as u8,
            byte_order: if cfg!(target_endian = "big") { abi::ORDER_BIG } else { abi::ORDER_LITTLE },
            head_size: size_of::<abi::Descriptor>() as u16,
            flags: flags_as_built(flags),
            fingerprint: abi::FINGERPRINT,
            id,
            name,
            version,
            vendor,
            description,
            licence,
            url,
            needs,
            offers,
            services,
            settings,
            abi_minor_least: minor_least,
            reserved: 0,
        };
        Descriptor { head, heap }
    }

    /// The head, which the texts follow.
    #[must_use]
    pub const fn head(&'static self) -> *const abi::Descriptor {
        core::ptr::from_ref(self).cast()
    }
}

/// The author's flags, and what this crate was built with.
const fn flags_as_built(flags: u32) -> u32 {
    let walled = cfg!(feature = "std") && cfg!(panic = "unwind");
    let flags = if cfg!(feature = "std") { flags } else { flags & !abi::FLAG_MULTI_INSTANCE };
    flags | if walled { 0 } else { abi::FLAG_PANIC_ABORT }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: [&str; TEXTS] =
        ["org.example.a", "a", "1", "", "é", "MIT", "", "pintle.io/1", "", "1 0x2", "a bool Whether\n"];

    #[test]
    fn ids_are_what_the_descriptor_holds() {
        const SERVICES: &[(u32, &[u32])] = &[(0x1000_0001, &[2]), (0, &[]), (0x7f, &[]), (u32::MAX, &[])];
        const TEXT: [u8; ids_length(SERVICES)] = ids(SERVICES);
        assert_eq!(ascii(&TEXT), "0x10000001 0x0 0x7f 0xffffffff");
        assert_eq!(ids_length(&[]), 0);
    }

    #[test]
    fn every_span_shows_its_text() {
        static DESCRIPTOR: Descriptor<{ heap_size(&TEXT) }> = Descriptor::new(&TEXT, 0, flag::OPENS_SOCKETS);
        let head = DESCRIPTOR.head;
        let spans = [
            head.id,
            head.name,
            head.version,
            head.vendor,
            head.description,
            head.licence,
            head.url,
            head.needs,
            head.offers,
            head.services,
            head.settings,
        ];
        for (span, text) in spans.iter().zip(TEXT) {
            let begin = usize::from(span.offset) - usize::from(head.head_size);
            assert_eq!(&DESCRIPTOR.heap[begin..begin + usize::from(span.length)], text.as_bytes());
        }
        assert_eq!(head.size as usize, size_of_val(&DESCRIPTOR));
        assert_eq!(head.size as usize, usize::from(head.head_size) + DESCRIPTOR.heap.len(), "no padding");
        assert_eq!(head.flags & !abi::FLAG_PANIC_ABORT, abi::FLAG_OPENS_SOCKETS);
        assert_eq!(head.fingerprint, abi::FINGERPRINT);
    }
}
