//! The destination of log lines.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pintle_abi_core::{LOG_DEBUG, LOG_ERROR, LOG_INFO, LOG_WARN};

/// One line.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// One of the `LOG_` constants.
    pub level: u32,
    /// The instance that wrote it; empty for the host itself.
    pub plugin: &'a str,
    /// The part of the plugin that it named; may be empty.
    pub target: &'a str,
    /// What it says.
    pub text: &'a str,
}

/// Takes lines, on whatever thread they are written.
pub type Sink = Box<dyn Fn(&Line<'_>) + Send + Sync>;

/// The log of a host.
pub(crate) struct Log {
    sink: Sink,
    /// The last level that is written.
    level: u32,
}

impl Log {
    pub(crate) fn new(sink: Sink, level: u32) -> Self {
        Self { sink, level }
    }

    /// Writes a line. If the sink panics, the line is lost.
    pub(crate) fn write(&self, line: &Line<'_>) {
        if line.level <= self.level {
            let _ = catch_unwind(AssertUnwindSafe(|| (self.sink)(line)));
        }
    }
}

/// The sink that is used unless another one is given: `tracing`, with the target `pintle` and the fields `plugin` and
/// `target`.
pub(crate) fn tracing() -> Sink {
    Box::new(|line| {
        let Line { level, plugin, target, text } = *line;
        match level {
            LOG_ERROR => tracing::error!(target: "pintle", plugin, target, "{text}"),
            LOG_WARN => tracing::warn!(target: "pintle", plugin, target, "{text}"),
            LOG_INFO => tracing::info!(target: "pintle", plugin, target, "{text}"),
            LOG_DEBUG => tracing::debug!(target: "pintle", plugin, target, "{text}"),
            _ => tracing::trace!(target: "pintle", plugin, target, "{text}"),
        }
    })
}
