//! The wheel of the Python bindings.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{empty_folder, only_file};
use crate::command::run;
use crate::python;

/// Builds the wheel into `target/wheels`, and returns its path.
pub fn build(root: &Path) -> Result<PathBuf> {
    let python = python::environment(root)?;
    let folder = empty_folder(root, "wheels")?;
    let mut maturin = Command::new(&python);
    maturin.current_dir(root).args([
        "-m",
        "maturin",
        "build",
        "--quiet",
        "--release",
        "--strip",
        "--locked",
        "--interpreter",
    ]);
    maturin.arg(&python).args(["--manifest-path", "bindings-python/Cargo.toml", "--out"]).arg(&folder);
    run(&mut maturin)?;
    only_file(&folder, "whl")
}
