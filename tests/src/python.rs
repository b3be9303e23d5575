//! Python, where there is one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::xtask::built;

/// The machine's own Python, to make environments with; `None` without one that the bindings support.
#[must_use]
pub fn python() -> Option<Command> {
    pintle_tools::is_installed("python")
        .then(|| Command::new(std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into())))
}

/// The wheel, built once for each run of the tests.
///
/// # Panics
/// If it cannot be built.
pub fn wheel() -> Option<&'static Path> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    python().map(|_| BUILT.get_or_init(|| built(&["wheel"])).as_path())
}

/// The Python of an environment with the wheel, pytest and mypy.
///
/// # Panics
/// If they cannot be installed.
pub fn venv() -> Option<&'static Path> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    python().map(|_| BUILT.get_or_init(|| built(&["wheel", "--venv"])).as_path())
}
