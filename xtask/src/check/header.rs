//! Every generated file is what abi-core says.

use std::path::Path;

use super::Findings;
use crate::header;

/// Which files are stale. That each kind of drift is seen is tested where they are generated.
pub fn check(root: &Path) -> Findings {
    Ok(header::run(root, true).err().map(|error| format!("{error:#}")).into_iter().collect())
}
