//! The wall: each function runs the host behind it, so that a panic and an error both become a status.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use pintle_abi_core::extensible::Misfit;
use pintle_abi_core::status::{E_ARGUMENT, E_CLOSED, E_PANIC, OK};
use pintle_host::status_text;

use crate::error::{self, LastError};
use crate::host::Host;

/// The error of a call: a status and a text.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: i32,
    pub(crate) text: String,
}

impl From<i32> for Failure {
    fn from(code: i32) -> Self {
        Self { code, text: status_text(code).to_owned() }
    }
}

impl From<Misfit> for Failure {
    fn from(misfit: Misfit) -> Self {
        Self { code: misfit.status(), text: misfit.words(&mut [[0; 10]; 2]).concat() }
    }
}

impl From<pintle_host::Error> for Failure {
    fn from(error: pintle_host::Error) -> Self {
        let text = match &error.plugin {
            Some(plugin) => format!("{plugin}: {}", error.text),
            None => error.text,
        };
        Self { code: error.code, text }
    }
}

/// Runs what needs no host. Its error is kept for this thread.
pub(crate) fn free_standing(run: impl FnOnce() -> Result<(), Failure>) -> i32 {
    settle(walled(run), error::keep_for_thread)
}

/// Runs what needs a host. Its error is kept in the host, or for this thread if there is none.
///
/// # Safety
/// `host` is NULL or a host that was not freed.
pub(crate) unsafe fn with_host(
    host: *const Host,
    run: impl FnOnce(&pintle_host::Host) -> Result<(), Failure>,
) -> i32 {
    // SAFETY: the caller's; not NULL inside, and nobody has begun to free it.
    unsafe { beside(host, || run(&(*host).host)) }
}

/// As [`with_host`], for what reaches into the host itself: `run` finds `host` not NULL and not being freed.
///
/// # Safety
/// As for [`with_host`].
pub(crate) unsafe fn beside(host: *const Host, run: impl FnOnce() -> Result<(), Failure>) -> i32 {
    if host.is_null() {
        return free_standing(|| Err(E_ARGUMENT.into()));
    }
    // SAFETY: not NULL, so a host; these two are not what freeing ends first.
    let (closing, last) = unsafe { (&(*host).closing, &(*host).error) };
    let done = walled(|| {
        if closing.load(Ordering::Acquire) {
            return Err(Failure { code: E_CLOSED, text: "the host is being freed".to_owned() });
        }
        run()
    });
    settle(done, |failure| LastError::keep(last, failure))
}

fn walled(run: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|panic| Err(Failure { code: E_PANIC, text: words(&*panic).to_owned() }))
}

fn settle(done: Result<(), Failure>, keep: impl FnOnce(&Failure)) -> i32 {
    match done {
        Ok(()) => OK,
        Err(failure) => {
            keep(&failure);
            failure.code
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("the host panicked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status() {
        assert_eq!(free_standing(|| panic!("lost {}", 3)), E_PANIC);
        assert_eq!(error::of_thread().text, "lost 3");
    }
}
