//! Makes small files with a fault in them, for the tests of the checks.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::command::run;

/// A package of one file, a workspace of its own.
pub fn package(source: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    // Tests run at the same time and may share a target folder, where packages of one name would be taken for each other.
    let mark: String =
        folder.path().to_string_lossy().to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let manifest = format!(
        "[package]\nname = \"planted{mark}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n"
    );
    std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::create_dir(folder.path().join("src")).unwrap();
    std::fs::write(folder.path().join("src/lib.rs"), source).unwrap();
    folder
}

/// A shared library from C, in `folder`.
pub fn library(folder: &Path, source: &str) -> PathBuf {
    compile(folder, source, "planted.so", &["-shared", "-fPIC"])
}

/// An object file from C, in `folder`.
pub fn object(folder: &Path, source: &str) -> PathBuf {
    compile(folder, source, "planted.o", &["-c", "-fPIC", "-ffreestanding"])
}

/// A static library from C, in `folder`.
pub fn archive(folder: &Path, source: &str) -> PathBuf {
    let (object, archive) = (object(folder, source), folder.join("planted.a"));
    run(Command::new("ar").arg("rcsD").arg(&archive).arg(object)).unwrap();
    archive
}

fn compile(folder: &Path, source: &str, name: &str, flags: &[&str]) -> PathBuf {
    let (file, to) = (folder.join("planted.c"), folder.join(name));
    std::fs::write(&file, source).unwrap();
    run(Command::new("cc").args(["-O2", "-fvisibility=hidden"]).args(flags).arg(file).arg("-o").arg(&to))
        .unwrap();
    to
}
