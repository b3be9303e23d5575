//! The descriptor of a plugin, read from bytes that may be anything.

use core::mem::offset_of;

use pintle_abi_core as abi;
use pintle_kernel::Kernel;

use crate::refusal::Refusal;
use crate::settings::{self, Setting};

/// A plugin's description of itself, copied out of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Descriptor {
    /// A reverse URI that names the plugin for ever.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// The plugin's own version.
    pub version: String,
    /// Who made it.
    pub vendor: String,
    /// One sentence.
    pub description: String,
    /// An SPDX expression.
    pub licence: String,
    /// The address of a page about the plugin.
    pub url: String,
    /// The major version of the ABI that it was built for.
    pub abi_major: u16,
    /// The newest minor version of the ABI that it knows.
    pub abi_minor: u16,
    /// Size of a pointer, in bytes.
    pub pointer_width: u8,
    /// Whether it was built for a little-endian processor.
    pub little_endian: bool,
    /// The layout of its tables.
    pub fingerprint: u64,
    /// The flags that the plugin sets.
    pub flags: Flags,
    /// Interfaces that it cannot do without.
    pub needs: Vec<String>,
    /// Interfaces that it offers.
    pub offers: Vec<String>,
    /// Service ids that it may declare.
    pub services: Vec<u32>,
    /// The least minor version of a host that it can do with.
    pub abi_minor_least: u16,
    /// The settings that the configuration of an instance may have.
    pub settings: Vec<Setting>,
    /// The bytes themselves, as they stand in the file.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) bytes: Vec<u8>,
}

/// The flags of a descriptor: `FLAG_` constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(pub u32);

impl Flags {
    /// The `FLAG_` bits.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Whether all of `flags` are set.
    #[must_use]
    pub fn has(self, flags: u32) -> bool {
        self.0 & flags == flags
    }

