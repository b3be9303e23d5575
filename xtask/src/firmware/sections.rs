//! What a program or an archive takes, by kind of memory.

use std::fs;
use std::ops::AddAssign;
use std::path::Path;

use anyhow::{Context, Result};
use object::{File, Object, ObjectSection};

use super::elf;
use super::transcript::Figures;

/// Bytes of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sections {
    /// Code.
    pub text: u64,
    /// Constants.
    pub rodata: u64,
    /// Variables that begin with a value.
    pub data: u64,
    /// Variables that begin with zeros.
    pub bss: u64,
}

impl AddAssign for Sections {
    fn add_assign(&mut self, other: Self) {
        self.text += other.text;
        self.rodata += other.rodata;
        self.data += other.data;
        self.bss += other.bss;
    }
}

impl Sections {
    /// Adds a section by its name. Those for unwinding and debugging are in no image.
    fn add(&mut self, section: &str, size: u64) {
        match section.split('.').nth(1) {
            Some("text") => self.text += size,
            Some("rodata") => self.rodata += size,
            Some("data") => self.data += size,
            Some("bss") => self.bss += size,
            _ => {}
        }
    }

    /// A line for an image, with the most important of what it said itself.
    pub fn said(&self, figures: &Figures) -> String {
        let flash = self.text + self.rodata + self.data;
        let mut line = format!("{flash:>6} bytes of flash");
        for (name, bytes) in figures.iter().filter(|(name, _)| name == "region" || name == "stack") {
            line.push_str(&format!(", {name} {bytes}"));
        }
        line
    }
}

/// The sections of a program, or of all that is in an archive.
pub fn of(path: &Path) -> Result<Sections> {
    let mut sections = Sections::default();
    elf::each(path, |file| sections += of_object(file))?;
    Ok(sections)
}

fn of_object(file: &File<'_>) -> Sections {
    let mut sections = Sections::default();
    for section in file.sections() {
        sections.add(section.name().unwrap_or_default(), section.size());
    }
    sections
}

/// What comes into a program from files of this name, as the linker's map beside it tells.
pub fn in_image(program: &Path, name: &str) -> Result<Sections> {
    let map = program.with_extension("map");
    let text = fs::read_to_string(&map).with_context(|| format!("cannot read {}", map.display()))?;
    Ok(of_map(&text, name))
}

fn of_map(map: &str, name: &str) -> Sections {
    // What was left out is listed first.
    let map = map.split_once("Linker script and memory map").map_or(map, |(_, map)| map);
    let mut sections = Sections::default();
    let mut section = "";
    for line in map.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        if line.starts_with(" .") {
            section = words[0];
        }
        // The name of a section that is long stands in a line of its own.
        let &[.., _address, size, file] = words.as_slice() else { continue };
        let Some(size) = size.strip_prefix("0x").and_then(|size| u64::from_str_radix(size, 16).ok()) else {
            continue;
        };
        if file.contains(name) {
            sections.add(section, size);
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_tells_what_came_from_where() {
        let map = "\
Discarded input sections
 .text.gone     0x00000000       0x99 libbundle.a(pintle.o)
Linker script and memory map
 .text.short    0x00000010       0x20 libbundle.a(pintle.o)
 .text.a_name_that_is_long
                0x00000030       0x04 libbundle.a(pintle.o)
 .text          0x00000034       0x40 main.o
 .rodata.x      0x00000074       0x08 libbundle.a(pintle.o)
 .bss.y         0x20000000       0x0c libbundle.a(pintle.o)
 .debug_info    0x00000000       0x7f libbundle.a(pintle.o)
";
        let expected = Sections { text: 0x24, rodata: 8, data: 0, bss: 12 };
        assert_eq!(of_map(map, "libbundle"), expected);
    }
}
