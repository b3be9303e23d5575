//! What happened, with creation numbers for handles, so that two runs can be compared.

use std::fmt;

use pintle_abi_core::status::{ERROR_FIRST, is_error};

use crate::{crossing::Crossing, op::Op};

/// The kinds of objects that handles name, as in abi-core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Kind {
    Message = 1,
    Socket,
    Session,
    Request,
    Timer,
    Watch,
    Instance,
    Offer,
}

/// How many kinds there are, with one that does not exist.
pub(crate) const KINDS: usize = 9;

impl Kind {
    /// The kind before this one, round.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Message | Self::Offer => Self::Instance,
            Self::Socket => Self::Message,
            Self::Session => Self::Socket,
            Self::Request => Self::Session,
            Self::Timer => Self::Request,
            Self::Watch => Self::Timer,
            Self::Instance => Self::Watch,
        }
    }
}

/// One argument or result.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// No object: handle 0.
    Nothing,
    /// The nth object of a kind that was seen.
    Object(Kind, usize),
    /// A number.
    Number(i128),
    /// Bytes.
    Bytes(Vec<u8>),
    /// The host's own words: they only have to be there.
    HostWords,
    /// A name that begins so, and a text behind it.
    Behind(String, Vec<u8>),
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, Self::Nothing) => true,
            (Self::Object(kind, number), Self::Object(of, other)) => kind == of && number == other,
            (Self::Number(number), Self::Number(other)) => number == other,
            (Self::Bytes(bytes), Self::Bytes(other)) => bytes == other,
            // A name alone says nothing.
            (Self::HostWords, Self::Bytes(bytes)) | (Self::Bytes(bytes), Self::HostWords) => {
                !bytes.is_empty() && !bytes.ends_with(b": ")
            }
            (Self::Behind(name, text), Self::Bytes(bytes))
            | (Self::Bytes(bytes), Self::Behind(name, text)) => {
                bytes.starts_with(name.as_bytes())
                    && bytes.ends_with(text)
                    && bytes.len() > name.len() + text.len()
            }
            _ => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Object(kind, number) => write!(f, "{kind:?}#{number}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Bytes(bytes) if bytes.len() > 48 => {
                write!(f, "\"{}…\" ({} bytes)", bytes[..48].escape_ascii(), bytes.len())
            }
            Self::Bytes(bytes) => write!(f, "\"{}\"", bytes.escape_ascii()),
            Self::HostWords => f.write_str("the host's words"),
            Self::Behind(name, text) => write!(f, "\"{name}…{}\"", text.escape_ascii()),
        }
    }
}

/// One line of a trace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// `actor` calls.
    Call { actor: Option<usize>, op: Op, objects: Vec<Value> },
    /// What the call gave.
    Return { status: i32, out: Vec<Value> },
    /// The host calls an instance.
    Enter { instance: usize, crossing: Crossing, arguments: Vec<Value> },
    /// What the instance answered.
    Leave { status: i32 },
    /// A line for the log that a plugin wrote.
    Log { level: u32, text: Vec<u8> },
    /// When the next turn is due, after a call from outside.
    Due { deadline: Option<u64> },
}

impl Event {
    /// When the next turn is due. Whoever waits cannot tell a time that has come from 0.
    pub(crate) fn due(deadline: Option<u64>, clock: u64) -> Self {
        Self::Due { deadline: deadline.map(|at| if at <= clock { 0 } else { at }) }
    }

    /// Whether lines that belong to this one follow it.
    pub(crate) fn is_begin(&self) -> bool {
        matches!(self, Self::Call { .. } | Self::Enter { .. })
    }

    /// Whether it ends what an earlier line began.
    pub(crate) fn is_end(&self) -> bool {
        matches!(self, Self::Return { .. } | Self::Leave { .. })
    }
}

fn list(f: &mut fmt::Formatter<'_>, values: &[Value]) -> fmt::Result {
    for value in values {
        write!(f, " {value}")?;
    }
    Ok(())
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call { actor, op, objects } => {
                match actor {
                    Some(actor) => write!(f, "plugin {actor}: {op:?}")?,
                    None => write!(f, "NULL: {op:?}")?,
                }
                f.write_str(" on")?;
                list(f, objects)
            }
            Self::Return { status, out } => {
                write!(f, "= {}", name(*status))?;
                list(f, out)
            }
            Self::Enter { instance, crossing, arguments } => {
                write!(f, "> {} of plugin {instance}:", crossing.name())?;
                list(f, arguments)
            }
            Self::Leave { status } => write!(f, "< {}", name(*status)),
            Self::Due { deadline: None } => f.write_str("a turn is never due"),
            Self::Due { deadline: Some(deadline) } => write!(f, "a turn is due at {deadline}"),
            Self::Log { level, text } => write!(f, "log {level} {}", text.escape_ascii()),
        }
    }
}

/// The name of a status.
fn name(status: i32) -> String {
    const SUCCESSES: [&str; 3] = ["OK", "CONSUMED", "PENDING"];
    const ERRORS: [&str; 22] = [
        "E_ARGUMENT",
        "E_HANDLE",
        "E_STALE",
        "E_KIND",
        "E_FOREIGN",
        "E_STATE",
        "E_WRONG_THREAD",
        "E_NOT_OWNER",
        "E_REENTRANT",
        "E_CAPACITY",
        "E_AGAIN",
        "E_CLOSED",
        "E_POISONED",
        "E_NOT_FOUND",
        "E_UNSUPPORTED",
        "E_PERMISSION",
        "E_SEALED",
        "E_UNDERFLOW",
        "E_EXISTS",
        "E_CANCELLED",
        "E_PANIC",
        "E_TIMEOUT",
    ];
    let (names, first) = if is_error(status) { (&ERRORS[..], ERROR_FIRST) } else { (&SUCCESSES[..], 0) };
    let known = usize::try_from(status - first).ok().and_then(|at| names.get(at));
    known.map_or_else(|| status.to_string(), |name| (*name).to_owned())
}
