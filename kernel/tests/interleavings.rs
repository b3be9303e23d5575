//! What can happen when two threads meet in the kernel, each way of it: loom runs these models again and again, with
//! every order of the kernel's atomics and of its lock, and with every value that a weakly ordered load may see.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p pintle-kernel --release --test interleavings`, or `cargo xtask test threads`. At
//! most `LOOM_MAX_PREEMPTIONS` times, 2 if it is not set, a thread is interrupted where it need not be.
#![cfg(loom)]

mod common;

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::sync::OnceLock;

use common::*;
use loom::sync::atomic::AtomicU64;
use loom::sync::atomic::Ordering::Relaxed;
use loom::sync::{Mutex, MutexGuard};
use loom::thread;
use pintle_abi_core::*;
use pintle_kernel::{Kernel, explored};

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
fn explore(limits: Limits, run: impl Fn(Host) + Send + Sync + 'static) {
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
fn beside(run: impl FnOnce() + 'static) -> thread::JoinHandle<()> {
    explored::reserve(RESERVED);
    thread::spawn(run)
}

/// A worker does what is left.
fn works_off(kernel: &'static Kernel) {
    thread::spawn(|| while kernel.work(0) {}).join().unwrap();
}

/// As few of everything as a model needs.
fn few() -> Limits {
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

fn plugin(place: &'static OnceLock<&'static Plug>, make: impl FnOnce(&mut Callbacks)) -> &'static Plug {
    *place.get_or_init(|| plug("org.test.one", FLAG_SESSION_DATA, "", make))
}

fn hand_over(api: Me, run: me::Run, message: Message, to_worker: bool) -> i32 {
    // SAFETY: a live plugin pointer and a plain function.
    unsafe {
        let executor = &*(*(*api.0).api).executor;
        let submit = if to_worker { executor.submit_worker } else { executor.submit };
        submit(api.0, Some(run), std::ptr::null_mut(), message)
    }
}

unsafe extern "C" fn says(plugin: *mut Plugin, _: *mut c_void, message: Message) -> i32 {
    say(Me(plugin).text(message));
    status::OK
}

#[test]
fn a_task_that_a_thread_submits_while_the_kernel_thread_turns() {
    explore(few(), |host| {
        let (kernel, zero) = (host.kernel, host.zero());
        let thread = beside(move || {
            let message = zero.message(b"handed over");
            assert_eq!(hand_over(zero, says, message, false), status::OK);
        });
        kernel.turn().unwrap();
        let early = said();
        thread.join().unwrap();
        assert_eq!(kernel.next_deadline(), if early.is_empty() { Some(0) } else { None });
        host.settle();
        assert_eq!([early, said()].concat(), ["handed over"]);
    });
}

/// docs/flow.md 7.9
#[test]
fn a_message_goes_to_a_worker_and_comes_back() {
    unsafe extern "C" fn pass_on(plugin: *mut Plugin, _: *mut c_void, message: Message) -> i32 {
        hand_over(Me(plugin), says, message, false)
    }
    explore(few(), |host| {
        let (kernel, zero) = (host.kernel, host.zero());
        let message = zero.message(b"there and back");
        let thread = beside(move || {
            kernel.work(0);
        });
        assert_eq!(hand_over(zero, pass_on, message, true), status::OK);
        kernel.turn().unwrap();
        thread.join().unwrap();
        works_off(kernel);
        host.settle();
        assert_eq!(said(), ["there and back"]);
        assert_eq!(std::iter::from_fn(|| zero.acquire(1).ok()).count(), 2);
    });
}

#[test]
fn a_message_is_the_kernel_threads_as_soon_as_it_is_handed_over() {
    explore(few(), |host| {
        let (kernel, zero) = (host.kernel, host.zero());
        // Relaxed: it tells the handle, and orders nothing.
        let told = std::rc::Rc::new(AtomicU64::new(0));
        let tells = told.clone();
        let thread = beside(move || {
            let message = zero.message(b"1234");
            tells.store(message.bits, Relaxed);
            assert_eq!(hand_over(zero, says, message, false), status::OK);
        });
        for _ in 0..2 {
            let answer = zero.read(Message { bits: told.load(Relaxed) }, 2);
            // A thread that is told of a handle in no order may not see yet what it names.
            let refused = [status::E_WRONG_THREAD, status::E_HANDLE, status::E_STALE];
            let may = answer.as_ref().map_or_else(
                |refusal| refused.contains(refusal),
                |bytes| [b"12", b"34"].iter().any(|expected| bytes == *expected),
            );
            assert!(may, "{answer:?}");
        }
        kernel.turn().unwrap();
        thread.join().unwrap();
        host.settle();
        assert_eq!(said(), ["1234"]);
    });
}

#[test]
fn what_a_worker_posts_while_the_kernel_thread_takes_is_not_lost() {
    explore(few(), |host| {
        let (kernel, zero) = (host.kernel, host.zero());
        zero.submit_worker(says).unwrap();
        works_off(kernel);
        zero.submit_worker(says).unwrap();
        let thread = beside(move || assert!(kernel.work(0)));
        kernel.turn().unwrap();
        thread.join().unwrap();
        host.settle();
        assert_eq!(said(), ["-", "-"]);
        // There is room for two, and what has come back takes none.
        assert_eq!([zero.submit(says), zero.submit(says)], [Ok(()); 2]);
    });
}

#[test]
fn a_reference_that_a_thread_gives_back_once_too_often() {
    explore(Limits { messages: 1, ..few() }, |host| {
        let (kernel, zero) = (host.kernel, host.zero());
        let message = zero.message(b"old");
        zero.retain(message).unwrap();
        let thread = beside(move || {
            zero.release(message).unwrap();
            let _ = zero.release(message);
        });
        let _ = zero.release(message);
        kernel.turn().unwrap();
        let next = zero.acquire(1).ok();
        thread.join().unwrap();
        host.settle();
        assert_eq!(zero.release(message), Err(status::E_STALE));
        let next = next.unwrap_or_else(|| zero.acquire(1).unwrap());
        assert_eq!(zero.release(next), Ok(()), "nobody else had it");
    });
}

/// docs/flow.md 7.6
#[test]
fn a_reference_that_a_thread_gives_back_and_never_had() {
    explore(Limits { messages: 1, ..few() }, |host| {
        let zero = host.zero();
        let message = zero.message(b"old");
        let thread = beside(move || {
            let _ = zero.release(message);
        });
        // Without the lock: it ends, and the next one begins in its slot.
        zero.release(message).unwrap();
        let next = zero.message(b"next");
        thread.join().unwrap();
        host.settle();
        assert_eq!(zero.release(next), Ok(()), "the thread never saw it");
    });
}

#[test]
fn a_request_that_a_worker_and_the_kernel_thread_answer() {
    thread_local! {
        static REQUEST: Cell<Request> = const { Cell::new(Request { bits: 0 }) };
        static CALLING: Cell<bool> = const { Cell::new(false) };
    }
    unsafe extern "C" fn arrive(_: *mut Plugin, request: Request, _: *const RequestInfo) -> i32 {
        REQUEST.set(request);
        status::OK
    }
    unsafe extern "C" fn slow(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> i32 {
        // SAFETY: the kernel's arguments.
        Me(plugin).result(request, unsafe { (*info).message }).unwrap();
        status::PENDING
    }
    unsafe extern "C" fn told(plugin: *mut Plugin, info: *const ResultInfo) -> i32 {
        // SAFETY: the kernel's arguments.
        let &ResultInfo { kind, code, message, .. } = unsafe { &*info };
        assert!(
            !CALLING.get() || kind != RESULT_RESULT,
            "told inside the call, before what the worker posted"
        );
        say(format!("{kind} {code} {}", Me(plugin).text(message)));
        status::OK
    }
    let limits = Limits { messages: 3, ..few() };
    explore(limits, |host| {
        let (kernel, zero) = (host.kernel, host.zero());
        let mut callbacks = Callbacks::none();
        callbacks.session_result = Some(told);
        callbacks.slow_arrive = Some(arrive);
        callbacks.slow_request = Some(slow);
        // SAFETY: a table of plain functions.
        unsafe { kernel.set_callbacks(&callbacks) }.unwrap();
        zero.declare(77, &[2]).unwrap();
        let session = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
        zero.request(session, 77, 2, 1, "worker's").unwrap();
        let own = zero.message(b"kernel's");
        kernel.turn().unwrap();
        let thread = beside(move || assert!(kernel.work(0)));
        CALLING.set(true);
        let given = zero.result(REQUEST.get(), own);
        let is_done = zero.done(REQUEST.get());
        CALLING.set(false);
        kernel.turn().unwrap();
        thread.join().unwrap();
        host.settle();
        if is_done.is_err() {
            zero.done(REQUEST.get()).unwrap();
        }
        let mut expected = vec!["1 0 worker's"; 1];
        match given {
            Ok(()) => expected.push("1 0 kernel's"),
            Err(refused) => assert_eq!(refused, status::E_STATE),
        }
        let mut told = said();
        assert_eq!(told.pop().as_deref(), Some("3 0 -"), "the end comes last");
        told.sort();
        expected.sort();
        assert_eq!(told, expected);
    });
}

/// docs/flow.md 7.6
#[test]
fn a_request_that_ends_while_a_thread_asks_whether_it_is_cancelled() {
    thread_local!(static REQUEST: Cell<Request> = const { Cell::new(Request { bits: 0 }) });
    unsafe extern "C" fn pends(_: *mut Plugin, request: Request, _: *const RequestInfo) -> i32 {
        REQUEST.set(request);
        status::PENDING
    }
    explore(few(), |host| {
        let zero = host.zero();
        let mut callbacks = Callbacks::none();
        callbacks.request = Some(pends);
        // SAFETY: a table of plain functions.
        unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
        zero.declare(77, &[]).unwrap();
        let session = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
        zero.request(session, 77, 1, 1, "").unwrap();
        let request = REQUEST.get();
        let thread = beside(move || {
            let answer = zero.is_cancelled(request);
            assert!(
                [Ok(()), Err(status::E_STALE)].contains(&answer),
                "only the next one is cancelled: {answer:?}"
            );
        });
        zero.done(request).unwrap();
        zero.request(session, 77, 1, 2, "").unwrap();
        zero.cancel(session, 2).unwrap();
        thread.join().unwrap();
    });
}

/// docs/flow.md 7.6
#[test]
fn a_session_that_ends_while_a_thread_reads_its_data() {
    fn data(api: Me, session: Session) -> Result<usize, i32> {
        let mut data = std::ptr::null_mut();
        // SAFETY: a live plugin pointer and a writable place.
        let status = unsafe { ((*(*(*api.0).api).session).data)(api.0, session, &mut data) };
        if status == status::OK { Ok(data.addr()) } else { Err(status) }
    }
    fn set_data(api: Me, session: Session, data: usize) {
        let data = std::ptr::without_provenance_mut(data);
        // SAFETY: a live plugin pointer; the data is only a number.
        assert_eq!(unsafe { ((*(*(*api.0).api).session).set_data)(api.0, session, data) }, status::OK);
    }
    thread_local!(static OTHER: Cell<*mut Plugin> = const { Cell::new(std::ptr::null_mut()) });
    static PLUGIN: OnceLock<&'static Plug> = OnceLock::new();
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        OTHER.set(plugin);
        status::OK
    }
    for is_owner in [true, false] {
        explore(few(), move |host| {
            host.add(plugin(&PLUGIN, |callbacks| callbacks.create = Some(create)));
            let zero = host.zero();
            let reader = if is_owner { zero } else { Me(OTHER.get()) };
            let socket = zero.open(&[MODE_RELIABLE]).unwrap();
            let session = zero.create(socket).unwrap();
            set_data(reader, session, 1);
            let thread = beside(move || {
                let answer = data(reader, session);
                assert!([Ok(1), Err(status::E_STALE)].contains(&answer), "never the next one's: {answer:?}");
            });
            zero.destroy(session).unwrap();
            let next = zero.create(socket).unwrap();
            set_data(reader, next, 2);
            thread.join().unwrap();
        });
    }
}

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static DESTROYED: Cell<bool> = const { Cell::new(false) };
    static MINE: Cell<*mut Plugin> = const { Cell::new(std::ptr::null_mut()) };
}

