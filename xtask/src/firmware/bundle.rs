//! The one archive of Rust in an image: the kernel, and the plugins in Rust that are wanted.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::image::Board;
use super::tools::Rust;
use crate::build::folder;
use crate::build::libraries::{FREESTANDING, localise_with};
use crate::command::{output, show, target};

/// What a firmware can leave out.
pub const FEATURES: [&str; 5] = ["services", "timers", "io", "offers", "log-text"];

/// What the names of the archives begin with.
pub const BUNDLE: &str = "libbundle";

/// Builds the archive for a board, with some of the features, and some of the plugins.
pub fn build(root: &Path, board: &Board, features: &[&str], plugins: &[&str]) -> Result<PathBuf> {
    let rust = board.target.map_or(Some(Rust::Installed), |target| Rust::of(root, target));
    let rust = rust.with_context(|| format!("no Rust for {}", board.name))?;
    // Two compilers in one folder would build everything again each time.
    let cache = match rust {
        Rust::Installed => target(root),
        Rust::Debian => target(root).join("debian"),
    };
    let mut command = rust.cargo(root);
    let wanted = [features, plugins].concat().join(",");
    command.args(["build", "--quiet", "--package", "pintle-bundle", "--profile", "freestanding"]);
    command.args(["--no-default-features", "--features", &wanted]);
    command.arg("--target-dir").arg(&cache);
    let mut built = cache;
    if let Some(target) = board.target {
        command.args(["--target", target]);
        built.push(target);
    }
    // Of a plugin, which is a shared library, too, rustc says each time that such a target has none.
    let said = output(&mut command)?;
    ensure!(said.status.success(), "`{}` failed:\n{}", show(&command), String::from_utf8_lossy(&said.stderr));
    let images = folder(root, "firmware")?;
    let list = images.join("symbols.txt");
    let mut symbols = fs::read_to_string(root.join(FREESTANDING))?;
    for plugin in plugins {
        symbols.push_str(&format!("pintle_entry_{plugin}\n"));
    }
    fs::write(&list, symbols)?;
    let archive = images.join(format!("{BUNDLE}-{}.a", board.name));
    localise_with(root, board.tools, &built.join("freestanding/libpintle_core.a"), &list, &archive)?;
    Ok(archive)
}
