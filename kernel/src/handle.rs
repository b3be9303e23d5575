//! Reading and writing the 64 bits of a handle.

use pintle_abi_core::{
    HANDLE_GENERATION_SHIFT, HANDLE_KIND_SHIFT, HANDLE_SLOT_BITS, HANDLE_TAG_SHIFT, KIND_MESSAGE, KIND_OFFER,
    status,
};

/// Slots that a handle can name; the last is kept free so that all ones is never valid.
pub(crate) const SLOTS_MAX: u32 = (1 << HANDLE_SLOT_BITS) - 1;

/// Host tags are 1 to 15.
pub(crate) const TAG_MAX: u8 = 15;

/// The low half of every handle of this kind in this host, with slot 0.
pub(crate) const fn low_half(kind: u32, tag: u8) -> u32 {
    (kind << HANDLE_KIND_SHIFT) | ((tag as u32) << HANDLE_TAG_SHIFT)
}

pub(crate) fn encode(low: u32, slot: u32, generation: u32) -> u64 {
    (u64::from(generation) << HANDLE_GENERATION_SHIFT) | u64::from(low | slot)
}

/// Why a handle that is not the live one of its slot is refused.
#[cold]
pub(crate) fn refuse(bits: u64, low: u32, used_slots: u32) -> i32 {
    let half = bits as u32;
    let kind = (half >> HANDLE_KIND_SHIFT) & 0xf;
    let slot = half & SLOTS_MAX;
    if bits == 0 || bits == u64::MAX || !(KIND_MESSAGE..=KIND_OFFER).contains(&kind) {
        return status::E_HANDLE;
    }
    if half >> HANDLE_TAG_SHIFT != low >> HANDLE_TAG_SHIFT {
        return status::E_FOREIGN;
    }
    if kind != (low >> HANDLE_KIND_SHIFT) & 0xf {
        return status::E_KIND;
    }
    if slot >= used_slots { status::E_HANDLE } else { status::E_STALE }
}
