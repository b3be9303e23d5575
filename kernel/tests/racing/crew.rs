//! Threads that work beside the kernel thread.

use std::sync::OnceLock;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::thread::{self, Scope, ScopedJoinHandle};

use pintle_abi_core::*;
use pintle_kernel::Kernel;

use crate::common::*;

/// How often each thread does what its test says.
pub(crate) fn rounds() -> usize {
    static ROUNDS: OnceLock<usize> = OnceLock::new();
    *ROUNDS.get_or_init(|| {
        std::env::var("PINTLE_RACING_ROUNDS")
            .map_or(300, |rounds| rounds.parse().expect("a number of rounds"))
    })
}

/// An instance's pointer, which any thread may use.
#[derive(Clone, Copy)]
pub(crate) struct Shared(pub(crate) Me);
// SAFETY: the kernel checks on every call what the calling thread may do.
unsafe impl Send for Shared {}

impl Shared {
    pub(crate) fn me(self) -> Me {
        self.0
    }
}

pub(crate) fn with_workers() -> Limits {
    Limits { workers: 2, ..limits() }
}

/// Threads that work until they are told that all is over.
pub(crate) struct Crew<'s> {
    over: &'static AtomicBool,
    threads: Vec<ScopedJoinHandle<'s, ()>>,
    /// How often each of them has worked.
    worked: Vec<&'static AtomicUsize>,
}

impl<'s> Crew<'s> {
    /// Two workers, and one that looks at what runs, as a crash reporter would.
    pub(crate) fn begin(scope: &'s Scope<'s, '_>, kernel: &'static Kernel) -> Self {
        let over = Box::leak(Box::new(AtomicBool::new(false)));
        let mut crew = Self { over, threads: Vec::new(), worked: Vec::new() };
        for worker in 0..2 {
            crew.add(scope, move || {
                kernel.work(worker);
                true
            });
        }
        crew.add(scope, move || {
            let look = |plugin: &str, place: &str| {
                assert!(plugin.bytes().all(|byte| byte.is_ascii_graphic()) && !place.is_empty());
            };
            kernel.running(look);
            kernel.working(look);
            kernel.recent(look);
            kernel.inside(look);
            true
        });
        crew
    }

    /// A thread that does this again and again, and says each time whether it met what it looks for.
    pub(crate) fn add(&mut self, scope: &'s Scope<'s, '_>, mut work: impl FnMut() -> bool + Send + 's) {
        let over = self.over;
        let worked: &AtomicUsize = Box::leak(Box::new(AtomicUsize::new(0)));
        self.worked.push(worked);
        self.threads.push(scope.spawn(move || {
            while !over.load(Relaxed) {
                if work() {
                    worked.store(worked.load(Relaxed) + 1, Relaxed);
                }
                thread::yield_now();
            }
        }));
    }

    /// Whether each of them has worked often enough.
    pub(crate) fn has_worked(&self) -> bool {
        self.worked.iter().all(|worked| worked.load(Relaxed) >= rounds())
    }

    /// One turn of the kernel thread, while all of them are well: one that fails has ended.
    pub(crate) fn turn(&self, kernel: &Kernel) {
        assert!(!self.threads.iter().any(ScopedJoinHandle::is_finished), "a thread has failed");
        kernel.turn().unwrap();
        thread::yield_now();
    }

    /// Joins each thread: the end of a scope alone is an order that ThreadSanitizer does not see.
    pub(crate) fn end(mut self) {
        self.over.store(true, Relaxed);
        self.threads.drain(..).for_each(|thread| thread.join().unwrap());
    }
}

impl Drop for Crew<'_> {
    /// A test that fails does not wait for them for ever.
    fn drop(&mut self) {
        self.over.store(true, Relaxed);
    }
}

pub(crate) fn free_messages(zero: Me) -> usize {
    std::iter::from_fn(|| zero.acquire(1).ok()).count()
}

pub(crate) fn number(api: Me, message: Message) -> u64 {
    u64::from_le_bytes(api.read(message, 8).unwrap().try_into().unwrap())
}

/// Hands a number over, to the kernel thread or to a worker; tries again while there is no room.
pub(crate) fn hand_over(api: Me, message: Message, run: me::Run, to_worker: bool) -> Result<(), i32> {
    // SAFETY: a live plugin pointer and a plain function.
    let status = unsafe {
        let executor = &*(*(*api.0).api).executor;
        let submit = if to_worker { executor.submit_worker } else { executor.submit };
        submit(api.0, Some(run), std::ptr::null_mut(), message)
    };
    if status == status::OK { Ok(()) } else { Err(status) }
}
