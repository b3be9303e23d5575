//! The loop of a freestanding kernel, which is the caller's own: it waits until pintle_core_next_deadline, for the
//! platform's `wake` or for a descriptor, hands in what became ready, and takes a turn.

use pintle_abi_core::status::E_ARGUMENT;
use pintle_abi_core::{Message, NEVER, Session};
use pintle_ffi_shared::out;

use crate::kernel::{Core, answer, kernel};

/// Takes one turn, which does what is due: messages that came back, timers, tasks, results of workers, requests that can
/// start, stops, and without workers one slow request or worker task. Whatever is posted in a turn is done in the next one.
///
/// `E_ARGUMENT`: NULL. `E_WRONG_THREAD`. `E_REENTRANT`: from inside a callback.
///
/// `[thread: kernel] [reentrant: no] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_turn(core: *mut Core) -> i32 {
    // SAFETY: the caller's.
    answer(|| unsafe { kernel(core) }?.turn())
}

/// Gives the time at which the next turn is due, on the platform's clock: 0 if it is due now, `NEVER` if nothing waits.
///
/// `E_ARGUMENT`: a NULL pointer. `E_WRONG_THREAD`.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started, `deadline` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_next_deadline(core: *mut Core, deadline: *mut u64) -> i32 {
    answer(|| {
        let deadline = out(deadline)?;
        // SAFETY: the caller's.
        let kernel = unsafe { kernel(core) }?;
        let next = kernel.deadline()?;
        // SAFETY: not NULL.
        unsafe { deadline.write(next.unwrap_or(NEVER)) };
        Ok(())
    })
}

/// Reports that an fd is ready: `watch` is the number that the platform's `watch` was given, `ready` the conditions that
/// hold (`IO_` constants). If the watch has ended meanwhile, nothing happens.
///
/// `E_ARGUMENT`: NULL. `E_WRONG_THREAD`. `E_REENTRANT`: from inside a callback.
///
/// `[thread: kernel] [reentrant: no] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_ready(core: *mut Core, watch: u64, ready: u32) -> i32 {
    // SAFETY: the caller's.
    answer(|| unsafe { kernel(core) }?.ready(watch, ready))
}

/// Calls the platform's `wake`.
///
/// `E_ARGUMENT`: NULL.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_wake(core: *mut Core) -> i32 {
    answer(|| {
        // SAFETY: the caller's.
        unsafe { kernel(core) }?.wake();
        Ok(())
    })
}

/// Runs one slow request or worker task, if one waits; `worked` receives 1 or 0. `worker` counts from 0 to below the
/// limit of workers; each number belongs to one thread at a time, which is not the kernel thread.
///
/// `E_ARGUMENT`: a NULL pointer, or no such worker.
///
/// `[thread: worker] [reentrant: no] [blocking: yes] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started, `worked` is NULL or writable. No other thread uses the number now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_work(core: *mut Core, worker: u32, worked: *mut u32) -> i32 {
    answer(|| {
        let worked = out(worked)?;
        // SAFETY: the caller's.
        let kernel = unsafe { kernel(core) }?;
        if worker >= kernel.limits().workers {
            return Err(E_ARGUMENT);
        }
        // SAFETY: not NULL.
        unsafe { worked.write(kernel.work(worker).into()) };
        Ok(())
    })
}

/// Takes the oldest message of the inbox, which the limits must ask for. The message carries a reference that the
/// caller releases.
///
/// `E_ARGUMENT`: a NULL pointer. `E_NOT_FOUND`: the inbox is empty. `E_WRONG_THREAD`.
///
/// `[thread: kernel] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `core` is NULL or a kernel that was started, the other pointers are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_core_take(
    core: *mut Core,
    session: *mut Session,
    channel: *mut u32,
    message: *mut Message,
) -> i32 {
    answer(|| {
        let (session, channel, message) = (out(session)?, out(channel)?, out(message)?);
        // SAFETY: the caller's.
        let inbound = unsafe { kernel(core) }?.take()?;
        // SAFETY: none is NULL.
        unsafe {
            session.write(inbound.session);
            channel.write(inbound.channel);
            message.write(inbound.message);
        }
        Ok(())
    })
}
