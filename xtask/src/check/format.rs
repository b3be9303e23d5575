//! All Rust is formatted by rustfmt.

use std::collections::BTreeSet;
use std::path::Path;

use super::Findings;
use crate::command::{cargo, output};

/// Separate workspaces, which a check of the main one does not include.
const OTHERS: [&str; 2] = ["templates/rust", "fuzz"];

/// One finding for each file that rustfmt would change.
pub fn check(root: &Path) -> Findings {
    let mut findings = unformatted(root)?;
    for other in OTHERS.map(|other| root.join(other)) {
        if other.join("Cargo.toml").is_file() {
            findings.extend(unformatted(&other)?);
        }
    }
    Ok(findings)
}

fn unformatted(workspace: &Path) -> Findings {
    let output = output(cargo(workspace).args(["fmt", "--all", "--", "--check", "-l"]))?;
    if output.status.success() {
        return Ok(Vec::new());
    }
    let said = String::from_utf8_lossy(&output.stdout);
    if said.is_empty() {
        return Ok(vec![String::from_utf8_lossy(&output.stderr).into_owned()]);
    }
    // A file that belongs to several targets is named by each.
    let files: BTreeSet<&str> = said.lines().collect();
    Ok(files.into_iter().map(|file| format!("{file}: run `cargo fmt`")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::plant;

    #[test]
    fn a_file_that_is_not_formatted_is_named() {
        let crate_ = plant::package("pub fn f( ){}\n");
        let findings = check(crate_.path()).unwrap();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].contains("src/lib.rs"), "{findings:?}");
    }

    #[test]
    fn a_formatted_file_passes() {
        let crate_ = plant::package("pub fn f() {}\n");
        assert_eq!(check(crate_.path()).unwrap(), Vec::<String>::new());
    }
}
