//! Why an image stays mapped.

use pintle_abi_core::FLAG_UNLOAD_SAFE;

use crate::descriptor::Flags;
use crate::report::Report;

/// A reason why a file is refused or stays mapped, and its cure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Finding {
    /// The reason.
    pub rule: String,
    /// What a person can do about it.
    pub cure: String,
}

impl Finding {
    pub(crate) fn new(rule: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { rule: rule.into(), cure: cure.into() }
    }
}

/// Every reason for which a library with these flags and headers stays mapped when its last instance has ended.
pub(crate) fn reasons(flags: Flags, report: &Report) -> Vec<Finding> {
    let mut reasons = Vec::new();
    if !flags.has(FLAG_UNLOAD_SAFE) {
        reasons.push(Finding::new(
            "its descriptor lacks UNLOAD_SAFE",
            "Set the flag if no thread, handler or pointer of the plugin outlives its last instance.",
        ));
    }
    reasons.extend(pins(report));
    reasons
}

/// What makes the system's loader keep a library, whatever its flags say.
pub(crate) fn pins(report: &Report) -> Vec<Finding> {
    let mut pins = Vec::new();
    if report.never_unmapped {
        pins.push(Finding::new("it was linked with the option nodelete", "Link it without -z nodelete."));
    }
    if let Some(first) = report.unique_symbols.first() {
        let others = match report.unique_symbols.len() - 1 {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        pins.push(Finding::new(
            format!("it defines the symbol {first}{others}, unique in the process"),
            "Compile it with -fno-gnu-unique, or hide its symbols with -fvisibility=hidden.",
        ));
    }
    if report.thread_destructors {
        pins.push(Finding::new(
            "it registers destructors of thread-local variables",
            "Use thread-local variables that need no destructor, or let the threads that used them end first.",
        ));
    }
    pins
}
