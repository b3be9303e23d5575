//! The platform's functions: called when somebody must hear of something, and never inside the platform's lock.

mod common;

use std::ffi::{c_char, c_void};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use common::*;
use pintle_abi_core::*;

static WAKES: AtomicUsize = AtomicUsize::new(0);
static WORKS: AtomicUsize = AtomicUsize::new(0);
static LOGS: AtomicUsize = AtomicUsize::new(0);
static WATCHES: AtomicUsize = AtomicUsize::new(0);
/// What was called inside the lock.
static INSIDE: Watched<Vec<&'static str>> = Watched::new(Vec::new());
/// The counters are of one test at a time.
static ONE: Mutex<()> = Mutex::new(());

fn called(context: *mut c_void, what: &'static str, counter: &AtomicUsize) {
    // SAFETY: the context of every platform here is its `World`, which is never freed.
    if unsafe { &*context.cast::<World>() }.is_locked_here() {
        INSIDE.with(|inside| inside.push(what));
    }
    counter.fetch_add(1, SeqCst);
}

unsafe extern "C" fn wake(context: *mut c_void) {
    called(context, "wake", &WAKES);
}

unsafe extern "C" fn work(context: *mut c_void) {
    called(context, "work", &WORKS);
}

unsafe extern "C" fn log(
    context: *mut c_void,
    _: u32,
    _: *const c_char,
    _: usize,
    _: *const c_char,
    _: usize,
    _: *const c_char,
    _: usize,
) {
    called(context, "log", &LOGS);
}

unsafe extern "C" fn watch(context: *mut c_void, _: isize, _: u32, _: u64) -> i32 {
    called(context, "watch", &WATCHES);
    status::OK
}

unsafe extern "C" fn change(context: *mut c_void, _: isize, _: u32, _: u64) -> i32 {
    called(context, "change", &WATCHES);
    status::OK
}

unsafe extern "C" fn unwatch(context: *mut c_void, _: isize) {
    called(context, "unwatch", &WATCHES);
}

/// A host on that platform, alone with the counters.
fn watched(workers: u32) -> (MutexGuard<'static, ()>, Host) {
    let alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    INSIDE.with(Vec::clear);
    let host = Host::on(Limits { workers, ..limits() }, |platform| {
        platform.wake = Some(wake);
        platform.work = Some(work);
        platform.log = Some(log);
        platform.watch = Some(watch);
        platform.change = Some(change);
        platform.unwatch = Some(unwatch);
    });
    (alone, host)
}

#[track_caller]
fn never_inside() {
    let inside = INSIDE.with(|inside| inside.clone());
    assert_eq!(inside, [""; 0], "called inside the platform's lock");
}

/// Runs on a thread of the plugin's own, and says how often `counter` grew meanwhile.
fn own(zero: Me, counter: &AtomicUsize, run: impl FnOnce(Me) + Send) -> usize {
    let (plugin, before) = (zero.0 as usize, counter.load(SeqCst));
    thread::scope(|scope| scope.spawn(move || run(Me(plugin as *mut Plugin))).join().unwrap());
    counter.load(SeqCst) - before
}

unsafe extern "C" fn task(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
    say("ran");
    status::OK
}

/// docs/flow.md 6.7, 7.10
#[test]
fn without_workers_a_worker_task_ends_the_wait() {
    let (_alone, host) = watched(NO_WORKERS);
    let wakes = own(host.zero(), &WAKES, |zero| zero.submit_worker(task).unwrap());
    assert!(wakes >= 1, "nobody ended the wait");
    assert_eq!(host.kernel.next_deadline(), Some(0));
    host.settle();
    assert_eq!(said(), ["ran"]);
    never_inside();
}

/// docs/flow.md 7.10
#[test]
fn with_workers_it_calls_one() {
    let (_alone, host) = watched(2);
    let works = own(host.zero(), &WORKS, |zero| zero.submit_worker(task).unwrap());
    assert!(works >= 1, "no worker was called");
    let kernel = host.kernel;
    assert!(thread::spawn(|| kernel.work(0)).join().unwrap());
    host.settle();
    never_inside();
}

/// docs/flow.md 6.7, 7.10
#[test]
fn a_task_from_another_thread_ends_the_wait() {
    let (_alone, host) = watched(NO_WORKERS);
    assert!(own(host.zero(), &WAKES, |zero| zero.submit(task).unwrap()) >= 1);
    host.settle();
    assert_eq!(said(), ["ran"]);
    host.kernel.wake();
    never_inside();
}

