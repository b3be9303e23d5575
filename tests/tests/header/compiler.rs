//! The compilers of this machine.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use pintle_tools::is_installed;
use tempfile::TempDir;

const C: [&str; 2] = ["c11", "c17"];
const CXX: [&str; 4] = ["c++11", "c++14", "c++17", "c++20"];

/// A compiler for one target.
#[derive(Debug, Clone, Copy)]
pub struct Compiler {
    /// Compiles C.
    cc: &'static str,
    /// Compiles and links C++.
    cxx: &'static str,
    /// What selects the target.
    target: &'static [&'static str],
    /// What a machine needs for it beyond a C and a C++ compiler.
    tools: &'static [&'static str],
    /// Whether what it builds runs here.
    native: bool,
}

const COMPILERS: [Compiler; 5] = [
    Compiler { cc: "cc", cxx: "c++", target: &[], tools: &[], native: true },
    Compiler { cc: "clang", cxx: "clang++", target: &[], tools: &["clang"], native: true },
    Compiler { cc: "cc", cxx: "c++", target: &["-m32"], tools: &["-m32", "c++ -m32"], native: true },
    Compiler {
        cc: "clang",
        cxx: "clang++",
        target: &["-m32"],
        tools: &["clang", "-m32", "c++ -m32"],
        native: true,
    },
    Compiler {
        cc: "arm-none-eabi-gcc",
        cxx: "arm-none-eabi-g++",
        target: &["-mcpu=cortex-m4", "-mthumb"],
        tools: &["arm-none-eabi-gcc", "arm-none-eabi-g++"],
        native: false,
    },
];

/// Every compiler that is installed.
pub fn all() -> Vec<Compiler> {
    static PRESENT: OnceLock<Vec<Compiler>> = OnceLock::new();
    let is_present = |compiler: &Compiler| compiler.tools.iter().all(|tool| is_installed(tool));
    PRESENT.get_or_init(|| COMPILERS.into_iter().filter(is_present).collect()).clone()
}

/// Those whose programs run here.
pub fn native() -> Vec<Compiler> {
    all().into_iter().filter(|compiler| compiler.native).collect()
}

impl Compiler {
    /// The language versions that the header promises on this target.
    pub fn standards(&self) -> Vec<&'static str> {
        if self.native { [&C[..], &CXX[..]].concat() } else { vec!["c11", "c++17"] }
    }

    /// Bytes of a pointer.
    pub fn pointer(&self) -> usize {
        if self.target.is_empty() { size_of::<usize>() } else { 4 }
    }

    /// Compiles a file of `tests/c` to nothing.
    pub fn compile(&self, standard: &str, flags: &[&str], source: &str) -> Result<(), String> {
        let folder = folder();
        self.object(standard, flags, &sources().join(source), &folder.path().join("out.o"))
    }

    /// Compiles a text to nothing.
    pub fn compile_text(&self, standard: &str, flags: &[&str], text: &str) -> Result<(), String> {
        let folder = folder();
        let source = folder.path().join("source.c");
        std::fs::write(&source, text).unwrap();
        self.object(standard, flags, &source, &folder.path().join("out.o"))
    }

    /// Compiles to an object file.
    pub fn object(&self, standard: &str, flags: &[&str], source: &Path, out: &Path) -> Result<(), String> {
        run(self.command(standard, flags, source).arg("-c").arg("-o").arg(out))
    }

    /// Compiles and links.
    pub fn link(&self, standard: &str, flags: &[&str], source: &Path, out: &Path) -> Result<(), String> {
        run(self.command(standard, flags, source).arg("-o").arg(out))
    }

    /// Compiles, links and runs a program of `tests/c`.
    pub fn run(&self, standard: &str, flags: &[&str], source: &str) -> Result<(), String> {
        let folder = folder();
        let program = folder.path().join("program");
        self.link(standard, flags, &sources().join(source), &program)?;
        run(&mut Command::new(program))
    }

    fn command(&self, standard: &str, flags: &[&str], source: &Path) -> Command {
        let cxx = standard.starts_with("c++");
        let mut command = Command::new(if cxx { self.cxx } else { self.cc });
        command
            .args(self.target)
            .arg(format!("-std={standard}"))
            .args(["-Wall", "-Wextra", "-pedantic", "-Werror"])
            .arg("-I")
            .arg(sources().join("../../include"))
            .args(["-x", if cxx { "c++" } else { "c" }])
            .arg(source)
            .args(["-x", "none"])
            .args(flags);
        command
    }
}

impl fmt::Display for Compiler {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.cc, self.target.join(" "))
    }
}

/// A folder that goes away with the value.
pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// `tests/c`.
pub fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("c")
}

/// The static library of one of the project's packages, built by the cargo that runs this test.
pub fn static_library(package: &str) -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args([
            "rustc",
            "--quiet",
            "--lib",
            "--crate-type",
            "staticlib",
            "--message-format",
            "json",
            "-p",
            package,
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let files = output.stdout.split(|byte| *byte == b'\n').filter_map(|line| {
        let message: serde_json::Value = serde_json::from_slice(line).ok()?;
        Some(
            message["filenames"]
                .as_array()?
                .iter()
                .map(|f| PathBuf::from(f.as_str().unwrap()))
                .collect::<Vec<_>>(),
        )
    });
    let archive = files.flatten().find(|file| file.extension().is_some_and(|e| e == "a"));
    archive.unwrap_or_else(|| panic!("{package} has no static library"))
}

/// Runs a command; what it says if it fails.
pub fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("cannot start {command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(format!("{}: {}", output.status, String::from_utf8_lossy(&text)))
}
