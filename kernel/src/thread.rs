//! Which thread this is: a number that differs for every live thread.

/// Numbers below name domains.
pub(crate) const FIRST: usize = 4;

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

/// The exception that runs, or none: a handler is not the thread that it interrupts.
#[cfg(cortex_m)]
#[inline(always)]
pub(crate) fn own() -> usize {
    FIRST + exception()
}

#[cfg(cortex_m)]
#[inline(always)]
fn exception() -> usize {
    let number: usize;
    // SAFETY: reads a register that any code may read.
    unsafe {
        core::arch::asm!("mrs {}, ipsr", out(reg) number, options(nostack, preserves_flags, nomem));
    }
    number & 0x1ff
}

/// Whether this is an interrupt handler, where that can be told.
#[cfg(cortex_m)]
#[inline(always)]
pub(crate) fn is_handler() -> bool {
    exception() != 0
}

/// One thread, unless the platform says otherwise.
#[cfg(not(any(cortex_m, all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))))]
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
