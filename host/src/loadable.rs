//! What must be true before the system's loader may map a library into this process, as far as its headers tell it.

use object::elf;
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, ReadRef};

use crate::elf::{Elf, Symbol};
use crate::refusal::Refusal;
use crate::sanitizer;

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
    let (entries, _) = elf.dynamic()?;
    let has = |flag: u64| entries.iter().any(|&(tag, value)| tag == elf::DT_FLAGS_1 && value & flag != 0);
    if has(elf::DF_1_PIE.0) {
        return Err(Refusal::NotShared("a program"));
    }
    if has(elf::DF_1_NOOPEN.0) {
        return Err(Refusal::NotLoadable);
    }
    match sanitizer::missing(symbols) {
        Some(name) => Err(Refusal::Sanitizer(name)),
        None => Ok(()),
    }
}