unsafe extern "C" fn begins(plugin: *mut Plugin, _: *const Create) -> i32 {
    MINE.set(plugin);
    INSIDE.set(false);
    DESTROYED.set(false);
    status::OK
}

unsafe extern "C" fn ends(_: *mut Plugin) -> i32 {
    assert!(!INSIDE.get(), "`destroy` met a worker task");
    DESTROYED.set(true);
    status::OK
}

/// A worker task that other threads may interrupt.
unsafe extern "C" fn works(plugin: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
    assert!(!DESTROYED.get(), "a worker task after `destroy`");
    INSIDE.set(true);
    let _ = Me(plugin).submit_worker(works);
    INSIDE.set(false);
    assert!(!DESTROYED.get(), "`destroy` while a worker task ran");
    status::OK
}

fn stops(host: &Host, instance: Instance) {
    let _ = host.kernel.unload(instance, u64::MAX).unwrap();
    host.kernel.turn().unwrap();
}

fn stopped(host: &Host, instance: Instance) {
    works_off(host.kernel);
    host.settle();
    assert_eq!(host.kernel.receipt(instance).unwrap().outcome, OUTCOME_STOPPED);
    assert!(DESTROYED.get());
}

#[test]
fn an_instance_stops_while_a_worker_runs_its_task() {
    static PLUGIN: OnceLock<&'static Plug> = OnceLock::new();
    explore(few(), |host| {
        let kernel: &'static Kernel = host.kernel;
        let instance = host.add(plugin(&PLUGIN, |callbacks| {
            callbacks.create = Some(begins);
            callbacks.destroy = Some(ends);
        }));
        Me(MINE.get()).submit_worker(works).unwrap();
        let thread = beside(move || {
            kernel.work(0);
        });
        stops(&host, instance);
        thread.join().unwrap();
        stopped(&host, instance);
    });
}

