//! Everything that is generated from the contract and committed.

mod asserts;
mod callbacks;
mod calls;
mod doc;
mod every_slot;
mod ffi;
pub mod fingerprint;
mod host;
mod layout;
mod plugin;
mod rules;
mod slots;
mod types;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::model::Model;

/// A generated file: its path below the repository, and its text.
pub struct Generated {
    /// Below the repository's root, with `/`.
    pub path: &'static str,
    /// What it must hold.
    pub text: String,
}

/// Writes every generated file, or with `check` only compares.
pub fn run(root: &Path, check: bool) -> Result<()> {
    let model = Model::load(root)?;
    let mut stale = Vec::new();
    for file in generate(root, &model)? {
        let path = root.join(file.path);
        let present = std::fs::read_to_string(&path).unwrap_or_default();
        if present == file.text {
            continue;
        }
        if check {
            stale.push(file.path);
            continue;
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, &file.text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("wrote {}", file.path);
    }
    if !stale.is_empty() {
        bail!("not what abi-core says: {}. Run `cargo xtask header` and commit the result", stale.join(", "));
    }
    Ok(())
}

/// All generated files.
fn generate(root: &Path, model: &Model) -> Result<Vec<Generated>> {
    Ok(vec![
        Generated { path: "abi-core/src/rules.rs", text: rules::text(model)? },
        Generated { path: "abi-core/src/fingerprint.rs", text: fingerprint::rust(model) },
        Generated { path: "abi-core/src/layout.rs", text: layout::text(model) },
        Generated { path: "include/pintle/plugin.h", text: plugin::text(root, model)? },
        Generated { path: "include/pintle/host.h", text: host::text(root, model)? },
        Generated { path: "ffi/src/calls.rs", text: ffi::text(root, model)? },
        Generated { path: "tests/c/every_slot.c", text: every_slot::text(model)? },
        Generated { path: "docs/slots.md", text: slots::text(model)? },
    ])
}
