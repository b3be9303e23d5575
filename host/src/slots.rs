//! The callbacks that a library offers: read from its file or from its memory, and what must be among them.

use core::mem::offset_of;
use std::collections::HashMap;

use object::elf::{SHT_REL, SHT_RELA};
use object::read::elf::{FileHeader, ProgramHeader, Rel, Rela, SectionHeader};
use object::{Endian, Endianness, ReadRef};
use pintle_abi_core::{Callbacks, Entry, covers, rules};

use crate::elf::{Elf, Symbol};
use crate::refusal::Refusal;

/// The names of all callbacks that this host knows, in the order of their table.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    rules::CALLBACKS.iter().map(|rule| rule.name)
}

/// What a plugin that announces services must offer.
pub(crate) fn check(offers: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    if offers("request") || offers("slow_request") {
        return Ok(());
    }
    Err(Refusal::Slots("both request and slow_request are".to_owned()))
}

/// Checks that a table of callbacks in memory can be read, and has the callbacks for what the descriptor announces.
///
/// # Safety
/// `callbacks` is NULL, or a table begins there.
pub(crate) unsafe fn check_table(
    callbacks: *const Callbacks,
    announces_services: bool,
) -> Result<(), Refusal> {
    if callbacks.is_null() {
        return Err(Refusal::Entry("its table of callbacks is NULL".to_owned()));
    }
    if !callbacks.is_aligned() {
        return Err(Refusal::Entry("its table of callbacks is not aligned".to_owned()));
    }
    // SAFETY: the table begins with its size.
    if !unsafe { covers!(callbacks, Callbacks, reserved) } {
        return Err(Refusal::Entry("the size of its table of callbacks is too small".to_owned()));
    }
    if !announces_services {
        return Ok(());
    }
    check(|name| {
        // SAFETY: a member is read only if the table's size covers it.
        unsafe {
            match name {
                "request" => covers!(callbacks, Callbacks, request) && (*callbacks).request.is_some(),
                "slow_request" => {
                    covers!(callbacks, Callbacks, slow_request) && (*callbacks).slow_request.is_some()
                }
                _ => false,
            }
        }
    })
}

/// The longest relocation tables that are read, in bytes. The tables of most libraries have less than a tenth of it, and
/// they are held in memory while they are read.
const RELOCATIONS_MAX: u64 = 4 << 20;

/// The callbacks that the file fills in, found through its relocations; `None` if it fills them in when it runs, if there
/// is no entry, or if its relocation tables are longer than 4 MiB.
pub(crate) fn callbacks<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
    elf: &Elf<'data, H, R>,
    symbols: &[Symbol<'data>],
) -> Result<Option<Vec<String>>, Refusal> {
    let Some(entry) = symbols.iter().find(|symbol| symbol.defined && symbol.name == b"pintle_entry") else {
        return Ok(None);
    };
    let memory = Memory { elf, symbols, segments: elf.segments()? };
    if memory.relocations()? > RELOCATIONS_MAX {
        return Ok(None);
    }
    let word = if elf.header.is_type_64() { 8 } else { 4 };
    // The two 32-bit numbers at the head of both structs are followed by pointers.
    let member = |offset: usize| ((offset - 8) / size_of::<usize>()) as u64 * word + 8;
    let at = entry.value.wrapping_add(member(offset_of!(Entry, callbacks)));
    let Some(table) = memory.pointers(at, word)?.get(at) else { return Ok(None) };
    let Some(size) = memory.u32(table).filter(|&size| size != 0) else { return Ok(None) };
    debug_assert_eq!(offset_of!(Callbacks, create), 8);
    let pointers = memory.pointers(table, 8 + names().count() as u64 * word)?;
    let offered = names().enumerate().filter(|(index, _)| {
        let at = 8 + *index as u64 * word;
        at + word <= u64::from(size) && pointers.get(table.wrapping_add(at)).is_some()
    });
    Ok(Some(offered.map(|(_, name)| name.to_owned()).collect()))
}

/// What the memory of a library will hold once its relocations are done.
struct Memory<'a, 'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>> {
    elf: &'a Elf<'data, H, R>,
    symbols: &'a [Symbol<'data>],
    segments: &'data [H::ProgramHeader],
}

