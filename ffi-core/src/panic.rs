//! The panic handler of a program without an operating system: it calls the platform's `fatal`, and then stops, so that a
//! debugger, the fault handler or a watchdog takes over.

use core::ffi::c_void;
use core::panic::PanicInfo;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use pintle_abi_core::Platform;

/// A panic knows no kernel, so the hook of the last one that was started is kept here.
static HOOK: AtomicPtr<()> = AtomicPtr::new(null_mut());
static CONTEXT: AtomicPtr<c_void> = AtomicPtr::new(null_mut());

/// Keeps a platform's hook.
pub(crate) fn keep(platform: &Platform) {
    CONTEXT.store(platform.context, Relaxed);
    HOOK.store(platform.fatal.map_or(null_mut(), |fatal| fatal as *mut ()), Relaxed);
}

#[panic_handler]
fn stop(_: &PanicInfo<'_>) -> ! {
    let hook = HOOK.load(Relaxed);
    if !hook.is_null() {
        // SAFETY: not NULL, so a platform's function, which works as long as its kernel is used.
        unsafe {
            core::mem::transmute::<*mut (), unsafe extern "C" fn(*mut c_void)>(hook)(CONTEXT.load(Relaxed))
        }
    }
    #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
    // SAFETY: an instruction that is never valid; nothing after it runs.
    unsafe {
        core::arch::asm!("ud2", options(noreturn, nostack))
    }
    #[cfg(target_arch = "arm")]
    // SAFETY: as above.
    unsafe {
        core::arch::asm!("udf #0", options(noreturn, nostack))
    }
    #[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
    // SAFETY: as above.
    unsafe {
        core::arch::asm!("unimp", options(noreturn, nostack))
    }
    #[cfg(not(any(
        target_arch = "x86_64",
        target_arch = "x86",
        target_arch = "arm",
        target_arch = "riscv32",
        target_arch = "riscv64"
    )))]
    loop {
        core::hint::spin_loop();
    }
}
