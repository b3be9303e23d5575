//! The language of calls: one variant for each slot of each table, and for what only a host can do.

use arbitrary::{Arbitrary, Result, Unstructured};
use serde::{Deserialize, Serialize};

/// Names an object without knowing its handle, so that model and kernel can be told the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ref {
    /// What the running crossing was given; outside a crossing the newest.
    Given,
    /// The nth newest of the kind that is asked for.
    Recent(u8),
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

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum Op {
    Message(MessageOp),
    MessageAgain(MessageOp),
    Session(SessionOp),
    SessionAgain(SessionOp),
    Socket(SocketOp),
    Service(ServiceOp),
    ServiceAgain(ServiceOp),
    Executor(ExecutorOp),
    Io(IoOp),
    Plugin(PluginOp),
    Host(HostOp),
}

#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum MessageOp {
    Acquire { capacity: Size, null: Null },
    Retain { message: Ref },
    Release { message: Ref },
    Write { message: Ref, length: Size, null: Null },
    Read { message: Ref, length: Size, null: Null },
    Rewind { message: Ref },
    Length { message: Ref, null: Null },
    View { message: Ref, null: Null },
    Reserve { message: Ref, length: Size, null: Null },
    Commit { message: Ref, length: Size },
    Edit { message: Ref, null: Null },
    ViewMut { message: Ref, null: Null },
    Clear { message: Ref },
    Clone { message: Ref, capacity: Size, null: Null },
}

#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum SocketOp {
    Open { modes: [Small; 2], count: Small, null: Null },
    Listen { socket: Ref, address: Words },
    Connect { socket: Ref, address: Words, token: Size },
    Stop { socket: Ref },
    Close { socket: Ref },
    ChannelCount { socket: Ref, null: Null },
    ChannelMode { socket: Ref, channel: Small, null: Null },
    Attach { socket: Ref, address: Words },
    Detach { socket: Ref },
    Time { socket: Ref, null: Null },
    Address { socket: Ref, null: Null },
    State { socket: Ref, null: Null },
}

#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum SessionOp {
    Create {
        socket: Ref,
        client_id: i64,
        family: Small,
        data: u8,
        user: Words,
        protocol: Words,
        null: Null,
    },
    Destroy {
        session: Ref,
    },
    Receive {
        session: Ref,
        channel: Small,
        message: Ref,
    },
    Send {
        session: Ref,
        channel: Small,
        message: Ref,
    },
    Request {
        session: Ref,
        service: Small,
        id: Small,
        correlation: Small,
        message: Ref,
        /// NULL for the struct.
        #[serde(default)]
        null: Null,
        /// A struct of an edition before the first.
        #[serde(default)]
        short: Null,
        /// A flag that no host knows.
        #[serde(default)]
        flag: Null,
    },
    Cancel {
        session: Ref,
        correlation: Small,
    },
    Suspend {
        session: Ref,
    },
    Resume {
        session: Ref,
    },
    Disconnect {
        session: Ref,
    },
    SetData {
        session: Ref,
        data: u8,
    },
    Data {
        session: Ref,
        null: Null,
    },
    ClientId {
        session: Ref,
        null: Null,
    },
    Address {
        session: Ref,
        null: Null,
    },
    Socket {
        session: Ref,
        null: Null,
    },
    Rtt {
        session: Ref,
        null: Null,
    },
    ChannelMode {
        session: Ref,
        channel: Small,
        null: Null,
    },
    SetChannelMode {
        session: Ref,
        channel: Small,
        mode: Small,
    },
    User {
        session: Ref,
        null: Null,
    },
    Protocol {
        session: Ref,
        null: Null,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum ServiceOp {
    Declare { service: Small, slow: [Small; 2], count: Small, null: Null },
    Result { request: Ref, message: Ref },
    Exception { request: Ref, code: Code, text: Words },
    Done { request: Ref },
    IsCancelled { request: Ref },
    DropCurrent { request: Ref },
}

#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum ExecutorOp {
    Startup,
    Shutdown,
    Submit { message: Ref, with: bool, data: u8, null: Null },
    SubmitWorker { message: Ref, with: bool, data: u8, null: Null },
    StartTimer { delay: Span, period: Span, data: u8, null_run: Null, null_out: Null },
    CancelTimer { timer: Ref },
}

#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum IoOp {
    Watch { fd: Small, interest: Small, data: u8, null_run: Null, null_out: Null },
    Change { watch: Ref, interest: Small },
    Unwatch { watch: Ref },
}

/// What a plugin asks about itself.
#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum PluginOp {
    Extension { known: bool, null_id: Null, null_out: Null },
    Stopped,
    DataSet { data: u8 },
    DataGet { null: Null },
    LogWrite { level: Small, text: Words },
    ErrorSet { code: Small, text: Words },
    ErrorLast { null: Null, short: Null },
}

/// What only the program around the kernel can do.
#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum HostOp {
    Add {
        definition: u8,
    },
    Unload {
        instance: Ref,
        #[serde(default)]
        timeout: Wait,
    },
    Turn,
    Ready {
        watch: Ref,
        ready: Small,
    },
    TurnLater {
        after: Span,
    },
    TurnAgain,
    Take,
    Receipt {
        instance: Ref,
    },
}

/// A call, and who calls.
#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) struct Step {
    /// Which instance calls, modulo how many there are; in a script it is the instance that runs.
    pub(crate) actor: u8,
    /// Nobody calls: the plugin pointer is NULL.
    pub(crate) nobody: Null,
    pub(crate) op: Op,
}
