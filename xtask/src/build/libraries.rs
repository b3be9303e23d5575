//! `libpintle.so`, `libpintle.a` and the freestanding `libpintle-core.a`.
//!
//! A static library made by rustc shows its users every symbol of the Rust standard library. Two of them could not be
//! linked into one program, and it would not be clear which symbols are public. So each library is linked to one object,
//! in which only the symbols of its list are global.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{folder, place};
use crate::command::{cargo, run, target};

/// The symbols that `libpintle.so` and `libpintle.a` export.
pub const HOSTED: &str = "ffi/symbols.txt";
/// The symbols that `libpintle-core.a` exports.
pub const FREESTANDING: &str = "ffi-core/symbols.txt";

/// The paths of the libraries.
pub struct Libraries {
    /// `libpintle.so`
    pub shared: PathBuf,
    /// `libpintle.a`
    pub archive: PathBuf,
    /// `libpintle-core.a`
    pub freestanding: PathBuf,
}

/// Builds the three libraries into `target/lib`.
pub fn build(root: &Path) -> Result<Libraries> {
    let hosted = hosted(root)?;
    Ok(Libraries { freestanding: freestanding(root)?, shared: hosted.0, archive: hosted.1 })
}

/// Builds the libraries of a program on an operating system; returns the value of `PINTLE_LIB` for programs that link them.
pub fn built(root: &Path) -> Result<PathBuf> {
    hosted(root)?;
    folder(root, "lib")
}

fn hosted(root: &Path) -> Result<(PathBuf, PathBuf)> {
    run(cargo(root).args(["build", "--quiet", "--release", "--package", "pintle-ffi"]))?;
    let (built, folder) = (target(root).join("release"), folder(root, "lib")?);
    let (shared, archive) = (folder.join("libpintle.so"), folder.join("libpintle.a"));
    place(&built.join("libpintle.so"), &shared)?;
    localise(root, &built.join("libpintle.a"), &root.join(HOSTED), &archive)?;
    Ok((shared, archive))
}

fn freestanding(root: &Path) -> Result<PathBuf> {
    run(cargo(root).args(["build", "--quiet", "--profile", "freestanding", "--package", "pintle-bundle"]))?;
    let archive = folder(root, "lib")?.join("libpintle-core.a");
    let built = target(root).join("freestanding/libpintle_core.a");
    localise(root, &built, &root.join(FREESTANDING), &archive)?;
    Ok(archive)
}

/// The names of a list, one on each line.
pub fn names(list: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(list).with_context(|| format!("cannot read {}", list.display()))?;
    Ok(text.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// Makes a static library that exports only the listed symbols.
pub fn localise(root: &Path, from: &Path, list: &Path, to: &Path) -> Result<()> {
    localise_with(root, "", from, list, to)
}

/// The same, with tools whose names have this prefix.
pub fn localise_with(root: &Path, tools: &str, from: &Path, list: &Path, to: &Path) -> Result<()> {
    let mut command = Command::new(root.join("packaging/archive.sh"));
    command.envs(["ld", "objcopy", "ar"].map(|tool| (tool.to_uppercase(), format!("{tools}{tool}"))));
    run(command.arg(from).arg(list).arg(to))
}
