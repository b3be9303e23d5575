//! What a process writes when it crashes inside a plugin.

use std::ffi::c_int;
use std::io;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, PoisonError};

use pintle_kernel::Kernel;

use crate::engine::each_kernel;
use crate::exit;
use crate::signal_context::Context;
use crate::signal_stack;
use crate::standard::{self, StandardError};

/// The signals that a fault of the process causes.
const SIGNALS: [(c_int, &str); 5] = [
    (libc::SIGABRT, "SIGABRT"),
    (libc::SIGSEGV, "SIGSEGV"),
    (libc::SIGBUS, "SIGBUS"),
    (libc::SIGFPE, "SIGFPE"),
    (libc::SIGILL, "SIGILL"),
];

/// The actions for these signals before the handler was installed.
static BEFORE: [AtomicPtr<libc::sigaction>; SIGNALS.len()] =
    [const { AtomicPtr::new(null_mut()) }; SIGNALS.len()];

/// Installs a handler for the signals that a fault of the process causes. It writes one line to standard error that names
/// the plugin and callback that were running on the thread, and one with the last crossings, and then passes the signal to
/// the handler that was installed before. What that handler raises is not reported again. It stays installed if that handler
/// recovers from the fault.
///
/// If a plugin ends the process with `exit`, a line names the plugin, and the callback if it was in one.
///
/// It applies to the whole process. The calling thread, and each thread that begins to run a host or to work for one
/// afterwards, gets a stack for the handler, so that a stack that overflows is reported too. A further call does no more than
/// that for its thread.
///
/// # Errors
/// The operating system refused.
pub fn install_crash_handler() -> io::Result<()> {
    static INSTALLED: Mutex<bool> = Mutex::new(false);
    standard::learn();
    signal_stack::want()?;
    exit::watch();
    let mut is_installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if *is_installed {
        return Ok(());
    }
    for (index, (signal, _)) in SIGNALS.into_iter().enumerate() {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        let mut before = MaybeUninit::<libc::sigaction>::zeroed();
        let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut libc::c_void) = handle;
        // SAFETY: all-zero bytes are a valid action; the handler has the signature that SA_SIGINFO asks for, and does
        // only what a handler may; both pointers are good for the call.
        unsafe {
            (*action.as_mut_ptr()).sa_sigaction = handler as *const () as usize;
            (*action.as_mut_ptr()).sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            if libc::sigaction(signal, null_mut(), before.as_mut_ptr()) != 0 {
                return Err(io::Error::last_os_error());
            }
            // Kept for the life of the process, and in place before the handler can run.
            let before = before.assume_init();
            if before.sa_sigaction == (*action.as_ptr()).sa_sigaction {
                // An earlier call was refused halfway.
                continue;
            }
            BEFORE[index].store(Box::into_raw(Box::new(before)), Ordering::Release);
            if libc::sigaction(signal, action.as_ptr(), null_mut()) != 0 {
                return Err(io::Error::last_os_error());
            }
        }
    }
    *is_installed = true;
    Ok(())
}

extern "C" fn handle(signal: c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let index = SIGNALS.iter().position(|(number, _)| *number == signal).unwrap_or(0);
    // SAFETY: this is the handler.
    let struck = unsafe { Context::new(signal, info, context) };
    if !struck.is_of_handler() {
        report(if struck.is_stack_overflow() { "stack overflow" } else { SIGNALS[index].1 });
    }
    let before = BEFORE[index].load(Ordering::Acquire);
    // SAFETY: the pointer was stored before the handler was installed, and lives for ever; a handler is called with the
    // arguments that its flags ask for; the system gives `info`.
    unsafe {
        match (*before).sa_sigaction {
            libc::SIG_DFL | libc::SIG_IGN => {
                libc::sigaction(signal, before, null_mut());
                // A fault of the processor occurs again as soon as this returns. A signal that was sent must be raised again.
                if !struck.is_fault() {
                    libc::raise(signal);
                }
            }
            // It is called and not put back, because it may leave by siglongjmp or repair the fault, and the next fault is
            // to be reported too.
            handler if (*before).sa_flags & libc::SA_SIGINFO != 0 => {
                type Informed = extern "C" fn(c_int, *mut libc::siginfo_t, *mut libc::c_void);
                let handler = std::mem::transmute::<usize, Informed>(handler);
                Context::pass_on(|| handler(signal, info, context));
            }
            handler => {
                let handler = std::mem::transmute::<usize, extern "C" fn(c_int)>(handler);
                Context::pass_on(|| handler(signal));
            }
        }
    }
}

/// Writes which crossings this thread is in. Called in a signal handler, so it only reads memory and writes to standard error.
fn report(fault: &str) {
    each_kernel(|kernel| report_one(fault, kernel));
}

fn report_one(fault: &str, kernel: &Kernel) {
    let mut line = Line::default();
    kernel.inside(|plugin, place| {
        line.add(&["pintle: ", fault, " in plugin ", plugin, ", callback ", place, "\n"]);
    });
    if line.length == 0 {
        return;
    }
    line.add(&["pintle: the last crossings, newest first:"]);
    let mut left = 8;
    kernel.recent(|plugin, place| {
        if left > 0 {
            left -= 1;
            line.add(&[" ", plugin, ".", place]);
        }
    });
    line.add(&["\n"]);
    line.write();
}

/// Text that is written at once, so that the lines of several threads do not mix.
struct Line {
    bytes: [u8; 1024],
    length: usize,
}

impl Default for Line {
    fn default() -> Self {
        Self { bytes: [0; 1024], length: 0 }
    }
}

impl Line {
    fn add(&mut self, parts: &[&str]) {
        for part in parts {
            let rest = &mut self.bytes[self.length..];
            let count = part.len().min(rest.len());
            rest[..count].copy_from_slice(&part.as_bytes()[..count]);
            self.length += count;
        }
    }

    fn write(&self) {
        StandardError::say(&self.bytes[..self.length]);
    }
}
