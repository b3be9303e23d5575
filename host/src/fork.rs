//! Forked children. A host belongs to the process that started it: its threads are not in a child, and its fds are shared with
//! the parent. So in a child every host of the parent is closed.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use pintle_abi_core::status;

use crate::engine::KERNELS;
use crate::error::Error;

/// How many forks are between the first process that had a host and this one.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// The process that something belongs to.
pub(crate) struct Process {
    forks: u32,
    has_told: AtomicBool,
}

impl Process {
    /// This process, whose children are told apart from here on.
    pub(crate) fn this() -> Self {
        static WATCHED: Once = Once::new();
        // SAFETY: the handler is there as long as this library, with which the system takes it out.
        WATCHED.call_once(|| unsafe {
            // Without memory for it a child is not recognised, as if it had been made without fork.
            libc::pthread_atfork(None, None, Some(close_all));
        });
        Self { forks: FORKS.load(Ordering::Relaxed), has_told: AtomicBool::new(false) }
    }

    pub(crate) fn is_this(&self) -> bool {
        self.forks == FORKS.load(Ordering::Relaxed)
    }

    /// Whether this is the first time that somebody asks.
    pub(crate) fn tell(&self) -> bool {
        !self.has_told.swap(true, Ordering::Relaxed)
    }

    /// What a call in a forked child is refused with.
    pub(crate) fn refusal() -> Error {
        let text = "the host belongs to the process that started it, and this is a forked child: start another host here";
        Error::new(status::E_CLOSED, text)
    }
}

/// Runs in each forked child, on its only thread, before `fork` returns. Only stores are allowed here.
unsafe extern "C" fn close_all() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    for kernel in &KERNELS {
        // SAFETY: a kernel that is listed lives: in a child nobody ends one.
        if let Some(kernel) = unsafe { kernel.load(Ordering::Acquire).as_ref() } {
            kernel.forsake();
        }
    }
}
