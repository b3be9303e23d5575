//! Checking a descriptor in memory. (The host checks the same things in the file, before anything is mapped.)

use core::mem::offset_of;

use pintle_abi_core::{
    ABI_MAJOR, ABI_MINOR, DESCRIPTOR_MAX, Descriptor, FINGERPRINT, FLAGS_MUST, MAGIC, ORDER_BIG,
    ORDER_LITTLE, Span, status,
};

use crate::base::answer::Answer;

/// Texts that a descriptor has.
const SPANS: usize =
    (offset_of!(Descriptor, abi_minor_least) - offset_of!(Descriptor, id)) / size_of::<Span>();

/// A text of a descriptor that was checked.
///
/// # Safety
/// The descriptor was checked with [`check`], and is readable for its size during `'a`.
pub(crate) unsafe fn text<'a>(descriptor: *const Descriptor, span: Span) -> &'a str {
    // SAFETY: checked to lie within the descriptor, and to be UTF-8.
    unsafe {
        let start = descriptor.cast::<u8>().add(span.offset as usize);
        core::str::from_utf8_unchecked(core::slice::from_raw_parts(start, span.length as usize))
    }
}

/// Whether this host can run what the descriptor describes.
///
/// # Safety
/// The descriptor is readable for the size that it names.
pub(crate) unsafe fn check(descriptor: *const Descriptor) -> Answer<Descriptor> {
    if descriptor.is_null() {
        return Err(status::E_NO_ENTRY);
    }
    // SAFETY: readable as the caller says; at least its head is, or its magic is wrong.
    let head = unsafe { descriptor.read_unaligned() };
    let order = if cfg!(target_endian = "little") { ORDER_LITTLE } else { ORDER_BIG };
    if head.magic != MAGIC {
        return Err(status::E_DESCRIPTOR);
    }
    if head.pointer_width as usize != size_of::<usize>() || head.byte_order != order {
        return Err(status::E_MACHINE);
    }
    // No flag of the upper half has a meaning yet.
    if head.abi_major != ABI_MAJOR || head.abi_minor_least > ABI_MINOR || head.flags & FLAGS_MUST != 0 {
        return Err(status::E_VERSION);
    }
    if head.fingerprint != FINGERPRINT {
        return Err(status::E_LAYOUT);
    }
    let size = head.size as usize;
    if size > DESCRIPTOR_MAX
        || (head.head_size as usize) < size_of::<Descriptor>()
        || size < head.head_size as usize
    {
        return Err(status::E_DESCRIPTOR);
    }
    // SAFETY: from `id` to `abi_minor_least`, the head is texts' places.
    let spans = unsafe {
        let first = (&raw const head).byte_add(offset_of!(Descriptor, id)).cast::<Span>();
        core::slice::from_raw_parts(first, SPANS)
    };
    for span in spans {
        let (start, length) = (span.offset as usize, span.length as usize);
        if start + length > size {
            return Err(status::E_DESCRIPTOR);
        }
        // SAFETY: within the size that is readable.
        let bytes = unsafe { core::slice::from_raw_parts(descriptor.cast::<u8>().add(start), length) };
        if core::str::from_utf8(bytes).is_err() {
            return Err(status::E_DESCRIPTOR);
        }
    }
    if head.id.length == 0 { Err(status::E_DESCRIPTOR) } else { Ok(head) }
}
