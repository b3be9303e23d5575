//! The libraries that C links, built once for each run of the tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::plugins::{root, said};

/// The libraries of a program on an operating system.
#[derive(Debug)]
pub struct Libraries {
    /// A folder with nothing but the two libraries, as they are shipped.
    pub folder: PathBuf,
    /// `libpintle.a`.
    pub archive: PathBuf,
    /// `libpintle.so`.
    pub shared: PathBuf,
}

/// `libpintle.a` and `libpintle.so`.
///
/// # Panics
/// If they cannot be built.
pub fn libpintle() -> &'static Libraries {
    static BUILT: OnceLock<Libraries> = OnceLock::new();
    BUILT.get_or_init(|| {
        let files = cargo(&["build", "-p", "pintle-ffi"]);
        let folder = folder_beside(&files[0]);
        let archive = folder.join("libpintle.a");
        let shared = folder.join("libpintle.so");
        allow(&find(&files, "a"), "ffi/symbols.txt", &archive);
        replace(&shared, |to| {
            std::fs::copy(find(&files, "so"), to).expect("a copy");
        });
        Libraries { folder, archive, shared }
    })
}

/// `libpintle-core.a`.
///
/// # Panics
/// If it cannot be built.
pub fn libpintle_core() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let files = cargo(&["rustc", "-p", "pintle-bundle", "--profile", "freestanding"]);
        let archive = folder_beside(&files[0]).join("libpintle-core.a");
        allow(&find(&files, "a"), "ffi-core/symbols.txt", &archive);
        archive
    })
}

/// `libpintle-core.a` with these features and no others.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn libpintle_core_with(features: &[&str]) -> PathBuf {
    let features = features.join(",");
    // A folder of its own: in that of the whole library, what is built last takes its place.
    let folder = folder_beside(libpintle_core()).join("features");
    let mut options =
        vec!["rustc", "-p", "pintle-bundle", "--profile", "freestanding", "--no-default-features"];
    options.extend(["--features", &features, "--target-dir", folder.to_str().expect("a path of UTF-8")]);
    let files = cargo(&options);
    let name = if features.is_empty() { "nothing".to_owned() } else { features.replace(',', "-") };
    let archive = folder_beside(&files[0]).join(format!("libpintle-core-with-{name}.a"));
    allow(&find(&files, "a"), "ffi-core/symbols.txt", &archive);
    archive
}

/// `tests/fixtures/fatal`: the freestanding library, and a function that panics.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn libpintle_fatal() -> PathBuf {
    find(&cargo(&["rustc", "-p", "pintle-fatal", "--profile", "freestanding"]), "a")
}

/// The names of a list of symbols.
///
/// # Panics
/// If there is no such list.
#[must_use]
pub fn symbols(list: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(list)).unwrap_or_else(|error| panic!("{list}: {error}"));
    text.lines().map(str::to_owned).collect()
}

fn cargo(arguments: &[&str]) -> Vec<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--quiet", "--lib", "--message-format", "json"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", said(&output));
    let files: Vec<_> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let message: serde_json::Value = serde_json::from_slice(line).ok()?;
            message["filenames"].as_array().cloned()
        })
        .flatten()
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .filter(|file| file.extension().is_some_and(|extension| extension == "a" || extension == "so"))
        .filter(|file| file.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with("libpintle")))
        .collect();
    assert!(!files.is_empty(), "cargo {arguments:?} built no library");
    files
}

fn find(files: &[PathBuf], extension: &str) -> PathBuf {
    let found = files.iter().rfind(|file| file.extension().is_some_and(|it| it == extension));
    found.unwrap_or_else(|| panic!("no .{extension} among {files:?}")).clone()
}

/// A folder beside what cargo built.
fn folder_beside(file: &Path) -> PathBuf {
    let folder = file.parent().expect("a file is in a folder").join("shipped");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Cuts an archive down to the names of a list.
fn allow(archive: &Path, list: &str, out: &Path) {
    replace(out, |to| {
        let output = Command::new("sh")
            .arg(root().join("packaging/archive.sh"))
            .args([archive, &root().join(list), to])
            .output()
            .expect("sh runs");
        assert!(output.status.success(), "{}", said(&output));
    });
}

/// Writes a file so that who reads it at the same time finds the old one or the new one.
fn replace(file: &Path, write: impl FnOnce(&Path)) {
    let new = file.with_extension(format!("{}.new", std::process::id()));
    write(&new);
    std::fs::rename(&new, file).expect("a file");
}
