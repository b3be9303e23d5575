//! The four plugins.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{folder, place};
use crate::command::{cargo, run, target, tool};

/// What every plugin in C or C++ is compiled with.
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

/// Builds the plugins into `target/plugins`, and says where they are.
pub fn build(root: &Path) -> Result<Vec<PathBuf>> {
    let folder = folder(root, "plugins")?;
    let mut c = tool("CC", "cc", root);
    compile(c.args(["-std=c11", "plugins/stats/stats.c"]), &folder.join("stats.so"))?;
    let mut cpp = tool("CXX", "c++", root);
    // What the templates of the C++ library leave in the file is not the plugin's to export.
    let exports = "-Wl,--version-script=plugins/shout/exports.map";
    compile(cpp.args(["-std=c++17", exports, "plugins/shout/shout.cpp"]), &folder.join("shout.so"))?;
    for name in ["echo", "websocket"] {
        // One cargo for each: built together they would share each other's features.
        run(cargo(root).args(["build", "--quiet", "--release", "--package", &format!("pintle-{name}")]))?;
        let library = target(root).join(format!("release/libpintle_{name}.so"));
        place(&library, &folder.join(name).with_extension("so"))?;
    }
    Ok(["echo", "shout", "stats", "websocket"].map(|name| folder.join(name).with_extension("so")).into())
}

/// Builds the plugins, and tells a program that drives them where they are.
pub fn tell(root: &Path, program: &mut Command) -> Result<()> {
    build(root)?;
    program.env("PINTLE_PLUGINS", folder(root, "plugins")?);
    Ok(())
}

fn compile(compiler: &mut Command, library: &Path) -> Result<()> {
    let beside = library.with_extension("new");
    run(compiler.args(FLAGS).arg("-o").arg(&beside))?;
    std::fs::rename(&beside, library)?;
    Ok(())
}
