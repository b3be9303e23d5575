//! The threads that run slow requests and worker tasks.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use pintle_abi_core::status;

use crate::engine::Engine;
use crate::error::Error;
use crate::signal_stack;
use crate::threads::OfHost;

/// The workers of one host.
pub(crate) struct Workers {
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Refuses a name of which the system would cut the number.
    pub(crate) fn check_name(name: &str) -> Result<(), Error> {
        if name.len() > NAME_MAX || name.contains('\0') {
            let text = format!(
                "the name of the workers is {name:?}: give at most {NAME_MAX} bytes, none of them NUL"
            );
            return Err(Error::new(status::E_ARGUMENT, text));
        }
        Ok(())
    }

    /// Starts as many as the limits say. Signals of the process never run a handler on them, so that the program decides which
    /// of its threads are interrupted.
    pub(crate) fn start(engine: &Arc<Engine>, name: &str, stack: usize) -> Result<Self, Error> {
        let mut this = Self { threads: Vec::new() };
        for index in 0..engine.kernel().limits().workers {
            let own = engine.clone();
            let builder = Builder::new().name(format!("{name}{index}")).stack_size(stack);
            let thread = Blocked::signals(|| builder.spawn(move || run(&own, index)));
            match thread {
                Ok(thread) => this.threads.push(thread),
                Err(error) => {
                    engine.outside.work.end();
                    this.join();
                    return Err(error.into());
                }
            }
        }
        Ok(this)
    }

    /// Waits for all of them to end, after [`Work::end`](crate::platform::Work::end).
    pub(crate) fn join(&mut self) {
        for thread in self.threads.drain(..) {
            // A panic of a plugin is caught before it reaches this.
            let _ = thread.join();
        }
    }

    /// Does not wait for them, because one of them is inside a plugin that does not return.
    pub(crate) fn abandon(&mut self) {
        self.threads.clear();
    }

    /// In a forked child, which does not have the threads.
    pub(crate) fn forget(&mut self) {
        std::mem::forget(std::mem::take(&mut self.threads));
    }
}

/// The longest name of a worker without its number, in bytes: names of threads have at most 15 on Linux.
const NAME_MAX: usize = 12;

/// The signals that a fault of the thread itself causes. Blocked, they would end the process without a report.
const FAULTS: [c_int; 7] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGABRT, libc::SIGTRAP, libc::SIGSYS];

/// The signals that a thread had blocked before.
pub(crate) struct Blocked(libc::sigset_t);

impl Blocked {
    /// Runs `work` with all signals blocked but [`FAULTS`]. A thread that begins meanwhile has them blocked for ever.
    pub(crate) fn signals<R>(work: impl FnOnce() -> R) -> R {
        let mut all = MaybeUninit::uninit();
        let mut before = MaybeUninit::uninit();
        // SAFETY: both sets can be written to; the first is filled before it is changed and read, the second by the call, which
        // fails only for a number that it does not know.
        let _restored = unsafe {
            libc::sigfillset(all.as_mut_ptr());
            for signal in FAULTS {
                libc::sigdelset(all.as_mut_ptr(), signal);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
            Self(before.assume_init())
        };
        work()
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // SAFETY: a set that the system gave.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, null_mut()) };
    }
}

fn run(engine: &Engine, index: u32) {
    let _of_host = OfHost::begin();
    signal_stack::offer();
    while engine.outside.work.wait() {
        while engine.kernel().work(index) {
            if engine.check_process().is_err() {
                // A plugin has forked on this thread, which is now all that there is of the child, and nobody waits for it.
                // SAFETY: it ends the process at once.
                unsafe { libc::_exit(1) };
            }
        }
    }
}
