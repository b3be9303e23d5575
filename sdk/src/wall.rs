//! The panic wall: where a panic becomes a status. The only place that catches one.

use crate::Host;

/// Runs `body`, which is `slot` of the instance behind `host`. A panic in it becomes `E_PANIC`, which poisons the
/// instance in its host; its text is kept through `error->set`.
#[cfg(feature = "std")]
pub(crate) fn wall(host: &Host, slot: &str, body: impl FnOnce() -> i32) -> i32 {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    // After a panic nothing but `destroy` sees the instance, so that broken invariants stay where they are.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(status) => status,
        Err(payload) => contain(host, slot, payload),
    }
}

#[cfg(feature = "std")]
#[cold]
fn contain(host: &Host, slot: &str, payload: Box<dyn core::any::Any + Send>) -> i32 {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    let text = if let Some(text) = payload.downcast_ref::<&str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "(a panic without a text)"
    };
    let error = host.error(crate::status::E_PANIC, format_args!("panic in {slot}: {text}"));
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // The payload's own `drop` panicked; what that left behind may do the same, and is kept instead.
        core::mem::forget(second);
    }
    error.code().0
}

/// Without `std` nothing can be caught: a panic ends in the firmware's handler, as the descriptor says.
#[cfg(not(feature = "std"))]
pub(crate) fn wall(_host: &Host, _slot: &str, body: impl FnOnce() -> i32) -> i32 {
    body()
}
