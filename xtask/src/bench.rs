//! `cargo xtask bench`.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::command::{cargo, run, target};

/// Builds the bench and its plugins, and runs it.
pub fn bench(root: &Path, quick: bool) -> Result<()> {
    run(cargo(root).args([
        "build",
        "--quiet",
        "--release",
        "--package",
        "pintle-bench",
        "--bins",
        "--examples",
    ]))?;
    let mut program = Command::new(target(root).join("release/pintle-bench"));
    run(program.args(quick.then_some("--quick")))
}
