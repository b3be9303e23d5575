//! Errors, whose texts say what a person can do.

use std::fmt::{self, Display};

use pintle_abi_core::status;

use crate::refusal::LoadError;

/// A call to the host that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The status; see [`status_name`].
    pub code: i32,
    /// The instance that it is about, if it is about one.
    pub plugin: Option<String>,
    /// What happened, and what a person can do.
    pub text: String,
}

impl Error {
    /// An error that says no more than its status does.
    pub(crate) fn plain(code: i32) -> Self {
        Self { code, plugin: None, text: status_text(code).to_owned() }
    }

    pub(crate) fn new(code: i32, text: impl Into<String>) -> Self {
        Self { code, plugin: None, text: text.into() }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(plugin) = &self.plugin {
            write!(f, "{plugin}: ")?;
        }
        match status_name(self.code) {
            Some(name) => write!(f, "{} ({name})", self.text),
            None => write!(f, "{} (status {})", self.text, self.code),
        }
    }
}

impl std::error::Error for Error {}

impl From<LoadError> for Error {
    fn from(error: LoadError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<rustix::io::Errno> for Error {
    fn from(error: rustix::io::Errno) -> Self {
        Self::new(status::E_IO, std::io::Error::from(error).to_string())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::new(status::E_IO, error.to_string())
    }
}

/// The name of a status as the headers have it, without the prefix; `None` for one that this host does not know.
#[must_use]
pub fn status_name(code: i32) -> Option<&'static str> {
    status::name(code)
}

macro_rules! statuses {
    ($($name:ident: $text:literal,)*) => {
        /// The meaning of a status in a few words.
        #[must_use]
        pub fn status_text(code: i32) -> &'static str {
            match code {
                $(status::$name => $text,)*
                _ => "the plugin refused, with a status of its own",
            }
        }
    };
}

statuses! {
    OK: "done",
    CONSUMED: "a filter took the message",
    PENDING: "not finished yet",
    E_ARGUMENT: "an argument is not acceptable",
    E_HANDLE: "not a handle that a host ever gave out",
    E_STALE: "the object of the handle is gone",
    E_KIND: "a handle of another kind of object",
    E_FOREIGN: "a handle of another host",
    E_STATE: "not legal in the present state",
    E_WRONG_THREAD: "called on another thread than the kernel thread; adopt the host first, or wake it and let it call",
    E_NOT_OWNER: "only the owner may do this",
    E_REENTRANT: "nested too deep, or called from inside a callback",
    E_CAPACITY: "a limit given at start is reached; raise it when the host is started",
    E_AGAIN: "a queue is full; try again later",
    E_CLOSED: "the instance has been stopped",
    E_POISONED: "the instance panicked or threw earlier and takes no more calls",
    E_NOT_FOUND: "nothing of that name, number or index",
    E_UNSUPPORTED: "the other side does not offer this",
    E_PERMISSION: "the descriptor of the plugin does not ask for this",
    E_SEALED: "the message was passed on and cannot be written any more",
    E_UNDERFLOW: "fewer bytes are left than were asked for",
    E_EXISTS: "it exists already",
    E_CANCELLED: "cancelled, or the session has ended",
    E_PANIC: "a panic or exception was contained in a callback",
    E_TIMEOUT: "it did not stop in its time",
    E_IO: "the operating system refused",
    E_NO_FILE: "there is no such file",
    E_NOT_A_LIBRARY: "not a shared library of this system",
    E_TRUNCATED: "the file is cut short",
    E_NO_ENTRY: "a shared library, but not a Pintle plugin",
    E_DESCRIPTOR: "the descriptor is damaged",
    E_VERSION: "built for another major version of the ABI, or for a newer host",
    E_MACHINE: "built for another processor",
    E_LAYOUT: "built with other tables",
    E_LINK: "the system's loader refused the file",
    E_MISMATCH: "the descriptor in memory is not the one in the file",
    E_SLOT: "a callback that the plugin must offer is absent",
}
