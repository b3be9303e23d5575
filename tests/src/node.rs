//! Node, where there is one.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::xtask::built;

/// Whether there is a Node that the bindings support, and npm.
#[must_use]
pub fn is_installed() -> bool {
    pintle_tools::is_installed("node") && pintle_tools::is_installed("npm")
}

/// The npm package's tarball, built once for each run of the tests.
///
/// # Panics
/// If it cannot be built.
pub fn tarball() -> Option<&'static Path> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    is_installed().then(|| BUILT.get_or_init(|| built(&["npm"])).as_path())
}

/// A folder whose `node_modules` has the package.
///
/// # Panics
/// If it cannot be installed.
pub fn package() -> Option<&'static Path> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    is_installed().then(|| BUILT.get_or_init(|| built(&["npm", "--install"])).as_path())
}
