//! The log.

use core::fmt;

use pintle_abi_core as abi;

use crate::host::call;
use crate::{Host, text};

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Level {
    /// Something failed that a person must know of.
    Error = abi::LOG_ERROR,
    /// Something is odd but works.
    Warn = abi::LOG_WARN,
    /// News for the operator.
    Info = abi::LOG_INFO,
    /// News for the developer.
    Debug = abi::LOG_DEBUG,
    /// Everything.
    Trace = abi::LOG_TRACE,
}

/// The longest line that is put together, in bytes; it is built on the stack, and the rest is cut.
pub const LOG_LINE_MAX: usize = 512;

impl Host {
    /// Writes a line to the log. `target` names a part of the plugin and may be empty. Any thread.
    ///
    /// The macros [`error!`](crate::error!), [`warn!`](crate::warn!), [`info!`](crate::info!),
    /// [`debug!`](crate::debug!) and [`trace!`](crate::trace!) name the module themselves.
    pub fn log(&self, level: Level, target: &str, text: fmt::Arguments<'_>) {
        text::with::<LOG_LINE_MAX, _>(text, |text| {
            // A line that the host does not want is lost.
            let _ = call!(
                self,
                log.write(
                    level as u32,
                    target.as_ptr().cast(),
                    target.len(),
                    text.as_ptr().cast(),
                    text.len()
                )
            );
        });
    }
}

/// Writes a line that a person must know of: `error!(host, "lost {count} messages")`.
#[macro_export]
macro_rules! error {
    ($host:expr, $($text:tt)+) => { $host.log($crate::Level::Error, module_path!(), format_args!($($text)+)) };
}

/// Writes a line about something odd that works.
#[macro_export]
macro_rules! warn {
    ($host:expr, $($text:tt)+) => { $host.log($crate::Level::Warn, module_path!(), format_args!($($text)+)) };
}

/// Writes a line for the operator.
#[macro_export]
macro_rules! info {
    ($host:expr, $($text:tt)+) => { $host.log($crate::Level::Info, module_path!(), format_args!($($text)+)) };
}

/// Writes a line for the developer.
#[macro_export]
macro_rules! debug {
    ($host:expr, $($text:tt)+) => { $host.log($crate::Level::Debug, module_path!(), format_args!($($text)+)) };
}

/// Writes a line for who wants to see everything.
#[macro_export]
macro_rules! trace {
    ($host:expr, $($text:tt)+) => { $host.log($crate::Level::Trace, module_path!(), format_args!($($text)+)) };
}
