//! Which thread this is: a number that differs for every live thread.

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

/// One thread, unless the platform says otherwise.
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[inline(always)]
pub(crate) fn own() -> usize {
    1
}
