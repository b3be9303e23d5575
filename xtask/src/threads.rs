//! The kernel's threads under tools: ThreadSanitizer with real threads, loom with every order of a few steps.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::command::{cargo, run, target};
use crate::doctor;

/// The tests of the kernel that have several threads.
const TESTS: [&str; 17] = [
    "abandoned",
    "answering_late",
    "copied_under_the_lock",
    "copies",
    "deadlines",
    "draining",
    "error_texts",
    "filtered_results",
    "moving",
    "order_of_checks",
    "racing",
    "starting",
    "stopping",
    "threads",
    "turn_order",
    "waking",
    "wrong_caller",
];

/// Tests that take long under ThreadSanitizer.
const SLOW: &str = "destroy_never_meets";

/// The number of rounds of the threads of `racing` in a long run.
const LONG_ROUNDS: &str = "20000";

/// The number of preemptions that loom tries in a long run; in a short one the test says it.
const LONG_PREEMPTIONS: &str = "4";

/// The reason why ThreadSanitizer cannot run on this system, if there is one.
pub fn unfit() -> Option<&'static str> {
    (!cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))
        .then_some("ThreadSanitizer runs on Linux, on x86-64 and AArch64")
}

/// Looks for races for an hour or so, as [`sanitize`] and [`explore`] do in short.
pub fn search(root: &Path) -> Result<()> {
    doctor::demand(&["nightly"])?;
    if let Some(why) = unfit() {
        bail!(why);
    }
    sanitize(root, true)?;
    explore(root, true)
}

/// A cargo whose compiler takes unstable options.
pub fn nightly(root: &Path) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo"]).current_dir(root);
    command
}

/// Runs the kernel's tests with threads under ThreadSanitizer.
pub fn sanitize(root: &Path, is_long: bool) -> Result<()> {
    // std is not compiled for ThreadSanitizer; `kernel/tests/tsan.txt` lists the false reports that result.
    let options = format!("suppressions={}", root.join("kernel/tests/tsan.txt").display());
    let mut command = nightly(root);
    command
        .args(["test", "--no-fail-fast", "--package", "pintle-kernel"])
        .args(["--target", &format!("{}-unknown-linux-gnu", std::env::consts::ARCH)])
        .arg("--target-dir")
        .arg(target(root).join("sanitized"))
        .env("RUSTFLAGS", "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer")
        .env("TSAN_OPTIONS", options);
    if is_long {
        command.args(["--tests", "--", "--test-threads=1"]).env("PINTLE_RACING_ROUNDS", LONG_ROUNDS);
    } else {
        command.args(TESTS.iter().flat_map(|test| ["--test", *test]));
        command.args(["--", "--test-threads=1", "--skip", SLOW]);
    }
    run(&mut command)
}

/// Runs the kernel's models under loom.
pub fn explore(root: &Path, is_long: bool) -> Result<()> {
    let mut command = cargo(root);
    command
        .args(["test", "--release", "--package", "pintle-kernel", "--test", "interleavings"])
        .arg("--target-dir")
        .arg(target(root).join("explored"))
        .env("RUSTFLAGS", "--cfg loom")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    if is_long {
        command.env("LOOM_MAX_PREEMPTIONS", LONG_PREEMPTIONS);
    }
    run(&mut command)
}
