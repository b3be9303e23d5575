//! The end of the interpreter, while threads of Python's are still inside calls of this module.
//!
//! Once it has begun, the interpreter ends every other thread that asks for its lock by unwinding its stack, and that
//! must not happen with frames of this module on it. So such threads are parked for good as soon as they come by here
//! without the lock; and the end waits a moment for those that are running Python code for the host.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pyo3::Python;

use crate::gil::Gil;

/// How long the end waits for other threads.
const PATIENCE: Duration = Duration::from_secs(1);

/// The thread that ends the interpreter; 0 while none does.
static ENDER: AtomicUsize = AtomicUsize::new(0);

/// How many calls may be running Python code.
static BUSY: Gil<Cell<usize>> = Gil::new(Cell::new(0));

/// A number for this thread, never 0.
fn here() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| std::ptr::from_ref(here).addr())
}

#[inline]
fn is_ending_elsewhere() -> bool {
    let ender = ENDER.load(Ordering::Relaxed);
    ender != 0 && ender != here()
}

/// Stays here for ever if another thread ends the interpreter. This thread does not hold the lock, or never needs it
/// again.
#[inline]
pub(crate) fn pass() {
    while is_ending_elsewhere() {
        std::thread::park();
    }
}

/// Gives up the lock for what can take long.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
    py.detach(|| {
        let done = work();
        pass();
        done
    })
}

/// Something that may run Python code.
pub(crate) struct Busy<'a>(&'a Cell<usize>);

impl<'a> Busy<'a> {
    #[inline(always)]
    pub(crate) fn begin(py: Python<'a>) -> Self {
        if is_ending_elsewhere() {
            py.detach(pass);
        }
        let busy = BUSY.get(py);
        busy.set(busy.get() + 1);
        Self(busy)
    }

    /// Gives up the lock, and is not busy meanwhile.
    pub(crate) fn detached<T: Send>(&self, py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
        self.0.set(self.0.get() - 1);
        let done = detached(py, work);
        self.0.set(self.0.get() + 1);
        done
    }
}

impl Drop for Busy<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// The interpreter ends. Whatever other threads do for a host comes to rest.
pub(crate) fn begin(py: Python<'_>) {
    ENDER.store(here(), Ordering::Relaxed);
    let until = Instant::now() + PATIENCE;
    while BUSY.get(py).get() > 0 && Instant::now() < until {
        py.detach(|| std::thread::sleep(Duration::from_millis(1)));
    }
}
