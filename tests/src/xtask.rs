//! The project's own commands: what is built for people is built in one place.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::plugins::{root, said};

/// Runs one that builds something, and gives the path on the last line it prints.
///
/// # Panics
/// If it fails.
#[must_use]
pub fn built(arguments: &[&str]) -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "xtask", "--"])
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "xtask {arguments:?}: {}", said(&output));
    let printed = String::from_utf8_lossy(&output.stdout);
    Path::new(printed.lines().last().expect("it prints a path")).to_owned()
}
