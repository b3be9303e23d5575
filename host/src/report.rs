//! The properties of a library that can be read from its headers.

use object::elf;
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, ReadRef};

use crate::elf::{Elf, Look, Symbol};
use crate::refusal::Refusal;
use crate::slots;

/// What the headers of a library say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Report {
    /// The processor that it was built for.
    pub machine: String,
    /// The callbacks that it offers; `None` if they are only filled in when it runs, or if the file's relocation tables are longer
    /// than 4 MiB, which are not read.
    pub callbacks: Option<Vec<String>>,
    /// The symbols that it exports.
    pub exports: Vec<String>,
    /// The symbols that it needs from others.
    pub imports: Vec<String>,
    /// The libraries that it needs.
    pub libraries: Vec<String>,
    /// The folders in which it looks for them, if it names any.
    pub search_path: Option<String>,
    /// Symbols that are unique in the process, which pins the library.
    pub unique_symbols: Vec<String>,
    /// Whether it registers destructors of thread-local variables, which pin the library while their threads live.
    pub thread_destructors: bool,
    /// How many functions run when it is loaded, before any check of Pintle's.
    pub constructors: u64,
    /// Whether it asks for an executable stack.
    pub executable_stack: bool,
    /// The bytes of thread-local storage that it needs in the part that is set aside when a process starts; 0 for none. The file does
    /// not load if less is left there, which the system does not tell.
    pub static_tls: u64,
    /// Whether it was linked so that it is never unmapped.
    pub never_unmapped: bool,
}

/// Reads the headers.
pub(crate) struct Headers;

impl Look for Headers {
    type Output = Report;
    fn look<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
        self,
        elf: Elf<'data, H, R>,
    ) -> Result<Report, Refusal> {
        Report::of(&elf, &elf.symbols()?)
    }
}

impl Report {
    pub(crate) fn of<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
        elf: &Elf<'data, H, R>,
        symbols: &[Symbol<'data>],
    ) -> Result<Self, Refusal> {
        let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let named = |pick: &dyn Fn(&Symbol<'_>) -> bool| -> Vec<String> {
            let mut names: Vec<_> =
                symbols.iter().filter(|symbol| pick(symbol)).map(|symbol| text(symbol.name)).collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        let (entries, mut strings) = elf.dynamic()?;
        let value = |tag| entries.iter().find(|entry| entry.0 == tag).map_or(0, |entry| entry.1);
        let mut libraries = Vec::new();
        for (_, at) in entries.iter().filter(|(tag, _)| *tag == elf::DT_NEEDED) {
            libraries.push(text(strings.get(*at)?));
        }
        let search_path = match entries.iter().find(|(tag, _)| [elf::DT_RUNPATH, elf::DT_RPATH].contains(tag))
        {
            Some((_, at)) => Some(text(strings.get(*at)?)),
            None => None,
        };
        let word = if elf.header.is_type_64() { 8 } else { 4 };
        Ok(Self {
            machine: elf.machine(),
            callbacks: slots::callbacks(elf, symbols)?,
            exports: named(&|symbol| symbol.defined && symbol.binding != elf::STB_LOCAL),
            imports: named(&|symbol| !symbol.defined && !symbol.name.is_empty()),
            libraries,
            search_path,
            unique_symbols: named(&|symbol| symbol.defined && symbol.binding == elf::STB_GNU_UNIQUE),
            thread_destructors: symbols.iter().any(|symbol| {
                !symbol.defined
                    && [&b"__cxa_thread_atexit_impl"[..], b"__cxa_thread_atexit"].contains(&symbol.name)
            }),
            constructors: u64::from(value(elf::DT_INIT) != 0) + value(elf::DT_INIT_ARRAYSZ) / word,
            executable_stack: elf.asks_for_executable_stack()?,
            static_tls: match value(elf::DT_FLAGS) & elf::DF_STATIC_TLS.0 {
                0 => 0,
                _ => {
                    let mut segments = elf.segments()?.iter();
                    let storage = segments.find(|segment| segment.p_type(elf.endian) == elf::PT_TLS);
                    storage.map_or(0, |segment| segment.p_memsz(elf.endian).into())
                }
            },
            never_unmapped: value(elf::DT_FLAGS_1) & elf::DF_1_NODELETE.0 != 0,
        })
    }

    /// Whether it can answer the requests that it announces.
    pub(crate) fn check_callbacks(&self, announces_services: bool) -> Result<(), Refusal> {
        match &self.callbacks {
            Some(offered) if announces_services => {
                slots::check(|name| offered.iter().any(|other| other == name))
            }
            _ => Ok(()),
        }
    }
}
