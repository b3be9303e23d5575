//! What must not be in an image: the machinery that would word a panic, and whatever would need an operating system.

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
/// What the kernel may need, on Arm also by the names of its run-time ABI.
const MEMORY: [&str; 5] = ["memcpy", "memmove", "memset", "memclr", "memcmp"];

/// A symbol of a program or an archive.
struct Symbol {
    name: String,
    size: u64,
    is_missing: bool,
}

/// The kernel has none of `core::fmt`, and needs nothing but the memory functions.
pub fn kernel(root: &Path) -> Result<()> {
    let archive = bundle::build(root, &MPS2, &FEATURES, &[])?;
    let symbols = symbols(&archive)?;
    for Symbol { name, is_missing, .. } in &symbols {
        let plain = name.trim_start_matches("__aeabi_").trim_end_matches(['4', '8']);
        ensure!(!is_missing || MEMORY.contains(&plain), "{} needs {name}", archive.display());
        ensure!(!name.contains(FORMATTING), "{} has {name}: something in it formats", archive.display());
    }
    panics(&archive, &symbols)
}

/// A plugin may format what it says; a panic in it does not.
pub fn image(file: &Path) -> Result<()> {
    panics(file, &symbols(file)?)
}

fn panics(file: &Path, symbols: &[Symbol]) -> Result<()> {
    for Symbol { name, size, .. } in symbols.iter().filter(|symbol| symbol.name.contains(PANICKING)) {
        ensure!(*size <= STOP, "{}: {name} takes {size} bytes: a panic formats something", file.display());
    }
    Ok(())
}

fn symbols(path: &Path) -> Result<Vec<Symbol>> {
    let mut all = Vec::new();
    elf::each(path, |file| {
        for symbol in file.symbols() {
            let name = symbol.name().unwrap_or_default().to_owned();
            // The first symbol of every file has no name.
            let is_missing = symbol.is_undefined() && !name.is_empty();
            all.push(Symbol { name, size: symbol.size(), is_missing });
        }
    })?;
    Ok(all)
}
