//! `cargo xtask bench`.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::build::{libraries, plugins};
use crate::command::{cargo, run, target};
use crate::{node, python};

/// Builds the bench and its plugins, and runs it.
pub fn native(root: &Path, quick: bool) -> Result<()> {
    build_native(root)?;
    start(Command::new(target(root).join("release/pintle-bench")), quick)
}

/// Builds the bench and its plugins.
pub fn build_native(root: &Path) -> Result<()> {
    build(root, "pintle-bench", &["--bins", "--examples"])
}

/// Runs the bench of the Python bindings in the temporary environment.
pub fn python(root: &Path, quick: bool) -> Result<()> {
    let mut bench = Command::new(python::with_wheel(root)?);
    bench.arg("tests/bench/python/bench.py");
    beside_c(bench, root, quick)
}

/// Runs the bench of the Node bindings in the temporary folder of packages.
pub fn node(root: &Path, quick: bool) -> Result<()> {
    build(root, "pintle-bench-plain", &["--lib"])?;
    let mut bench = node::beside(&node::with_package(root)?);
    bench.arg("tests/bench/node/bench.js");
    bench.env("PINTLE_PLAIN", target(root).join("release/libpintle_bench_plain.so"));
    beside_c(bench, root, quick)
}

/// Runs a bench with the paths of the plugins, and of the C library that it compares with.
fn beside_c(mut bench: Command, root: &Path, quick: bool) -> Result<()> {
    bench.current_dir(root).env("PYTHONDONTWRITEBYTECODE", "1");
    bench.env("PINTLE_PLUGINS", plugins::built(root)?).env("PINTLE_LIB", libraries::built(root)?);
    start(bench, quick)
}

fn build(root: &Path, package: &str, what: &[&str]) -> Result<()> {
    run(cargo(root).args(["build", "--quiet", "--release", "--package", package]).args(what))
}

fn start(mut bench: Command, quick: bool) -> Result<()> {
    run(bench.args(quick.then_some("--quick")))
}
