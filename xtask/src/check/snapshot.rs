//! The ABI is what the committed snapshot says.

use std::path::Path;

use super::Findings;
use crate::snapshot;

/// What differs.
pub fn check(root: &Path) -> Findings {
    Ok(snapshot::run(root, true, None).err().map(|error| format!("{error:#}")).into_iter().collect())
}
