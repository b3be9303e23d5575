//! The log.

use core::fmt;

use pintle_abi_core as abi;

use crate::host::call;
use crate::{Host, text};

/// The level of a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Level {
    /// Something failed, and a person must act.
    Error = abi::LOG_ERROR,
    /// Something is wrong, but work goes on.
    Warn = abi::LOG_WARN,
    /// Information for the operator.
    Info = abi::LOG_INFO,
    /// Information for the developer.
    Debug = abi::LOG_DEBUG,
    /// Every detail.
    Trace = abi::LOG_TRACE,
}

/// The length in bytes at which a formatted line is cut. The line is built on the stack.
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

/// Writes a line at level `Error`: `error!(host, "lost {count} messages")`.
#[macro_export]
macro_rules! error {
    ($host:expr, $($text:tt)+) => { $host.log($crate::Level::Error, module_path!(), format_args!($($text)+)) };
}

/// Writes a line at level `Warn`.
#[macro_export]
macro_rules! warn {
    ($host:expr, $($text:tt)+) => { $host.log($crate::Level::Warn, module_path!(), format_args!($($text)+)) };
}

/// Writes a line at level `Info`.
#[macro_export]
macro_rules! info {
    ($host:expr, $($text:tt)+) => { $host.log($crate::Level::Info, module_path!(), format_args!($($text)+)) };
}

/// Writes a line at level `Debug`.
#[macro_export]
macro_rules! debug {
    ($host:expr, $($text:tt)+) => { $host.log($crate::Level::Debug, module_path!(), format_args!($($text)+)) };
}

/// Writes a line at level `Trace`.
#[macro_export]
macro_rules! trace {
    ($host:expr, $($text:tt)+) => { $host.log($crate::Level::Trace, module_path!(), format_args!($($text)+)) };
}
