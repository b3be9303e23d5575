//! Every generated file is up to date with abi-core.

use std::path::Path;

use super::Findings;
use crate::header;

/// The files that are out of date. The tests for each kind of drift are beside the code that generates the files.
pub fn check(root: &Path) -> Findings {
    Ok(header::run(root, true).err().map(|error| format!("{error:#}")).into_iter().collect())
}
