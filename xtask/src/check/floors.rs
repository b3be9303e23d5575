//! The modules of the kernel and of the host stand on floors: a file imports from its own floor and from those below, never
//! from above.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use proc_macro2::{TokenStream, TokenTree};

use super::Findings;

/// A package, and its modules on floors from the lowest up. A module is a file with the folder of its name.
struct House {
    folder: &'static str,
    floors: &'static [&'static [&'static str]],
}

const KERNEL: House = House {
    folder: "kernel/src",
    floors: &[&["base"], &["object"], &["kernel"], &["dispatch"], &["table"], &["embed"]],
};

const HOST: House = House {
    folder: "host/src",
    floors: &[
        // Words and facts.
        &["settings", "path", "refusal", "descriptor", "about", "machine", "c_library", "error"],
        // What the headers of a file say.
        &["format"],
        &["elf"],
        &["slots", "sanitizer"],
        &["report", "loadable"],
        // From a file to an image.
        &["file", "standard"],
        &["process", "threads"],
        &["loader"],
        &["dialect"],
        &["native"],
        &["dialects"],
        &["residence"],
        &["cache"],
        &["inspect"],
        &["account"],
        // Calls into the kernel, and callbacks from it.
        &["address", "application", "calls"],
        &["ambient", "copies", "interfaces", "log", "reactor", "receipt", "signal_stack", "single"],
        // The running host.
        &[
            "book",
            "builder",
            "engine",
            "exit",
            "folder",
            "fork",
            "host",
            "log_queue",
            "platform",
            "plugins",
            "unable",
            "waker",
            "watchdog",
            "workers",
        ],
        &["crash", "mailbox", "signal_context"],
    ],
};

/// One finding for each import that points up.
pub fn check(root: &Path) -> Findings {
    let mut findings = Vec::new();
    for house in [KERNEL, HOST] {
        let source = root.join(house.folder);
        for file in files(&source)? {
            let shown = file.strip_prefix(root).unwrap_or(&file).display().to_string();
            let within = file.strip_prefix(&source)?.with_extension("");
            let name = within.iter().next().and_then(|name| name.to_str()).unwrap_or_default();
            let text = std::fs::read_to_string(&file).with_context(|| shown.clone())?;
            if name != "lib" {
                findings.extend(house.breaches(&shown, name, &text)?);
            }
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

impl House {
    fn floor(&self, module: &str) -> Option<usize> {
        self.floors.iter().position(|floor| floor.contains(&module))
    }

    fn breaches(&self, file: &str, name: &str, text: &str) -> Findings {
        let Some(own) = self.floor(name) else {
            return Ok(vec![format!(
                "{file}: on no floor. Give {name} a place in xtask/src/check/floors.rs and in ARCHITECTURE.md"
            )]);
        };
        let tokens: TokenStream = text.parse().map_err(|error| anyhow!("{file}: {error}"))?;
        let mut imports = Vec::new();
        collect(tokens, &mut imports);
        imports.sort_unstable();
        imports.dedup();
        let above = imports.iter().filter(|import| self.floor(import).is_some_and(|floor| floor > own));
        Ok(above
            .map(|import| {
                let below = self.floors[..=own].concat().join(", ");
                format!("{file}: imports from {import}, which is above {name}; it may import from {below}")
            })
            .collect())
    }
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
                match tokens.get(at + 3) {
                    Some(TokenTree::Group(group)) => imports.extend(firsts(group.stream())),
                    other => imports.extend(other.map(ToString::to_string)),
                }
            }
            _ => {}
        }
    }
}

/// The first name of each path in the braces of an import.
fn firsts(group: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = group.into_iter().collect();
    let paths = tokens.split(|token| token.to_string() == ",");
    paths.filter_map(|path| path.first().map(ToString::to_string)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_that_points_up_is_a_finding() {
        let text = "use crate::base::slab::Slab;\nfn run() { crate::dispatch::turn::run() }";
        let findings = KERNEL.breaches("kernel/src/object/timer.rs", "object", text).unwrap();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].contains("imports from dispatch, which is above object"), "{findings:?}");
        assert!(KERNEL.breaches("kernel/src/dispatch/timer.rs", "dispatch", text).unwrap().is_empty());
    }

    #[test]
    fn words_about_a_floor_and_tests_are_no_imports() {
        let text = "/// [`crate::table::api`]\nmod tests { use crate::table::api; }";
        assert!(KERNEL.breaches("kernel/src/base/slab.rs", "base", text).unwrap().is_empty());
    }

    #[test]
    fn a_file_on_no_floor_is_a_finding() {
        assert_eq!(KERNEL.breaches("kernel/src/misc.rs", "misc", "").unwrap().len(), 1);
    }

    #[test]
    fn the_modules_of_the_host_stand_on_floors_too() {
        for text in ["use crate::cache;", "use crate::{cache, file};", "use crate::{file, cache::Use};"] {
            let findings = HOST.breaches("host/src/loader.rs", "loader", text).unwrap();
            assert_eq!(findings.len(), 1, "{text}");
            assert!(findings[0].contains("imports from cache, which is above loader"), "{findings:?}");
        }
        assert!(HOST.breaches("host/src/cache.rs", "cache", "use crate::loader::map;").unwrap().is_empty());
        assert_eq!(HOST.breaches("host/src/misc.rs", "misc", "").unwrap().len(), 1);
    }
}
