//! The wheel as its users get it: alone in an environment that is empty.

use std::path::{Path, PathBuf};
use std::process::Command;

use pintle_tests::plugins::{folder_with_plugins, printed, root, succeed};
use pintle_tests::python::{python, wheel};
use tempfile::TempDir;

const PAGE: &str = "bindings-python/README.md";

/// An empty environment; its Python.
fn environment(folder: &Path) -> PathBuf {
    succeed(folder, python().expect("it built the wheel").args(["-m", "venv", "environment"]));
    folder.join("environment/bin/python")
}

/// What is installed comes from files, or from the registry.
fn install(python: &Path, folder: &Path, what: &[&str]) {
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    succeed(folder, Command::new(python).args(pip).args(what));
}

#[test]
fn alone_in_an_environment_it_runs_what_its_page_shows() {
    let Some(wheel) = wheel() else { return };
    let folder = folder_with_plugins();
    let python = environment(folder.path());
    install(&python, folder.path(), &["--no-index", &wheel.to_string_lossy()]);
    let examples = printed(PAGE, "python");
    let (tests, scripts): (Vec<_>, Vec<_>) = examples.iter().partition(|text| text.contains("def test_"));
    assert!(!tests.is_empty() && !scripts.is_empty(), "{PAGE} shows a test and a script");
    for script in scripts {
        run(&python, &folder, "script.py", script, &[]);
    }
    install(&python, folder.path(), &["pytest"]);
    for test in tests {
        let told = run(&python, &folder, "test_example.py", test, &["-m", "pytest"]);
        assert!(told.contains(" passed"), "{told}");
    }
}

fn run(python: &Path, folder: &TempDir, name: &str, text: &str, before: &[&str]) -> String {
    std::fs::write(folder.path().join(name), text).unwrap();
    succeed(folder.path(), Command::new(python).args(before).arg(name))
}

#[test]
fn one_wheel_serves_every_python_from_3_11_and_its_type_checkers() {
    let Some(wheel) = wheel() else { return };
    let name = wheel.file_name().unwrap().to_string_lossy();
    assert!(name.starts_with(concat!("pintle-", env!("CARGO_PKG_VERSION"), "-cp311-abi3-")), "{name}");
    let folder = tempfile::tempdir().unwrap();
    let unpack = ["-m", "zipfile", "-e", &wheel.to_string_lossy(), "."];
    succeed(folder.path(), python().unwrap().args(unpack));
    assert!(folder.path().join("pintle/py.typed").exists());
    let here = root().canonicalize().unwrap();
    let found =
        Command::new("grep").args(["-rlF", &here.to_string_lossy(), "."]).current_dir(&folder).output();
    assert_eq!(String::from_utf8_lossy(&found.unwrap().stdout), "", "the machine that built it shows");
}
