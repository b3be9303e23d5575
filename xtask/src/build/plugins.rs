//! The four plugins.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{folder, place};
use crate::command::{cargo, run, target, tool};

/// The compiler's arguments for every plugin in C or C++.
const FLAGS: [&str; 9] = [
    "-O2",
    "-DNDEBUG",
    "-Wall",
    "-Wextra",
    "-pedantic",
    "-fPIC",
    "-shared",
    "-fvisibility=hidden",
    "-Iinclude",
];

/// Builds the plugins into `target/plugins`, and returns that folder.
pub fn build(root: &Path) -> Result<Vec<PathBuf>> {
    let folder = folder(root, "plugins")?;
    let mut c = tool("CC", "cc", root);
    compile(c.args(["-std=c11", "plugins/stats/stats.c"]), &folder.join("stats.so"))?;
    let mut cpp = tool("CXX", "c++", root);
    // Symbols from templates of the C++ library must not be exported by the plugin.
    let exports = "-Wl,--version-script=plugins/shout/exports.map";
    compile(cpp.args(["-std=c++17", exports, "plugins/shout/shout.cpp"]), &folder.join("shout.so"))?;
    for name in ["echo", "websocket"] {
        // Each is built by its own run of cargo, because together they would be built with the features of all.
        run(cargo(root).args(["build", "--quiet", "--release", "--package", &format!("pintle-{name}")]))?;
        let library = target(root).join(format!("release/libpintle_{name}.so"));
        place(&library, &folder.join(name).with_extension("so"))?;
    }
    Ok(["echo", "shout", "stats", "websocket"].map(|name| folder.join(name).with_extension("so")).into())
}

/// Builds the plugins, and returns the value of `PINTLE_PLUGINS` for programs that load them.
pub fn built(root: &Path) -> Result<PathBuf> {
    build(root)?;
    folder(root, "plugins")
}

fn compile(compiler: &mut Command, library: &Path) -> Result<()> {
    let beside = library.with_extension("new");
    run(compiler.args(FLAGS).arg("-o").arg(&beside))?;
    std::fs::rename(&beside, library)?;
    Ok(())
}
