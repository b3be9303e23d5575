//! Statuses and errors.

use core::fmt;

use abi::status;
use pintle_abi_core as abi;

use crate::host::call;
use crate::{Host, text};

/// The status that a call returns; see [`status`] for the numbers. Unknown numbers are legal and are passed
/// on unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(pub i32);

impl Status {
    /// The constant's name in the contract, such as `E_STALE`.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        macro_rules! names {
            ($($name:ident)*) => {
                match self.0 {
                    $(status::$name => Some(stringify!($name)),)*
                    _ => None,
                }
            };
        }
        names! {
            OK CONSUMED PENDING E_ARGUMENT E_HANDLE E_STALE E_KIND E_FOREIGN E_STATE E_WRONG_THREAD E_NOT_OWNER
            E_REENTRANT E_CAPACITY E_AGAIN E_CLOSED E_POISONED E_NOT_FOUND E_UNSUPPORTED E_PERMISSION E_SEALED
            E_UNDERFLOW E_EXISTS E_CANCELLED E_PANIC E_TIMEOUT E_IO E_NO_FILE E_NOT_A_LIBRARY E_TRUNCATED E_NO_ENTRY
            E_DESCRIPTOR E_VERSION E_MACHINE E_LAYOUT E_LINK E_MISMATCH E_SLOT
        }
    }

    /// Whether the status is an error: see [`is_error`](status::is_error).
    #[must_use]
    pub const fn is_error(self) -> bool {
        status::is_error(self.0)
    }

    /// `Ok` if the status is no error, else the error.
    ///
    /// # Errors
    /// Every status that [is one](Self::is_error).
    #[inline]
    pub const fn check(self) -> Result {
        if self.is_error() { Err(Error::new(self, "")) } else { Ok(()) }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "status {}", self.0),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a call or a callback failed: a status and perhaps a text.
///
/// With `std` a text can be made, by [`with_text`](Self::with_text), and an [`std::io::Error`] becomes one with its own text, so
/// `?` passes it on. Without, [`Host::error`] formats one. An error that a call to the host returned needs no text, because the
/// host has set one.
///
/// ```
/// # use pintle_sdk::{CreateArgs, Host, Plugin, Result};
/// # struct Motd(String);
/// # #[cfg(feature = "std")]
/// # impl Plugin for Motd {
/// fn create(_: &Host, args: CreateArgs<'_>) -> Result<Self> {
///     Ok(Motd(std::fs::read_to_string(args.config)?))
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: Status,
    text: Text,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Text {
    Fixed(&'static str),
    #[cfg(feature = "std")]
    Made(Box<str>),
}

impl Error {
    /// An error with a fixed text, which may be empty. A status that is no error
    /// becomes `E_ARGUMENT`.
    #[must_use]
    pub const fn new(code: Status, text: &'static str) -> Self {
        let code = if code.is_error() { code } else { Status(status::E_ARGUMENT) };
        Error { code, text: Text::Fixed(text) }
    }

    /// An error with a text that was made for it: `Error::with_text(status::E_IO, format!("cannot bind {address}"))`. A status that
    /// is no error becomes `E_ARGUMENT`.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn with_text(code: i32, text: impl Into<Box<str>>) -> Self {
        Error { text: Text::Made(text.into()), ..Error::new(Status(code), "") }
    }

    /// The status.
    #[must_use]
    pub const fn code(&self) -> Status {
        self.code
    }

    /// The text; empty if there is none.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.text {
            Text::Fixed(text) => text,
            #[cfg(feature = "std")]
            Text::Made(text) => text,
        }
    }

    /// Gives the text to the host and returns the status.
    #[cold]
    pub(crate) fn report(self, host: &Host) -> i32 {
        if !self.text().is_empty() {
            host.set_error(self.code, self.text());
        }
        self.code.0
    }
}

#[cfg(feature = "std")]
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        let code = match error.kind() {
            ErrorKind::NotFound => status::E_NOT_FOUND,
            ErrorKind::PermissionDenied => status::E_PERMISSION,
            ErrorKind::AlreadyExists => status::E_EXISTS,
            ErrorKind::WouldBlock => status::E_AGAIN,
            ErrorKind::TimedOut => status::E_TIMEOUT,
            ErrorKind::InvalidInput => status::E_ARGUMENT,
            ErrorKind::Unsupported => status::E_UNSUPPORTED,
            _ => status::E_IO,
        };
        Error::with_text(code, error.to_string())
    }
}

