//! What must be true before the system's loader may map a library into this process, as far as its headers tell it.

use object::elf;
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, ReadRef};

use crate::elf::{Elf, Symbol};
use crate::machine::{level_name, levels};
use crate::refusal::Refusal;
use crate::{c_library, sanitizer};

/// Finds the first reason for which the loader must not map the library.
pub(crate) fn check<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
    elf: &Elf<'data, H, R>,
    symbols: &[Symbol<'data>],
) -> Result<(), Refusal> {
    elf.check_machine()?;
    for segment in elf.segments()? {
        let (offset, size) = segment.file_range(elf.endian);
        if segment.p_type(elf.endian) == elf::PT_LOAD
            && let Some(refusal) = elf.beyond("one of its segments", offset.saturating_add(size))
        {
            return Err(refusal);
        }
    }
    let (needed, here) = (elf.needed_levels()?, levels());
    if needed & !here != 0 {
        return Err(Refusal::Machine { file: level_name(needed), process: level_name(here) });
    }
    let (entries, mut strings) = elf.dynamic()?;
    let has = |flag: u64| entries.iter().any(|&(tag, value)| tag == elf::DT_FLAGS_1 && value & flag != 0);
    if has(elf::DF_1_PIE.0) {
        return Err(Refusal::NotShared("a program"));
    }
    if has(elf::DF_1_NOOPEN.0) {
        return Err(Refusal::NotLoadable);
    }
    for (_, at) in entries.iter().filter(|(tag, _)| *tag == elf::DT_NEEDED) {
        let library = String::from_utf8_lossy(strings.get(*at)?);
        if c_library::is_another(&library) {
            return Err(Refusal::Musl(library.into_owned()));
        }
    }
    if let Some(name) = sanitizer::missing(symbols) {
        return Err(Refusal::Sanitizer(name));
    }
    if elf.asks_for_executable_stack()? && !c_library::gives_executable_stack() {
        return Err(Refusal::ExecutableStack);
    }
    if c_library::is_static() { Err(Refusal::StaticProgram) } else { Ok(()) }
}
