//! `cargo xtask instructions`: counts the instructions of the hot paths with callgrind. The counts are kept in the tree.
//!
//! Unlike times, the counts are the same on every machine with the same compilers, so a test can compare them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::bench;
use crate::command::{output, target, tool};

/// The file with the counts.
const FILE: &str = "tests/bench/instructions.json";
/// The features of the processor that the C library must not use.
const PLAIN: &str =
    "-AVX2,-AVX_Fast_Unaligned_Load,-AVX512VL,-AVX512F,-ERMS,-FSRM,-SSSE3,-Fast_Unaligned_Copy";
/// The part by which a count may grow without being a fault.
const TOLERANCE: f64 = 0.03;

#[derive(Deserialize, Serialize)]
struct Counts {
    /// The compilers that the counts belong to, as others make other code.
    compilers: [String; 2],
    /// Instructions for each call.
    instructions: BTreeMap<String, f64>,
}

/// The reason why nothing can be compared here, if there is one.
pub fn unfit(root: &Path) -> Option<String> {
    let (kept, here) = (kept(root).ok()?.compilers, compilers(root).ok()?);
    (kept != here)
        .then(|| format!("the counts are those of {}; here are {}", kept.join(" and "), here.join(" and ")))
}

/// Counts, and either compares with the counts in the tree or replaces them.
pub fn run(root: &Path, write: bool) -> Result<()> {
    let counted = Counts { compilers: compilers(root)?, instructions: count(root)? };
    if write {
        std::fs::write(root.join(FILE), serde_json::to_string_pretty(&counted)? + "\n")?;
        println!("wrote {FILE}");
        return Ok(());
    }
    let kept = kept(root)?;
    ensure!(
        kept.compilers == counted.compilers,
        "{FILE} has the counts of {}, and here are {}",
        kept.compilers.join(" and "),
        counted.compilers.join(" and ")
    );
    println!("{:<16} {:>10} {:>10}", "", "kept", "counted");
    for (name, count) in &counted.instructions {
        let before = kept.instructions.get(name).copied();
        println!(
            "{name:<16} {:>10} {count:>10.1}",
            before.map_or_else(String::new, |count| format!("{count:.1}"))
        );
    }
    let faults = faults(&kept.instructions, &counted.instructions);
    if !faults.is_empty() {
        bail!(
            "{}. If that is what a change is worth, say so in it, and keep the new counts: cargo xtask instructions --write",
            faults.join("; ")
        );
    }
    Ok(())
}

fn faults(kept: &BTreeMap<String, f64>, counted: &BTreeMap<String, f64>) -> Vec<String> {
    let gone = kept.keys().filter(|name| !counted.contains_key(*name));
    let gone = gone.map(|name| format!("{name} is counted no more"));
    let grown = counted.iter().filter_map(|(name, count)| match kept.get(name) {
        None => Some(format!("{name} has no count yet")),
        Some(before) if *count > before * (1.0 + TOLERANCE) => {
            Some(format!("{name} takes {count:.1} instructions instead of {before:.1}"))
        }
        Some(_) => None,
    });
    gone.chain(grown).collect()
}

fn kept(root: &Path) -> Result<Counts> {
    let text = std::fs::read_to_string(root.join(FILE)).context(FILE)?;
    serde_json::from_str(&text).context(FILE)
}

/// The first line of each compiler's version text.
fn compilers(root: &Path) -> Result<[String; 2]> {
    let first = |mut command: Command| -> Result<String> {
        let said = output(command.arg("--version"))?.stdout;
        Ok(String::from_utf8_lossy(&said).lines().next().unwrap_or_default().to_owned())
    };
    Ok([first(tool("RUSTC", "rustc", root))?, first(tool("CC", "cc", root))?])
}

/// Instructions for each call of every series.
fn count(root: &Path) -> Result<BTreeMap<String, f64>> {
    bench::build_native(root)?;
    let folder = tempfile::tempdir()?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--quiet", "--dump-before=bench_counted", "--combine-dumps=no"]);
    // The C library chooses its functions for copying by the features of the processor. With those that every x86-64 has,
    // it chooses the same ones everywhere.
    valgrind.env("GLIBC_TUNABLES", format!("glibc.cpu.hwcaps={PLAIN}"));
    valgrind.arg(format!("--callgrind-out-file={}", folder.path().join("out").display()));
    let run = output(valgrind.arg(target(root).join("release/pintle-bench")).arg("--count"))?;
    ensure!(run.status.success(), "valgrind: {}", String::from_utf8_lossy(&run.stderr));
    let said = String::from_utf8(run.stdout)?;
    let mut lines = said.lines();
    let calls: f64 = lines.next().context("the bench says how many calls it made")?.parse()?;
    // Three parts for each series: the code before its short run, the short run, the long run.
    let part = |number: usize| total(folder.path().join(format!("out.{number}")));
    lines
        .enumerate()
        .map(|(at, name)| Ok((name.to_owned(), (part(3 * at + 3)? - part(3 * at + 2)?) / calls)))
        .collect()
}

/// The instructions of one part.
fn total(file: PathBuf) -> Result<f64> {
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let line = text.lines().find_map(|line| line.strip_prefix("summary: ").or(line.strip_prefix("totals: ")));
    Ok(line.context("callgrind writes a total")?.trim().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: &[(&str, f64)]) -> BTreeMap<String, f64> {
        pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn a_count_that_grows_by_more_than_three_parts_in_a_hundred_is_a_fault() {
        let kept = counts(&[("send", 100.0), ("view", 50.0)]);
        assert!(faults(&kept, &counts(&[("send", 103.0), ("view", 20.0)])).is_empty());
        let found = faults(&kept, &counts(&[("send", 103.1), ("cycle", 1.0)]));
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.contains(&"send takes 103.1 instructions instead of 100.0".to_owned()), "{found:?}");
    }
}
