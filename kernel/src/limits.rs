//! Limits: what a zero stands for, and what is too much.

use pintle_abi_core::{Limits, NO_INBOX, NO_WORKERS, status};

use crate::features::{IO, SERVICES, TIMERS};
use crate::handle::SLOTS_MAX;

/// Workers are told apart by a small number.
pub(crate) const WORKERS_MAX: u32 = 64;

/// A member in the list of all of them.
type Members = [u32; size_of::<Limits>() / size_of::<u32>()];

/// What a zero stands for, in the order of the members.
const DEFAULTS: Members =
    [0, 32, 16, 1024, 8, 32, 1024, 64, 1024, 2048, 128, 65_536, 128, 32, 1024, 256, 1024, 0, 2, 32];

/// Replaces every zero by its default and the `NO_` constants by zero; `Err` if a limit is out of range.
pub(crate) const fn resolve(given: &Limits) -> Result<Limits, i32> {
    // SAFETY: the struct is 32-bit numbers, each a member.
    let mut members: Members = unsafe { core::mem::transmute_copy(given) };
    let mut at = 0;
    while at < members.len() {
        if members[at] == 0 {
            members[at] = DEFAULTS[at];
        }
        at += 1;
    }
    // SAFETY: as above.
    let mut limits: Limits = unsafe { core::mem::transmute(members) };
    limits.size = size_of::<Limits>() as u32;
    if limits.inbox == NO_INBOX {
        limits.inbox = 0;
    }
    if limits.workers == NO_WORKERS {
        limits.workers = 0;
    }
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
    let messages = limits
        .messages
        .saturating_add(limits.large_messages)
        .saturating_add(limits.worker_messages)
        .saturating_add(limits.worker_large_messages);
    let too_many = messages >= SLOTS_MAX
        || limits.sockets >= SLOTS_MAX
        || limits.sessions >= SLOTS_MAX
        || limits.requests >= SLOTS_MAX
        || limits.tasks >= SLOTS_MAX
        || limits.timers >= SLOTS_MAX
        || limits.watches >= SLOTS_MAX
        || limits.inbox >= SLOTS_MAX;
    // So many slots for each of so many instances are a number of 32 bits.
    if too_many
        || limits.plugins > 254
        || limits.channels > 1024
        || limits.sessions.checked_mul(limits.channels).is_none()
        || limits.workers > WORKERS_MAX
        || limits.depth > 250
        || limits.services > 4096
        || limits.message_bytes > limits.large_message_bytes
    {
        return Err(status::E_ARGUMENT);
    }
    Ok(limits)
}
