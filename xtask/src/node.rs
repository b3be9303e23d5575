//! A temporary folder of Node packages below cargo's target folder. Nothing is installed outside it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::build::{empty_folder, plugins, tarball};
use crate::command::run;

/// Packages that are installed too, for the bench to compare with and for the tests.
const TOOLS: [&str; 2] = ["koffi@3.3.4", "node-api-headers@1.9.0"];

/// Fails a file of tests that hangs.
const HANGS: &str = "--test-timeout=300000";

/// npm in a folder, which prints errors only.
pub fn npm(folder: &Path) -> Command {
    let mut command = Command::new("npm");
    command.args(["--loglevel=error", "--no-audit", "--no-fund"]).current_dir(folder).stdout(Stdio::null());
    command
}

/// Builds the package, and returns a folder with it in `node_modules`.
pub fn with_package(root: &Path) -> Result<PathBuf> {
    let (tarball, folder) = (tarball::build(root)?, empty_folder(root, "node")?);
    fs::write(folder.join("package.json"), "{ \"private\": true }\n")?;
    run(npm(&folder).args(["install", "--no-save"]).arg(tarball).args(TOOLS))?;
    Ok(folder)
}

/// Node, which looks up packages in this folder too.
pub fn beside(folder: &Path) -> Command {
    let mut command = Command::new("node");
    command.env("NODE_PATH", folder.join("node_modules"));
    command
}

/// Tests the installed package with the real plugins: runs its tests, and a long run whose memory must not grow, and checks
/// that the types in the source tree are those of the package.
pub fn test(root: &Path) -> Result<()> {
    let folder = with_package(root)?;
    same(&root.join("bindings-node/types"), &folder.join("node_modules/pintle/types"))?;
    // The tests find the package where they do in the source tree, but it is a copy of the installed one.
    let package = folder.join("bindings-node");
    tarball::copy(&folder.join("node_modules/pintle"), &package, &[])?;
    tarball::copy(&root.join("bindings-node/test"), &package.join("test"), &[])?;
    for shared in ["include", "tests"] {
        symlink(root.join(shared), folder.join(shared))?;
    }
    let files: Vec<_> =
        texts(&package.join("test"))?.into_keys().filter(|name| name.contains(".test.")).collect();
    ensure!(!files.is_empty(), "no *.test.* in bindings-node/test");
    let plugins = plugins::built(root)?;
    let start = |arguments: &[&str], files: &[String]| {
        let mut command = Command::new("node");
        command.current_dir(package.join("test")).env("PINTLE_PLUGINS", &plugins);
        run(command.arg("--expose-gc").args(arguments).args(files))
    };
    start(&["--test", HANGS], &files)?;
    start(&["memory.mjs"], &[])
}

/// Checks that the files of a folder are those that were just made from their sources.
fn same(committed: &Path, made: &Path) -> Result<()> {
    let (old, new) = (texts(committed)?, texts(made)?);
    let differ = old.keys().chain(new.keys()).find(|name| old.get(*name) != new.get(*name));
    differ.map_or(Ok(()), |name| {
        bail!(
            "{}: not what it is made from; run `npm run build` in bindings-node",
            committed.join(name).display()
        )
    })
}

/// The files of a folder.
fn texts(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            texts.insert(entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?);
        }
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_differs_or_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in ["old/a.d.ts", "new/a.d.ts", "new/b.d.ts"] {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs::write(at(path), "one").unwrap();
        }
        assert!(same(&at("old"), &at("new")).unwrap_err().to_string().contains("old/b.d.ts"));
        fs::write(at("old/b.d.ts"), "one").unwrap();
        same(&at("old"), &at("new")).unwrap();
        fs::write(at("old/a.d.ts"), "two").unwrap();
        assert!(same(&at("old"), &at("new")).unwrap_err().to_string().contains("old/a.d.ts"));
    }
}
