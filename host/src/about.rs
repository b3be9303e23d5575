//! What a dialect says of a library that has no descriptor of its own, and the descriptor that is made of it.

use core::mem::offset_of;

use pintle_abi_core as abi;
use pintle_abi_core::Span;

use crate::descriptor::Descriptor;
use crate::refusal::Refusal;

/// What the members of a [`Descriptor`] shall be. An empty one stands for none; the id is the only one that must be there.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// The id, in reverse domain notation, without white space.
    pub id: &'a str,
    /// A name for people.
    pub name: &'a str,
    /// The plugin's own version.
    pub version: &'a str,
    /// Who made it.
    pub vendor: &'a str,
    /// One sentence.
    pub description: &'a str,
    /// An SPDX expression.
    pub licence: &'a str,
    /// The address of a page about the plugin.
    pub url: &'a str,
    /// `FLAG_` constants.
    pub flags: u32,
    /// Interfaces that it cannot do without.
    pub needs: &'a [&'a str],
    /// Interfaces that it offers.
    pub offers: &'a [&'a str],
    /// Service ids that it may declare.
    pub services: &'a [u32],
    /// The settings that the configuration of an instance may have, in the grammar of [`settings`](pintle_abi_core::Descriptor::settings).
    pub settings: &'a str,
}

impl About<'_> {
    /// Makes the descriptor of a plugin for this host.
    ///
    /// # Errors
    /// `Descriptor`: no id, white space in it, a control character, or more than [`DESCRIPTOR_MAX`](abi::DESCRIPTOR_MAX) bytes
    /// in all. `Settings`: a mistake in the settings.
    pub fn descriptor(&self) -> Result<Descriptor, Refusal> {
        let services: Vec<String> = self.services.iter().map(u32::to_string).collect();
        let (needs, offers, services) = (self.needs.join(" "), self.offers.join(" "), services.join(" "));
        let texts = [
            (offset_of!(abi::Descriptor, id), self.id),
            (offset_of!(abi::Descriptor, name), self.name),
            (offset_of!(abi::Descriptor, version), self.version),
            (offset_of!(abi::Descriptor, vendor), self.vendor),
            (offset_of!(abi::Descriptor, description), self.description),
            (offset_of!(abi::Descriptor, licence), self.licence),
            (offset_of!(abi::Descriptor, url), self.url),
            (offset_of!(abi::Descriptor, needs), &needs),
            (offset_of!(abi::Descriptor, offers), &offers),
            (offset_of!(abi::Descriptor, services), &services),
            (offset_of!(abi::Descriptor, settings), self.settings),
        ];
        let head = size_of::<abi::Descriptor>();
        let size = texts.iter().fold(head, |sum, (_, text)| sum.saturating_add(text.len()));
        if size > abi::DESCRIPTOR_MAX {
            let most = abi::DESCRIPTOR_MAX;
            return Err(Refusal::Descriptor(format!("its size of {size} is over {most}")));
        }
        let mut bytes = vec![0; head];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(offset_of!(abi::Descriptor, magic), &abi::MAGIC);
        put(offset_of!(abi::Descriptor, size), &(size as u32).to_ne_bytes());
        put(offset_of!(abi::Descriptor, abi_major), &abi::ABI_MAJOR.to_ne_bytes());
        put(offset_of!(abi::Descriptor, abi_minor), &abi::ABI_MINOR.to_ne_bytes());
        put(offset_of!(abi::Descriptor, pointer_width), &[size_of::<usize>() as u8]);
        put(offset_of!(abi::Descriptor, byte_order), &[ORDER]);
        put(offset_of!(abi::Descriptor, head_size), &(head as u16).to_ne_bytes());
        put(offset_of!(abi::Descriptor, flags), &self.flags.to_ne_bytes());
        put(offset_of!(abi::Descriptor, fingerprint), &abi::FINGERPRINT.to_ne_bytes());
        let mut end = head;
        for (at, text) in texts {
            put(at + offset_of!(Span, offset), &(end as u16).to_ne_bytes());
            put(at + offset_of!(Span, length), &(text.len() as u16).to_ne_bytes());
            end += text.len();
        }
        bytes.extend(texts.iter().flat_map(|(_, text)| text.bytes()));
        Descriptor::parse(&bytes)
    }
}

const ORDER: u8 = if cfg!(target_endian = "little") { abi::ORDER_LITTLE } else { abi::ORDER_BIG };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::Flags;

    #[test]
    fn a_descriptor_says_what_was_said() {
        let about = About {
            id: "org.test.made",
            name: "Made",
            version: "2",
            vendor: "v",
            description: "d",
            licence: "MIT",
            url: "u",
            flags: abi::FLAG_UNLOAD_SAFE,
            needs: &["org.a/1", "org.b/1"],
            offers: &["org.c/1"],
            services: &[7, u32::MAX],
            settings: "port int =1 The port",
        };
        let made = about.descriptor().expect("a descriptor");
        let texts = [&made.id, &made.name, &made.version, &made.vendor, &made.description, &made.licence];
        assert_eq!(texts, ["org.test.made", "Made", "2", "v", "d", "MIT"]);
        assert_eq!((made.url.as_str(), made.flags), ("u", Flags(abi::FLAG_UNLOAD_SAFE)));
        assert_eq!(
            (&made.needs[..], &made.offers[..]),
            (&["org.a/1", "org.b/1"].map(str::to_owned)[..], &["org.c/1".to_owned()][..])
        );
        assert_eq!((&made.services[..], made.settings.len()), (&[7, u32::MAX][..], 1));
    }

    #[test]
    fn what_no_descriptor_can_say_is_refused() {
        let long = "x".repeat(abi::DESCRIPTOR_MAX);
        for about in [
            About::default(),
            About { id: "a b", ..About::default() },
            About { id: "a", name: "\n", ..About::default() },
            About { id: &long, ..About::default() },
        ] {
            assert!(matches!(about.descriptor(), Err(Refusal::Descriptor(_))), "{about:?}");
        }
    }
}
