//! Limits: what a zero stands for, and what is too much.

use pintle_abi_core::{Limits, NO_INBOX, NO_WORKERS, status};

use crate::handle::SLOTS_MAX;

/// Workers are told apart by a small number.
pub(crate) const WORKERS_MAX: u32 = 64;

const fn or(value: u32, default: u32) -> u32 {
    if value == 0 { default } else { value }
}

/// Replaces every zero by its default and the `NO_` constants by zero; `Err` if a limit is out of range.
pub(crate) const fn resolve(given: &Limits) -> Result<Limits, i32> {
    let limits = Limits {
        size: size_of::<Limits>() as u32,
        plugins: or(given.plugins, 32),
        sockets: or(given.sockets, 16),
        sessions: or(given.sessions, 1024),
        channels: or(given.channels, 8),
        services: or(given.services, 32),
        requests: or(given.requests, 1024),
        requests_per_session: or(given.requests_per_session, 64),
        messages: or(given.messages, 1024),
        message_bytes: or(given.message_bytes, 2048),
        large_messages: or(given.large_messages, 128),
        large_message_bytes: or(given.large_message_bytes, 65_536),
        worker_messages: or(given.worker_messages, 128),
        worker_large_messages: or(given.worker_large_messages, 32),
        tasks: or(given.tasks, 1024),
        timers: or(given.timers, 256),
        watches: or(given.watches, 1024),
        inbox: if given.inbox == NO_INBOX { 0 } else { given.inbox },
        workers: if given.workers == NO_WORKERS { 0 } else { or(given.workers, 2) },
        depth: or(given.depth, 32),
    };
    let messages = limits.messages as u64
        + limits.large_messages as u64
        + limits.worker_messages as u64
        + limits.worker_large_messages as u64;
    if limits.plugins > 254
        || limits.channels > 1024
        || limits.workers > WORKERS_MAX
        || limits.depth > 250
        || limits.message_bytes > limits.large_message_bytes
        || messages >= SLOTS_MAX as u64
        || limits.sockets >= SLOTS_MAX
        || limits.sessions >= SLOTS_MAX
        || limits.requests >= SLOTS_MAX
        || limits.tasks >= SLOTS_MAX
        || limits.timers >= SLOTS_MAX
        || limits.watches >= SLOTS_MAX
        || limits.inbox >= SLOTS_MAX
        || limits.services > 4096
        || messages * (limits.plugins as u64 + 1) > u32::MAX as u64
        || limits.sessions as u64 * (limits.plugins as u64 + 1) > u32::MAX as u64
        || limits.sessions as u64 * limits.channels as u64 > u32::MAX as u64
    {
        return Err(status::E_ARGUMENT);
    }
    Ok(limits)
}
