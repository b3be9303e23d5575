//! Builds what is released: libraries, plugins and the packages of the bindings, under the names that users know.

pub mod libraries;
pub mod plugins;
pub mod tarball;
pub mod wheel;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::target;

/// A folder below cargo's target folder, which is made if it is absent.
pub fn folder(root: &Path, name: &str) -> Result<PathBuf> {
    let folder = target(root).join(name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

/// An empty folder below cargo's target folder.
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

/// Replaces a file in one step, so that a program that has the old one mapped keeps that.
fn place(from: &Path, to: &Path) -> Result<()> {
    let beside = to.with_extension("new");
    fs::copy(from, &beside)
        .and_then(|_| fs::rename(&beside, to))
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}
