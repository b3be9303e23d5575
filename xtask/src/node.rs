//! A throw-away folder of Node packages below cargo's own. Nothing is ever installed for the user.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail, ensure};

use crate::build::{empty_folder, plugins, tarball};
use crate::command::{run, succeeds};

/// What is installed beside the package: what the bench measures it against.
const TOOLS: [&str; 2] = ["koffi@3.3.4", "node-api-headers@1.9.0"];

/// Why there is no such folder.
pub const MISSING: &str = "no Node 20 or newer with npm; https://nodejs.org has them";

/// Whether such a folder can be made here.
pub fn is_installed() -> bool {
    let recent = "process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)";
    succeeds(Command::new("node").args(["-e", recent])) && succeeds(Command::new("npm").arg("--version"))
}

/// Fails, with the cure, where Node is absent.
pub fn demand() -> Result<()> {
    if !is_installed() {
        bail!(MISSING);
    }
    Ok(())
}

/// npm in a folder, saying only what is wrong.
pub fn npm(folder: &Path) -> Command {
    let mut command = Command::new("npm");
    command.args(["--loglevel=error", "--no-audit", "--no-fund"]).current_dir(folder).stdout(Stdio::null());
    command
}

/// A folder with the package in its `node_modules`, just built.
pub fn with_package(root: &Path) -> Result<PathBuf> {
    let (tarball, folder) = (tarball::build(root)?, empty_folder(root, "node")?);
    std::fs::write(folder.join("package.json"), "{ \"private\": true }\n")?;
    run(npm(&folder).args(["install", "--no-save"]).arg(tarball).args(TOOLS))?;
    Ok(folder)
}

/// Node, where what it requires is looked up in a folder, too.
pub fn beside(folder: &Path) -> Command {
    let mut command = Command::new("node");
    command.env("NODE_PATH", folder.join("node_modules"));
    command
}

/// What the package's tests say of it as it is installed, with the real plugins.
pub fn test(root: &Path) -> Result<()> {
    let folder = with_package(root)?;
    // From a copy they find the package that is installed, not the one in the source tree.
    let tests = folder.join("test");
    tarball::copy(&root.join("bindings-node/test"), &tests, &[])?;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&tests)? {
        let path = entry?.path();
        if path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with(".test")) {
            files.push(path);
        }
    }
    ensure!(!files.is_empty(), "no *.test.* in bindings-node/test");
    files.sort();
    let mut command = Command::new("node");
    command.current_dir(&folder).args(["--expose-gc", "--test"]).args(files);
    plugins::tell(root, &mut command)?;
    run(&mut command)
}
