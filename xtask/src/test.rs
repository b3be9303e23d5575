//! `cargo xtask test`: runs all tests.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::command::{cargo, run, target};
use crate::{bench, check, demo, doctor, failures, firmware, instructions, node, python, threads};

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

/// A part of the tests that can be run alone.
struct Step {
    name: &'static str,
    /// The tools without which nothing of it can run, by their names in `pintle-tools`.
    needs: &'static [&'static str],
    take: fn(&Path) -> Outcome,
}

const fn step(name: &'static str, needs: &'static [&'static str], take: fn(&Path) -> Outcome) -> Step {
    Step { name, needs, take }
}

static STEPS: [Step; 14] = [
    step("checks", &["rustfmt", "clippy"], |root| check::check(root).into()),
    step("tests", &[], |root| workspace(root).into()),
    step("the sdk without std", &[], |root| sdk_without_std(root).into()),
    step("threads", &["nightly"], sanitized),
    step("interleavings", &[], |root| threads::explore(root, false).into()),
    step("fuzzing", &["nightly", "cargo-fuzz"], |root| fuzz(root).into()),
    step("demo", &[], |root| demo::demo(root, &[], false).into()),
    step("firmware", &firmware::NEEDS, |root| {
        firmware::firmware(root).and_then(|()| firmware::size(root, None)).into()
    }),
    step("python", &["python"], |root| python::test(root).into()),
    step("node", &["node", "npm"], |root| node::test(root).into()),
    step("bench", &[], |root| bench::native(root, true).into()),
    step("instructions", &["valgrind"], counted),
    step("bench of python", &["python", "Python.h"], |root| bench::python(root, true).into()),
    step("bench of node", &["node", "npm"], |root| bench::node(root, true).into()),
];

/// Takes every step, or those that are named, even if earlier ones failed, and prints all results at the end. What needs an
/// absent tool is skipped, which fails only if `all` is asked for.
pub fn test(root: &Path, named: &[String], all: bool) -> Result<()> {
    let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
    if let Some(unknown) = named.iter().find(|name| !names.contains(&name.as_str())) {
        bail!("no step is called {unknown:?}; there are {names:?}");
    }
    if all {
        // SAFETY: no other thread of this process has been started.
        unsafe { std::env::set_var(pintle_tools::ALL, "1") };
    }
    let missing = doctor::missing();
    let mut lines = Vec::new();
    let mut failed = Vec::new();
    for Step { name, needs, take } in
        STEPS.iter().filter(|step| named.is_empty() || named.iter().any(|it| it == step.name))
    {
        println!("\n=== {name} ===");
        let start = Instant::now();
        let absent: Vec<_> = missing.iter().copied().filter(|tool| needs.contains(&tool.name)).collect();
        let outcome = if absent.is_empty() { take(root) } else { Outcome::Skipped(doctor::reason(&absent)) };
        let seconds = start.elapsed().as_secs();
        let said = match outcome {
            Outcome::Passed => "passed".to_owned(),
            Outcome::Skipped(why) => {
                failed.extend(all.then_some(*name));
                format!("SKIPPED: {why}")
            }
            Outcome::Failed(error) => {
                eprintln!("error: {error}");
                failed.push(*name);
                format!("FAILED: {error}")
            }
        };
        lines.push(format!("{name:<20} {seconds:>4} s  {said}"));
    }
    println!("\n=== summary ===\n{}", lines.join("\n"));
    if !missing.is_empty() {
        println!("\n{}", doctor::table(&missing));
    }
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
    failures::run(cargo(root).args(arguments))
}

fn sdk_without_std(root: &Path) -> Result<()> {
    run(cargo(root).args(["test", "--package", "pintle-sdk", "--no-default-features"]))
}

fn counted(root: &Path) -> Outcome {
    instructions::unfit(root).map_or_else(|| instructions::run(root, false).into(), Outcome::Skipped)
}

fn sanitized(root: &Path) -> Outcome {
    threads::unfit()
        .map_or_else(|| threads::sanitize(root, false).into(), |why| Outcome::Skipped(why.to_owned()))
}

/// The seeds and a few seconds of every fuzz target.
fn fuzz(root: &Path) -> Result<()> {
    FUZZ_TARGETS.into_iter().try_for_each(|(name, options)| {
        let (found, seeds) = (target(root).join("corpus").join(name), format!("fuzz/seeds/{name}"));
        std::fs::create_dir_all(&found)?;
        let mut command = threads::nightly(root);
        command.args(["fuzz", "run", name]).arg(found).args([&seeds, "--", "-print_final_stats=1"]);
        run(command.args(options).arg(format!("-max_total_time={FUZZ_SECONDS}")))
    })
}
