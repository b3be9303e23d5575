//! `cargo xtask check`: checks of the source tree and of the libraries that are built from it. Each check has a file, and
//! reports faults in sentences.

mod clippy;
mod disassembly;
mod floors;
mod format;
mod header;
mod layers;
#[cfg(test)]
mod plant;
mod sentences;
mod snapshot;
mod symbols;
mod tags;

use std::path::Path;

use anyhow::{Result, bail};

use crate::build;

/// The findings of a check: one sentence for each fault.
type Findings = Result<Vec<String>>;

/// Runs every check, those that need no build first, and reports them all.
pub fn check(root: &Path) -> Result<()> {
    let mut report = Report::default();
    report.add("formatting", format::check(root));
    report.add("generated headers", header::check(root));
    report.add("ABI snapshot", snapshot::check(root));
    report.add("tags", tags::check(root));
    report.add("layers", layers::check(root));
    report.add("floors", floors::check(root));
    report.add("sentences", sentences::check(root));
    report.add("clippy", clippy::check(root));
    match (build::libraries::build(root), build::plugins::build(root)) {
        (Ok(libraries), Ok(plugins)) => {
            report.add("exported symbols", symbols::check(root, &libraries, &plugins));
            report.add("disassembly", disassembly::check(&libraries.shared));
        }
        (libraries, plugins) => {
            let errors = [libraries.err(), plugins.err()].into_iter().flatten();
            report.add("build", Ok(errors.map(|error| format!("{error:#}")).collect()));
        }
    }
    report.finish()
}

#[derive(Default)]
struct Report {
    failed: Vec<&'static str>,
}

impl Report {
    fn add(&mut self, name: &'static str, findings: Findings) {
        let findings = findings.unwrap_or_else(|error| vec![format!("{error:#}")]);
        println!("{name:<20} {}", if findings.is_empty() { "ok" } else { "FAILED" });
        for finding in &findings {
            println!("    {}", finding.trim_end().replace('\n', "\n    "));
        }
        if !findings.is_empty() {
            self.failed.push(name);
        }
    }

    fn finish(self) -> Result<()> {
        if !self.failed.is_empty() {
            bail!("failed: {}", self.failed.join(", "));
        }
        Ok(())
    }
}
