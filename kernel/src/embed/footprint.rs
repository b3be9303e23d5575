//! How much memory a region takes at most, as `PINTLE_REGION_SIZE` of `host.h` computes it for a firmware's static
//! array.
//!
//! The sizes here and those of the macro are the same numbers, which a test compares for both pointer widths. They are
//! bounds where pointers have 64 bits, so that a struct may grow a little without a change to the header; where they have
//! 32, memory is scarce, and they are exact.

use pintle_abi_core::Limits;

use crate::base::limits;
use crate::base::slab::Slot;
use crate::base::sync::{AtomicPtr, Cell};

/// A size with 64-bit and with 32-bit pointers, in bytes.
type Size = (usize, usize);

macro_rules! sizes {
    ($($name:ident: $type:ty = $wide:literal, $narrow:literal;)*) => {
        $(
            const $name: Size = ($wide, $narrow);
            const _: () = assert!(
                cfg!(loom) || size_of::<$type>() <= pick($name, size_of::<usize>() == 8),
                concat!(stringify!($type), " outgrew its bound: raise it here and in the header's template"),
            );
        )*
    };
}

sizes! {
    KERNEL: crate::Kernel = 2144, 848;
    FRAME: crate::object::frame::Frame = 16, 16;
    ERROR: crate::object::error::ErrorText = 248, 72;
    INSTANCE: crate::object::instance::Instance = 504, 320;
    MESSAGE: Slot<crate::object::message::Message> = 64, 52;
    RETURNED: crate::object::message::Returned = 16, 12;
    SOCKET: Slot<crate::object::socket::Socket> = 320, 304;
    SESSION: Slot<crate::object::session::Session> = 136, 104;
    HELD: crate::object::message::Held = 4, 2;
    POINTER: AtomicPtr<u8> = 8, 4;
    WAITING: Cell<crate::object::session::Waiting> = 16, 16;
    SERVICE: Cell<crate::object::service::Service> = 16, 16;
    SLOW_IDS: [u32; crate::object::service::SLOW_IDS as usize] = 64, 64;
    REQUEST: Slot<crate::object::request::Request> = 352, 144;
    TASK: Slot<crate::object::task::Task> = 48, 32;
    INDEX: Cell<u32> = 4, 4;
    TIMER: Slot<crate::object::timer::Timer> = 64, 48;
    WATCH: Slot<crate::object::watch::Watch> = 40, 24;
    OFFER: Slot<crate::object::offer::Offer> = 32, 24;
    WORKER: crate::object::worker::Worker = 32, 24;
}

const fn pick(size: Size, wide: bool) -> usize {
    if wide { size.0 } else { size.1 }
}

/// A bound of [`Kernel::region_size`](crate::Kernel::region_size), with 64-bit (`wide`) or with 32-bit pointers.
///
/// # Errors
/// `E_ARGUMENT`: a limit is out of range.
pub fn bound(limits: &Limits, wide: bool) -> Result<usize, i32> {
    let limits = limits::resolve(limits)?;
    let line = if wide { 64 } else { 8 };
    let size = |size, count: u32| (pick(size, wide) * count as usize).next_multiple_of(line);
    let payload = |count: u32, bytes: u32| {
        let stride = (bytes as usize).next_multiple_of(if bytes < 64 { 8 } else { line });
        (count as usize * stride).next_multiple_of(line)
    };
    let instances = limits.plugins + 1;
    let messages =
        limits.messages + limits.large_messages + limits.worker_messages + limits.worker_large_messages;
    let pieces = [
        size(KERNEL, 1),
        size(FRAME, limits.depth),
        size(INSTANCE, instances),
        size(MESSAGE, messages),
        2 * size(HELD, instances * messages),
        size(RETURNED, messages),
        payload(limits.messages, limits.message_bytes),
        payload(limits.large_messages, limits.large_message_bytes),
        payload(limits.worker_messages, limits.message_bytes),
        payload(limits.worker_large_messages, limits.large_message_bytes),
        size(SOCKET, limits.sockets),
        size((1, 1), limits.sockets * limits.channels),
        size(SESSION, limits.sessions),
        size((1, 1), limits.sessions * limits.channels),
        size(POINTER, limits.sessions * instances),
        size(WAITING, limits.inbox),
        size(SERVICE, limits.services),
        size(SLOW_IDS, limits.services),
        size(REQUEST, limits.requests),
        size(TASK, limits.tasks),
        size(TIMER, limits.timers),
        size(INDEX, limits.timers),
        size(WATCH, limits.watches),
        size(OFFER, limits.offers),
        size(WORKER, limits.workers.max(1)),
        size(ERROR, limits.depth + limits.workers.max(1) + 2),
    ];
    Ok(pieces.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kernel;
    use pintle_abi_core::{NO_INBOX, NO_WORKERS};

    fn check(values: [u32; 20]) {
        let [plugins, sockets, sessions, channels, services, requests, requests_per_session, rest @ ..] =
            values;
        let [messages, message_bytes, large_messages, large_message_bytes, rest @ ..] = rest;
        let [worker_messages, worker_large_messages, tasks, timers, watches, inbox, workers, depth, offers] =
            rest;
        let limits = Limits {
            size: size_of::<Limits>() as u32,
            plugins,
            sockets,
            sessions,
            channels,
            services,
            requests,
            requests_per_session,
            messages,
            message_bytes,
            large_messages,
            large_message_bytes,
            worker_messages,
            worker_large_messages,
            tasks,
            timers,
            watches,
            inbox,
            workers,
            depth,
            offers,
        };
        let size = Kernel::region_size(&limits).unwrap();
        let bound = bound(&limits, size_of::<usize>() == 8).unwrap();
        assert!(size <= bound, "{limits:?} takes {size} bytes, and the bound is {bound}");
        assert!(bound <= size + size / 8 + 1536, "{limits:?} takes {size} bytes, and the bound is {bound}");
    }

    #[test]
    fn it_is_tight() {
        check([0; 20]);
        let small = [2, 1, 4, 1, 1, 4, 2, 8, 64, 1, 64, 1, 1, 4, 2, 1, NO_INBOX, NO_WORKERS, 4, 1];
        check(small);
        for at in 0..20 {
            for value in [1, 3, 33, 64] {
                let mut limits = small;
                limits[at] = value;
                // A small message is not larger than a large one.
                limits[10] = limits[10].max(limits[8]);
                check(limits);
            }
        }
    }
}
