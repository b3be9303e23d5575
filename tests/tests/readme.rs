//! What the pages promise: their lines work, their links lead somewhere, their commands exist.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use pintle_host::abi::MODE_RELIABLE;
use pintle_tests::command::pintle;
use pintle_tests::plugins::{Heard, load, printed_commands, root, run, said, workshop};
use pintle_tests::stir::WAIT;

const PAGE: &str = "README.md";

/// Every page that people read, from the top of the source tree.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let alone = [".", "docs", "examples", "fuzz", "bindings-python", "bindings-node", "tests/scenario"];
    for folder in alone {
        pages.extend(pages_in(&root().join(folder)));
    }
    for folder in ["plugins", "templates", "tests/bench"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pages.extend(pages_in(&path));
            }
        }
    }
    assert!(pages.len() > 10, "{pages:?}");
    pages
}

fn pages_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension() == Some(OsStr::new("md")))
        .collect()
}

fn text(page: &Path) -> String {
    std::fs::read_to_string(page).unwrap()
}

/// The targets of a page's links.
fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

/// How a heading is called in links.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
    heading.trim().to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn the_first_plugin_is_built_and_runs_as_printed() {
    let folder = workshop();
    let page = text(&root().join(PAGE));
    let source = page.split("```c\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    std::fs::write(folder.path().join("hello.c"), source).unwrap();
    let line = &printed_commands(PAGE)[0];
    assert!(line.starts_with("cc ") && line.ends_with(" hello.c\n"), "{line}");
    run(folder.path(), line);
    run(folder.path(), &line.replace("-O2", "-O2 -Wall -Wextra -pedantic -Werror"));
    let library = folder.path().join("hello.so");

    let output = pintle(&[OsStr::new("inspect"), library.as_os_str()]).output().unwrap();
    let told = said(&output);
    assert!(output.status.success(), "{told}");
    for words in ["hello.so: loads\n", "org.example.hello", "message_in"] {
        assert!(told.contains(words), "{words:?} is not in {told}");
    }

    let heard = Heard::default();
    let host = heard.builder().start().unwrap();
    let instance = load(&host, &library, "");
    let calls = host.calls().unwrap();
    let session = calls.create_session(calls.open(&[MODE_RELIABLE]).unwrap(), 1, None).unwrap();
    assert_eq!(heard.lines(), [""; 0]);
    calls.receive(session, 0, b"anything").unwrap();
    assert_eq!(heard.lines(), ["org.example.hello: a message came in"]);
    assert!(host.unload(instance, WAIT).unwrap().is_clean());
}

/// The lines themselves are tried out where they stand first.
#[test]
fn hosts_are_built_with_the_lines_of_the_examples() {
    let here = printed_commands(PAGE);
    let examples = printed_commands("examples/README.md");
    let hosts: Vec<_> = examples.iter().filter(|line| line.contains("libpintle.a")).collect();
    assert_eq!(hosts.len(), 5, "{examples:?}");
    for line in hosts {
        assert!(here.contains(line), "{PAGE} lacks {line}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    for page in pages() {
        let (text, folder) = (text(&page), page.parent().unwrap());
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { page.clone() } else { folder.join(path) };
            assert!(target.exists(), "{}: {link}", page.display());
            if !fragment.is_empty() {
                let there = std::fs::read_to_string(&target).unwrap();
                let headings = there.lines().filter(|line| line.starts_with('#'));
                let mut anchors = headings.map(|line| anchor(line.trim_start_matches('#')));
                assert!(anchors.any(|anchor| anchor == fragment), "{}: {link}", page.display());
            }
        }
    }
}

#[test]
fn what_looks_like_a_path_of_the_source_tree_is_one() {
    let tops: BTreeSet<_> = [
        "abi-core",
        "kernel",
        "sdk",
        "host",
        "ffi",
        "ffi-core",
        "ffi-shared",
        "firmware",
        "include",
        "plugins",
        "templates",
    ]
    .into_iter()
    .chain(["examples", "cli", "tests", "fuzz", "xtask", "docs", "packaging"])
    .chain(["bindings-python", "bindings-node"])
    .collect();
    for page in [root().join(PAGE), root().join("ARCHITECTURE.md")] {
        let text = text(&page);
        for quoted in text.split('`').skip(1).step_by(2) {
            let top = quoted.split_once('/').map(|(top, _)| top).unwrap_or_default();
            if tops.contains(top) && !quoted.contains(['<', ' ', '\n']) {
                assert!(root().join(quoted).exists(), "{}: `{quoted}`", page.display());
            }
        }
    }
}

#[test]
fn every_command_of_the_project_exists() {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "-p", "xtask", "--", "--help"])
        .current_dir(root())
        .output()
        .unwrap();
    let help = said(&output);
    assert!(output.status.success(), "{help}");
    let listed = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap();
    let commands: BTreeSet<_> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.contains("demo"), "{help}");
    let mut seen = 0;
    for page in pages() {
        for rest in text(&page).split("cargo xtask ").skip(1) {
            let name = rest.split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default();
            assert!(commands.contains(name), "{}: cargo xtask {name}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
    for name in commands.iter().filter(|name| **name != "help") {
        assert!(
            text(&root().join(PAGE)).contains(&format!("`cargo xtask {name}")) || is_second(name),
            "{PAGE}: {name}"
        );
    }
}

/// Whether the table of the page names a command behind another one.
fn is_second(name: &str) -> bool {
    text(&root().join(PAGE)).contains(&format!(", `{name}` |"))
}
