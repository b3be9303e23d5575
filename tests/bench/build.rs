//! Compiles the plugins and the floors: each a shared library of its own, as a user's would be.

use std::env;
use std::path::{Path, PathBuf};

/// How many plugins listen in the fan-out: separate files, so that each is called at an address of its own.
const LISTENERS: usize = 16;

fn main() {
    println!("cargo::rerun-if-changed=c");
    println!("cargo::rerun-if-changed=../../include/pintle/plugin.h");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    for name in ["raw", "floor", "runner", "owner", "service", "loaded"] {
        compile(Path::new(name), &out.join(name), &[]);
    }
    for number in 0..LISTENERS {
        let definition = format!("-DNUMBER={number}");
        compile(Path::new("listener"), &out.join(format!("listener{number}")), &[&definition]);
    }
    println!("cargo::rustc-env=PINTLE_BENCH_LIBRARIES={}", out.display());
}

fn compile(source: &Path, library: &Path, flags: &[&str]) {
    let compiler =
        cc::Build::new().cargo_metadata(false).opt_level(2).debug(false).warnings(true).get_compiler();
    let status = compiler
        .to_command()
        .args(["-std=c11", "-fPIC", "-shared", "-fvisibility=hidden", "-DNDEBUG", "-I../../include"])
        .args(flags)
        .arg(Path::new("c").join(source).with_extension("c"))
        .arg("-o")
        .arg(library.with_extension("so"))
        .status()
        .expect("the C compiler runs");
    assert!(status.success(), "c/{}.c does not compile", source.display());
}
