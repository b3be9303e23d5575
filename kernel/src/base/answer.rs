//! What functions of the kernel answer: nothing or a value, or the status that says why not.

use pintle_abi_core::status;

/// What a slot answers with.
pub(crate) type Answer<T = ()> = Result<T, i32>;

/// The reverse of `answer`, for what a callback returned to whoever caused it. A panic is the panicking instance's
/// own: passed on as it is, it would poison the caller too.
#[inline(always)]
pub(crate) fn check(status: i32) -> Answer {
    match status {
        status::OK => Ok(()),
        status::E_PANIC => Err(status::E_POISONED),
        status if status::is_error(status) => Err(status),
        // What the callback has no use for, or a newer contract brought.
        _ => Ok(()),
    }
}

/// Refuses what needs a feature that was left out.
#[inline(always)]
pub(crate) const fn needs(feature: bool) -> Answer {
    if feature { Ok(()) } else { Err(status::E_UNSUPPORTED) }
}
