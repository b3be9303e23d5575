//! The npm package of the Node bindings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};

use super::{empty_folder, only_file, place};
use crate::command::{cargo, run, target};
use crate::node;

/// The package's folder in the source tree.
const PACKAGE: &str = "bindings-node";
/// What npm and the package's own scripts make there.
const MADE: [&str; 2] = ["node_modules", "dist"];
/// The addon's name in the package: that of the platform it runs on.
const ADDON: &str = "pintle.linux-x64-gnu.node";

/// Builds the package into `target/npm`, from a copy: the source tree stays as it is. Says where the tarball is.
pub fn build(root: &Path) -> Result<PathBuf> {
    node::demand()?;
    // The names of functions stay, so that a crash can be told; the line tables would be most of the package.
    let strip = ["rustc", "--quiet", "--release", "--package", "pintle-bindings-node", "--lib"];
    run(cargo(root).args(strip).args(["--", "-Cstrip=debuginfo"]))?;
    let folder = empty_folder(root, "npm")?;
    let package = folder.join("package");
    copy(&root.join(PACKAGE), &package)?;
    run(node::npm(&package).arg("ci"))?;
    run(node::npm(&package).args(["run", "build"]))?;
    place(&target(root).join("release/libpintle_bindings_node.so"), &package.join(ADDON))?;
    run(node::npm(&package).args(["pack", "--pack-destination", ".."]).stdout(Stdio::null()))?;
    only_file(&folder, "tgz")
}

/// Copies a folder without what is made in it.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let unreadable = || format!("cannot copy {} to {}", from.display(), to.display());
    fs::create_dir_all(to).with_context(unreadable)?;
    for entry in fs::read_dir(from).with_context(unreadable)? {
        let entry = entry?;
        let (source, name) = (entry.path(), entry.file_name());
        if MADE.iter().any(|made| name == *made) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&source, &to.join(name))?;
        } else {
            fs::copy(&source, to.join(name)).with_context(unreadable)?;
        }
    }
    Ok(())
}
