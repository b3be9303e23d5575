//! The panic wall: where a panic becomes a status. The only place that catches one.

use crate::Host;

/// A panic of what a host calls on behalf of its caller: it waits until the host's frames are left.
#[derive(Default)]
pub(crate) struct Carried {
    #[cfg(feature = "std")]
    panic: Option<Box<dyn core::any::Any + Send>>,
}

#[cfg(feature = "std")]
impl Carried {
    /// Runs `body`; a panic in it answers `E_CANCELLED` to the host, and waits for [`resume`](Self::resume).
    pub(crate) fn run(&mut self, body: impl FnOnce() -> i32) -> i32 {
        use std::panic::{AssertUnwindSafe, catch_unwind};
        // The panic goes on in the caller, which sees what it left behind as after any other.
        catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
            self.panic = Some(payload);
            crate::status::E_CANCELLED
        })
    }

    /// Goes on with the panic, if there was one.
    pub(crate) fn resume(&mut self) {
        if let Some(payload) = self.panic.take() {
            std::panic::resume_unwind(payload);
        }
    }
}

/// Without `std` nothing can be caught.
#[cfg(not(feature = "std"))]
impl Carried {
    pub(crate) fn run(&mut self, body: impl FnOnce() -> i32) -> i32 {
        body()
    }

    pub(crate) fn resume(&mut self) {}
}

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