/// The pointers in a short part of the memory.
struct Pointers<'a, 'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>> {
    memory: &'a Memory<'a, 'data, H, R>,
    relocated: HashMap<u64, u64>,
}

impl<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>> Pointers<'_, 'data, H, R> {
    /// The pointer at an address, unless it is NULL.
    fn get(&self, at: u64) -> Option<u64> {
        self.relocated.get(&at).copied().or_else(|| self.memory.word(at)).filter(|&pointer| pointer != 0)
    }
}

impl<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>> Memory<'_, 'data, H, R> {
    fn tables(&self) -> impl Iterator<Item = &'data H::SectionHeader> {
        let endian = self.elf.endian;
        self.elf.sections.iter().filter(move |section| [SHT_REL, SHT_RELA].contains(&section.sh_type(endian)))
    }

    /// The length of all relocation tables in bytes.
    fn relocations(&self) -> Result<u64, Refusal> {
        // No honest tables overlap. Those that do would make a small file cost as much as their product.
        let file = self.elf.data.len().unwrap_or(0);
        self.tables()
            .try_fold(0_u64, |sum, table| {
                sum.checked_add(table.sh_size(self.elf.endian).into()).filter(|&sum| sum <= file)
            })
            .ok_or_else(|| Refusal::Headers("its relocation tables are longer than the file".to_owned()))
    }

    /// The pointers in `length` bytes of memory. Relocations of other places are skipped, so that the memory that this
    /// takes does not depend on their number.
    fn pointers(&self, from: u64, length: u64) -> Result<Pointers<'_, 'data, H, R>, Refusal> {
        let endian = self.elf.endian;
        let is_wanted = |at: u64| at.wrapping_sub(from) < length;
        // Symbol 0 stands for none. One from another library has an address that is not known, but not NULL.
        let value = |symbol: u32| match self.symbols.get((symbol as usize).wrapping_sub(1)) {
            None => 0,
            Some(symbol) if symbol.defined => symbol.value,
            Some(_) => u64::MAX,
        };
        let damaged = |error: object::read::Error| Refusal::Headers(error.to_string());
        let mut relocated = HashMap::new();
        for section in self.tables() {
            if let Some((table, _)) = section.rela(endian, self.elf.data).map_err(damaged)? {
                for relocation in table.iter().filter(|one| is_wanted(one.r_offset(endian).into())) {
                    let addend: i64 = relocation.r_addend(endian).into();
                    let target = value(relocation.r_sym(endian, false)).wrapping_add_signed(addend);
                    relocated.insert(relocation.r_offset(endian).into(), target);
                }
            }
            if let Some((table, _)) = section.rel(endian, self.elf.data).map_err(damaged)? {
                for relocation in table.iter().filter(|one| is_wanted(one.r_offset(endian).into())) {
                    let at: u64 = relocation.r_offset(endian).into();
                    let addend = self.word(at).unwrap_or(0);
                    relocated.insert(at, value(relocation.r_sym(endian)).wrapping_add(addend));
                }
            }
        }
        Ok(Pointers { memory: self, relocated })
    }

    fn word(&self, at: u64) -> Option<u64> {
        if self.elf.header.is_type_64() {
            let bytes = self.bytes(at, 8)?.try_into().ok()?;
            Some(self.elf.endian.read_u64(bytes))
        } else {
            self.u32(at).map(u64::from)
        }
    }

    fn u32(&self, at: u64) -> Option<u32> {
        let bytes = self.bytes(at, 4)?.try_into().ok()?;
        Some(self.elf.endian.read_u32(bytes))
    }

    /// Some bytes of the memory, if the file has them. Nothing else of a segment is read, which may have any length.
    fn bytes(&self, at: u64, size: u64) -> Option<&'data [u8]> {
        self.segments.iter().find_map(|segment| {
            let (offset, length) = segment.file_range(self.elf.endian);
            let within = at.checked_sub(segment.p_vaddr(self.elf.endian).into())?;
            let is_inside = within.checked_add(size).is_some_and(|end| end <= length);
            is_inside.then(|| self.elf.data.read_bytes_at(offset.checked_add(within)?, size).ok()).flatten()
        })
    }
}
