//! The mailbox, for programs that fetch events instead of being called.
//!
//! A host with a mailbox keeps there the events for which plugin zero has no callback: messages, results of requests, sessions
//! that began and ended, timers that are due, instances that have ended. pintle_mailbox_fetch takes many of these events in
//! one call, in the order in which they came. A program that has nothing else to do polls, and then fetches until the mailbox
//! is empty:
//!
//! ```text
//! while (pintle_host_poll(host, PINTLE_NEVER) == PINTLE_OK) {
//!     do {
//!         pintle_mailbox_fetch(host, events, sizeof events[0], 64, &count);
//!         ...
//!     } while (count != 0);
//! }
//! ```
//!
//! pintle_host_poll does not wait while an event is in the mailbox. A program with a loop of its own must fetch before it
//! waits.
//!
//! The mailbox is bounded. When as many messages wait for a session as the options of the mailbox say, `E_AGAIN` refuses what
//! the owner of a plugin's session hands in, and what is sent on a session of the application; results are held back. Messages
//! that came in take at most half of the host's messages, over all sessions. Once half of them are fetched, all of this goes
//! on, and `session_writable` of those that were refused is called. For that the mailbox suspends and resumes the sessions of
//! the application. A program that does so itself must give the callbacks `session_send` and `session_result`.
//!
//! The freestanding library has no mailbox, because that needs an allocator. A firmware uses callbacks and pintle_core_take.

use std::ptr::without_provenance_mut;

use pintle_abi_core::extensible::{self, Extensible, Misfit};
use pintle_abi_core::status::{E_ARGUMENT, E_STATE, OK};
use pintle_abi_core::{Event, MailboxOptions, Timer};
use pintle_ffi_shared::calls::pintle_executor_start_timer;
use pintle_ffi_shared::out;
use pintle_host::mailbox::EventQueue;

use crate::callbacks;
use crate::host::Host;
use crate::wall::{Failure, with_host};

/// The default capacity of a mailbox.
const CAPACITY: u32 = 64;

/// Opens the mailbox of a host, before its first plugin is loaded. It remains until the host is freed. `options` may be
/// NULL.
///
/// Events for which plugin zero has a callback are not kept. The mailbox replaces the inbox, which stays empty. A program may
/// have some callbacks, `session_send` for instance, and fetch all other events; it sets them before or after this call.
///
/// `E_ARGUMENT`: `host` is NULL, or `options->size` is below that of the first edition. `E_UNSUPPORTED`: an
/// option that this library does not know is set. `E_STATE`: the host has a mailbox, or a plugin.
/// `E_WRONG_THREAD`. `E_REENTRANT`: from inside a callback.
///
/// `[thread: kernel] [reentrant: no] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, `options` is NULL or readable for the size that it names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_mailbox_open(host: *mut Host, options: *const MailboxOptions) -> i32 {
    // SAFETY: the caller's; the host is not NULL inside, and the table is copied by the call.
    unsafe {
        with_host(host, |inner| {
            let capacity = capacity(options)?;
            inner.calls()?;
            if !inner.is_idle() {
                return Err(inner.busy().into());
            }
            if (*host).mailbox.get().is_some() {
                return Err(refusal("the host has a mailbox already"));
            }
            if !inner.list().is_empty() {
                return Err(refusal(
                    "a plugin is loaded already, and may have sessions; open the mailbox first",
                ));
            }
            let table = callbacks::with_mailbox(&(*host).callbacks.borrow());
            inner.set_callbacks(&raw const table)?;
            (*host).mailbox.get_or_init(|| EventQueue::new(capacity as usize));
            callbacks::enter(host, inner.tag());
            Ok(())
        })
    }
}

/// # Safety
/// `options` is NULL or readable for the size that it names.
unsafe fn capacity(options: *const MailboxOptions) -> Result<u32, Misfit> {
    if options.is_null() {
        return Ok(CAPACITY);
    }
    // SAFETY: not NULL, so as the caller says.
    let options = unsafe { extensible::read(options) }?;
    Ok(if options.capacity == 0 { CAPACITY } else { options.capacity })
}

