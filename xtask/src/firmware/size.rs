//! `cargo xtask size`: what the kernel takes on a Cortex-M4, and what each feature costs.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use object::{Object, ObjectSymbol};

use super::bundle::{self, FEATURES};
use super::image::{IMAGES, MPS2};
use super::sections::{self, Sections};
use super::tools::tool;
use super::{elf, missing};
use crate::build::folder;
use crate::command::run;

/// Bytes of code that the kernel must not exceed, and that it would better not.
const TEXT: [u64; 2] = [32 * 1024, 16 * 1024];
/// The same of its memory.
const REGION: [u64; 2] = [8 * 1024, 5 * 1024];
/// With these limits: 4 plugins, 8 sessions, 16 messages of 128 bytes.
const LIMITS: &str = "4,1,8,1,1,4,2,13,128,1,128,1,1,4,4,1,PINTLE_NO_INBOX,PINTLE_NO_WORKERS,8";

/// Prints all of it.
pub fn size(root: &Path, limits: Option<&str>) -> Result<()> {
    let missing = missing(root);
    if !missing.is_empty() {
        bail!("{}", missing.join("; "));
    }
    println!(
        "{:<34} {:>7} {:>8} {:>6} {:>5}",
        "the kernel on a Cortex-M4", ".text", ".rodata", ".data", ".bss"
    );
    print("everything", kernel(root, &FEATURES)?);
    println!("{:<34} {:>7} must, {} better", "  budget", TEXT[0], TEXT[1]);
    for left_out in FEATURES {
        let features: Vec<_> = FEATURES.into_iter().filter(|feature| *feature != left_out).collect();
        print(&format!("without {left_out}"), kernel(root, &features)?);
    }
    print("without all of these", kernel(root, &[])?);
    let image = &IMAGES[0];
    let file = image.build(root)?;
    print(&format!("the image {}, all of it", image.name), sections::of(&file)?);
    print("the kernel and echo in it", sections::in_image(&file, "libbundle")?);
    println!("\nmemory for 4 plugins, 8 sessions, 16 messages of 128 bytes: {}", region(root, LIMITS)?);
    println!("  budget: {} must, {} better", REGION[0], REGION[1]);
    if let Some(limits) = limits {
        println!("memory for {limits}: {}", region(root, limits)?);
    }
    Ok(())
}

fn kernel(root: &Path, features: &[&str]) -> Result<Sections> {
    sections::of(&bundle::build(root, &MPS2, features, &[])?)
}

fn print(name: &str, sections: Sections) {
    let Sections { text, rodata, data, bss } = sections;
    println!("{name:<34} {text:>7} {rodata:>8} {data:>6} {bss:>5}");
}

/// Bytes of the array that the macro of the header makes.
fn region(root: &Path, limits: &str) -> Result<u64> {
    let folder = folder(root, "firmware")?;
    let (source, object) = (folder.join("region.c"), folder.join("region.o"));
    let mut text = String::from("#include <pintle/host.h>\n");
    writeln!(text, "char region[PINTLE_REGION_SIZE({limits})];")?;
    fs::write(&source, text)?;
    run(tool(&MPS2, "gcc", root)
        .args(["-mcpu=cortex-m4", "-mthumb", "-Iinclude", "-c"])
        .arg(source)
        .arg("-o")
        .arg(&object))?;
    let mut size = None;
    elf::each(&object, |file| {
        size = file.symbols().find(|symbol| symbol.name() == Ok("region")).map(|symbol| symbol.size());
    })?;
    size.context("the compiler made no such array")
}
