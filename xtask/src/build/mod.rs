//! What is handed out: libraries, plugins and the packages of the bindings, each under the name that its users know.

pub mod libraries;
pub mod plugins;
pub mod tarball;
pub mod wheel;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::target;

/// An empty or existing folder below cargo's own.
pub fn folder(root: &Path, name: &str) -> Result<PathBuf> {
    let folder = target(root).join(name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

/// A folder below cargo's own, with nothing in it.
pub fn empty_folder(root: &Path, name: &str) -> Result<PathBuf> {
    let folder = folder(root, name)?;
    fs::remove_dir_all(&folder)
        .and_then(|()| fs::create_dir(&folder))
        .with_context(|| format!("cannot empty {}", folder.display()))?;
    Ok(folder)
}

/// The one file of a folder with an extension.
fn only_file(folder: &Path, extension: &str) -> Result<PathBuf> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == extension) {
            return Ok(path);
        }
    }
    bail!("no .{extension} came into {}", folder.display())
}

/// Puts a file in its place at once, so that a program that has the old one mapped keeps it.
fn place(from: &Path, to: &Path) -> Result<()> {
    let beside = to.with_extension("new");
    fs::copy(from, &beside)
        .and_then(|_| fs::rename(&beside, to))
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}
