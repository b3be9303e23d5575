//! The npm package of the Node bindings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};

use super::{empty_folder, only_file, place};
use crate::command::{cargo, run, target};
use crate::{doctor, node};

/// The package's folder in the source tree.
const PACKAGE: &str = "bindings-node";
/// The folders that npm and the package's scripts make there.
const MADE: [&str; 3] = ["node_modules", "lib", "types"];
/// The name of the addon in the package, which is that of its platform.
const ADDON: &str = "pintle.linux-x64-gnu.node";

/// Builds the package into `target/npm`, from a copy, so that the source tree is not changed. Returns the path of the
/// tarball.
pub fn build(root: &Path) -> Result<PathBuf> {
    doctor::demand(&["node", "npm"])?;
    // The names of functions are kept for crash reports. The line tables are not, as they would be most of the package.
    let strip = ["rustc", "--quiet", "--release", "--package", "pintle-bindings-node", "--lib"];
    run(cargo(root).args(strip).args(["--", "-Cstrip=debuginfo"]))?;
    let folder = empty_folder(root, "npm")?;
    let package = folder.join("package");
    copy(&root.join(PACKAGE), &package, &MADE)?;
    run(node::npm(&package).arg("ci"))?;
    // The compiler prints its errors to stdout.
    run(node::npm(&package).args(["run", "--silent", "build"]).stdout(Stdio::inherit()))?;
    place(&target(root).join("release/libpintle_bindings_node.so"), &package.join(ADDON))?;
    run(node::npm(&package).args(["pack", "--pack-destination", ".."]))?;
    only_file(&folder, "tgz")
}

/// Copies a folder without some of its entries.
pub fn copy(from: &Path, to: &Path, but: &[&str]) -> Result<()> {
    let unreadable = || format!("cannot copy {} to {}", from.display(), to.display());
    fs::create_dir_all(to).with_context(unreadable)?;
    for entry in fs::read_dir(from).with_context(unreadable)? {
        let entry = entry?;
        let (source, name) = (entry.path(), entry.file_name());
        if but.iter().any(|other| name == *other) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&source, &to.join(name), &[])?;
        } else {
            fs::copy(&source, to.join(name)).with_context(unreadable)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_everything_but_what_it_was_told() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in ["from/ts/lib/deep.ts", "from/node_modules/a.js", "from/lib/deep.js", "from/.npmrc"] {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs::write(at(path), path).unwrap();
        }
        copy(&at("from"), &at("to"), &["node_modules", "lib"]).unwrap();
        assert_eq!(fs::read_to_string(at("to/ts/lib/deep.ts")).unwrap(), "from/ts/lib/deep.ts");
        assert!(at("to/.npmrc").exists() && !at("to/node_modules").exists() && !at("to/lib").exists());
    }
}
