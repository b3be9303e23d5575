//! What is handed out: libraries and plugins, each under the name that its users link or load.

pub mod libraries;
pub mod plugins;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command::target;

/// An empty or existing folder below cargo's own.
fn folder(root: &Path, name: &str) -> Result<PathBuf> {
    let folder = target(root).join(name);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

/// Puts a file in its place at once, so that a program that has the old one mapped keeps it.
fn place(from: &Path, to: &Path) -> Result<()> {
    let beside = to.with_extension("new");
    std::fs::copy(from, &beside)
        .and_then(|_| std::fs::rename(&beside, to))
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}