    /// The names of the flags that are set; those that this host does not know as `bit N`.
    #[must_use]
    pub fn names(self) -> Vec<String> {
        (0..32)
            .filter(|bit| self.has(1 << bit))
            .map(|bit| match 1 << bit {
                abi::FLAG_MULTI_INSTANCE => "MULTI_INSTANCE".to_owned(),
                abi::FLAG_UNLOAD_SAFE => "UNLOAD_SAFE".to_owned(),
                abi::FLAG_PANIC_ABORT => "PANIC_ABORT".to_owned(),
                abi::FLAG_NO_EXCEPTIONS => "NO_EXCEPTIONS".to_owned(),
                abi::FLAG_DEBUG => "DEBUG".to_owned(),
                abi::FLAG_SANITIZED => "SANITIZED".to_owned(),
                abi::FLAG_OPENS_SOCKETS => "OPENS_SOCKETS".to_owned(),
                abi::FLAG_SESSION_DATA => "SESSION_DATA".to_owned(),
                _ => format!("bit {bit}"),
            })
            .collect()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Flags {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

impl Descriptor {
    /// Reads the bytes of a descriptor, or of the section that holds it. Everything is checked that can be checked
    /// without knowing the reader: a descriptor for another machine is read all the same.
    ///
    /// # Errors
    /// `Descriptor`: damaged. `Settings`: a mistake in what it declares. `Duplicate`: another one follows. `Version`:
    /// of another major version, whose layout is not known here.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let head = Head::of(bytes)?;
        let texts = &bytes[..head.size];
        let text = |at: usize, what: &str| head.line(texts, at, what).map(str::to_owned);
        let list = |at: usize, what: &str| -> Result<Vec<String>, Refusal> {
            Ok(head.line(texts, at, what)?.split_ascii_whitespace().map(str::to_owned).collect())
        };
        let services = list(offset_of!(abi::Descriptor, services), "services")?
            .iter()
            .map(|number| service(number))
            .collect::<Result<_, _>>()?;
        let id = text(offset_of!(abi::Descriptor, id), "id")?;
        if id.is_empty() {
            return Err(damaged("the id is empty"));
        }
        if id.contains(char::is_whitespace) {
            return Err(damaged(format!("the id {id:?} has white space in it")));
        }
        let abi_minor = head.u16(offset_of!(abi::Descriptor, abi_minor));
        let abi_minor_least = head.u16(offset_of!(abi::Descriptor, abi_minor_least));
        if abi_minor_least > abi_minor {
            return Err(damaged(format!(
                "it cannot do with less than minor version {abi_minor_least} of the ABI, and knows only {abi_minor}"
            )));
        }
        let declared = head.text(texts, offset_of!(abi::Descriptor, settings), "settings")?;
        let settings = settings::parse(declared, abi_minor > abi::ABI_MINOR)
            .map_err(|mistake| Refusal::Settings { plugin: id.clone(), mistake })?;
        Ok(Self {
            id,
            name: text(offset_of!(abi::Descriptor, name), "name")?,
            version: text(offset_of!(abi::Descriptor, version), "version")?,
            vendor: text(offset_of!(abi::Descriptor, vendor), "vendor")?,
            description: text(offset_of!(abi::Descriptor, description), "description")?,
            licence: text(offset_of!(abi::Descriptor, licence), "licence")?,
            url: text(offset_of!(abi::Descriptor, url), "url")?,
            needs: list(offset_of!(abi::Descriptor, needs), "needs")?,
            offers: list(offset_of!(abi::Descriptor, offers), "offers")?,
            services,
            abi_major: head.u16(offset_of!(abi::Descriptor, abi_major)),
            abi_minor,
            abi_minor_least,
            settings,
            pointer_width: bytes[offset_of!(abi::Descriptor, pointer_width)],
            little_endian: head.little,
            fingerprint: head.u64(offset_of!(abi::Descriptor, fingerprint)),
            flags: Flags(head.u32(offset_of!(abi::Descriptor, flags))),
            bytes: texts.to_vec(),
        })
    }

    /// Whether this process can run it.
    ///
    /// # Errors
    /// `Machine`: another pointer width or byte order. `Minor` and `Flags`: it needs a newer host. `Layout`: other
    /// tables. `Needs`: an interface that hosts of this version do not offer.
    pub fn check(&self) -> Result<(), Refusal> {
        if usize::from(self.pointer_width) != size_of::<usize>()
            || self.little_endian != cfg!(target_endian = "little")
        {
            let name = |width: usize, little: bool| {
                format!("{} bits, {}-endian", width * 8, if little { "little" } else { "big" })
            };
            return Err(Refusal::Machine {
                file: name(self.pointer_width.into(), self.little_endian),
                process: name(size_of::<usize>(), cfg!(target_endian = "little")),
            });
        }
        if self.abi_minor_least > abi::ABI_MINOR {
            return Err(Refusal::Minor { least: self.abi_minor_least });
        }
        let unknown = self.flags.0 & abi::FLAGS_MUST;
        if unknown != 0 {
            let bits = Flags(unknown).names();
            return Err(Refusal::Flags(bits.join(", ")));
        }
        if self.fingerprint != abi::FINGERPRINT {
            return Err(Refusal::Layout { plugin: self.fingerprint, host: abi::FINGERPRINT });
        }
        match self.needs.iter().find(|need| Kernel::lacks(need.as_bytes())) {
            Some(missing) => Err(Refusal::Needs(missing.clone())),
            None => Ok(()),
        }
    }
}

fn damaged(what: impl Into<String>) -> Refusal {
    Refusal::Descriptor(what.into())
}

fn service(number: &str) -> Result<u32, Refusal> {
    let parsed = match number.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    parsed.map_err(|_| damaged(format!("the service id {number:?} is not a 32-bit number")))
}

/// The head of a descriptor: as many bytes as version 1.0 has, and how to read numbers from them.
struct Head {
    bytes: [u8; size_of::<abi::Descriptor>()],
    little: bool,
    size: usize,
    head_size: usize,
}

impl Head {
    fn of(bytes: &[u8]) -> Result<Self, Refusal> {
        let Some(head) = bytes.first_chunk() else {
            return Err(damaged(format!(
                "{} bytes are too few, the head alone has {}",
                bytes.len(),
                size_of::<abi::Descriptor>()
            )));
        };
        if !head.starts_with(&abi::MAGIC) {
            return Err(damaged(format!(
                "it begins with {:02x?} instead of {:02x?}",
                &head[..8],
                abi::MAGIC
            )));
        }
        let little = match head[offset_of!(abi::Descriptor, byte_order)] {
            abi::ORDER_LITTLE => true,
            abi::ORDER_BIG => false,
            other => return Err(damaged(format!("the byte order {other} is neither 1 nor 2"))),
        };
        let mut this = Self { bytes: *head, little, size: 0, head_size: 0 };
        let major = this.u16(offset_of!(abi::Descriptor, abi_major));
        if major != abi::ABI_MAJOR {
            return Err(Refusal::Version { plugin: major });
        }
        this.size = this.u32(offset_of!(abi::Descriptor, size)) as usize;
        this.head_size = this.u16(offset_of!(abi::Descriptor, head_size)).into();
        if this.size > abi::DESCRIPTOR_MAX {
            return Err(damaged(format!("its size of {} is over {}", this.size, abi::DESCRIPTOR_MAX)));
        }
        if this.size > bytes.len() {
            return Err(damaged(format!(
                "its size of {} is over the {} bytes of its section",
                this.size,
                bytes.len()
            )));
        }
        if this.head_size < head.len() || this.head_size > this.size {
            return Err(damaged(format!(
                "its head of {} bytes does not lie between {} and its size of {}",
                this.head_size,
                head.len(),
                this.size
            )));
        }
        if bytes[this.size..].windows(abi::MAGIC.len()).any(|window| window == abi::MAGIC) {
            return Err(Refusal::Duplicate("a descriptor in its section".to_owned()));
        }
        Ok(this)
    }

    fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut array = [0; N];
        array.copy_from_slice(&self.bytes[at..at + N]);
        array
    }

    fn u16(&self, at: usize) -> u16 {
        let bytes = self.array(at);
        if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }
    }

    fn u32(&self, at: usize) -> u32 {
        let bytes = self.array(at);
        if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
    }

    fn u64(&self, at: usize) -> u64 {
        let bytes = self.array(at);
        if self.little { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) }
    }

    /// The text whose span stands at `at`, which has one line.
    fn line<'a>(&self, bytes: &'a [u8], at: usize, what: &str) -> Result<&'a str, Refusal> {
        let text = self.text(bytes, at, what)?;
        match text.chars().find(|c| c.is_control()) {
            None => Ok(text),
            Some(c) => Err(damaged(format!("the {what} has the control character {c:?} in it"))),
        }
    }

    /// The text whose span stands at `at`.
    fn text<'a>(&self, bytes: &'a [u8], at: usize, what: &str) -> Result<&'a str, Refusal> {
        let (offset, length) = (usize::from(self.u16(at)), usize::from(self.u16(at + 2)));
        if length == 0 {
            return Ok("");
        }
        if offset < self.head_size || offset + length > self.size {
            return Err(damaged(format!(
                "the {what} (bytes {offset} to {}) does not lie between its head of {} bytes and its end at {}",
                offset + length,
                self.head_size,
                self.size
            )));
        }
        core::str::from_utf8(&bytes[offset..offset + length])
            .map_err(|_| damaged(format!("the {what} is not UTF-8")))
    }
}
