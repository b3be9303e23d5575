//! The 64 bits of a handle.
//!
//! From the least significant bit: 22 bits slot, 10 host tag, 5 kind, 27 generation. The upper half is the **life** of the
//! slot: a slot keeps it as one word, so one comparison tells a live handle. While nothing lives in a slot, the kind in its
//! word is 0, and the generation is that of the next life.
//!
//! The layout is the kernel's own and no part of the contract: plugins and hosts copy handles and compare them. It is public
//! for tests, which forge handles, and for the C API, which finds the host of one.

use pintle_abi_core::status;

/// Bits of a handle that hold the slot.
pub const SLOT_BITS: u32 = 22;

/// Where the host tag begins.
pub const TAG_SHIFT: u32 = SLOT_BITS;

/// Where the kind begins: the upper half.
pub const KIND_SHIFT: u32 = 32;

/// Bits that hold the kind.
pub const KIND_BITS: u32 = 5;

/// Where the generation begins.
pub const GENERATION_SHIFT: u32 = KIND_SHIFT + KIND_BITS;

/// Host tags are 1 to this.
pub const TAG_MAX: u16 = 1023;

/// The kind of messages.
pub const KIND_MESSAGE: u32 = 1;

/// The kind of sockets.
pub const KIND_SOCKET: u32 = 2;

/// The kind of sessions.
pub const KIND_SESSION: u32 = 3;

/// The kind of requests.
pub const KIND_REQUEST: u32 = 4;

/// The kind of timers.
pub const KIND_TIMER: u32 = 5;

/// The kind of watches.
pub const KIND_WATCH: u32 = 6;

/// The kind of instances.
pub const KIND_INSTANCE: u32 = 7;

/// The kind of offers.
pub const KIND_OFFER: u32 = 8;
/// What the slots of tasks have in place of a kind: tasks live as the others do, but no handle names them.
pub(crate) const KIND_TASK: u32 = 31;

/// Slots that a handle can name; the last is kept free so that all ones is never valid.
pub(crate) const SLOTS_MAX: u32 = (1 << SLOT_BITS) - 1;

const KIND_MASK: u32 = (1 << KIND_BITS) - 1;

const TAG_MASK: u32 = !SLOTS_MAX;

/// The tag of the host that a handle belongs to.
pub const fn tag(bits: u64) -> u16 {
    (bits as u32 >> TAG_SHIFT) as u16
}

/// The upper half of a handle.
#[inline(always)]
pub(crate) fn life(bits: u64) -> u32 {
    (bits >> KIND_SHIFT) as u32
}

/// Whether something lives in a slot with this word.
#[inline(always)]
pub(crate) fn is_live(life: u32) -> bool {
    life & KIND_MASK != 0
}

/// The word of a slot when what lived there has ended; 0 when all generations are used up.
#[inline(always)]
pub(crate) fn ended(life: u32) -> u32 {
    (life & !KIND_MASK).wrapping_add(1 << KIND_BITS)
}

/// The word that a slot had when this kind lived there last.
#[inline(always)]
pub(crate) fn before(ended: u32, kind: u32) -> u32 {
    ended.wrapping_sub(1 << KIND_BITS) | kind
}

/// The lower half of every handle of this host, with slot 0.
pub(crate) const fn low_half(tag: u16) -> u32 {
    (tag as u32) << TAG_SHIFT
}

#[inline(always)]
pub(crate) fn encode(low: u32, slot: u32, life: u32) -> u64 {
    (u64::from(life) << KIND_SHIFT) | u64::from(low | slot)
}

/// Why a handle that is not the live one of its slot is refused.
#[cold]
#[inline(never)]
pub(crate) fn refuse(bits: u64, low: u32, kind: u32, used_slots: u32) -> i32 {
    let half = bits as u32;
    let named = life(bits) & KIND_MASK;
    if bits == 0 || bits == u64::MAX || !(KIND_MESSAGE..=KIND_OFFER).contains(&named) {
        return status::E_HANDLE;
    }
    if half & TAG_MASK != low {
        return status::E_FOREIGN;
    }
    if named != kind {
        return status::E_KIND;
    }
    if half & SLOTS_MAX >= used_slots { status::E_HANDLE } else { status::E_STALE }
}
