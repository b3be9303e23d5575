//! `cargo xtask`: the project's own commands.

mod bench;
mod build;
mod check;
mod command;
mod demo;
mod doctor;
mod failures;
mod firmware;
mod freeze;
mod header;
mod instructions;
mod model;
mod node;
mod python;
mod snapshot;
mod test;
mod threads;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes every file that is generated from abi-core: headers, rules, fingerprint, calls and the slot table.
    Header {
        /// Write nothing; fail and name each file that is not what would be written.
        #[arg(long)]
        check: bool,
    },
    /// Writes abi/1.0.json: every constant, struct, slot and tag of the ABI.
    Snapshot {
        /// Write nothing; fail and show each line that differs.
        #[arg(long)]
        check: bool,
        /// Write nothing; fail if anything in this older snapshot was removed, moved, renamed or retyped.
        #[arg(long, value_name = "FILE", conflicts_with = "check")]
        against: Option<PathBuf>,
    },
    /// Copies the headers to tests/frozen, as long as the first edition of the ABI is not released.
    Freeze,
    /// Builds libpintle.so, libpintle.a and libpintle-core.a into target/lib.
    Lib,
    /// Builds the four plugins into target/plugins.
    Plugins,
    /// Builds the Python wheel into target/wheels.
    Wheel {
        /// Install it, too, with what its tests need, into a virtual environment in target/python; print its Python.
        #[arg(long)]
        venv: bool,
    },
    /// Builds the npm package into target/npm.
    Npm {
        /// Install it, too, into the folder target/node; print the folder.
        #[arg(long)]
        install: bool,
    },
    /// Checks formatting, clippy, generated headers, ABI snapshot, tags, layers, the kernel's floors, exported symbols and the
    /// disassembly.
    Check,
    /// Runs all tests: the checks, every test of every package and of the bindings, the kernel's threads under
    /// ThreadSanitizer and loom, the fuzz targets for a few seconds, demo and bench.
    Test {
        /// Only these steps, by the names that the summary has; without any, all.
        #[arg(value_name = "STEP")]
        steps: Vec<String>,
        /// Fail if anything is skipped because a tool is absent.
        #[arg(long)]
        all: bool,
    },
    /// Prints which tools are absent, what is not tested without them, and the line that brings them.
    Doctor,
    /// Looks for races for an hour or so: the kernel's tests under ThreadSanitizer, and its models under loom. The steps
    /// `threads` and `interleavings` of `test` are the same in short.
    Threads,
    /// Streams files through `pintle run` and its four plugins, and compares what comes back.
    Demo {
        /// What to stream; without any, a generated file of 64 MiB and the project's own sources.
        files: Vec<PathBuf>,
        /// Print the SHA-256 of each file.
        #[arg(long)]
        verbose: bool,
    },
    /// Builds every image of firmware/, runs it in an emulator, and compares what it says with what is said on a server.
    Firmware,
    /// Prints what the kernel takes on a Cortex-M4, beside the budget, and what each feature costs.
    Size {
        /// Limits to tell the memory for: the members of `pintle_limits_t` behind `size`, with commas between them.
        #[arg(long, value_name = "LIST")]
        limits: Option<String>,
    },
    /// Measures the hot paths beside the floor of each.
    Bench {
        /// A small part of the calls: enough to see whether everything runs.
        #[arg(long)]
        quick: bool,
        /// Measure calls from Python instead, beside an extension in C, cffi and ctypes.
        #[arg(long, conflicts_with = "node")]
        python: bool,
        /// Measure calls from Node instead, beside an addon in C and koffi.
        #[arg(long)]
        node: bool,
    },
    /// Counts the instructions of the hot paths, and compares them with those that are kept in tests/bench.
    Instructions {
        /// Keep them.
        #[arg(long)]
        write: bool,
    },
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    match run(command, &root()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, root: &Path) -> Result<()> {
    match command {
        Command::Header { check } => header::run(root, check),
        Command::Snapshot { check, against } => snapshot::run(root, check, against.as_deref()),
        Command::Freeze => freeze::run(root),
        Command::Lib => build::libraries::build(root).map(|libraries| {
            for path in [libraries.shared, libraries.archive, libraries.freestanding] {
                println!("{}", path.display());
            }
        }),
        Command::Plugins => build::plugins::build(root).map(|plugins| {
            for path in plugins {
                println!("{}", path.display());
            }
        }),
        Command::Wheel { venv } => {
            let built = if venv { python::with_wheel(root) } else { build::wheel::build(root) };
            built.map(|path| println!("{}", path.display()))
        }
        Command::Npm { install } => {
            let built = if install { node::with_package(root) } else { build::tarball::build(root) };
            built.map(|path| println!("{}", path.display()))
        }
        Command::Check => check::check(root),
        Command::Test { steps, all } => test::test(root, &steps, all),
        Command::Doctor => {
            doctor::run();
            Ok(())
        }
        Command::Threads => threads::search(root),
        Command::Demo { files, verbose } => demo::demo(root, &files, verbose),
        Command::Firmware => firmware::firmware(root),
        Command::Size { limits } => firmware::size(root, limits.as_deref()),
        Command::Bench { quick, python: true, .. } => bench::python(root, quick),
        Command::Bench { quick, node: true, .. } => bench::node(root, quick),
        Command::Bench { quick, .. } => bench::native(root, quick),
        Command::Instructions { write } => instructions::run(root, write),
    }
}

/// The repository, whatever folder the command is started in.
fn root() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}
