//! The loop: the host's own, or any other that waits for an fd.
//!
//! A program without a loop calls pintle_host_run. A program with one waits until the fd of pintle_host_pollable is readable,
//! at most until pintle_host_next_deadline, and then calls pintle_host_poll with 0.

use std::os::fd::AsRawFd;
use std::time::Duration;

use pintle_abi_core::status::E_NOT_FOUND;
use pintle_abi_core::{Message, NEVER, Session};
use pintle_ffi_shared::out;
use pintle_host::Waker;

use crate::host::Host;
use crate::wall::{in_handler, with_host};

/// The system counts the milliseconds of a wait in 31 bits; a shorter wait than asked for is legal.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Gives an fd that is readable whenever pintle_host_poll has something to do. The fd belongs to the host: do not read or
/// close it.
///
/// `E_ARGUMENT`: a NULL pointer.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, `fd` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_pollable(host: *mut Host, fd: *mut i32) -> i32 {
    // SAFETY: the caller's; not NULL when it is written.
    unsafe {
        with_host(host, |inner| {
            out(fd)?.write(inner.pollable().as_raw_fd());
            Ok(())
        })
    }
}

/// Gives the time at which the next turn is due, in nanoseconds of CLOCK_MONOTONIC: 0 if it is due now, `NEVER` if nothing
/// waits.
///
/// `E_ARGUMENT`: a NULL pointer. `E_WRONG_THREAD`.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, `deadline` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_next_deadline(host: *mut Host, deadline: *mut u64) -> i32 {
    // SAFETY: the caller's; not NULL when it is written.
    unsafe {
        with_host(host, |inner| {
            out(deadline)?.write(inner.next_deadline()?.unwrap_or(NEVER));
            Ok(())
        })
    }
}

/// Ends the wait of pintle_host_poll. If it does not wait, its next wait ends at once. A signal handler may call this, also while
/// the host is being freed and afterwards, and no text is kept for an error.
///
/// `E_ARGUMENT`: NULL. `E_CLOSED`: the host is being freed, or was freed.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_wake(host: *mut Host) -> i32 {
    // SAFETY: the caller's; not NULL inside.
    unsafe { in_handler(host, Waker::wake) }
}

/// Waits until there is something to do, at most `timeout` nanoseconds (0: it does not wait, `NEVER`: without a limit), and
/// takes one turn, which does it. It does not wait while an event is in the mailbox.
///
/// `E_ARGUMENT`: NULL. `E_REENTRANT`: from inside a callback. `E_WRONG_THREAD`. `E_IO`: the system refused to wait.
///
/// `[thread: kernel] [reentrant: no] [blocking: yes] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_poll(host: *mut Host, timeout: u64) -> i32 {
    let timeout = (timeout != NEVER).then(|| Duration::from_nanos(timeout).min(LONGEST));
    // SAFETY: the caller's; the host is not NULL inside.
    unsafe {
        with_host(host, |inner| {
            inner.calls()?;
            let waits = (*host).mailbox.get().is_some_and(|mailbox| !mailbox.is_empty());
            Ok(inner.poll(if waits { Some(Duration::ZERO) } else { timeout })?)
        })
    }
}

/// Polls until pintle_host_stop is called.
///
/// Errors as for pintle_host_poll.
///
/// `[thread: kernel] [reentrant: no] [blocking: yes] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_run(host: *mut Host) -> i32 {
    // SAFETY: the caller's.
    unsafe { with_host(host, |inner| Ok(inner.run()?)) }
}

/// Ends pintle_host_run after its present turn. If it does not run, the next call of it ends before its first turn. A signal
/// handler may call this, as it may call pintle_host_wake.
///
/// `E_ARGUMENT`: NULL. `E_CLOSED`: the host is being freed, or was freed.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_stop(host: *mut Host) -> i32 {
    // SAFETY: the caller's; not NULL inside.
    unsafe { in_handler(host, Waker::stop) }
}

/// Takes the oldest message of the inbox, which the limits must ask for. The message carries a reference that the
/// caller releases.
///
/// `E_ARGUMENT`: a NULL pointer. `E_NOT_FOUND`: the inbox is empty. `E_WRONG_THREAD`.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed, the other pointers are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_take(
    host: *mut Host,
    session: *mut Session,
    channel: *mut u32,
    message: *mut Message,
) -> i32 {
    // SAFETY: the caller's; none is NULL when it is written.
    unsafe {
        with_host(host, |inner| {
            let (session, channel, message) = (out(session)?, out(channel)?, out(message)?);
            let inbound = inner.take()?.ok_or(E_NOT_FOUND)?;
            session.write(inbound.session);
            channel.write(inbound.channel);
            message.write(inbound.message);
            Ok(())
        })
    }
}
