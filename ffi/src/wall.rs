//! The wall: each function runs the host behind it, so that a panic and an error both become a status.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use pintle_abi_core::extensible::Misfit;
use pintle_abi_core::status::{E_ARGUMENT, E_CLOSED, E_PANIC, OK};
use pintle_host::{Waker, status_text};

use crate::error;
use crate::host::Host;

/// Why a call failed: a status and a text.
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

/// Runs what needs no host.
pub(crate) fn free_standing(run: impl FnOnce() -> Result<(), Failure>) -> i32 {
    settle(0, walled(run))
}

/// Runs what needs a host.
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
    // SAFETY: not NULL, so a host; these two are not what freeing ends.
    let (closing, number) = unsafe { (&(*host).closing, (*host).number) };
    let done = walled(|| {
        if closing.load(Ordering::Acquire) {
            let text = "the host was freed, or is being freed: call it only before that".to_owned();
            return Err(Failure { code: E_CLOSED, text });
        }
        // SAFETY: nobody has begun to free the host.
        unsafe { &(*host).waker }.check_process()?;
        run()
    });
    settle(number, done)
}

/// Runs what a signal handler may call: it takes no lock, allocates nothing and keeps no text.
///
/// # Safety
/// As for [`with_host`].
pub(crate) unsafe fn in_handler(host: *const Host, run: impl FnOnce(&Waker)) -> i32 {
    if host.is_null() {
        return E_ARGUMENT;
    }
    // SAFETY: not NULL, so a host, whose waker is ended after `closing` is set.
    unsafe {
        if (*host).closing.load(Ordering::Acquire) || !(*host).waker.is_of_this_process() {
            return E_CLOSED;
        }
        run(&(*host).waker);
    }
    OK
}

fn walled(run: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|panic| Err(Failure { code: E_PANIC, text: words(&*panic).to_owned() }))
}

fn settle(host: usize, done: Result<(), Failure>) -> i32 {
    let Err(failure) = done else { return OK };
    let code = failure.code;
    error::keep(host, failure);
    code
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
    use std::ptr::{null, null_mut};

    use pintle_abi_core::Text;

    use super::*;
    use crate::error::pintle_host_error_text;

    #[test]
    fn a_panic_becomes_a_status() {
        assert_eq!(free_standing(|| panic!("lost {}", 3)), E_PANIC);
        let mut text = Text { data: null(), length: 0 };
        // SAFETY: no host, and a place that can be written to.
        assert_eq!(unsafe { pintle_host_error_text(null_mut(), &raw mut text) }, OK);
        // SAFETY: no call of this thread has failed since.
        let told = unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.length) };
        assert_eq!(told, b"lost 3");
    }
}
