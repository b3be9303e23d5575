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
        Generated { path: "ffi-shared/src/calls.rs", text: ffi::text(root, model)? },
        Generated { path: "tests/c/every_slot.c", text: every_slot::text(model)? },
        Generated { path: "docs/slots.md", text: slots::text(model)? },
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A copy of what the generated files are made from.
    fn copy() -> tempfile::TempDir {
        let root = crate::root();
        let copy = tempfile::tempdir().unwrap();
        for folder in ["abi-core/src", "ffi/src", "ffi-core/src", "ffi-shared/src"] {
            std::fs::create_dir_all(copy.path().join(folder)).unwrap();
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                std::fs::copy(&path, copy.path().join(folder).join(path.file_name().unwrap())).unwrap();
            }
        }
        std::fs::copy(root.join("rustfmt.toml"), copy.path().join("rustfmt.toml")).unwrap();
        copy
    }

    #[test]
    fn drift_names_each_file() {
        let copy = copy();
        run(copy.path(), false).unwrap();
        run(copy.path(), true).unwrap();
        let files = generate(copy.path(), &Model::load(copy.path()).unwrap()).unwrap();
        let (gone, changed) = files.split_at(files.len() / 2);
        for file in gone {
            std::fs::remove_file(copy.path().join(file.path)).unwrap();
        }
        for file in changed {
            std::fs::write(copy.path().join(file.path), format!("{}\n", file.text)).unwrap();
        }
        let error = run(copy.path(), true).unwrap_err().to_string();
        let names: Vec<_> = files.iter().map(|file| file.path).collect();
        assert!(error.starts_with(&format!("not what abi-core says: {}.", names.join(", "))), "{error}");
        run(copy.path(), false).unwrap();
        for file in &files {
            assert_eq!(std::fs::read_to_string(copy.path().join(file.path)).unwrap(), file.text);
        }
    }

    #[test]
    fn exported_functions_reach_the_host_header() {
        let copy = copy();
        let source = "//! Beginning and ending.\n\n/// A running host.\npub struct Host {\n    bits: u8,\n}\n\n\
            /// Starts a host with `limits`; see [`Limits::workers`].\n///\n/// `E_CAPACITY`: too much.\n///\n/// # Safety\n\
            /// `out` is NULL or writable.\n#[unsafe(no_mangle)]\n\
            pub unsafe extern \"C\" fn pintle_new(limits: *const Limits, out: *mut *mut Host) -> i32 {\n    0\n}\n";
        let core =
            source.replace("pintle_new", "pintle_start").replace("Beginning and ending", "Without a system")
                + &source[source.find("/// Starts").unwrap()..];
        std::fs::write(copy.path().join("ffi/src/host.rs"), source).unwrap();
        std::fs::write(copy.path().join("ffi-core/src/host.rs"), core).unwrap();
        let text = host::text(copy.path(), &Model::load(copy.path()).unwrap()).unwrap();
        let expected = " * Beginning and ending.
 */

/**
 * Starts a host with `limits`; see pintle_limits_t.workers.
 *
 * PINTLE_E_CAPACITY: too much.
 */
int32_t pintle_new(const pintle_limits_t *limits, pintle_host_t **out);
";
        assert!(text.contains(expected), "{text}");
        assert!(
            text.contains("/** A running host. */\ntypedef struct pintle_host_t pintle_host_t;\n"),
            "{text}"
        );
        let (_, freestanding) = text.split_once("Only in the freestanding library").unwrap();
        assert!(freestanding.contains("int32_t pintle_start("), "{freestanding}");
        assert!(!freestanding.contains("pintle_new"), "{freestanding}");
    }

    #[test]
    fn a_function_outside_the_name_space_is_refused() {
        let copy = copy();
        let source = "/// Odd.\n#[unsafe(no_mangle)]\npub extern \"C\" fn odd() -> i32 {\n    0\n}\n";
        std::fs::write(copy.path().join("ffi/src/odd.rs"), source).unwrap();
        let error = format!("{:#}", run(copy.path(), true).unwrap_err());
        assert!(error.contains("`odd` is exported, so its name must begin with pintle_"), "{error}");
    }
}
