//! How a model is explored: every execution with a host, a lock and numbers of threads that loom knows.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::sync::OnceLock;

use loom::sync::atomic::Ordering::Relaxed;
use loom::sync::{Mutex, MutexGuard};
use loom::thread;
use pintle_abi_core::*;
use pintle_kernel::{Kernel, explored};

use crate::common::*;

/// Atomics and cells that the threads of a model use for the first time, at most.
const RESERVED: usize = 400;

thread_local! {
    // All threads of a model run on one thread of the system.
    static LOCK: RefCell<Option<&'static Mutex<()>>> = const { RefCell::new(None) };
    static HELD: RefCell<Option<MutexGuard<'static, ()>>> = const { RefCell::new(None) };
    /// The thread of the model that runs: its number.
    static SEEN: Cell<usize> = const { Cell::new(0) };
}

loom::thread_local! {
    static NUMBER: Cell<usize> = Cell::new(0);
}

unsafe extern "C" fn lock(_: *mut c_void) {
    let lock = LOCK.with_borrow(|lock| lock.unwrap());
    let guard = lock.lock().unwrap();
    HELD.set(Some(guard));
}

unsafe extern "C" fn unlock(_: *mut c_void) {
    drop(HELD.take().unwrap());
}

unsafe extern "C" fn number(_: *mut c_void) -> usize {
    NUMBER.with(|number| {
        if number.get() == 0 {
            number.set(SEEN.get() + 1);
            SEEN.set(number.get());
        }
        number.get()
    })
}

/// Every execution of `run`, which begins with a host of these limits.
pub(crate) fn explore(limits: Limits, run: impl Fn(Host) + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(2);
    builder.max_branches = 100_000;
    let executions = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = executions.clone();
    builder.check(move || {
        counted.fetch_add(1, Relaxed);
        explored::begin();
        said();
        SEEN.set(0);
        LOCK.set(Some(Box::leak(Box::new(Mutex::new(())))));
        run(Host::on(limits, |platform| {
            platform.lock = Some(lock);
            platform.unlock = Some(unlock);
            platform.thread = Some(number);
        }));
    });
    println!("{} executions", executions.load(Relaxed));
}

/// A thread of the model, beside the kernel thread.
pub(crate) fn beside(run: impl FnOnce() + 'static) -> thread::JoinHandle<()> {
    explored::reserve(RESERVED);
    thread::spawn(run)
}

/// A worker does what is left.
pub(crate) fn works_off(kernel: &'static Kernel) {
    thread::spawn(|| while kernel.work(0) {}).join().unwrap();
}

/// As few of everything as a model needs.
pub(crate) fn few() -> Limits {
    Limits {
        plugins: 1,
        sockets: 1,
        sessions: 1,
        channels: 1,
        services: 1,
        requests: 1,
        requests_per_session: 1,
        messages: 2,
        message_bytes: 16,
        large_messages: 1,
        large_message_bytes: 16,
        worker_messages: 1,
        worker_large_messages: 1,
        tasks: 2,
        timers: 1,
        watches: 1,
        workers: 1,
        depth: 4,
        ..limits()
    }
}

pub(crate) fn plugin(
    place: &'static OnceLock<&'static Plug>,
    make: impl FnOnce(&mut Callbacks),
) -> &'static Plug {
    *place.get_or_init(|| plug("org.test.one", FLAG_SESSION_DATA, "", make))
}

pub(crate) fn hand_over(api: Me, run: me::Run, message: Message, to_worker: bool) -> i32 {
    // SAFETY: a live plugin pointer and a plain function.
    unsafe {
        let executor = &*(*(*api.0).api).executor;
        let submit = if to_worker { executor.submit_worker } else { executor.submit };
        submit(api.0, Some(run), std::ptr::null_mut(), message)
    }
}

pub(crate) unsafe extern "C" fn says(plugin: *mut Plugin, _: *mut c_void, message: Message) -> i32 {
    say(Me(plugin).text(message));
    status::OK
}
