//! Imports point up the list of layers, never down. This includes dev-dependencies.

use std::path::Path;

use anyhow::{Context, ensure};
use serde::Deserialize;

use super::Findings;
use crate::command::{cargo, output};

/// The packages of this workspace that a package may import.
enum May {
    /// Only these.
    Import(&'static [&'static str]),
    /// All of them, because it does not ship.
    ImportAnything,
}

/// The list of layers, top to bottom.
const LAYERS: [(&str, May); 12] = [
    ("abi-core", May::Import(&[])),
    ("kernel", May::Import(&["abi-core"])),
    ("sdk-macros", May::Import(&[])),
    ("sdk", May::Import(&["abi-core", "sdk-macros"])),
    ("host", May::Import(&["kernel", "abi-core"])),
    ("ffi-shared", May::Import(&["abi-core"])),
    ("ffi", May::Import(&["host", "kernel", "ffi-shared", "abi-core"])),
    ("ffi-core", May::Import(&["kernel", "ffi-shared", "abi-core"])),
    ("bindings-python", May::Import(&["host", "kernel", "abi-core"])),
    ("bindings-node", May::Import(&["host", "kernel", "abi-core"])),
    ("cli", May::Import(&["host", "kernel", "abi-core"])),
    ("xtask", May::Import(&["tools"])),
];

/// For folders whose packages follow the same rule: a part of the path, and what they may import.
const FOLDERS: [(&str, May); 3] = [
    ("/plugins/", May::Import(&["sdk"])),
    ("/firmware/", May::Import(&["ffi-core", "echo", "sdk"])),
    ("/tests/", May::ImportAnything),
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    path: Option<String>,
}

/// One finding for each import that points down, or across.
pub fn check(root: &Path) -> Findings {
    let output = output(cargo(root).args(["metadata", "--no-deps", "--format-version", "1"]))?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    breaches(&String::from_utf8(output.stdout)?)
}

fn breaches(metadata: &str) -> Findings {
    let metadata: Metadata = serde_json::from_str(metadata).context("cargo metadata is not what it was")?;
    let mut findings = Vec::new();
    for package in &metadata.packages {
        let Some(may) = layer(package) else {
            findings.push(format!(
                "{}: in no layer. Give it a place in xtask/src/check/layers.rs and in ARCHITECTURE.md",
                package.name
            ));
            continue;
        };
        let May::Import(allowed) = may else { continue };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.path.is_some()) {
            if !allowed.contains(&short(&dependency.name)) {
                findings.push(format!(
                    "{}: may not import {} ({} dependency); it may import {}",
                    package.name,
                    dependency.name,
                    dependency.kind.as_deref().unwrap_or("normal"),
                    if allowed.is_empty() {
                        "nothing of this project".to_owned()
                    } else {
                        allowed.join(", ")
                    },
                ));
            }
        }
    }
    Ok(findings)
}

fn short(name: &str) -> &str {
    name.strip_prefix("pintle-").unwrap_or(name)
}

fn layer(package: &Package) -> Option<&'static May> {
    let folder = FOLDERS.iter().find(|(folder, _)| package.manifest_path.contains(folder));
    let layer = || LAYERS.iter().find(|(name, _)| *name == short(&package.name));
    folder.or_else(layer).map(|(_, may)| may)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(package: &str, folder: &str, dependency: &str, kind: &str) -> String {
        format!(
            r#"{{"packages": [{{"name": "{package}", "manifest_path": "/project/{folder}/Cargo.toml", "dependencies": [
                {{"name": "serde", "kind": null, "path": null}},
                {{"name": "{dependency}", "kind": {kind}, "path": "/project/elsewhere"}}]}}]}}"#
        )
    }

    #[test]
    fn an_import_that_points_down_is_a_finding() {
        for (package, folder, dependency, kind) in [
            ("pintle-kernel", "kernel", "pintle-host", "null"),
            ("pintle-kernel", "kernel", "pintle-sdk", "\"dev\""),
            ("pintle-sdk", "sdk", "pintle-kernel", "\"dev\""),
            ("pintle-ffi-core", "ffi-core", "pintle-host", "null"),
            ("pintle-ffi-shared", "ffi-shared", "pintle-kernel", "null"),
            ("pintle-bindings-python", "bindings-python", "pintle-ffi", "null"),
            ("pintle-bindings-node", "bindings-node", "pintle-sdk", "\"dev\""),
            ("pintle-websocket", "plugins/websocket", "pintle-abi-core", "null"),
            ("pintle-echo", "plugins/echo", "pintle-host", "\"dev\""),
            ("pintle-bundle", "firmware/bundle", "pintle-host", "null"),
            ("xtask", "xtask", "pintle-abi-core", "\"build\""),
        ] {
            let findings = breaches(&metadata(package, folder, dependency, kind)).unwrap();
            assert_eq!(findings.len(), 1, "{package} imports {dependency}");
            assert!(findings[0].contains(dependency), "{findings:?}");
        }
    }

    #[test]
    fn a_package_without_a_place_is_a_finding() {
        let findings = breaches(&metadata("pintle-attic", "attic", "pintle-abi-core", "null")).unwrap();
        assert!(findings[0].contains("in no layer"), "{findings:?}");
    }

    #[test]
    fn an_import_that_points_up_passes() {
        for (package, folder, dependency) in [
            ("pintle-kernel", "kernel", "pintle-abi-core"),
            ("pintle-echo", "plugins/echo", "pintle-sdk"),
            ("pintle-bundle", "firmware/bundle", "pintle-echo"),
            ("pintle-bindings-node", "bindings-node", "pintle-host"),
            ("pintle-tests", "tests", "pintle-cli"),
        ] {
            let findings = breaches(&metadata(package, folder, dependency, "null")).unwrap();
            assert_eq!(findings, Vec::<String>::new());
        }
    }
}
