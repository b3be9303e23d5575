//! Each statement of `docs/flow.md` has a number and a test that names it: a comment `docs/flow.md 2.3, 2.4` above the
//! test. Sections about reserved interfaces have no numbers, as they have no tests yet.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::Findings;

const FLOW: &str = "docs/flow.md";

/// Where tests are, and what stands for one: the model, which every random plan is compared with, and a check that reads
/// the library.
const PLACES: [&str; 11] = [
    "abi-core/src",
    "bindings-node/test",
    "bindings-python/tests",
    "ffi/src",
    "firmware/program",
    "host/tests",
    "kernel/src",
    "kernel/tests",
    "sdk/tests",
    "tests",
    "xtask/src/check/disassembly.rs",
];

/// Where a claim in Rust may stand on something that is no `#[test]`.
const WITHOUT_TESTS: [&str; 2] = ["tests/model/src/", "xtask/"];

const LANGUAGES: [&str; 7] = ["rs", "c", "h", "cpp", "hpp", "py", "mjs"];

/// Section and number within it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Id(u32, u32);

impl Id {
    fn parse(text: &str) -> Option<Self> {
        let (section, number) = text.split_once('.')?;
        Some(Self(section.parse().ok()?, number.parse().ok()?))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// One finding for each statement without a number or a test, and for each claim of a statement that is not there.
pub fn check(root: &Path) -> Findings {
    let read = |path: &Path| std::fs::read_to_string(path).with_context(|| path.display().to_string());
    let (statements, mut findings) = statements(&read(&root.join(FLOW))?);
    let mut claimed = BTreeSet::new();
    for place in PLACES {
        for file in files(&root.join(place))? {
            let shown = file.strip_prefix(root).unwrap_or(&file).display().to_string();
            findings.extend(claims(&shown, &read(&file)?, &statements, &mut claimed));
        }
    }
    findings.extend(unclaimed(&statements, &claimed));
    Ok(findings)
}

fn files(place: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if place.is_file() {
        return Ok(vec![place.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(place).with_context(|| place.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("node_modules") {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| LANGUAGES.iter().any(|known| extension == *known))
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The statements by their numbers, and the faults of the numbers.
fn statements(flow: &str) -> (BTreeMap<Id, String>, Vec<String>) {
    let (mut statements, mut findings) = (BTreeMap::<Id, String>::new(), Vec::new());
    let (mut is_reserved, mut section, mut last) = (false, None, None);
    let mut current = None;
    for line in flow.lines() {
        if let Some(heading) = line.strip_prefix('#') {
            let number = |heading: &str| heading.split_once('.')?.0.trim().parse::<u32>().ok();
            match heading.strip_prefix('#') {
                None => (is_reserved, section) = (heading.trim() == "Reserved", None),
                Some(heading) if !heading.starts_with('#') => section = number(heading),
                Some(_) => {}
            }
            (last, current) = (None, None);
        }
        let Some(section) = section.filter(|_| !is_reserved) else { continue };
        if let Some(statement) =
            line.strip_prefix("- ").or_else(|| line.strip_prefix("| **").map(|_| &line[2..]))
        {
            current = None;
            let numbered = statement.strip_prefix("**").and_then(|rest| rest.split_once("** "));
            let Some((id, text)) = numbered.and_then(|(id, text)| Some((Id::parse(id)?, text))) else {
                findings
                    .push(format!("{FLOW}: a statement of section {section} without a number: {statement}"));
                continue;
            };
            if id.0 != section {
                findings.push(format!("{FLOW} {id}: stands in section {section}"));
            }
            if statements.insert(id, text.to_owned()).is_some() {
                findings.push(format!("{FLOW} {id}: stands there twice"));
            } else if last.is_some_and(|last| last > id) {
                findings.push(format!("{FLOW} {id}: does not stand in the order of the numbers"));
            }
            (last, current) = (Some(id), Some(id));
        } else if let (Some(rest), Some(id)) = (line.strip_prefix("  "), current) {
            let statement = statements.entry(id).or_default();
            statement.push(' ');
            statement.push_str(rest);
        }
    }
    (statements, findings)
}

/// Collects the claims of a file, and reports those whose statement is absent, that cannot be read, or that are above no
/// test.
fn claims(
    file: &str,
    text: &str,
    statements: &BTreeMap<Id, String>,
    claimed: &mut BTreeSet<Id>,
) -> Vec<String> {
    let mut findings = Vec::new();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for (at, line) in lines.iter().enumerate() {
        let Some(list) = claim(line) else { continue };
        let place = format!("{file}:{}", at + 1);
        for id in list.split(", ") {
            match Id::parse(id) {
                Some(id) if statements.contains_key(&id) => {
                    claimed.insert(id);
                }
                Some(id) => findings.push(format!("{place}: {FLOW} has no {id}")),
                None => findings.push(format!("{place}: not a number of {FLOW}: {id}")),
            }
        }
        let is_free = !file.ends_with(".rs") || WITHOUT_TESTS.iter().any(|folder| file.starts_with(folder));
        let mut below =
            lines[at + 1..].iter().take_while(|line| line.starts_with("///") || line.starts_with("#["));
        if !is_free && !below.any(|line| *line == "#[test]") {
            findings.push(format!("{place}: names {FLOW} {list}, and stands on no test"));
        }
    }
    findings
}

/// The claim of a line, if it is a comment that is nothing but a claim.
fn claim(line: &str) -> Option<&str> {
    let comment = ["///", "//", "/*", "#"].into_iter().find_map(|begin| line.strip_prefix(begin))?;
    let list = comment.trim_end_matches("*/").trim().strip_prefix(FLOW)?.strip_prefix(' ')?;
    list.starts_with(|first: char| first.is_ascii_digit()).then_some(list)
}

fn unclaimed(statements: &BTreeMap<Id, String>, claimed: &BTreeSet<Id>) -> Vec<String> {
    let without = statements.iter().filter(|(id, _)| !claimed.contains(id));
    without.map(|(id, text)| format!("{FLOW} {id}: no test names it: {text}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Flow\n- words\n## 1. Calls\n- **1.1** One\n  and more.\n- **1.2** Two.\n## 2. Threads\n| **2.1** | own |\n\
                        # Reserved\n## 3. Later\n- unnumbered\n# Hosts\n## 4. More\n- **4.1** Four.\n";

    fn faults(page: &str, file: &str, text: &str) -> Vec<String> {
        let (statements, mut findings) = statements(page);
        let mut claimed = BTreeSet::new();
        findings.extend(claims(file, text, &statements, &mut claimed));
        findings.extend(unclaimed(&statements, &claimed));
        findings
    }

    const ALL: &str = "/// docs/flow.md 1.1, 1.2\n/// Words.\n#[test]\nfn one() {}\n    /// docs/flow.md 2.1, 4.1\n    #[test]";

    #[track_caller]
    fn is_fault(page: &str, text: &str, words: &str) {
        let findings = faults(page, "kernel/tests/one.rs", text);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].contains(words), "{findings:?}");
    }

    #[test]
    fn what_is_numbered_and_named_passes() {
        assert_eq!(faults(PAGE, "kernel/tests/one.rs", ALL), [""; 0]);
        for comment in ["// docs/flow.md ", "/* docs/flow.md ", "# docs/flow.md "] {
            let text =
                format!("{comment}1.1, 1.2, 2.1, 4.1{}", if comment.contains('*') { " */" } else { "" });
            assert_eq!(faults(PAGE, "tests/c/one.c", &text), [""; 0]);
        }
    }

    #[test]
    fn a_statement_that_no_test_names_is_a_finding() {
        is_fault(PAGE, &ALL.replace("1.1, ", ""), "docs/flow.md 1.1: no test names it: One and more.");
        is_fault(PAGE, &ALL.replace("2.1, ", ""), "docs/flow.md 2.1: no test names it: | own |");
        let words = ALL.replace("/// docs/flow.md 2.1, 4.1", "/// As docs/flow.md 2.1, 4.1 says");
        assert_eq!(faults(PAGE, "kernel/tests/one.rs", &words).len(), 2);
    }

    #[test]
    fn a_claim_of_what_is_not_there_is_a_finding() {
        is_fault(PAGE, &ALL.replace("1.2", "1.2, 1.3"), "kernel/tests/one.rs:1: docs/flow.md has no 1.3");
        is_fault(PAGE, &ALL.replace("1.2", "1.2, 3.1"), "docs/flow.md has no 3.1");
        is_fault(PAGE, &ALL.replace("1.2", "1.2, all"), "not a number of docs/flow.md: all");
    }

    #[test]
    fn a_claim_on_no_test_is_a_finding() {
        let helper = ALL.replace("#[test]\nfn one", "fn one");
        is_fault(PAGE, &helper, "kernel/tests/one.rs:1: names docs/flow.md 1.1, 1.2, and stands on no test");
        assert_eq!(faults(PAGE, "tests/model/src/model/one.rs", &helper), [""; 0]);
    }

    #[test]
    fn numbers_that_are_missing_strange_or_out_of_order_are_findings() {
        is_fault(
            &PAGE.replace("- **4.1** Four.", "- **4.1** Four.\n- Five."),
            ALL,
            "without a number: Five.",
        );
        is_fault(&PAGE.replace("- **4.1**", "- **4.1** Four.\n- **4.1**"), ALL, "4.1: stands there twice");
        is_fault(&PAGE.replace("## 4. More", "## 5. More"), ALL, "4.1: stands in section 5");
        let swapped = PAGE
            .replace("- **1.1** One", "- **1.9** One")
            .replace("- **1.2**", "- **1.1**")
            .replace("1.9", "1.2");
        is_fault(&swapped, ALL, "1.1: does not stand in the order of the numbers");
    }
}
