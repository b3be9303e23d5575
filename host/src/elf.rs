//! ELF files, read by position. Only the parts that are asked for are read, and every offset and size is checked.

use std::iter;

use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{Dyn, FileHeader, NoteIterator, ProgramHeader, SectionHeader, Sym};
use object::{Endianness, ReadRef};
use pintle_abi_core as abi;

use crate::format::{Class, identify};
use crate::machine::{NATIVE, name as machine_name};
use crate::refusal::Refusal;

/// Something that is read from a file of either width.
pub(crate) trait Look {
    type Output;
    fn look<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
        self,
        elf: Elf<'data, H, R>,
    ) -> Result<Self::Output, Refusal>;
}

pub(crate) fn with_elf<'data, R: ReadRef<'data>, L: Look>(data: R, look: L) -> Result<L::Output, Refusal> {
    match identify(data)? {
        Class::Elf32 => look.look(Elf::<FileHeader32<Endianness>, R>::parse(data)?),
        Class::Elf64 => look.look(Elf::<FileHeader64<Endianness>, R>::parse(data)?),
    }
}

/// The headers of an ELF file.
pub(crate) struct Elf<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>> {
    pub(crate) data: R,
    pub(crate) endian: Endianness,
    pub(crate) header: &'data H,
    pub(crate) sections: &'data [H::SectionHeader],
    names: &'data [u8],
}

/// The header of a section, and the bytes of the string table that it is linked to.
type Linked<'data, S> = (&'data S, &'data [u8]);

/// The longest table of a file's headers that is read, in bytes. A table is in memory while it is looked at, and a file can
/// claim any length. Names of a hundred thousand symbols of C++ are shorter.
const TABLE_MAX: u64 = 16 << 20;

/// A symbol of the dynamic table.
pub(crate) struct Symbol<'data> {
    pub(crate) name: &'data [u8],
    pub(crate) value: u64,
    pub(crate) defined: bool,
    pub(crate) binding: elf::SymbolBind,
}

/// A section, with as many of its bytes as are of interest.
#[derive(Clone)]
pub(crate) struct Section<'data> {
    pub(crate) address: u64,
    pub(crate) bytes: &'data [u8],
}

/// A string table. Names may overlap, but their total length is limited, so that a small file cannot yield endless text.
pub(crate) struct Strings<'data> {
    bytes: &'data [u8],
    left: usize,
}

impl<'data> Strings<'data> {
    fn new(bytes: &'data [u8]) -> Self {
        Self { bytes, left: bytes.len().saturating_mul(4) }
    }

    /// The name that begins at `at`.
    pub(crate) fn get(&mut self, at: u64) -> Result<&'data [u8], Refusal> {
        let rest = usize::try_from(at).ok().and_then(|at| self.bytes.get(at..)).unwrap_or_default();
        let most = rest.len().min(self.left);
        let Some(length) = rest[..most].iter().position(|&byte| byte == 0) else {
            return Err(Refusal::Headers(format!("no name ends behind byte {at} of a string table")));
        };
        self.left -= length;
        Ok(&rest[..length])
    }
}

fn headers(error: object::read::Error) -> Refusal {
    Refusal::Headers(error.to_string())
}

