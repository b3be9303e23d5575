//! The compiler's and clippy's warnings, all of them.

use std::path::Path;

use super::Findings;
use crate::command::{cargo, output};

/// The output of clippy, if there is any.
pub fn check(root: &Path) -> Findings {
    let mut command = cargo(root);
    command.args([
        "clippy",
        "--quiet",
        "--keep-going",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]);
    let output = output(&mut command)?;
    if output.status.success() {
        return Ok(Vec::new());
    }
    Ok(vec![String::from_utf8_lossy(&output.stderr).into_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::plant;

    #[test]
    fn a_warning_is_a_finding() {
        let crate_ = plant::package("pub fn f(x: u32) -> bool {\n    x >= 0\n}\n");
        let findings = check(crate_.path()).unwrap();
        assert!(findings[0].contains("src/lib.rs:2"), "{findings:?}");
    }

    #[test]
    fn a_clean_package_passes() {
        let crate_ = plant::package("pub fn f(x: u32) -> bool {\n    x > 0\n}\n");
        assert_eq!(check(crate_.path()).unwrap(), Vec::<String>::new());
    }
}
