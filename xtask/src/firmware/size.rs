//! `cargo xtask size`: what the kernel takes on a Cortex-M4, and what each feature costs.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use object::{Object, ObjectSymbol};

use super::bundle::{self, BUNDLE, FEATURES};
use super::image::{IMAGES, MPS2};
use super::sections::{self, Sections};
use super::tools::tool;
use super::{NEEDS, elf, readme};
use crate::build::folder;
use crate::build::libraries::{FREESTANDING, names};
use crate::command::run;
use crate::doctor;

/// Bytes of code that the kernel must not exceed, and that it would better not. Of the first edition's 32 KiB, 31.6 were
/// used; sized structs, what a peer tells of itself and statuses that are no errors took 0.8 more, and 3.7 what is right
/// beyond one thread: answers beside a worker, copies outside the lock, error texts of crossings, a drain that is closed.
/// Structs of other editions, read and filled as far as both sides know them, took 0.7, offers 1.4, words for an interface
/// that is not there 0.2, a request that is answered after its handler returned 0.4, and a deadline that is 0 only while
/// something is to be done, and words that outlast what a refusal ends, 0.6. Ends that are told, interfaces of the program,
/// workers that call the next one, and a thread that resigns only its own kernel took 0.1.
const TEXT: [u64; 2] = [39 * 1024 + 768, 16 * 1024];
/// The same of its memory: 8 KiB, 168 bytes for what eight peers tell of themselves, 432 for the error texts of crossings,
/// 160 for counts of references beyond 255.
const REGION: [u64; 2] = [9 * 1024, 5 * 1024];
/// With these limits: 4 plugins, 8 sessions, 16 messages of 128 bytes.
const LIMITS: &str = "4,1,8,1,1,4,2,13,128,1,128,1,1,4,4,1,PINTLE_NO_INBOX,PINTLE_NO_WORKERS,8,1";

/// Prints all of it.
pub fn size(root: &Path, limits: Option<&str>) -> Result<()> {
    doctor::demand(&NEEDS)?;
    println!(
        "{:<34} {:>7} {:>8} {:>6} {:>5}",
        "the kernel on a Cortex-M4", ".text", ".rodata", ".data", ".bss"
    );
    let mut measured = Vec::new();
    for left_out in ["nothing"].into_iter().chain(FEATURES).chain(["all five"]) {
        let stays = |feature: &&str| left_out != "all five" && *feature != left_out;
        let sections = kernel(root, &FEATURES.into_iter().filter(stays).collect::<Vec<_>>())?;
        print(&format!("  without {left_out}"), sections);
        measured.push((left_out, vec![sections.text, sections.rodata]));
    }
    print("  with a function for each slot", sections::of(&bundle::build(root, &MPS2, &FEATURES, &[])?)?);
    let file = IMAGES[0].build(root)?;
    print("the image in C", sections::of(&file)?);
    print("  of it: the kernel and echo", sections::in_image(&file, BUNDLE)?);
    let memory = region(root, LIMITS)?;
    println!("memory for 4 plugins, 8 sessions, 16 messages of 128 bytes: {memory}");
    if let Some(limits) = limits {
        println!("memory for {limits}: {}", region(root, limits)?);
    }
    for (what, taken, [must, better]) in [("code", measured[0].1[0], TEXT), ("memory", memory, REGION)] {
        println!("{what}: {taken} of {must} bytes; better were {better}");
        ensure!(taken <= must, "the kernel takes {taken} bytes of {what}, and may take {must}");
    }
    readme::drift(root, &measured)
}

/// What is linked into a program that calls all that the header declares for a freestanding kernel. The calls that plugins
/// make go through tables, and need no functions.
fn kernel(root: &Path, features: &[&str]) -> Result<Sections> {
    let archive = bundle::build(root, &MPS2, features, &[])?;
    let program = folder(root, "firmware")?.join("kernel.elf");
    let roots = names(&root.join(FREESTANDING))?.into_iter().filter(|name| name.starts_with("pintle_core_"));
    let mut link = tool(&MPS2, "gcc", root);
    link.args(MPS2.flags).args([
        "-nostartfiles",
        "-Wl,--gc-sections,-e,pintle_core_start",
        "-Wl,-z,noexecstack",
    ]);
    link.args(roots.map(|name| format!("-Wl,-u,{name}"))).arg(archive);
    link.arg(format!("-Wl,-Map={}", program.with_extension("map").display())).arg("-o").arg(&program);
    run(&mut link)?;
    sections::in_image(&program, BUNDLE)
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