impl<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>> Elf<'data, H, R> {
    /// Reads the header, the section table and the names of the sections.
    pub(crate) fn parse(data: R) -> Result<Self, Refusal> {
        let header = H::parse(data).map_err(headers)?;
        let endian = header.endian().map_err(headers)?;
        match header.e_type(endian) {
            elf::ET_DYN => {}
            elf::ET_EXEC => return Err(Refusal::NotShared("a program")),
            elf::ET_REL => return Err(Refusal::NotShared("an object file")),
            elf::ET_CORE => return Err(Refusal::NotShared("a core dump")),
            _ => return Err(Refusal::NotShared("an ELF file of an unknown type")),
        }
        let mut elf = Self { data, endian, header, sections: &[], names: &[] };
        let table: u64 = header.e_shoff(endian).into();
        let count = u64::from(header.shnum(endian, data).map_err(|error| match table {
            0 => headers(error),
            _ => elf.beyond("its section table", table.saturating_add(64)).unwrap_or(headers(error)),
        })?);
        let size = count.saturating_mul(size_of::<H::SectionHeader>() as u64);
        elf.check_table("its section table", table, size)?;
        elf.sections = header.section_headers(endian, data).map_err(headers)?;
        if elf.sections.is_empty() {
            return Err(Refusal::NoSections);
        }
        let index = header.shstrndx(endian, data).map_err(headers)? as usize;
        let Some(section) = elf.sections.get(index) else {
            return Err(Refusal::Headers("no section holds the names of the sections".to_owned()));
        };
        elf.names = elf.contents(section, "the names of its sections")?;
        if elf.sections.iter().any(|section| elf.is_code_elsewhere(section)) {
            return Err(Refusal::DebugFile);
        }
        Ok(elf)
    }

    /// Whether a section describes code that is in another file.
    fn is_code_elsewhere(&self, section: &H::SectionHeader) -> bool {
        let flags = section.sh_flags(self.endian).0;
        section.sh_type(self.endian) == elf::SHT_NOBITS && flags & elf::SHF_EXECINSTR.0 != 0
    }

    pub(crate) fn beyond(&self, what: &'static str, needed: u64) -> Option<Refusal> {
        let length = self.data.len().unwrap_or(0);
        (needed > length).then_some(Refusal::Truncated { what, needed, length })
    }

    /// Checks that a table is in the file, and that it is not too long to be read.
    fn check_table(&self, what: &'static str, offset: u64, size: u64) -> Result<(), Refusal> {
        match self.beyond(what, offset.saturating_add(size)) {
            Some(refusal) => Err(refusal),
            None if size > TABLE_MAX => Err(Refusal::Vast { what, size, most: TABLE_MAX }),
            None => Ok(()),
        }
    }

    /// The bytes of a table.
    fn table(&self, what: &'static str, offset: u64, size: u64) -> Result<&'data [u8], Refusal> {
        self.check_table(what, offset, size)?;
        self.data
            .read_bytes_at(offset, size)
            .map_err(|()| Refusal::Io("it ended while it was read".to_owned()))
    }

    /// Whether this process can run the file, by processor, width and byte order.
    pub(crate) fn check_machine(&self) -> Result<(), Refusal> {
        let (machine, wide, little) =
            (self.header.e_machine(self.endian), self.header.is_class_64(), self.header.is_little_endian());
        if (machine, wide, little)
            == (NATIVE, cfg!(target_pointer_width = "64"), cfg!(target_endian = "little"))
        {
            return Ok(());
        }
        Err(Refusal::Machine {
            file: machine_name(machine, wide, little),
            process: machine_name(NATIVE, cfg!(target_pointer_width = "64"), cfg!(target_endian = "little")),
        })
    }

    /// The name of the processor that the file was built for.
    pub(crate) fn machine(&self) -> String {
        machine_name(
            self.header.e_machine(self.endian),
            self.header.is_class_64(),
            self.header.is_little_endian(),
        )
    }

    /// The bytes of a section.
    pub(crate) fn contents(
        &self,
        section: &H::SectionHeader,
        what: &'static str,
    ) -> Result<&'data [u8], Refusal> {
        let (offset, size) = section.file_range(self.endian).unwrap_or((0, 0));
        self.table(what, offset, size)
    }

    /// The section that holds the descriptor.
    pub(crate) fn descriptor(&self) -> Result<Section<'data>, Refusal> {
        let section = self.descriptor_section()?;
        let (offset, size) = section
            .file_range(self.endian)
            .ok_or_else(|| Refusal::Descriptor("its section has no bytes in the file".to_owned()))?;
        if let Some(refusal) = self.beyond("its descriptor", offset.saturating_add(size)) {
            return Err(refusal);
        }
        // This is enough to see a second descriptor behind the largest possible one.
        let most = 2 * abi::DESCRIPTOR_MAX as u64;
        let bytes = self
            .data
            .read_bytes_at(offset, size.min(most))
            .map_err(|()| Refusal::Io("it ended while it was read".to_owned()))?;
        Ok(Section { address: section.sh_addr(self.endian).into(), bytes })
    }

    fn descriptor_section(&self) -> Result<&'data H::SectionHeader, Refusal> {
        let mut found = None;
        for section in self.sections {
            let name = self.names.get(section.sh_name(self.endian) as usize..).unwrap_or_default();
            if name.strip_prefix(abi::SECTION.to_bytes()).is_some_and(|rest| rest.first() == Some(&0)) {
                if found.is_some() {
                    return Err(Refusal::Duplicate("a section named pintle".to_owned()));
                }
                found = Some(section);
            }
        }
        found.ok_or(Refusal::NotAPlugin("pintle_descriptor"))
    }

    /// The dynamic symbols; empty if there is no table.
    pub(crate) fn symbols(&self) -> Result<Vec<Symbol<'data>>, Refusal> {
        let Some((section, names)) = self.linked(elf::SHT_DYNSYM, "its symbols")? else {
            return Ok(Vec::new());
        };
        let table: &[H::Sym] = section.data_as_array(self.endian, self.data).map_err(headers)?;
        let mut names = Strings::new(names);
        table
            .iter()
            .skip(1)
            .map(|symbol| {
                Ok(Symbol {
                    name: names.get(symbol.st_name(self.endian).into())?,
                    value: symbol.st_value(self.endian).into(),
                    defined: !symbol.is_undefined(self.endian),
                    binding: symbol.st_bind(),
                })
            })
            .collect()
    }

    /// The dynamic entries, and the strings that they refer to; empty if there are none.
    pub(crate) fn dynamic(&self) -> Result<(Vec<(elf::DynamicTag, u64)>, Strings<'data>), Refusal> {
        let Some((section, strings)) = self.linked(elf::SHT_DYNAMIC, "its dynamic table")? else {
            return Ok((Vec::new(), Strings::new(&[])));
        };
        let table: &[H::Dyn] = section.data_as_array(self.endian, self.data).map_err(headers)?;
        let entries = table.iter().map(|entry| (entry.tag(self.endian), entry.val(self.endian)));
        Ok((entries.take_while(|(tag, _)| *tag != elf::DT_NULL).collect(), Strings::new(strings)))
    }

    /// The first section of a type, and the string table that it is linked to.
    fn linked(
        &self,
        kind: elf::SectionType,
        what: &'static str,
    ) -> Result<Option<Linked<'data, H::SectionHeader>>, Refusal> {
        let Some(section) = self.sections.iter().find(|section| section.sh_type(self.endian) == kind) else {
            return Ok(None);
        };
        self.contents(section, what)?;
        let Some(strings) = self.sections.get(section.sh_link(self.endian) as usize) else {
            return Err(Refusal::Headers(format!("{what} are linked to no strings")));
        };
        Ok(Some((section, self.contents(strings, "the names of its symbols")?)))
    }

    /// The program headers.
    pub(crate) fn segments(&self) -> Result<&'data [H::ProgramHeader], Refusal> {
        let table: u64 = self.header.e_phoff(self.endian).into();
        let count = u64::from(self.header.phnum(self.endian, self.data).map_err(headers)?);
        let size = count.saturating_mul(size_of::<H::ProgramHeader>() as u64);
        self.check_table("its program headers", table, size)?;
        self.header.program_headers(self.endian, self.data).map_err(headers)
    }

    /// Whether it asks for an executable stack. On x86, a library that does not say it asks for one.
    pub(crate) fn asks_for_executable_stack(&self) -> Result<bool, Refusal> {
        let stack = self.segments()?.iter().find(|segment| segment.p_type(self.endian) == elf::PT_GNU_STACK);
        Ok(match stack {
            Some(stack) => stack.p_flags(self.endian).0 & elf::PF_X.0 != 0,
            None => [elf::EM_386, elf::EM_X86_64].contains(&self.header.e_machine(self.endian)),
        })
    }

    /// The levels of x86 without which the library does not run, as bits of `GNU_PROPERTY_X86_ISA_1_NEEDED`. As the system's loader
    /// does, it passes over notes that are damaged.
    pub(crate) fn needed_levels(&self) -> Result<u32, Refusal> {
        let mut needed = 0;
        for segment in self.segments()? {
            if ![elf::PT_GNU_PROPERTY, elf::PT_NOTE].contains(&segment.p_type(self.endian)) {
                continue;
            }
            let (offset, size) = segment.file_range(self.endian);
            let bytes = self.table("its notes", offset, size)?;
            let notes = NoteIterator::<H>::new(self.endian, segment.p_align(self.endian), bytes);
            let notes = notes.into_iter().flat_map(|mut notes| iter::from_fn(move || notes.next().ok()?));
            let properties = notes.filter_map(|note| note.gnu_properties(self.endian));
            for property in properties.flat_map(|mut list| iter::from_fn(move || list.next().ok()?)) {
                if property.pr_type() == elf::GNU_PROPERTY_X86_ISA_1_NEEDED {
                    needed |= property.data_u32(self.endian).unwrap_or(0);
                }
            }
        }
        Ok(needed)
    }
}
