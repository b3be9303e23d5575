//! What a firmware can leave out. The tables keep their shape: a slot without its feature answers `E_UNSUPPORTED`, and its
//! code and memory are gone.

/// Services: requests, their results, and slow ones. Without them worker tasks still run.
pub(crate) const SERVICES: bool = cfg!(feature = "services");

/// Timers.
pub(crate) const TIMERS: bool = cfg!(feature = "timers");

/// `pintle.io/1`: without it the interface is not offered.
pub(crate) const IO: bool = cfg!(feature = "io");

/// `pintle.offer/1`: without it the interface is not offered, and plugins cannot find each other.
pub(crate) const OFFERS: bool = cfg!(feature = "offers");

/// The kernel's own words in the log and in last errors. The codes of errors stay, and what plugins write.
pub(crate) const LOG_TEXT: bool = cfg!(feature = "log-text");

/// Whether the most frequent calls have quick ways of their own. Without an operating system less code is worth more.
pub(crate) const QUICK: bool = cfg!(not(target_os = "none"));

/// Whether a log line tells a status. A firmware has no room for that: the names take half a KiB.
pub(crate) const STATUS_IN_LOG: bool = cfg!(not(target_os = "none"));

/// Whether a kernel can find itself in a copy of its process, where all instances were abandoned at once.
pub(crate) const FORKS: bool = cfg!(not(target_os = "none"));
