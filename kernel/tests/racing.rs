//! Threads that meet in the kernel without meeting anywhere else: nothing here but the kernel's own lock and atomics
//! orders them, so that ThreadSanitizer sees what those miss (`cargo xtask test threads`). Each test also counts that
//! nothing was lost, told twice or told to the wrong one.

mod common;

use std::ffi::c_void;
use std::sync::OnceLock;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::thread::{self, Scope, ScopedJoinHandle};

use common::*;
use pintle_abi_core::*;
use pintle_kernel::Kernel;

/// How often each thread does what its test says.
fn rounds() -> usize {
    static ROUNDS: OnceLock<usize> = OnceLock::new();
    *ROUNDS.get_or_init(|| {
        std::env::var("PINTLE_RACING_ROUNDS")
            .map_or(300, |rounds| rounds.parse().expect("a number of rounds"))
    })
}

/// An instance's pointer, which any thread may use.
#[derive(Clone, Copy)]
struct Shared(Me);
// SAFETY: the kernel checks on every call what the calling thread may do.
unsafe impl Send for Shared {}

impl Shared {
    fn me(self) -> Me {
        self.0
    }
}

fn with_workers() -> Limits {
    Limits { workers: 2, ..limits() }
}

/// Threads that work until they are told that all is over.
struct Crew<'s> {
    over: &'static AtomicBool,
    threads: Vec<ScopedJoinHandle<'s, ()>>,
    /// How often each of them has worked.
    worked: Vec<&'static AtomicUsize>,
}

