//! Limits: what a zero stands for, and what is too much.

use core::mem::offset_of;

use pintle_abi_core::{Limits, NO_INBOX, NO_WORKERS, status};

use crate::base::features::{IO, OFFERS, SERVICES, TIMERS};
use crate::base::handle::SLOTS_MAX;

/// Workers are told apart by a small number.
pub(crate) const WORKERS_MAX: u32 = 64;

/// A member in the list of all of them.
type Members = [u32; size_of::<Limits>() / size_of::<u32>()];

const INBOX: usize = offset_of!(Limits, inbox) / size_of::<u32>();

const WORKERS: usize = offset_of!(Limits, workers) / size_of::<u32>();

const NONE: u32 = NO_INBOX;

const _: () = assert!(NO_INBOX == NO_WORKERS);

/// What a zero stands for, in the order of the members.
const DEFAULTS: Members =
    [0, 32, 16, 1024, 8, 32, 1024, 64, 1024, 2048, 128, 65_536, 128, 32, 1024, 256, 1024, 0, 2, 32, 32];

/// The most that may be asked for, in the order of the members. No payload is of `u32::MAX` bytes: that length has a
/// meaning of its own in `message.rs`.
const MOST: Members = [
    u32::MAX,
    254,
    SLOTS_MAX - 1,
    SLOTS_MAX - 1,
    1024,
    4096,
    SLOTS_MAX - 1,
    u32::MAX,
    SLOTS_MAX - 1,
    u32::MAX - 1,
    SLOTS_MAX - 1,
    u32::MAX - 1,
    SLOTS_MAX - 1,
    SLOTS_MAX - 1,
    SLOTS_MAX - 1,
    SLOTS_MAX - 1,
    SLOTS_MAX - 1,
    SLOTS_MAX - 1,
    WORKERS_MAX,
    250,
    SLOTS_MAX - 1,
];

/// Replaces every zero by its default and the `NO_` constants by zero; `Err` if a limit is out of range.
pub(crate) const fn resolve(given: &Limits) -> Result<Limits, i32> {
    // SAFETY: the struct is 32-bit numbers, each a member.
    let mut members: Members = unsafe { core::mem::transmute_copy(given) };
    let mut at = 0;
    while at < members.len() {
        if members[at] == 0 {
            members[at] = DEFAULTS[at];
        }
        if members[at] == NONE && (at == INBOX || at == WORKERS) {
            members[at] = 0;
        }
        if members[at] > MOST[at] {
            return Err(status::E_ARGUMENT);
        }
        at += 1;
    }
    // SAFETY: as above.
    let mut limits: Limits = unsafe { core::mem::transmute(members) };
    limits.size = size_of::<Limits>() as u32;
    if !SERVICES {
        limits.services = 0;
        limits.requests = 0;
    }
    if !TIMERS {
        limits.timers = 0;
    }
    if !IO {
        limits.watches = 0;
    }
    if !OFFERS {
        limits.offers = 0;
    }
    // The sum does not overflow, because each part is below 2^22. Neither does its product with the number of
    // instances, once it is known to be below 2^22 too.
    let messages =
        limits.messages + limits.large_messages + limits.worker_messages + limits.worker_large_messages;
    if messages >= SLOTS_MAX
        || limits.sessions.checked_mul(limits.channels).is_none()
        || limits.message_bytes > limits.large_message_bytes
    {
        return Err(status::E_ARGUMENT);
    }
    Ok(limits)
}
