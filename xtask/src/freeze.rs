//! `cargo xtask freeze`: copies the headers to `tests/frozen`, whose plugin and hosts are built with these copies.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::model::Model;

/// The headers, and where their copies are, below the repository's root.
const FROM: &str = "include/pintle";
const TO: &str = "tests/frozen/include/pintle";
const HEADERS: [&str; 2] = ["plugin.h", "host.h"];

/// Copies the headers. As long as the first edition is not released, this is legal; `tests/frozen/README.md` says what is
/// legal later.
pub fn run(root: &Path) -> Result<()> {
    let minor = Model::load(root)?.number("ABI_MINOR")?;
    ensure!(
        minor == 0,
        "the contract is at 1.{minor}, so its first edition is released: {TO} stays as it is, and what its tests find is \
         to be mended in abi-core"
    );
    std::fs::create_dir_all(root.join(TO)).with_context(|| format!("cannot create {TO}"))?;
    for header in HEADERS {
        let (from, to) = (format!("{FROM}/{header}"), format!("{TO}/{header}"));
        std::fs::copy(root.join(&from), root.join(&to))
            .with_context(|| format!("cannot copy {from} to {to}"))?;
        println!("wrote {to}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_edition_is_copied() {
        let copy = tempfile::tempdir().unwrap();
        let minor = |number: u32| {
            let text = format!("/// The minor version.\npub const ABI_MINOR: u16 = {number};\n");
            std::fs::write(copy.path().join("abi-core/src/api.rs"), text).unwrap();
        };
        for folder in ["abi-core/src", FROM] {
            std::fs::create_dir_all(copy.path().join(folder)).unwrap();
        }
        for header in HEADERS {
            std::fs::write(copy.path().join(FROM).join(header), header).unwrap();
        }
        minor(0);
        run(copy.path()).unwrap();
        for header in HEADERS {
            assert_eq!(std::fs::read_to_string(copy.path().join(TO).join(header)).unwrap(), header);
            std::fs::write(copy.path().join(FROM).join(header), "later").unwrap();
        }
        minor(1);
        let error = run(copy.path()).unwrap_err().to_string();
        assert!(error.starts_with("the contract is at 1.1"), "{error}");
        for header in HEADERS {
            assert_eq!(std::fs::read_to_string(copy.path().join(TO).join(header)).unwrap(), header);
        }
    }
}
