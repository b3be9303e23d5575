//! The libraries export exactly the listed symbols, and the freestanding one needs at most four functions.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use object::read::archive::ArchiveFile;
use object::{File, Object, ObjectSymbol};

use super::Findings;
use crate::build::libraries::{FREESTANDING, HOSTED, Libraries, names};

/// The functions that a freestanding compiler may call at any time.
const COMPILER: [&str; 4] = ["memcmp", "memcpy", "memmove", "memset"];
/// The symbols that a plugin exports.
const PLUGIN: [&str; 2] = ["pintle_descriptor", "pintle_entry"];

/// One finding for each symbol that is missing or not listed.
pub fn check(root: &Path, libraries: &Libraries, plugins: &[PathBuf]) -> Findings {
    let hosted = list(&root.join(HOSTED))?;
    let freestanding = list(&root.join(FREESTANDING))?;
    let mut findings = shared(&libraries.shared, &hosted, HOSTED)?;
    findings.extend(archive(&libraries.archive, &hosted, HOSTED, None)?);
    findings.extend(archive(&libraries.freestanding, &freestanding, FREESTANDING, Some(&COMPILER))?);
    let plugin = PLUGIN.map(str::to_owned).into();
    for path in plugins {
        findings.extend(shared(path, &plugin, "what a plugin exports")?);
    }
    Ok(findings)
}

fn list(path: &Path) -> Result<BTreeSet<String>> {
    Ok(names(path)?.into_iter().collect())
}

fn shared(path: &Path, allowed: &BTreeSet<String>, source: &str) -> Findings {
    let bytes = read(path)?;
    let file = File::parse(&*bytes).with_context(|| format!("cannot read {}", path.display()))?;
    let exported = file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_definition() && symbol.is_global())
        .filter_map(|symbol| symbol.name().ok().map(str::to_owned))
        .collect();
    Ok(compare(path, &exported, allowed, source))
}

fn archive(path: &Path, allowed: &BTreeSet<String>, source: &str, needs: Option<&[&str]>) -> Findings {
    let bytes = read(path)?;
    let unreadable = || format!("cannot read {}", path.display());
    let (mut defined, mut needed) = (BTreeSet::new(), BTreeSet::new());
    for member in ArchiveFile::parse(&*bytes).with_context(unreadable)?.members() {
        let file = File::parse(member?.data(&*bytes)?).with_context(unreadable)?;
        for symbol in file.symbols().filter(ObjectSymbol::is_global) {
            let name = symbol.name()?.to_owned();
            if symbol.is_undefined() {
                needed.insert(name);
            } else {
                defined.insert(name);
            }
        }
    }
    let mut findings = compare(path, &defined, allowed, source);
    if let Some(allowed) = needs {
        let missing = needed.difference(&defined).filter(|name| !allowed.contains(&name.as_str()));
        findings.extend(missing.map(|name| {
            format!("{} needs {name}; a freestanding library may need {}", show(path), allowed.join(", "))
        }));
    }
    Ok(findings)
}

fn compare(path: &Path, found: &BTreeSet<String>, allowed: &BTreeSet<String>, source: &str) -> Vec<String> {
    let extra =
        found.difference(allowed).map(|name| format!("{} exports {name}, not in {source}", show(path)));
    let absent =
        allowed.difference(found).map(|name| format!("{} does not export {name}, in {source}", show(path)));
    extra.chain(absent).collect()
}

fn show(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::libraries::localise;
    use crate::check::plant;

    const PUBLIC: &str = "__attribute__((visibility(\"default\")))";

    fn allowed() -> BTreeSet<String> {
        ["wanted".to_owned()].into()
    }

    #[test]
    fn a_symbol_too_many_is_a_finding() {
        let folder = tempfile::tempdir().unwrap();
        let source =
            format!("{PUBLIC} int wanted(void) {{ return 1; }}\n{PUBLIC} int stray(void) {{ return 2; }}\n");
        let shared = shared(&plant::library(folder.path(), &source), &allowed(), "the list").unwrap();
        assert_eq!(shared, ["planted.so exports stray, not in the list"]);
        let archive = archive(&plant::archive(folder.path(), &source), &allowed(), "the list", None).unwrap();
        assert_eq!(archive, ["planted.a exports stray, not in the list"]);
    }

    #[test]
    fn a_symbol_too_few_is_a_finding() {
        let folder = tempfile::tempdir().unwrap();
        let library = plant::library(folder.path(), "int hidden(void) { return 1; }\n");
        let findings = shared(&library, &allowed(), "the list").unwrap();
        assert_eq!(findings, ["planted.so does not export wanted, in the list"]);
    }

    #[test]
    fn a_freestanding_library_that_needs_more_is_a_finding() {
        let folder = tempfile::tempdir().unwrap();
        let source = "void *malloc(unsigned long);\nvoid *memset(void *, int, unsigned long);\n\
                      void *wanted(unsigned long n) { return memset(malloc(n), 1, n); }\n";
        let path = plant::archive(folder.path(), source);
        let findings = archive(&path, &allowed(), "the list", Some(&COMPILER)).unwrap();
        assert_eq!(
            findings,
            ["planted.a needs malloc; a freestanding library may need memcmp, memcpy, memmove, memset"]
        );
    }

    #[test]
    fn what_is_not_listed_becomes_local() {
        let folder = tempfile::tempdir().unwrap();
        let source = "int helper(void) { return 1; }\nint wanted(void) { return helper(); }\n";
        let (from, to) = (plant::archive(folder.path(), source), folder.path().join("local.a"));
        let list = folder.path().join("list");
        std::fs::write(&list, "wanted\n").unwrap();
        localise(&crate::root(), &from, &list, &to).unwrap();
        assert_eq!(archive(&to, &allowed(), "the list", Some(&COMPILER)).unwrap(), Vec::<String>::new());
    }
}