/// The way back, for what passes errors on as those of a stream.
#[cfg(feature = "std")]
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        use std::io::ErrorKind;
        let kind = match error.code.0 {
            status::E_NOT_FOUND => ErrorKind::NotFound,
            status::E_PERMISSION => ErrorKind::PermissionDenied,
            status::E_EXISTS => ErrorKind::AlreadyExists,
            status::E_AGAIN => ErrorKind::WouldBlock,
            status::E_TIMEOUT => ErrorKind::TimedOut,
            status::E_ARGUMENT => ErrorKind::InvalidInput,
            status::E_UNSUPPORTED => ErrorKind::Unsupported,
            status::E_UNDERFLOW => ErrorKind::UnexpectedEof,
            status::E_CAPACITY => ErrorKind::StorageFull,
            _ => ErrorKind::Other,
        };
        std::io::Error::new(kind, error)
    }
}

impl From<Status> for Error {
    fn from(code: Status) -> Self {
        Error::new(code, "")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text().is_empty() {
            write!(f, "{}", self.code)
        } else {
            write!(f, "{}: {}", self.code, self.text())
        }
    }
}

impl core::error::Error for Error {}

/// The result of almost every function of this crate.
pub type Result<T = (), E = Error> = core::result::Result<T, E>;

impl Host {
    /// An error with a formatted text: `host.error(status::E_IO, format_args!("cannot bind {address}"))`. The
    /// host copies the text at once, at most [`ERROR_TEXT_MAX`](abi::ERROR_TEXT_MAX) bytes of it.
    #[must_use]
    pub fn error(&self, code: i32, text: fmt::Arguments<'_>) -> Error {
        let error = Error::new(Status(code), "");
        text::with::<{ abi::ERROR_TEXT_MAX }, _>(text, |text| self.set_error(error.code, text));
        error
    }

    /// The last error of this instance: the one that it set itself, or that the host set for a call that failed.
    ///
    /// # Errors
    /// A correct host returns none.
    pub fn last_error(&self) -> Result<LastError> {
        let mut error = abi::Error {
            size: size_of::<abi::Error>() as u32,
            code: 0,
            length: 0,
            reserved: 0,
            text: [0; abi::ERROR_TEXT_MAX],
        };
        call!(self, error.last(&raw mut error))?;
        Ok(LastError(error))
    }

    pub(crate) fn set_error(&self, code: Status, text: &str) {
        let text = text::cut(text, abi::ERROR_TEXT_MAX);
        // There is nobody to tell that an error cannot be told.
        let _ = call!(self, error.set(code.0, text.as_ptr().cast(), text.len()));
    }
}

/// The last error of an instance, as [`Host::last_error`] copied it.
#[derive(Clone, Copy)]
pub struct LastError(abi::Error);

impl LastError {
    /// The status; `OK` if there was no error yet.
    #[must_use]
    pub const fn code(&self) -> Status {
        Status(self.0.code)
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        let length = (self.0.length as usize).min(abi::ERROR_TEXT_MAX);
        str::from_utf8(&self.0.text[..length]).unwrap_or("(not UTF-8)")
    }
}

impl fmt::Debug for LastError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_the_name_of_the_contract() {
        assert_eq!(Status(102).name(), Some("E_STALE"));
        assert_eq!(Status(1011).to_string(), "E_SLOT");
        assert_eq!(Status(10_001).to_string(), "status 10001");
        assert_eq!(Error::new(Status(110), "later").to_string(), "E_AGAIN: later");
    }

    #[cfg(feature = "std")]
    #[test]
    fn an_error_of_the_system_keeps_its_text_both_ways() {
        let error = Error::from(std::fs::File::open("/no/such/file").unwrap_err());
        assert_eq!(error.code(), Status(status::E_NOT_FOUND));
        assert!(error.text().contains("No such file"), "{error}");
        let back = std::io::Error::from(error);
        assert_eq!(back.kind(), std::io::ErrorKind::NotFound);
        assert!(back.to_string().contains("No such file"), "{back}");
        assert_eq!(Error::with_text(status::OK, "fine").code(), Status(status::E_ARGUMENT));
    }

    #[test]
    fn an_error_never_looks_like_success() {
        for code in [status::OK, status::CONSUMED, status::PENDING, 99] {
            assert_eq!(Error::from(Status(code)).code(), Status(status::E_ARGUMENT));
        }
        assert_eq!(Error::from(Status(10_000)).code(), Status(10_000));
    }
}
