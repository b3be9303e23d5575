//! What the fuzz targets do with bytes, where the stable toolchain can call it too.

use std::path::Path;

use pintle_host::{Verdict, inspect_bytes, read_descriptor_bytes};

use crate::{Plan, check};

/// Any bytes, as a plan: the kernel does what the model does.
///
/// # Panics
/// When it does not. The message has the transcript and the smallest plan that shows it.
pub fn calls(bytes: &[u8]) {
    let plan = Plan::from_bytes(bytes);
    if let Err(difference) = check(&plan) {
        panic!("{difference}\nThe plan:\n{}", difference.plan.to_json());
    }
}

/// Any bytes, as a plugin file: reading ends, and both ways of reading agree.
///
/// # Panics
/// When the same bytes give two verdicts, a file loads that says nothing of itself, or the quick look and the whole
/// one differ.
pub fn inspect(bytes: &[u8]) {
    let path = Path::new("fuzzed");
    let inspection = inspect_bytes(path, bytes);
    assert_eq!(inspection, inspect_bytes(path, bytes), "the same bytes, another verdict");
    let quick = read_descriptor_bytes(bytes);
    if !matches!(inspection.verdict, Verdict::Refused { .. }) {
        assert!(inspection.report.is_some(), "it loads, and its headers cannot be read");
        assert!(inspection.descriptor.is_some(), "it loads, and says nothing of itself");
        assert_eq!(quick.ok(), inspection.descriptor, "the quick look sees something else");
    } else if let (Ok(quick), Some(whole)) = (quick, inspection.descriptor) {
        assert_eq!(quick, whole, "the quick look sees something else");
    }
}
