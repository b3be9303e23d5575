//! One scenario, told from every language, comes out the same: see tests/scenario/README.md.

use std::ffi::OsStr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use pintle_tests::artefacts::libpintle;
use pintle_tests::plugins::{self, root, said};
use pintle_tests::{node, python};
use tempfile::TempDir;

/// How many workers slow requests have; without, they run from the loop.
const WORKERS: [&str; 2] = ["2", "0"];

/// How long a telling may take: one that waits for ever is a fault.
const SECONDS: &str = "60";

fn at(name: &str) -> PathBuf {
    root().join("tests/scenario").join(name)
}

/// The plugins of the scenario, `NAME.so` each.
fn plugins() -> &'static Path {
    static BUILT: OnceLock<TempDir> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let folder = plugins::workshop();
        for name in ["stats", "shout"] {
            let _library = plugins::build(folder.path(), name);
        }
        std::fs::copy(plugins::build_library("pintle-echo", "so"), folder.path().join("echo.so")).unwrap();
        let gate = at("gate.c");
        let line =
            "cc -std=c11 -O2 -Wall -Wextra -pedantic -Werror -fPIC -shared -fvisibility=hidden -I include";
        plugins::run(folder.path(), &format!("{line} -o gate.so {}", gate.display()));
        folder
    });
    folder.path()
}

/// Compiles an interpreter, so that mistakes of memory end it.
fn compile(folder: &Path, compiler: &str, source: &str) -> PathBuf {
    let program = folder.join("scenario");
    let (root, source) = (root(), at(source));
    let line = format!(
        "{compiler} -D_POSIX_C_SOURCE=200809L -g -Wall -Wextra -pedantic -Werror -fsanitize=address,undefined \
         -fno-sanitize-recover=all -I {}/include {} {} -pthread -o {}",
        root.display(),
        source.display(),
        libpintle().archive.display(),
        program.display()
    );
    plugins::run(folder, &line);
    program
}

fn read(name: &str) -> String {
    std::fs::read_to_string(at(name)).unwrap()
}

/// Has an interpreter tell the scenario, and compares the transcripts.
fn tell<S: AsRef<OsStr>>(interpreter: &[S]) {
    for workers in WORKERS {
        tell_steps(interpreter, &at("steps.txt"), workers, &read("expected.txt"));
    }
}

fn tell_steps<S: AsRef<OsStr>>(interpreter: &[S], steps: &Path, workers: &str, expected: &str) {
    let mut command = Command::new("timeout");
    let output =
        command.arg(SECONDS).args(interpreter).arg(steps).arg(plugins()).arg(workers).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    if let Some(difference) = difference(expected, &told) {
        panic!("with {workers} workers, {}: {difference}\n{}", output.status, said(&output));
    }
    assert!(output.status.success(), "with {workers} workers, {}: {}", output.status, said(&output));
}

/// Where a transcript leaves the expected one, and in which step.
fn difference(expected: &str, told: &str) -> Option<String> {
    if expected == told {
        return None;
    }
    let mut lines = told.lines();
    let mut step = "";
    for line in expected.lines() {
        if !line.starts_with(' ') {
            step = line;
        }
        let other = lines.next();
        if other != Some(line) {
            return Some(format!("in `{step}`\n  expected {line:?}\n  told     {other:?}"));
        }
    }
    Some(format!("behind the end it goes on with {:?}", lines.next()))
}

#[test]
fn from_c() {
    let folder = tempfile::tempdir().unwrap();
    tell(&[compile(folder.path(), "cc -std=c11", "main.c")]);
}

#[test]
fn from_cpp() {
    let folder = tempfile::tempdir().unwrap();
    tell(&[compile(folder.path(), "c++ -std=c++17", "main.cpp")]);
}

#[test]
fn from_rust() {
    tell(&[env!("CARGO_BIN_EXE_scenario")]);
}

#[test]
fn from_python() {
    if let Some(python) = python::venv() {
        // -B: it leaves nothing beside the sources.
        tell(&[python.as_os_str(), "-B".as_ref(), at("main.py").as_os_str()]);
    }
}

#[test]
fn from_node() {
    if let Some(package) = node::package() {
        // A module looks for packages where it stands.
        let folder = tempfile::tempdir().unwrap();
        for name in ["main.mjs", "words.mjs"] {
            std::fs::copy(at(name), folder.path().join(name)).unwrap();
        }
        symlink(package.join("node_modules"), folder.path().join("node_modules")).unwrap();
        tell(&["node".as_ref(), folder.path().join("main.mjs").as_os_str()]);
    }
}

#[test]
fn every_step_is_told() {
    let (steps, expected) = (read("steps.txt"), read("expected.txt"));
    let steps: Vec<_> = steps.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let told: Vec<_> = expected.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(told, steps);
}

/// A firmware leaves out the steps that need an operating system.
#[test]
fn the_other_steps_do_not_need_those_of_an_operating_system() {
    let folder = tempfile::tempdir().unwrap();
    let steps = folder.path().join("steps.txt");
    let kept: Vec<_> =
        read("steps.txt").lines().filter(|line| !line.starts_with('!')).map(str::to_owned).collect();
    std::fs::write(&steps, kept.join("\n")).unwrap();
    let mut expected = String::new();
    let mut in_step = true;
    for line in read("expected.txt").lines() {
        in_step = if line.starts_with(' ') { in_step } else { !line.starts_with('!') };
        if in_step {
            expected.push_str(line);
            expected.push('\n');
        }
    }
    tell_steps(&[env!("CARGO_BIN_EXE_scenario")], &steps, "0", &expected);
}
