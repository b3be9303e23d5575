//! The headers for systems that have no host yet: clang checks them as their own compilers would.

use std::path::Path;
use std::process::Command;

use pintle_tools::is_installed;

use super::compiler::{run, sources};

const SYSTEMS: [&[&str]; 3] = [
    &["--target=x86_64-pc-windows-msvc", "-fms-compatibility"],
    &["--target=aarch64-pc-windows-msvc", "-fms-compatibility"],
    &["--target=arm64-apple-macos"],
];
const STANDARDS: [&str; 6] = ["c11", "c17", "c++11", "c++14", "c++17", "c++20"];

/// Names that `windows.h` and what it includes define as macros.
const WINDOWS: [&str; 18] = [
    "-Dinterface=struct",
    "-Dnear=",
    "-Dfar=",
    "-Dsmall=char",
    "-Dcdecl=",
    "-Dpascal=",
    "-DIN=",
    "-DOUT=",
    "-DOPTIONAL=",
    "-DCALLBACK=",
    "-DTHIS=",
    "-DERROR=0",
    "-DNO_ERROR=0",
    "-DDELETE=0x10000",
    "-DABSOLUTE=1",
    "-DRELATIVE=2",
    "-Dmin(a,b)=((a)<(b)?(a):(b))",
    "-Dmax(a,b)=((a)>(b)?(a):(b))",
];

/// Checks a file of `tests/c` with clang's own headers alone: `stdint.h` and `stddef.h` are among them.
fn check(system: &[&str], standard: &str, flags: &[&str], source: &Path) {
    let mut command = Command::new("clang");
    command
        .args(system)
        .arg(format!("-std={standard}"))
        .args(["-fsyntax-only", "-nostdlibinc", "-Wall", "-Wextra", "-pedantic", "-Werror", "-I"])
        .arg(sources().join("../../include"))
        .args(["-x", if standard.starts_with("c++") { "c++" } else { "c" }])
        .args(flags)
        .arg(source);
    let result = run(&mut command);
    assert!(result.is_ok(), "{system:?} -std={standard} {flags:?}: {}", result.unwrap_err());
}

#[test]
fn headers_compile_for_windows_and_macos() {
    if !is_installed("clang") {
        return;
    }
    for system in SYSTEMS {
        for standard in STANDARDS {
            for source in ["plugin.c", "host_header.c"].map(|name| sources().join(name)) {
                check(system, standard, &[], &source);
                check(system, standard, &["-DPINTLE_STATIC"], &source);
                check(system, standard, &["-DPINTLE_NO_INLINE"], &source);
                check(system, standard, &WINDOWS, &source);
            }
        }
    }
}
