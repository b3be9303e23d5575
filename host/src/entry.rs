//! The entry of a plugin in memory. It is checked as far as that is possible without calling the plugin.

use std::ffi::c_void;

use libloading::os::unix::Library;
use pintle_abi_core as abi;
use pintle_abi_core::{Callbacks, Entry, covers};

use crate::descriptor::Descriptor;
use crate::loader::words;
use crate::refusal::Refusal;
use crate::slots;

/// The address of a symbol in a mapped library.
pub(crate) fn address(library: &Library, symbol: &str) -> Result<*const c_void, Refusal> {
    // SAFETY: the symbol is used as an address only.
    unsafe { library.get::<*const c_void>(symbol) }
        .map(|symbol| symbol.into_raw().cast_const())
        .map_err(|error| Refusal::Link(words(&error)))
}

/// The entry of a mapped library whose file has this descriptor.
pub(crate) fn of_library(library: &Library, descriptor: &Descriptor) -> Result<*const Entry, Refusal> {
    let described = address(library, "pintle_descriptor")?;
    let entry = address(library, "pintle_entry")?.cast::<Entry>();
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
