//! What was going on where a signal struck, as a handler for it is told.

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How far from the stack pointer a fault still is one of the stack, in bytes: Linux keeps a gap of 1 MiB below the stack of the
/// main thread. A function whose frame is larger than the guard of the stack can step over it.
const NEAR: usize = 1 << 20;

/// How far below a stack pointer that is still in use a fault of the stack can be, in bytes: a push, or the 128 bytes that
/// x86-64 allows a function to use there.
const BELOW: usize = 256;

/// The frame of the last crash handler that has called another one.
static OUTER: AtomicUsize = AtomicUsize::new(0);

/// Where a signal struck.
pub(crate) struct Context<'a> {
    signal: c_int,
    info: &'a libc::siginfo_t,
    context: &'a libc::ucontext_t,
}

impl Context<'_> {
    /// # Safety
    /// The arguments are those of a handler with `SA_SIGINFO`, which has not returned.
    pub(crate) unsafe fn new(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) -> Self {
        // SAFETY: the system gives both.
        unsafe { Self { signal, info: &*info, context: &*context.cast() } }
    }

    /// Whether the signal is a fault of the processor, which occurs again when its handler returns, and not sent.
    pub(crate) fn is_fault(&self) -> bool {
        self.info.si_code > 0
    }

    /// Whether a stack had no room left.
    pub(crate) fn is_stack_overflow(&self) -> bool {
        if !self.is_fault() || ![libc::SIGSEGV, libc::SIGBUS].contains(&self.signal) {
            return false;
        }
        // SAFETY: such a fault has an address.
        let address = unsafe { self.info.si_addr() }.addr();
        let Some(stack) = self.stack_pointer() else { return false };
        let is_below = address < stack && stack - address <= BELOW;
        is_below || address.abs_diff(stack) <= NEAR && !is_readable(stack)
    }

    /// Whether the handler that a crash handler has called raised the signal itself, as that of Rust's library does when a stack
    /// has overflowed. It is told by the signal stack: a handler that has left by `siglongjmp` no longer uses it.
    pub(crate) fn is_of_handler(&self) -> bool {
        let start = self.context.uc_stack.ss_sp.addr();
        let outer = OUTER.load(Ordering::Relaxed);
        let is_here = outer >= start && outer - start < self.context.uc_stack.ss_size;
        is_here && self.stack_pointer().is_some_and(|stack| stack >= start && stack < outer)
    }

    /// Runs the handler that was there before.
    pub(crate) fn pass_on(handler: impl FnOnce()) {
        let here = 0_u8;
        let before = OUTER.swap((&raw const here).addr(), Ordering::Relaxed);
        handler();
        OUTER.store(before, Ordering::Relaxed);
    }

    fn stack_pointer(&self) -> Option<usize> {
        #[cfg(target_arch = "x86_64")]
        return usize::try_from(self.context.uc_mcontext.gregs[libc::REG_RSP as usize] as u64).ok();
        #[cfg(target_arch = "aarch64")]
        return usize::try_from(self.context.uc_mcontext.sp).ok();
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        return None;
    }
}

/// Whether memory can be read. The system is asked to take a set of signals from there, for a purpose that does not exist: it
/// looks at the memory first.
fn is_readable(address: usize) -> bool {
    let set = (address & !7) as *const c_void;
    // SAFETY: the call changes nothing, because there is no such purpose, and the system checks the address.
    let answer = unsafe { libc::syscall(libc::SYS_rt_sigprocmask, !0, set, null_mut::<c_void>(), 8_usize) };
    // SAFETY: each thread has its own.
    answer == 0 || unsafe { *libc::__errno_location() } != libc::EFAULT
}