#[test]
fn an_instance_stops_while_its_thread_submits() {
    static PLUGIN: OnceLock<&'static Plug> = OnceLock::new();
    unsafe extern "C" fn never_late(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        assert!(!DESTROYED.get(), "a task after `destroy`");
        status::OK
    }
    explore(Limits { worker_messages: 2, ..few() }, |host| {
        let instance = host.add(plugin(&PLUGIN, |callbacks| {
            callbacks.create = Some(begins);
            callbacks.destroy = Some(ends);
        }));
        let mine = Me(MINE.get());
        let thread = beside(move || {
            // With a reference of its own, so that a copy travels and the lock is left on the way.
            if let Ok(message) = mine.acquire(1) {
                let _ = mine.retain(message);
                let status = hand_over(mine, never_late, message, false);
                assert!([status::OK, status::E_CLOSED, status::E_STALE].contains(&status), "{status}");
                let _ = mine.release(message);
                let _ = mine.release(message);
            }
            let _ = mine.submit_worker(never_late);
        });
        stops(&host, instance);
        thread.join().unwrap();
        stopped(&host, instance);
    });
}

#[test]
fn what_a_thread_did_before_it_said_that_it_has_stopped_is_seen_by_destroy() {
    thread_local!(static LAST: RefCell<Option<std::rc::Rc<loom::cell::UnsafeCell<u32>>>> = const { RefCell::new(None) });
    static PLUGIN: OnceLock<&'static Plug> = OnceLock::new();
    unsafe extern "C" fn pends(_: *mut Plugin, _: *const Stop) -> i32 {
        status::PENDING
    }
    unsafe extern "C" fn looks(plugin: *mut Plugin) -> i32 {
        let last = LAST.with_borrow(|last| last.clone().unwrap());
        // SAFETY: loom says so, or fails.
        assert_eq!(last.with(|last| unsafe { *last }), 1);
        // SAFETY: the kernel's argument.
        unsafe { ends(plugin) }
    }
    explore(few(), |host| {
        let instance = host.add(plugin(&PLUGIN, |callbacks| {
            callbacks.create = Some(begins);
            callbacks.request_stop = Some(pends);
            callbacks.destroy = Some(looks);
        }));
        LAST.set(Some(std::rc::Rc::new(loom::cell::UnsafeCell::new(0))));
        let mine = Me(MINE.get());
        let _ = host.kernel.unload(instance, u64::MAX).unwrap();
        let thread = beside(move || {
            let last = LAST.with_borrow(|last| last.clone().unwrap());
            // SAFETY: as above.
            last.with_mut(|last| unsafe { *last = 1 });
            // SAFETY: a live plugin pointer.
            assert_eq!(unsafe { ((*(*mine.0).api).stopped)(mine.0) }, status::OK);
        });
        host.kernel.turn().unwrap();
        thread.join().unwrap();
        stopped(&host, instance);
    });
}
