//! Which thread this is, a number that differs for every live thread, and which is the kernel thread.

use core::sync::atomic::Ordering::Relaxed;

use crate::base::sync::AtomicUsize;

/// The identity of every interrupt handler, where handlers can be told. They share one: none of them has messages of its
/// own, and none starts or adopts a kernel.
pub(crate) const HANDLER: usize = 4;

/// The identity of a thread that the platform does not number; a numbered one's is its number above this. Smaller ones name
/// domains.
pub(crate) const FIRST: usize = 5;

/// The identity of a thread by the platform's number: never one of the small ones above, whatever the number is.
pub(crate) const fn numbered(number: usize) -> usize {
    number.saturating_add(FIRST)
}

/// The thread pointer: one plain load. A thread that ended may pass its number on, so whoever relies on it must
/// resign before it ends ([`Kernel::resign`](crate::Kernel::resign)).
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[inline(always)]
pub(crate) fn own() -> usize {
    let pointer: usize;
    // SAFETY: on x86-64 Linux the first word behind fs is the thread control block's own address.
    unsafe {
        core::arch::asm!("mov {}, fs:0", out(reg) pointer, options(nostack, preserves_flags, readonly));
    }
    pointer
}

/// The thread pointer register.
#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
#[inline(always)]
pub(crate) fn own() -> usize {
    let pointer: usize;
    // SAFETY: reads a register that user code may read.
    unsafe {
        core::arch::asm!("mrs {}, tpidr_el0", out(reg) pointer, options(nostack, preserves_flags, nomem));
    }
    pointer
}

/// Whether this is an interrupt handler, where that can be told: an exception runs.
#[cfg(cortex_m)]
#[inline(always)]
pub(crate) fn is_handler() -> bool {
    let number: usize;
    // SAFETY: reads a register that any code may read.
    unsafe {
        core::arch::asm!("mrs {}, ipsr", out(reg) number, options(nostack, preserves_flags, nomem));
    }
    number & 0x1ff != 0
}

/// The same for every thread: if the platform does not number threads, there is only one.
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[inline(always)]
pub(crate) fn own() -> usize {
    FIRST
}

/// Whether this is an interrupt handler, where that can be told.
#[cfg(not(cortex_m))]
#[inline(always)]
pub(crate) fn is_handler() -> bool {
    false
}

/// Which thread is the kernel thread. Read from every thread, and from signal handlers.
pub(crate) struct KernelThread {
    /// Its identity; 0 while no thread is, or while it works in place of a worker.
    acting: AtomicUsize,
    /// Its identity, also while it works in place of a worker.
    home: AtomicUsize,
}

impl KernelThread {
    /// Whether a thread may do what the kernel thread alone does.
    #[inline(always)]
    pub(crate) fn is(&self, thread: usize) -> bool {
        thread == self.acting.load(Relaxed)
    }

    /// Whether a thread is the kernel thread, also while it works in place of a worker.
    pub(crate) fn is_home(&self, thread: usize) -> bool {
        thread == self.home.load(Relaxed)
    }

    /// A thread becomes the kernel thread.
    pub(crate) fn adopt(&self, thread: usize) {
        self.acting.store(thread, Relaxed);
        self.home.store(thread, Relaxed);
    }

    /// No thread is the kernel thread any more.
    pub(crate) fn resign(&self) {
        self.home.store(0, Relaxed);
        self.acting.store(0, Relaxed);
    }

    /// The kernel thread works in place of a worker, and until it comes back may do what a worker may.
    pub(crate) fn step_aside(&self) {
        self.acting.store(0, Relaxed);
    }

    pub(crate) fn come_back(&self) {
        self.acting.store(self.home.load(Relaxed), Relaxed);
    }

    pub(crate) fn is_aside(&self) -> bool {
        self.acting.load(Relaxed) == 0 && self.home.load(Relaxed) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/flow.md 7.5
    #[test]
    fn a_numbered_thread_is_no_handler_and_no_domain() {
        for number in [1, 2, 3, 4, 15, 511, usize::MAX - 1, usize::MAX] {
            assert!(numbered(number) > FIRST, "{number}");
        }
        const { assert!(HANDLER < FIRST) };
    }
}
