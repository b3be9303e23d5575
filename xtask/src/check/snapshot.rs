//! The ABI is the one in the committed snapshot.

use std::path::Path;

use super::Findings;
use crate::snapshot;

/// The differences.
pub fn check(root: &Path) -> Findings {
    Ok(snapshot::run(root, true, None).err().map(|error| format!("{error:#}")).into_iter().collect())
}
