//! What calls are made with, at the edges that matter.

use arbitrary::{Arbitrary, Result, Unstructured};
use pintle_abi_core::DESCRIPTOR_MAX;
use serde::{Deserialize, Serialize};

/// Names an object without knowing its handle, so that model and kernel can be told the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ref {
    /// What the running crossing was given; outside a crossing the newest.
    Given,
    /// The nth newest of the kind that is asked for.
    Recent(u8),
    /// The nth of the kind, counted from the first; never drawn.
    Number(usize),
    /// 0.
    Zero,
    /// All ones.
    Ones,
    /// A slot that no object ever had.
    NeverUsed,
    /// A kind that does not exist.
    UnknownKind,
    /// The nth newest, with another host's tag.
    Foreign(u8),
    /// The nth newest of the kind before.
    OtherKind(u8),
    /// The nth newest, with a generation that never was.
    Generation(u8),
}

impl<'a> Arbitrary<'a> for Ref {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let n = u.arbitrary::<u8>()?;
        Ok(match n {
            0..=119 => Self::Given,
            120..=179 => Self::Recent((n - 120) & 1),
            180..=237 => Self::Recent((n - 180) % 8),
            238..=240 => Self::Zero,
            241..=242 => Self::Ones,
            243..=244 => Self::NeverUsed,
            245 => Self::UnknownKind,
            246..=248 => Self::Foreign(n - 246),
            249..=251 => Self::OtherKind(n - 249),
            _ => Self::Generation(n - 252),
        })
    }
}

/// Something that is almost never so: a NULL pointer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Null(pub(crate) bool);

impl<'a> Arbitrary<'a> for Null {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(u.arbitrary::<u8>()? > 247))
    }
}

/// A length, at the edges that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Size {
    /// So many bytes.
    Bytes(u8),
    /// A small message's size and this much.
    Small(i8),
    /// A large message's size and this much.
    Large(i8),
    /// `SIZE_MAX`.
    Max,
}

impl<'a> Arbitrary<'a> for Size {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let n = u.arbitrary::<u8>()?;
        Ok(match n {
            0..=219 => Self::Bytes(n % 24),
            220..=234 => Self::Small((n % 3).cast_signed() - 1),
            235..=249 => Self::Large((n % 3).cast_signed() - 1),
            _ => Self::Max,
        })
    }
}

/// A text, at the edges that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Words {
    /// `word` and a number.
    Word(u8),
    /// Nothing.
    Empty,
    /// As long as an address or an error text may be.
    Full,
    /// One byte more, with a character of two bytes across the edge.
    Over,
    /// Bytes that are not UTF-8.
    Broken,
    /// NULL with a length.
    Null,
}

impl<'a> Arbitrary<'a> for Words {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let n = u.arbitrary::<u8>()?;
        Ok(match n {
            0..=219 => Self::Word(n % 10),
            220..=227 => Self::Empty,
            228..=235 => Self::Full,
            236..=243 => Self::Over,
            244..=250 => Self::Broken,
            _ => Self::Null,
        })
    }
}

impl Words {
    /// The bytes; for `Null` those that the length pretends.
    pub(crate) fn bytes(self) -> Vec<u8> {
        match self {
            Self::Word(n) => format!("word{n}").into_bytes(),
            Self::Empty => Vec::new(),
            Self::Full => vec![b'f'; 240],
            Self::Over => [vec![b'o'; 239], "é".into()].concat(),
            Self::Broken => vec![b'b', 0xff, 0xc3],
            Self::Null => vec![0; 3],
        }
    }
}

/// A small number: a channel, a service, a request's id, a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Small(pub(crate) u32);

impl<'a> Arbitrary<'a> for Small {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(match u.arbitrary::<u8>()? {
            n @ 0..=127 => u32::from(n % 2),
            n @ 128..=247 => u32::from(n % 4),
            n @ 248..=251 => 1000 + u32::from(n),
            _ => u32::MAX,
        }))
    }
}

/// The code of an exception, seldom one that is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code(pub(crate) i32);

impl<'a> Arbitrary<'a> for Code {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(match u.arbitrary::<i8>()? {
            n @ -120..=-1 => 10_000 - i32::from(n),
            n => 90 + i32::from(n),
        }))
    }
}

/// A time in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span(pub(crate) u64);

impl<'a> Arbitrary<'a> for Span {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(match u.arbitrary::<u8>()? {
            n @ 0..=251 => u64::from(n % 8) * 10,
            252..=253 => (1 << 62) + 1,
            _ => 1 << 62,
        }))
    }
}

/// How long a stop may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Wait {
    #[default]
    Forever,
    /// So many nanoseconds.
    Time(u8),
}

impl<'a> Arbitrary<'a> for Wait {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.arbitrary::<u8>()? {
            n @ 0..=99 => Self::Time(n % 4 * 10),
            _ => Self::Forever,
        })
    }
}

impl Wait {
    /// The nanoseconds.
    pub(crate) fn nanoseconds(self) -> u64 {
        match self {
            Self::Forever => u64::MAX,
            Self::Time(time) => time.into(),
        }
    }
}

/// The id of an interface, at the edges that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Id {
    /// One that descriptors can list.
    Offer(u8),
    /// One that begins as the host's do.
    Host,
    /// Nothing.
    Empty,
    /// As long as a descriptor.
    Full,
    /// One byte more.
    Over,
    /// Bytes that are not UTF-8.
    Broken,
    /// NULL with a length.
    Null,
}

/// How many ids descriptors can list.
pub(crate) const IDS: u8 = 4;

impl<'a> Arbitrary<'a> for Id {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let n = u.arbitrary::<u8>()?;
        Ok(match n {
            0..=229 => Self::Offer(n % IDS),
            230..=233 => Self::Host,
            234..=237 => Self::Empty,
            238..=241 => Self::Full,
            242..=246 => Self::Over,
            247..=251 => Self::Broken,
            _ => Self::Null,
        })
    }
}

impl Id {
    /// The bytes; for `Null` those that the length pretends.
    pub(crate) fn bytes(self) -> Vec<u8> {
        match self {
            Self::Offer(n) => format!("org.example.offer{n}/1").into_bytes(),
            Self::Host => b"pintle.example/1".to_vec(),
            Self::Empty => Vec::new(),
            Self::Full => vec![b'f'; DESCRIPTOR_MAX],
            Self::Over => vec![b'o'; DESCRIPTOR_MAX + 1],
            Self::Broken => vec![b'b', 0xff],
            Self::Null => vec![0; 3],
        }
    }
}

/// The table of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Table {
    /// One that a call tells from the others.
    Number(u8),
    /// One whose size is less than that of its head.
    Short,
    /// NULL.
    Null,
}

/// How many tables can be told apart.
pub(crate) const TABLES: u8 = 3;

impl<'a> Arbitrary<'a> for Table {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let n = u.arbitrary::<u8>()?;
        Ok(match n {
            0..=247 => Self::Number(n % TABLES),
            248..=251 => Self::Short,
            _ => Self::Null,
        })
    }
}