/// Writes an event to a place of `size` bytes. Members that the caller knows and this library does not are 0.
///
/// # Safety
/// `place` is writable for `size` bytes, which are at least those of the first edition.
unsafe fn write(place: *mut u8, size: usize, mut event: Event) {
    let known = size.min(size_of::<Event>());
    event.size = known as u32;
    // SAFETY: the caller's.
    unsafe {
        place.copy_from_nonoverlapping((&raw const event).cast(), known);
        place.add(known).write_bytes(0, size - known);
    }
}

fn refusal(text: &str) -> Failure {
    Failure { code: E_STATE, text: text.to_owned() }
}

/// The mailbox of a host.
///
/// # Safety
/// `host` is a host that was not freed, on its kernel thread.
unsafe fn mailbox<'h>(host: *mut Host) -> Result<&'h EventQueue, Failure> {
    // SAFETY: the caller's; a mailbox stays where it is until its host is freed.
    unsafe { (*host).mailbox.get() }.ok_or_else(|| refusal("the host has no mailbox; open one first"))
}

/// Takes the oldest events out of the mailbox and writes them to `events`, an array with room for `capacity` of them.
/// `event_size` is `sizeof` one of them. `count` receives how many there were, also 0. No memory is
/// allocated for them.
///
/// Each message in them carries a reference that the caller gives back with pintle_message_release, or passes on; until
/// then its bytes stay where pintle_message_view shows them. Sessions that were made to wait go on before this returns,
/// which may run callbacks of plugins and put new events behind those that wait.
///
/// `E_ARGUMENT`: `host` or `count` is NULL, or `events` is and `capacity` is not 0; `event_size` is too small.
/// `E_STATE`: the host has no mailbox. `E_WRONG_THREAD`. On an error nothing is taken.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, `events` is NULL or writable for `capacity` times `event_size` bytes,
/// `count` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_mailbox_fetch(
    host: *mut Host,
    events: *mut Event,
    event_size: usize,
    capacity: usize,
    count: *mut usize,
) -> i32 {
    // SAFETY: the caller's; not NULL when it is written.
    unsafe {
        with_host(host, |inner| {
            let count = out(count)?;
            let fits = event_size.checked_mul(capacity).is_some_and(|size| size <= isize::MAX as usize);
            if event_size < Event::FIRST_EDITION || !fits || events.is_null() && capacity != 0 {
                return Err(E_ARGUMENT.into());
            }
            inner.calls()?;
            let mailbox = mailbox(host)?;
            let mut taken = 0;
            count.write(0);
            mailbox.fetch(inner, capacity, |event| {
                write(events.cast::<u8>().add(taken * event_size), event_size, event);
                taken += 1;
            })?;
            count.write(taken);
            Ok(())
        })
    }
}

/// Starts a timer that puts an event into the mailbox after `delay` nanoseconds, then every `period` nanoseconds; with a
/// period of 0, once. The event has `token`, which must fit into a pointer. pintle_executor_cancel_timer, with plugin
/// zero, cancels it; an event that waits by then is still fetched.
///
/// `E_ARGUMENT`: a NULL pointer, too large a token, or a time too long. `E_STATE`: the host has no mailbox. `E_CAPACITY`:
/// too many timers. `E_WRONG_THREAD`.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, `timer` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_mailbox_start_timer(
    host: *mut Host,
    delay: u64,
    period: u64,
    token: u64,
    timer: *mut Timer,
) -> i32 {
    // SAFETY: the caller's; plugin zero lives as long as the host, and the callback is for a host with a mailbox.
    unsafe {
        with_host(host, |inner| {
            let (timer, token) = (out(timer)?, usize::try_from(token).map_err(|_| E_ARGUMENT)?);
            inner.calls()?;
            mailbox(host)?;
            let (zero, token) = (inner.zero(), without_provenance_mut(token));
            match pintle_executor_start_timer(zero, delay, period, Some(callbacks::timer), token, timer) {
                OK => Ok(()),
                code => Err(code.into()),
            }
        })
    }
}
