//! What `firmware/README.md` says: its commands work, and its figures are those that are measured.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::image::MPS2;
use super::tools::Rust;
use crate::command::{output, target};

const PAGE: &str = "firmware/README.md";
/// Another compiler may make a little more or less: so many hundredths.
const DRIFT: u64 = 5;

/// Runs the commands that it prints; the last one says what the page says next.
pub fn commands(root: &Path) -> Result<()> {
    let page = fs::read_to_string(root.join(PAGE))?;
    let block = |language: &str| {
        let (_, rest) = page.split_once(&format!("```{language}\n"))?;
        Some(rest.split_once("```")?.0)
    };
    let commands = block("sh").with_context(|| format!("{PAGE} has no commands"))?;
    let expected = block("text").with_context(|| format!("{PAGE} does not say what they print"))?;
    // Whoever sets another folder for what is built knows where to look.
    let commands = commands.replace("target/", &format!("{}/", target(root).display()));
    let mut shell = Command::new("sh");
    shell.args(["-euc", &commands]).current_dir(root);
    if let Some(rust) = MPS2.target.and_then(|target| Rust::of(root, target)) {
        rust.choose(&mut shell);
    }
    let said = output(&mut shell)?;
    ensure!(said.status.success(), "the commands of {PAGE} fail: {}", String::from_utf8_lossy(&said.stderr));
    let printed = String::from_utf8(said.stdout)?;
    ensure!(printed == expected, "the commands of {PAGE} print {printed:?}, and not {expected:?}");
    Ok(())
}

/// Fails unless the page has these words.
pub fn says(root: &Path, words: &str) -> Result<()> {
    let page = fs::read_to_string(root.join(PAGE))?;
    ensure!(page.contains(words), "{PAGE} does not say {words:?}");
    Ok(())
}

/// Fails where the page has other figures than those that were measured, each row by its name.
pub fn drift(root: &Path, measured: &[(&str, Vec<u64>)]) -> Result<()> {
    let page = fs::read_to_string(root.join(PAGE))?;
    for (name, figures) in measured {
        let row = figures_of(&page, name).with_context(|| format!("{PAGE} has no figures for {name:?}"))?;
        let near = |(said, is): (&u64, &u64)| said.abs_diff(*is) * 100 <= is * DRIFT;
        ensure!(
            row.len() == figures.len() && row.iter().zip(figures).all(near),
            "{PAGE} says {row:?} for {name:?}, and {figures:?} is measured: correct the page"
        );
    }
    Ok(())
}

/// The numbers in the row of a table that has this name.
fn figures_of(page: &str, name: &str) -> Option<Vec<u64>> {
    let row = page.lines().find_map(|line| {
        let (head, rest) = line.strip_prefix("| ")?.split_once(" | ")?;
        (head.trim_matches('`') == name).then_some(rest)
    })?;
    Some(row.split('|').map_while(|cell| cell.trim().replace(',', "").parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_by_its_name() {
        let page =
            "| without | .text | for |\n|---|---|---|\n| `io` | 1,234 | 56 | watches |\n| all | 7 | 8 | |\n";
        assert_eq!(figures_of(page, "io"), Some(vec![1234, 56]));
        assert_eq!(figures_of(page, "all"), Some(vec![7, 8]));
        assert_eq!(figures_of(page, "timers"), None);
    }
}