impl<'s> Crew<'s> {
    /// Two workers, and one that looks at what runs, as a crash reporter would.
    fn begin(scope: &'s Scope<'s, '_>, kernel: &'static Kernel) -> Self {
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
    fn add(&mut self, scope: &'s Scope<'s, '_>, mut work: impl FnMut() -> bool + Send + 's) {
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
    fn has_worked(&self) -> bool {
        self.worked.iter().all(|worked| worked.load(Relaxed) >= rounds())
    }

    /// One turn of the kernel thread, while all of them are well: one that fails has ended.
    fn turn(&self, kernel: &Kernel) {
        assert!(!self.threads.iter().any(ScopedJoinHandle::is_finished), "a thread has failed");
        kernel.turn().unwrap();
        thread::yield_now();
    }

    /// Joins each thread: the end of a scope alone is an order that ThreadSanitizer does not see.
    fn end(mut self) {
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

fn free_messages(zero: Me) -> usize {
    std::iter::from_fn(|| zero.acquire(1).ok()).count()
}

fn number(api: Me, message: Message) -> u64 {
    u64::from_le_bytes(api.read(message, 8).unwrap().try_into().unwrap())
}

/// Hands a number over, to the kernel thread or to a worker; tries again while there is no room.
fn hand_over(api: Me, message: Message, run: me::Run, to_worker: bool) -> Result<(), i32> {
    // SAFETY: a live plugin pointer and a plain function.
    let status = unsafe {
        let executor = &*(*(*api.0).api).executor;
        let submit = if to_worker { executor.submit_worker } else { executor.submit };
        submit(api.0, Some(run), std::ptr::null_mut(), message)
    };
    if status == status::OK { Ok(()) } else { Err(status) }
}

/// docs/flow.md 7.9
#[test]
fn what_threads_hand_over_arrives_whole_and_once() {
    static SUM: AtomicU64 = AtomicU64::new(0);
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    /// On the kernel thread, where every message ends.
    unsafe extern "C" fn arrive(plugin: *mut Plugin, _: *mut c_void, message: Message) -> i32 {
        SUM.store(SUM.load(Relaxed) + number(Me(plugin), message), Relaxed);
        COUNT.store(COUNT.load(Relaxed) + 1, Relaxed);
        status::OK
    }
    /// On a worker: what somebody keeps a reference to travels on as a copy, all else itself.
    unsafe extern "C" fn pass_on(plugin: *mut Plugin, _: *mut c_void, message: Message) -> i32 {
        let api = Me(plugin);
        let is_kept = number(api, message).is_multiple_of(2);
        if is_kept {
            api.retain(message).unwrap();
        }
        while let Err(refused) = hand_over(api, message, arrive, false) {
            assert!([status::E_AGAIN, status::E_CAPACITY].contains(&refused), "{refused}");
            thread::yield_now();
        }
        if is_kept {
            api.release(message).unwrap();
        }
        status::OK
    }
    for workers in [2, NO_WORKERS] {
        SUM.store(0, Relaxed);
        COUNT.store(0, Relaxed);
        // Room for all at once: a task that is inside waits for room itself.
        let (worker_messages, tasks) = (2 * rounds() as u32 + 32, 2 * rounds() as u32 + 64);
        let host = Host::new(Limits { tasks, worker_messages, messages: 32, workers, ..limits() });
        let (kernel, zero) = (host.kernel, Shared(host.zero()));
        thread::scope(|scope| {
            let crew = Crew::begin(scope, kernel);
            let submitters = [false, true].map(|to_worker| {
                scope.spawn(move || {
                    let api = zero.me();
                    for number in 1..=rounds() as u64 {
                        let message = loop {
                            match api.acquire(8) {
                                Ok(message) => break message,
                                Err(refused) => assert_eq!(refused, status::E_CAPACITY),
                            }
                            thread::yield_now();
                        };
                        api.write(message, &number.to_le_bytes()).unwrap();
                        let run = if to_worker { pass_on } else { arrive };
                        while hand_over(api, message, run, to_worker).is_err() {
                            thread::yield_now();
                        }
                    }
                })
            });
            let mut own = 0;
            while COUNT.load(Relaxed) < 2 * rounds() + own {
                crew.turn(kernel);
                // The kernel thread's own, to a worker and back.
                if own < rounds()
                    && let Ok(message) = host.zero().acquire(8)
                {
                    host.zero().write(message, &0u64.to_le_bytes()).unwrap();
                    match hand_over(host.zero(), message, pass_on, true) {
                        Ok(()) => own += 1,
                        Err(_) => host.zero().release(message).unwrap(),
                    }
                }
            }
            submitters.into_iter().for_each(|submitter| submitter.join().unwrap());
            crew.end();
        });
        while kernel.work(0) || kernel.next_deadline() == Some(0) {
            kernel.turn().unwrap();
        }
        assert_eq!(SUM.load(Relaxed), (rounds() * (rounds() + 1)) as u64);
        assert_eq!(free_messages(host.zero()), 32);
    }
}

/// docs/flow.md 7.6
#[test]
fn a_stale_handle_that_a_thread_releases_ends_no_later_message() {
    static GIVEN: AtomicU64 = AtomicU64::new(0);
    let host = Host::new(Limits { messages: 2, large_messages: 1, ..with_workers() });
    let (kernel, zero) = (host.kernel, Shared(host.zero()));
    thread::scope(|scope| {
        let mut crew = Crew::begin(scope, kernel);
        for _ in 0..2 {
            crew.add(scope, move || {
                let answer = zero.me().release(Message { bits: GIVEN.load(Relaxed) });
                assert!(
                    [Ok(()), Err(status::E_STALE), Err(status::E_HANDLE)].contains(&answer),
                    "{answer:?}"
                );
                answer == Ok(())
            });
        }
        let mut round = 0;
        while !crew.has_worked() {
            round += 1;
            let message = host.zero().message(b"one");
            // Both threads may give this one back as often as they like; what comes next in its slot they never saw.
            for _ in 0..8 {
                host.zero().retain(message).unwrap();
            }
            GIVEN.store(message.bits, Relaxed);
            crew.turn(kernel);
            GIVEN.store(0, Relaxed);
            while host.zero().release(message).is_ok() {}
            let next = host.zero().message(b"next");
            let other = host.zero().message(b"other");
            crew.turn(kernel);
            for kept in [next, other] {
                assert_eq!(host.zero().release(kept), Ok(()), "in round {round}, nobody else had it");
            }
        }
        crew.end();
    });
}

/// Which request the slow handler has.
static RUNS: AtomicU64 = AtomicU64::new(0);

unsafe extern "C" fn slow(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> i32 {
    let api = Me(plugin);
    RUNS.store(request.bits, Relaxed);
    // SAFETY: the kernel's arguments.
    let (correlation, payload) = unsafe { ((*info).correlation, (*info).message) };
    if let Ok(message) = api.acquire(8) {
        api.write(message, &correlation.to_le_bytes()).unwrap();
        let _ = api.result(request, message);
    }
    let _ = api.is_cancelled(request);
    match correlation % 4 {
        0 => {
            let _ = api.result(request, payload);
            status::OK
        }
        1 => api.fail(10_001, "by the worker"),
        2 => {
            let _ = api.exception(request, 10_002, "from the worker");
            status::OK
        }
        _ => status::PENDING,
    }
}

#[test]
fn a_request_that_all_threads_answer_ends_once() {
    static DONE: AtomicUsize = AtomicUsize::new(0);
    unsafe extern "C" fn told(plugin: *mut Plugin, result: *const ResultInfo) -> i32 {
        // SAFETY: the kernel's arguments.
        let &ResultInfo { kind, correlation, message, .. } = unsafe { &*result };
        match kind {
            RESULT_RESULT => assert_eq!(number(Me(plugin), message), correlation),
            RESULT_DONE => DONE.store(DONE.load(Relaxed) + 1, Relaxed),
            _ => {}
        }
        status::OK
    }
    let host = Host::new(Limits { messages: 32, worker_messages: 16, ..with_workers() });
    let (kernel, zero) = (host.kernel, host.zero());
    let session = owner(&host);
    let mut callbacks = Callbacks::none();
    callbacks.session_result = Some(told);
    callbacks.slow_request = Some(slow);
    // SAFETY: a table of plain functions.
    unsafe { kernel.set_callbacks(&callbacks) }.unwrap();
    zero.declare(77, &[2]).unwrap();
    let ask = |correlation: u64| {
        let message = zero.message(&correlation.to_le_bytes());
        let asked = zero.ask(session, &me::ask(77, 2, correlation, message));
        if asked.is_err() {
            zero.release(message).unwrap();
        }
        asked.is_ok()
    };
    let shared = Shared(zero);
    thread::scope(|scope| {
        let mut crew = Crew::begin(scope, kernel);
        crew.add(scope, move || {
            let request = Request { bits: RUNS.load(Relaxed) };
            let answer = shared.me().is_cancelled(request);
            let may = [
                Ok(()),
                Err(status::E_CANCELLED),
                Err(status::E_STALE),
                Err(status::E_HANDLE),
                Err(status::E_WRONG_THREAD),
            ];
            assert!(may.contains(&answer), "{answer:?}");
            answer == Ok(())
        });
        let mut asked = 0;
        while asked < rounds() {
            asked += usize::from(ask(asked as u64));
            crew.turn(kernel);
            let request = Request { bits: RUNS.load(Relaxed) };
            match asked % 7 {
                0 => drop(zero.cancel(session, asked as u64 - 1)),
                1 => drop(zero.exception(request, 10_003, "from the kernel thread")),
                _ => {}
            }
            let _ = zero.done(request);
        }
        while DONE.load(Relaxed) < asked {
            crew.turn(kernel);
            let _ = zero.done(Request { bits: RUNS.load(Relaxed) });
        }
        assert_eq!(DONE.load(Relaxed), asked);
        crew.end();
    });
    host.settle();
    assert_eq!(free_messages(zero), 32);
}

#[test]
fn a_result_from_the_kernel_thread_stays_behind_what_the_worker_takes() {
    static ARRIVED: AtomicU64 = AtomicU64::new(0);
    static RETURNED: AtomicUsize = AtomicUsize::new(0);
    unsafe extern "C" fn handler(_: *mut Plugin, request: Request, _: *const RequestInfo) -> i32 {
        assert!(request.bits != 0);
        status::OK
    }
    unsafe extern "C" fn arrive(_: *mut Plugin, request: Request, _: *const RequestInfo) -> i32 {
        ARRIVED.store(request.bits, Relaxed);
        status::OK
    }
    unsafe extern "C" fn told(_: *mut Plugin, result: *const ResultInfo) -> i32 {
        // SAFETY: the kernel's arguments.
        RETURNED
            .store(RETURNED.load(Relaxed) + usize::from(unsafe { (*result).kind } == RESULT_DONE), Relaxed);
        INSIDE.with(|inside| assert!(!inside.get(), "told inside the call of a request that a worker has"));
        status::OK
    }
    thread_local!(static INSIDE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) });
    let host = Host::new(Limits { messages: 32, ..with_workers() });
    let (kernel, zero) = (host.kernel, host.zero());
    let session = owner(&host);
    let mut callbacks = Callbacks::none();
    callbacks.session_result = Some(told);
    callbacks.slow_arrive = Some(arrive);
    callbacks.slow_request = Some(handler);
    // SAFETY: a table of plain functions.
    unsafe { kernel.set_callbacks(&callbacks) }.unwrap();
    zero.declare(78, &[2]).unwrap();
    thread::scope(|scope| {
        let crew = Crew::begin(scope, kernel);
        for round in 0..rounds() {
            zero.request(session, 78, 2, round as u64, "").unwrap();
            while RETURNED.load(Relaxed) <= round {
                crew.turn(kernel);
                let message = zero.message(b"x");
                INSIDE.set(true);
                for _ in 0..20 {
                    if zero.result(Request { bits: ARRIVED.load(Relaxed) }, message).is_ok() {
                        break;
                    }
                }
                INSIDE.set(false);
                let _ = zero.release(message);
            }
        }
        crew.end();
    });
    host.settle();
    assert_eq!(free_messages(zero), 32);
}

/// docs/flow.md 7.6
#[test]
fn the_data_of_a_session_is_never_anothers() {
    static SESSION: AtomicU64 = AtomicU64::new(0);
    static OTHER: AtomicUsize = AtomicUsize::new(0);
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        OTHER.store(plugin.expose_provenance(), Relaxed);
        status::OK
    }
    let host = Host::new(with_workers());
    let kernel = host.kernel;
    host.add(plug("org.test.other", FLAG_SESSION_DATA, "", |callbacks| callbacks.create = Some(create)));
    let other = Me(std::ptr::with_exposed_provenance_mut(OTHER.load(Relaxed)));
    let socket = host.zero().open(&[MODE_RELIABLE]).unwrap();
    let set = |api: Me, session: Session| {
        let data = std::ptr::without_provenance_mut(session.bits as usize);
        // SAFETY: a live plugin pointer; the data is only a number.
        assert_eq!(unsafe { ((*(*(*api.0).api).session).set_data)(api.0, session, data) }, status::OK);
    };
    thread::scope(|scope| {
        let mut crew = Crew::begin(scope, kernel);
        for reader in [host.zero(), other].map(Shared) {
            crew.add(scope, move || {
                let api = reader.me();
                let session = Session { bits: SESSION.load(Relaxed) };
                let mut data = std::ptr::null_mut();
                // SAFETY: a live plugin pointer and a writable place.
                let status = unsafe { ((*(*(*api.0).api).session).data)(api.0, session, &mut data) };
                if status == status::OK {
                    let own = session.bits as usize;
                    assert!(data.is_null() || data.addr() == own, "{:x} is not {own:x}'s", data.addr());
                } else {
                    assert!([status::E_STALE, status::E_HANDLE].contains(&status), "{status}");
                }
                status == status::OK
            });
        }
        while !crew.has_worked() {
            let session = host.zero().create(socket).unwrap();
            set(host.zero(), session);
            set(other, session);
            SESSION.store(session.bits, Relaxed);
            crew.turn(kernel);
            host.zero().destroy(session).unwrap();
        }
        crew.end();
    });
}

/// docs/flow.md 7.7
#[test]
fn an_instance_stops_while_its_threads_call() {
    static STOPPED: AtomicBool = AtomicBool::new(false);
    static ASKED: AtomicBool = AtomicBool::new(false);
    static RAN: AtomicUsize = AtomicUsize::new(0);
    static THREAD: std::sync::Mutex<Option<thread::JoinHandle<()>>> = std::sync::Mutex::new(None);
    /// What the plugin's own thread writes before it says that it has stopped, and `destroy` reads.
    struct Plain(std::cell::UnsafeCell<u64>);
    // SAFETY: the kernel orders both, which is what is tested.
    unsafe impl Sync for Plain {}
    static LAST: Plain = Plain(std::cell::UnsafeCell::new(0));

    unsafe extern "C" fn job(plugin: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        assert!(!STOPPED.load(Relaxed), "a task of an instance that is destroyed");
        RAN.fetch_add(1, Relaxed);
        let _ = Me(plugin).submit(job);
        status::OK
    }
    fn run(api: Me) {
        loop {
            let text = "a thread's own";
            // SAFETY: a live plugin pointer and a readable text.
            unsafe { ((*(*(*api.0).api).error).set)(api.0, 10_001, text.as_ptr().cast(), text.len()) };
            api.last_error();
            let answers = [api.submit(job), api.submit_worker(job)];
            for answer in answers {
                let may = [Ok(()), Err(status::E_AGAIN), Err(status::E_CLOSED)];
                assert!(may.contains(&answer), "{answer:?}");
            }
            if ASKED.load(Relaxed) {
                break;
            }
            thread::yield_now();
        }
        // SAFETY: nobody reads it before `destroy`, which comes after `stopped`.
        unsafe { *LAST.0.get() += 1 };
        // SAFETY: a live plugin pointer.
        assert_eq!(unsafe { ((*(*api.0).api).stopped)(api.0) }, status::OK);
    }
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        STOPPED.store(false, Relaxed);
        ASKED.store(false, Relaxed);
        let shared = Shared(Me(plugin));
        *THREAD.lock().unwrap() = Some(thread::spawn(move || run(shared.me())));
        status::OK
    }
    unsafe extern "C" fn request_stop(_: *mut Plugin, _: *const Stop) -> i32 {
        ASKED.store(true, Relaxed);
        status::PENDING
    }
    unsafe extern "C" fn destroy(_: *mut Plugin) -> i32 {
        STOPPED.store(true, Relaxed);
        // SAFETY: the plugin's thread wrote it for the last time before it called `stopped`.
        assert_ne!(unsafe { *LAST.0.get() }, 0);
        THREAD.lock().unwrap().take().unwrap().join().unwrap();
        status::OK
    }
    let host = Host::new(with_workers());
    let kernel = host.kernel;
    let names = ["org.test.one", "org.test.the-other-one"].map(|id| {
        plug(id, 0, "", |callbacks| {
            callbacks.create = Some(create);
            callbacks.request_stop = Some(request_stop);
            callbacks.destroy = Some(destroy);
        })
    });
    thread::scope(|scope| {
        let crew = Crew::begin(scope, kernel);
        for round in 0..rounds() / 3 {
            let instance = host.add(names[round % 2]);
            let before = RAN.load(Relaxed);
            while RAN.load(Relaxed) < before + 3 {
                crew.turn(kernel);
            }
            let _ = kernel.unload(instance, u64::MAX).unwrap();
            while kernel.receipt(instance).unwrap().outcome == OUTCOME_LIVE {
                crew.turn(kernel);
            }
            assert_eq!(kernel.receipt(instance).unwrap().outcome, OUTCOME_STOPPED);
        }
        crew.end();
    });
}