/// docs/flow.md 7.10
#[test]
fn a_reference_that_comes_back() {
    let (_alone, host) = watched(NO_WORKERS);
    let message = host.zero().message(b"x").bits;
    own(host.zero(), &WAKES, |zero| zero.release(Message { bits: message }).unwrap());
    host.settle();
    never_inside();
    // The pool is exhausted: acquiring looks for what came back.
    let zero = host.zero();
    let taken: Vec<_> = std::iter::from_fn(|| zero.acquire(1).ok()).map(|message| message.bits).collect();
    own(zero, &WAKES, |zero| taken.iter().for_each(|bits| zero.release(Message { bits: *bits }).unwrap()));
    zero.acquire(1).unwrap();
    never_inside();
}

unsafe extern "C" fn declares(plugin: *mut Plugin, _: *const Create) -> i32 {
    Me(plugin).declare(77, &[2]).map_or_else(|status| status, |()| status::OK)
}

unsafe extern "C" fn answers(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> i32 {
    let api = Me(plugin);
    let _ = api.result(request, api.message(b"one"));
    // SAFETY: the kernel's arguments.
    let _ = api.result(request, unsafe { (*info).message });
    let _ = api.submit(task);
    let _ = api.submit_worker(task);
    log_line(api);
    status::E_PANIC
}

fn log_line(api: Me) {
    let text = "a line";
    // SAFETY: a live plugin pointer, readable text.
    let written = unsafe {
        let log = (*(*(*api.0).api).log).write;
        log(api.0, LOG_WARN, std::ptr::null(), 0, text.as_ptr().cast(), text.len())
    };
    assert_eq!(written, status::OK);
}

/// docs/flow.md 7.10
#[test]
fn a_slow_request_from_its_start_to_a_panic() {
    for workers in [2, NO_WORKERS] {
        let (_alone, host) = watched(workers);
        let session = owner(&host);
        let zero = host.zero();
        let service = host.add(plug("org.test.answers", 0, "77", |callbacks| {
            callbacks.create = Some(declares);
            callbacks.slow_request = Some(answers);
        }));
        let works = WORKS.load(SeqCst);
        zero.request(session, 77, 2, 1, "payload").unwrap();
        host.kernel.turn().unwrap();
        if workers == 2 {
            assert!(WORKS.load(SeqCst) > works, "no worker was called");
            let wakes = own(zero, &WAKES, |_| assert!(host.kernel.work(0)));
            assert!(wakes >= 1, "nobody heard of the end");
        }
        host.settle();
        host.kernel.unload(service, 0).unwrap();
        host.settle();
        assert!(LOGS.load(SeqCst) > 0);
        never_inside();
    }
}

/// docs/flow.md 7.10
#[test]
fn the_log_on_every_thread() {
    let (_alone, host) = watched(NO_WORKERS);
    log_line(host.zero());
    assert_eq!(own(host.zero(), &LOGS, log_line), 1);
    never_inside();
}

/// docs/flow.md 7.10
#[test]
fn watches_until_their_instance_goes() {
    unsafe extern "C" fn ready(_: *mut Plugin, _: *mut c_void, _: Watch, _: u32) -> i32 {
        status::OK
    }
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        let mut table = std::ptr::null();
        let mut first = Watch::default();
        let mut second = Watch::default();
        let data = std::ptr::null_mut();
        // SAFETY: a live plugin pointer, plain functions, writable places.
        unsafe {
            let (id, api) = (IO_ID.to_bytes(), (*plugin).api);
            ((*api).extension)(plugin, id.as_ptr().cast(), id.len(), &mut table);
            let io = &*table.cast::<IoApi>();
            (io.watch)(plugin, 3, IO_READABLE, Some(ready), data, &mut first);
            (io.watch)(plugin, 4, IO_READABLE, Some(ready), data, &mut second);
            (io.change)(plugin, first, IO_WRITABLE);
            (io.unwatch)(plugin, first)
        }
    }
    let (_alone, host) = watched(2);
    let before = WATCHES.load(SeqCst);
    let instance = host.add(plug("org.test.watches", 0, "", |callbacks| callbacks.create = Some(create)));
    assert_eq!(WATCHES.load(SeqCst) - before, 4);
    assert_eq!(host.kernel.unload(instance, 0), Ok(status::OK));
    assert_eq!(WATCHES.load(SeqCst) - before, 5);
    never_inside();
}
