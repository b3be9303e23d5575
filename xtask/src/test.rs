//! `cargo xtask test`: runs all tests.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::command::{cargo, run, succeeds, target};
use crate::{bench, check, demo, failures, firmware, instructions, node, python, threads};

/// The seconds that each fuzz target runs after its seeds.
const FUZZ_SECONDS: u32 = 10;
/// The fuzz targets, with further arguments of each.
const FUZZ_TARGETS: [(&str, &[&str]); 2] = [
    ("calls", &["-max_len=8192", "-len_control=0"]),
    ("inspect", &["-max_len=65536", "-dict=fuzz/inspect.dict"]),
];

/// How a step ended.
enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

impl From<Result<()>> for Outcome {
    fn from(result: Result<()>) -> Self {
        result.map_or_else(|error| Self::Failed(format!("{error:#}")), |()| Self::Passed)
    }
}

type Step = (&'static str, fn(&Path) -> Outcome);

const STEPS: [Step; 14] = [
    ("checks", |root| check::check(root).into()),
    ("tests", |root| workspace(root).into()),
    ("the sdk without std", |root| sdk_without_std(root).into()),
    ("threads", sanitized),
    ("interleavings", |root| threads::explore(root, false).into()),
    ("fuzzing", fuzz),
    ("demo", |root| demo::demo(root, &[]).into()),
    ("firmware", with_boards),
    ("python", |root| with_python(root, python::test)),
    ("node", |root| with_node(root, node::test)),
    ("bench", |root| bench::native(root, true).into()),
    ("instructions", with_valgrind),
    ("bench of python", |root| with_python(root, |root| bench::python(root, true))),
    ("bench of node", |root| with_node(root, |root| bench::node(root, true))),
];

/// Takes every step, or those that are named, even if earlier ones failed, and prints all results at the end.
pub fn test(root: &Path, named: &[String]) -> Result<()> {
    let names = STEPS.map(|(name, _)| name);
    if let Some(unknown) = named.iter().find(|name| !names.contains(&name.as_str())) {
        bail!("no step is called {unknown:?}; there are {names:?}");
    }
    let mut lines = Vec::new();
    let mut failed = Vec::new();
    for (name, step) in
        STEPS.into_iter().filter(|(name, _)| named.is_empty() || named.iter().any(|it| it == name))
    {
        println!("\n=== {name} ===");
        let start = Instant::now();
        let outcome = step(root);
        let seconds = start.elapsed().as_secs();
        let said = match outcome {
            Outcome::Passed => "passed".to_owned(),
            Outcome::Skipped(why) => format!("SKIPPED: {why}"),
            Outcome::Failed(error) => {
                eprintln!("error: {error}");
                failed.push(name);
                format!("FAILED: {error}")
            }
        };
        lines.push(format!("{name:<20} {seconds:>4} s  {said}"));
    }
    println!("\n=== summary ===\n{}", lines.join("\n"));
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn workspace(root: &Path) -> Result<()> {
    // The freestanding library has its own panic handler, so no test can link it. Its tests build it as it ships.
    let arguments = [
        "test",
        "--workspace",
        "--exclude",
        "pintle-ffi-core",
        "--exclude",
        "pintle-bundle",
        "--exclude",
        "pintle-fatal",
        "--no-fail-fast",
    ];
    failures::run(cargo(root).args(arguments).env("PINTLE_ALL_COMPILERS", "1"))
}

fn sdk_without_std(root: &Path) -> Result<()> {
    run(cargo(root).args(["test", "--package", "pintle-sdk", "--no-default-features"]))
}

fn with_python(root: &Path, step: fn(&Path) -> Result<()>) -> Outcome {
    if python::is_installed(root) { step(root).into() } else { Outcome::Skipped(python::MISSING.to_owned()) }
}

fn with_node(root: &Path, step: fn(&Path) -> Result<()>) -> Outcome {
    if node::is_installed() { step(root).into() } else { Outcome::Skipped(node::MISSING.to_owned()) }
}

fn with_valgrind(root: &Path) -> Outcome {
    instructions::missing(root).map_or_else(|| instructions::run(root, false).into(), Outcome::Skipped)
}

fn with_boards(root: &Path) -> Outcome {
    let missing = firmware::missing(root);
    if !missing.is_empty() {
        return Outcome::Skipped(missing.join("; "));
    }
    firmware::firmware(root).and_then(|()| firmware::size(root, None)).into()
}

fn sanitized(root: &Path) -> Outcome {
    match threads::missing(root) {
        Some(missing) => Outcome::Skipped(missing.to_owned()),
        None => threads::sanitize(root, false).into(),
    }
}

/// The seeds and a few seconds of every fuzz target, which need cargo-fuzz and a nightly compiler.
fn fuzz(root: &Path) -> Outcome {
    let nightly = || threads::nightly(root);
    if !succeeds(nightly().arg("--version")) {
        return Outcome::Skipped(
            "no nightly toolchain; `rustup toolchain install nightly` brings it".to_owned(),
        );
    }
    if !succeeds(nightly().args(["fuzz", "--version"])) {
        return Outcome::Skipped("no cargo-fuzz; `cargo install --locked cargo-fuzz` brings it".to_owned());
    }
    let run_target = |(name, options): (&str, &[&str])| -> Result<()> {
        let (found, seeds) = (target(root).join("corpus").join(name), format!("fuzz/seeds/{name}"));
        std::fs::create_dir_all(&found)?;
        let mut command = nightly();
        command.args(["fuzz", "run", name]).arg(found).args([&seeds, "--", "-print_final_stats=1"]);
        run(command.args(options).arg(format!("-max_total_time={FUZZ_SECONDS}")))
    };
    FUZZ_TARGETS.into_iter().try_for_each(run_target).into()
}
