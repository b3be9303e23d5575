//! The kernel's folders are floors: a file imports from its own floor and from those below, never from above.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use proc_macro2::{TokenStream, TokenTree};

use super::Findings;

/// The floors from the lowest up: folders with their files, and single files.
const FLOORS: [&str; 6] = ["base", "object", "kernel", "dispatch", "table", "embed"];

/// One finding for each import that points up.
pub fn check(root: &Path) -> Findings {
    let source = root.join("kernel/src");
    let mut findings = Vec::new();
    for file in files(&source)? {
        let shown = file.strip_prefix(root).unwrap_or(&file).display().to_string();
        let within = file.strip_prefix(&source)?.with_extension("");
        let name = within.iter().next().and_then(|name| name.to_str()).unwrap_or_default();
        let text = std::fs::read_to_string(&file).with_context(|| shown.clone())?;
        if name != "lib" {
            findings.extend(breaches(&shown, name, &text)?);
        }
    }
    Ok(findings)
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn breaches(file: &str, name: &str, text: &str) -> Findings {
    let floor = |name: &str| FLOORS.iter().position(|floor| *floor == name);
    let Some(own) = floor(name) else {
        return Ok(vec![format!(
            "{file}: on no floor. Put it on one of {}, which xtask/src/check/floors.rs lists",
            FLOORS.join(", ")
        )]);
    };
    let tokens: TokenStream = text.parse().map_err(|error| anyhow!("{file}: {error}"))?;
    let mut imports = Vec::new();
    collect(tokens, &mut imports);
    imports.sort_unstable();
    imports.dedup();
    let above = imports.iter().filter(|import| floor(import).is_some_and(|floor| floor > own));
    Ok(above
        .map(|import| {
            let below = FLOORS[..=own].join(", ");
            format!("{file}: imports from {import}, which is above {name}; it may import from {below}")
        })
        .collect())
}

/// The names that follow `crate::`, but not those in tests.
fn collect(tokens: TokenStream, imports: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut skips = false;
    for (at, token) in tokens.iter().enumerate() {
        let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.to_string() == word);
        match token {
            TokenTree::Group(group) if !skips => collect(group.stream(), imports),
            TokenTree::Group(_) => skips = false,
            TokenTree::Ident(_) if is(at, "mod") && is(at + 1, "tests") => skips = true,
            TokenTree::Ident(_) if is(at, "crate") && is(at + 1, ":") && is(at + 2, ":") => {
                imports.extend(tokens.get(at + 3).map(ToString::to_string));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_that_points_up_is_a_finding() {
        let text = "use crate::base::slab::Slab;\nfn run() { crate::dispatch::turn::run() }";
        let findings = breaches("kernel/src/object/timer.rs", "object", text).unwrap();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].contains("imports from dispatch, which is above object"), "{findings:?}");
        assert!(breaches("kernel/src/dispatch/timer.rs", "dispatch", text).unwrap().is_empty());
    }

    #[test]
    fn words_about_a_floor_and_tests_are_no_imports() {
        let text = "/// [`crate::table::api`]\nmod tests { use crate::table::api; }";
        assert!(breaches("kernel/src/base/slab.rs", "base", text).unwrap().is_empty());
    }

    #[test]
    fn a_file_on_no_floor_is_a_finding() {
        assert_eq!(breaches("kernel/src/misc.rs", "misc", "").unwrap().len(), 1);
    }
}
