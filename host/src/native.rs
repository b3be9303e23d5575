//! The first dialect, plugins of this ABI: how a file is recognised as one, and how its entry in memory is checked as far as
//! that is possible without calling the plugin.

use pintle_abi_core as abi;
use pintle_abi_core::{Entry, covers};

use crate::descriptor::Descriptor;
use crate::dialect::{Claim, Dialect, Entrance, Exports, Library};
use crate::elf::Section;
use crate::refusal::Refusal;
use crate::slots;

/// The objects that every plugin exports.
const DESCRIPTOR: &str = "pintle_descriptor";
const ENTRY: &str = "pintle_entry";

/// Plugins of this ABI.
pub(crate) struct Native;

impl Dialect for Native {
    fn name(&self) -> &'static str {
        "Pintle"
    }

    fn anchor(&self) -> &'static str {
        ENTRY
    }

    fn look(&self, exports: &Exports<'_>) -> Option<Claim> {
        let exported = (count(exports, DESCRIPTOR), count(exports, ENTRY));
        if exported == (0, 0) && matches!(exports.section, Err(Refusal::NotAPlugin(_))) {
            return None;
        }
        let section = exports.section.as_ref().map_err(Clone::clone);
        let checked = check_exported(exported).and_then(|()| check_place(exports, section.clone()?));
        Some(Claim::of(section.and_then(|section| Descriptor::parse(section.bytes)), checked))
    }

    fn enter(&self, library: &Library<'_>, descriptor: &Descriptor) -> Result<Entrance, Refusal> {
        let described = library.find(DESCRIPTOR)?;
        let entry = library.anchor.cast::<Entry>();
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
        // SAFETY: the entry of a plugin points to its table.
        unsafe { slots::check_table(callbacks, !descriptor.services.is_empty()) }?;
        // SAFETY: just checked.
        Ok(unsafe { Entrance::own(entry) })
    }
}

fn count(exports: &Exports<'_>, name: &str) -> usize {
    exports.names().filter(|own| *own == name.as_bytes()).count()
}

/// Checks that both objects of a plugin are exported, each once.
fn check_exported(exported: (usize, usize)) -> Result<(), Refusal> {
    match exported {
        (1, 1) => Ok(()),
        (0, 0) => Err(Refusal::NotAPlugin("pintle_descriptor and pintle_entry")),
        (0, _) => Err(Refusal::NotAPlugin(DESCRIPTOR)),
        (_, 0) => Err(Refusal::NotAPlugin(ENTRY)),
        (1, _) => Err(Refusal::Duplicate("the symbol pintle_entry".to_owned())),
        _ => Err(Refusal::Duplicate("the symbol pintle_descriptor".to_owned())),
    }
}

/// Checks that the exported descriptor is the one in the section; otherwise the wrong bytes would be compared after
/// mapping.
fn check_place(exports: &Exports<'_>, section: &Section<'_>) -> Result<(), Refusal> {
    let exported =
        exports.symbols.iter().find(|symbol| symbol.defined && symbol.name == DESCRIPTOR.as_bytes());
    if exported.is_some_and(|symbol| symbol.value == section.address) {
        return Ok(());
    }
    Err(Refusal::Descriptor(
        "the symbol pintle_descriptor is not at the start of the section pintle".to_owned(),
    ))
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
    // SAFETY: the entry of a plugin points to its table.
    unsafe { slots::check_table(callbacks, !descriptor.services.is_empty()) }?;
    Ok(descriptor)
}
