//! No panic brings the machinery that would word it into an image.

use std::path::Path;

use anyhow::{Result, ensure};
use object::{Object, ObjectSymbol};

use super::bundle::{self, FEATURES};
use super::elf;
use super::image::MPS2;

/// What all of `core::fmt` has in its names, whatever mangles them.
const FORMATTING: &str = "4core3fmt";
/// The same of panics.
const PANICKING: &str = "4core9panicking";
/// A panic that does nothing but stop the machine calls one function.
const STOP: u64 = 16;

/// The kernel has none of `core::fmt`.
pub fn kernel(root: &Path) -> Result<()> {
    let archive = bundle::build(root, &MPS2, &FEATURES, &[])?;
    let found = symbols(&archive)?;
    let formatting = found.iter().find(|(name, _)| name.contains(FORMATTING));
    ensure!(
        formatting.is_none(),
        "{} has {}: something in it formats",
        archive.display(),
        formatting.unwrap().0
    );
    panics(&archive, &found)
}

/// A plugin may format what it says; a panic in it does not.
pub fn image(file: &Path) -> Result<()> {
    panics(file, &symbols(file)?)
}

fn panics(file: &Path, found: &[(String, u64)]) -> Result<()> {
    for (name, size) in found.iter().filter(|(name, _)| name.contains(PANICKING)) {
        ensure!(*size <= STOP, "{}: {name} takes {size} bytes; a panic formats something", file.display());
    }
    Ok(())
}

/// The names of all symbols, with their sizes.
fn symbols(path: &Path) -> Result<Vec<(String, u64)>> {
    let mut all = Vec::new();
    elf::each(path, |file| {
        all.extend(file.symbols().filter_map(|it| it.name().ok().map(|name| (name.to_owned(), it.size()))));
    })?;
    Ok(all)
}
