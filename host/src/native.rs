//! Plugins of this ABI: how a file is recognised as one, and how its entry in memory is checked as far as that is possible
//! without calling the plugin.

use libloading::os::unix::Library;
use object::read::elf::{FileHeader, SectionHeader};
use object::{Endianness, ReadRef};
use pintle_abi_core as abi;
use pintle_abi_core::{Callbacks, Entry, covers};

use crate::descriptor::Descriptor;
use crate::elf::{Elf, Look, Symbol};
use crate::loader::address;
use crate::refusal::Refusal;
use crate::{loadable, slots};

/// The symbol of the object that names a plugin's callbacks.
pub(crate) const ENTRY: &str = "pintle_entry";

/// Reads the descriptor, if the system's loader may map the file.
pub(crate) struct Loadable;

impl Look for Loadable {
    type Output = Descriptor;
    fn look<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
        self,
        elf: Elf<'data, H, R>,
    ) -> Result<Descriptor, Refusal> {
        check(&elf, &elf.symbols()?)?;
        let descriptor = Descriptor::parse(elf.descriptor()?)?;
        descriptor.check()?;
        Ok(descriptor)
    }
}

/// Checks that the system's loader may map a library, and that it exports both objects of a plugin, each once.
pub(crate) fn check<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
    elf: &Elf<'data, H, R>,
    symbols: &[Symbol<'data>],
) -> Result<(), Refusal> {
    loadable::check(elf, symbols)?;
    let count = |name: &[u8]| symbols.iter().filter(|symbol| symbol.defined && symbol.name == name).count();
    match (count(b"pintle_descriptor"), count(b"pintle_entry")) {
        (1, 1) => check_place(elf, symbols),
        (0, 0) => Err(Refusal::NotAPlugin("pintle_descriptor and pintle_entry")),
        (0, _) => Err(Refusal::NotAPlugin("pintle_descriptor")),
        (_, 0) => Err(Refusal::NotAPlugin("pintle_entry")),
        (1, _) => Err(Refusal::Duplicate("the symbol pintle_entry".to_owned())),
        _ => Err(Refusal::Duplicate("the symbol pintle_descriptor".to_owned())),
    }
}

/// Checks that the exported descriptor is the one in the section; otherwise the wrong bytes would be compared after
/// mapping.
fn check_place<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
    elf: &Elf<'data, H, R>,
    symbols: &[Symbol<'data>],
) -> Result<(), Refusal> {
    let section: u64 = elf.descriptor_section()?.sh_addr(elf.endian).into();
    let exported = symbols.iter().find(|symbol| symbol.defined && symbol.name == b"pintle_descriptor");
    if exported.is_some_and(|symbol| symbol.value == section) {
        return Ok(());
    }
    Err(Refusal::Descriptor(
        "the symbol pintle_descriptor is not at the start of the section pintle".to_owned(),
    ))
}

/// The entry of a mapped library whose file has this descriptor.
pub(crate) fn enter(library: &Library, descriptor: &Descriptor) -> Result<*const Entry, Refusal> {
    let described = address(library, "pintle_descriptor")?;
    let entry = address(library, ENTRY)?.cast::<Entry>();
    // SAFETY: the file's headers place an object of this name in the library, and its section has these bytes; memory
    // that is mapped from a file is readable.
    let bytes = unsafe { std::slice::from_raw_parts(described.cast::<u8>(), descriptor.bytes.len()) };
    if bytes != descriptor.bytes {
        return Err(Refusal::Mismatch("its descriptor differs in memory".to_owned()));
    }
    if !entry.is_aligned() {
        return Err(Refusal::Entry("it is not aligned".to_owned()));
    }
    // SAFETY: `entry` is an object of the library, and an entry begins with its size.
    if !unsafe { covers!(entry, Entry, callbacks) } {
        return Err(Refusal::Entry("its size does not cover its members".to_owned()));
    }
    // SAFETY: the size of `entry` covers these members.
    let (own, callbacks) = unsafe { ((*entry).descriptor, (*entry).callbacks) };
    if own.cast() != described {
        return Err(Refusal::Entry("it points to another descriptor than the exported one".to_owned()));
    }
    check_callbacks(callbacks, !descriptor.services.is_empty())?;
    Ok(entry)
}

/// The descriptor of a plugin that is linked in, checked like one from a file.
///
/// # Safety
/// `entry` is NULL, or the entry of a plugin.
pub(crate) unsafe fn describe(entry: *const Entry) -> Result<Descriptor, Refusal> {
    let damaged = |what: &str| Refusal::Entry(what.to_owned());
    // SAFETY: the caller promises an entry, which begins with its size; only members that its size covers are read.
    let (descriptor, callbacks) = unsafe {
        if entry.is_null() || !abi::covers!(entry, Entry, callbacks) {
            return Err(damaged("it is NULL, or its size does not cover its members"));
        }
        ((*entry).descriptor, (*entry).callbacks)
    };
    if descriptor.is_null() {
        return Err(damaged("its descriptor is NULL"));
    }
    // SAFETY: the caller promises an entry of a plugin, whose descriptor has at least a head, with its size.
    let bytes = unsafe {
        let size = ((*descriptor).size as usize).min(abi::DESCRIPTOR_MAX).max(size_of::<abi::Descriptor>());
        std::slice::from_raw_parts(descriptor.cast::<u8>(), size)
    };
    let descriptor = Descriptor::parse(bytes)?;
    descriptor.check()?;
    check_callbacks(callbacks, !descriptor.services.is_empty())?;
    Ok(descriptor)
}

/// Checks that a table of callbacks can be read, and has the callbacks for what the descriptor announces.
fn check_callbacks(callbacks: *const Callbacks, announces_services: bool) -> Result<(), Refusal> {
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
    slots::check(|name| {
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
