//! The npm package as its users get it: alone in a folder that is empty.

use std::path::Path;
use std::process::Command;

use pintle_tests::node::tarball;
use pintle_tests::plugins::{folder_with_plugins, printed, root, said, succeed};
use tempfile::TempDir;

const PAGE: &str = "bindings-node/README.md";
const ADDON: &str = "node_modules/pintle/pintle.linux-x64-gnu.node";

/// A folder with the package, which needs no other.
fn installed() -> Option<TempDir> {
    let tarball = tarball()?;
    let folder = folder_with_plugins();
    let options = ["install", "--loglevel=error", "--offline", "--no-audit", "--no-fund"];
    succeed(folder.path(), Command::new("npm").args(options).arg(tarball));
    Some(folder)
}

/// A script, run in a folder.
fn node(folder: &Path, name: &str, text: &str) -> String {
    std::fs::write(folder.join(name), text).unwrap();
    succeed(folder, Command::new("node").arg(name))
}

#[test]
fn alone_in_a_folder_it_runs_what_its_page_shows() {
    let Some(folder) = installed() else { return };
    let examples = printed(PAGE, "js");
    assert!(!examples.is_empty(), "{PAGE} shows an example");
    for example in examples {
        let module = example.lines().any(|line| line.starts_with("import "));
        node(folder.path(), if module { "example.mjs" } else { "example.cjs" }, &example);
    }
}

#[test]
fn both_kinds_of_module_get_the_same_objects() {
    let Some(folder) = installed() else { return };
    let script = "
        import assert from 'node:assert/strict';
        import { createRequire } from 'node:module';
        import * as imported from 'pintle';
        const required = createRequire(import.meta.url)('pintle');
        assert.ok(Object.keys(required).includes('Host'));
        for (const [name, value] of Object.entries(required)) assert.equal(imported[name], value, name);
    ";
    node(folder.path(), "both.mjs", script);
    node(folder.path(), "plain.cjs", "const { Host } = require('pintle'); if (!Host) process.exit(1);");
}

#[test]
fn its_version_is_that_of_the_project() {
    let Some(tarball) = tarball() else { return };
    assert_eq!(tarball.file_name().unwrap(), concat!("pintle-", env!("CARGO_PKG_VERSION"), ".tgz"));
}

#[test]
fn without_its_binary_it_says_which_file_is_missing_and_how_to_build_it() {
    let Some(folder) = installed() else { return };
    std::fs::remove_file(folder.path().join(ADDON)).unwrap();
    let mut node = Command::new("node");
    let output = node.args(["-e", "require('pintle')"]).current_dir(folder.path()).output().unwrap();
    let told = said(&output);
    assert!(!output.status.success());
    for words in ["pintle.linux-x64-gnu.node", "cargo xtask npm"] {
        assert!(told.contains(words), "{words:?} is not in {told}");
    }
}

#[test]
fn the_lock_names_no_registry() {
    let lock = std::fs::read_to_string(root().join("bindings-node/package-lock.json")).unwrap();
    assert!(
        lock.contains("\"integrity\"") && !lock.contains("\"resolved\""),
        "npm install in bindings-node mends it"
    );
}
