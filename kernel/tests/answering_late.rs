//! Answers from the kernel thread while the handler still runs, and what a turn takes first.

mod common;

use std::ffi::c_void;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::thread;

use common::*;
use pintle_abi_core::*;

/// A slow handler on a worker: it says which request it has, waits, posts one result, and returns what it is told.
struct Slow {
    arrived: Sender<u64>,
    leave: Mutex<Receiver<i32>>,
}

macro_rules! slow {
    ($gate:ident, $handler:ident) => {
        static $gate: OnceLock<Slow> = OnceLock::new();
        unsafe extern "C" fn $handler(plugin: *mut Plugin, request: Request, _: *const RequestInfo) -> i32 {
            let api = Me(plugin);
            let gate = $gate.get().unwrap();
            let _ = api.result(request, api.message(b"worker's"));
            gate.arrived.send(request.bits).unwrap();
            gate.leave.lock().unwrap().recv().unwrap_or(status::OK)
        }
    };
}

unsafe extern "C" fn declares(plugin: *mut Plugin, _: *const Create) -> i32 {
    Me(plugin).declare(77, &[2]).map_or_else(|status| status, |()| status::OK)
}

unsafe extern "C" fn watches(_: *mut c_void, _: isize, _: u32, _: u64) -> i32 {
    status::OK
}

unsafe extern "C" fn unwatches(_: *mut c_void, _: isize) {}

type Handler = unsafe extern "C" fn(*mut Plugin, Request, *const RequestInfo) -> i32;

/// A host with workers, a service with this handler that plugin zero serves itself, and one request that is inside.
struct Inside {
    host: Host,
    session: Session,
    request: Request,
    arrivals: Receiver<u64>,
    leaver: Sender<i32>,
    worker: Option<thread::JoinHandle<()>>,
}

impl Inside {
    fn new(gate: &OnceLock<Slow>, handler: Handler) -> Self {
        let (arrived, arrivals) = channel();
        let (leaver, leave) = channel();
        assert!(gate.set(Slow { arrived, leave: Mutex::new(leave) }).is_ok());
        let host = Host::on(Limits { workers: 2, ..limits() }, |platform| {
            platform.watch = Some(watches);
            platform.change = Some(watches);
            platform.unwatch = Some(unwatches);
        });
        let session = owner(&host);
        let mut callbacks = Callbacks::none();
        callbacks.session_result = Some(result);
        callbacks.slow_request = Some(handler);
        // SAFETY: a table of plain functions.
        unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
        host.zero().declare(77, &[2]).unwrap();
        let request = Request::default();
        let mut this = Self { host, session, request, arrivals, leaver, worker: None };
        this.start(1);
        this
    }

    /// The next request, until it is inside the handler.
    fn start(&mut self, correlation: u64) {
        self.host.zero().request(self.session, 77, 2, correlation, "").unwrap();
        self.host.kernel.turn().unwrap();
        let kernel = self.host.kernel;
        self.worker = Some(thread::spawn(move || assert!(kernel.work(0))));
        self.request = Request { bits: self.arrivals.recv().unwrap() };
    }

    /// The handler returns this.
    fn leave(&mut self, status: i32) {
        self.leaver.send(status).unwrap();
        self.worker.take().unwrap().join().unwrap();
    }

    fn message(&self) -> Message {
        self.host.zero().message(b"kernel's")
    }
}

impl Drop for Inside {
    /// The worker is through before the host's memory goes, also when a test fails.
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            let _ = self.leaver.send(status::OK);
            let _ = worker.join();
        }
    }
}

/// docs/flow.md 4.10
#[test]
fn a_result_from_the_kernel_thread_queues_behind_what_the_worker_posted() {
    slow!(GATE, handler);
    let mut inside = Inside::new(&GATE, handler);
    let zero = inside.host.zero();
    zero.result(inside.request, inside.message()).unwrap();
    inside.host.settle();
    assert_eq!(said(), ["1 result 0 worker's", "1 result 0 kernel's"]);
    zero.result(inside.request, inside.message()).unwrap();
    inside.leave(status::OK);
    inside.host.settle();
    assert_eq!(said(), ["1 result 0 kernel's", "1 done 0 -"]);
}

/// docs/flow.md 4.10, 4.11
#[test]
fn done_is_remembered_until_the_handler_returns_pending() {
    slow!(GATE, handler);
    let mut inside = Inside::new(&GATE, handler);
    let zero = inside.host.zero();
    zero.result(inside.request, inside.message()).unwrap();
    assert_eq!(zero.done(inside.request), Ok(()));
    assert_eq!(zero.done(inside.request), Err(status::E_STATE));
    inside.host.settle();
    assert_eq!(said(), ["1 result 0 worker's", "1 result 0 kernel's"]);
    inside.leave(status::PENDING);
    inside.host.settle();
    assert_eq!(said(), ["1 done 0 -"]);
    assert_eq!(zero.done(inside.request), Err(status::E_STALE));
}

/// docs/flow.md 4.13, 4.17
#[test]
fn done_is_forgotten_if_the_handler_returns_something_else() {
    slow!(GATE, handler);
    let mut inside = Inside::new(&GATE, handler);
    let zero = inside.host.zero();
    assert_eq!(zero.done(inside.request), Ok(()));
    inside.leave(10_001);
    inside.host.settle();
    assert_eq!(said(), ["1 result 0 worker's", "1 exception 10001 -", "1 done 10001 -"]);
    inside.start(2);
    assert_eq!(zero.done(inside.request), Ok(()));
    inside.leave(status::OK);
    inside.host.settle();
    assert_eq!(said(), ["2 result 0 worker's", "2 done 0 -"]);
    // The next request in the same slot begins with nothing remembered.
    inside.start(3);
    inside.leave(status::PENDING);
    inside.host.settle();
    assert_eq!(said(), ["3 result 0 worker's"]);
    assert_eq!(zero.done(inside.request), Ok(()));
    assert_eq!(said(), ["3 done 0 -"]);
}

/// docs/flow.md 4.10, 4.11
#[test]
fn done_after_the_handler_returned_and_before_a_turn_took_that() {
    slow!(GATE, handler);
    let mut inside = Inside::new(&GATE, handler);
    let zero = inside.host.zero();
    inside.leave(status::PENDING);
    zero.result(inside.request, inside.message()).unwrap();
    assert_eq!(zero.done(inside.request), Ok(()));
    assert_eq!(zero.done(inside.request), Err(status::E_STATE), "it is remembered already");
    assert_eq!(said(), [""; 0], "a turn tells");
    inside.host.settle();
    assert_eq!(said(), ["1 result 0 worker's", "1 result 0 kernel's", "1 done 0 -"]);
}

/// docs/flow.md 4.13
#[test]
fn nothing_answers_a_request_whose_handler_returned_its_end() {
    slow!(GATE, handler);
    let mut inside = Inside::new(&GATE, handler);
    let zero = inside.host.zero();
    inside.leave(status::OK);
    let message = inside.message();
    assert_eq!(zero.result(inside.request, message), Err(status::E_STATE));
    assert_eq!(zero.exception(inside.request, 10_002, ""), Err(status::E_STATE));
    assert_eq!(zero.done(inside.request), Err(status::E_STATE));
    zero.release(message).unwrap();
    inside.host.settle();
    assert_eq!(said(), ["1 result 0 worker's", "1 done 0 -"]);
}

/// docs/flow.md 4.10, 4.18
#[test]
fn an_exception_is_kept() {
    slow!(GATE, handler);
    let mut inside = Inside::new(&GATE, handler);
    let zero = inside.host.zero();
    zero.exception(inside.request, 10_002, "from the kernel thread").unwrap();
    let message = inside.message();
    assert_eq!(zero.result(inside.request, message), Err(status::E_STATE));
    assert_eq!(zero.exception(inside.request, 10_003, "again"), Err(status::E_STATE));
    zero.release(message).unwrap();
    inside.host.settle();
    assert_eq!(said(), ["1 result 0 worker's"]);
    assert_eq!(zero.done(inside.request), Ok(()));
    inside.leave(status::PENDING);
    inside.host.settle();
    assert_eq!(said(), ["1 exception 10002 from the kernel thread", "1 done 0 -"]);
}

/// docs/flow.md 4.17, 4.20
#[test]
fn cancelled_meanwhile() {
    slow!(GATE, handler);
    let mut inside = Inside::new(&GATE, handler);
    let zero = inside.host.zero();
    zero.cancel(inside.session, 1).unwrap();
    let message = inside.message();
    assert_eq!(zero.result(inside.request, message), Err(status::E_CANCELLED));
    zero.release(message).unwrap();
    assert_eq!(zero.done(inside.request), Ok(()));
    inside.leave(status::PENDING);
    inside.host.settle();
    assert_eq!(said(), ["1 done 119 -"]);
}

/// docs/flow.md 4.21
#[test]
fn the_session_ends_meanwhile() {
    slow!(GATE, handler);
    let mut inside = Inside::new(&GATE, handler);
    let zero = inside.host.zero();
    zero.result(inside.request, inside.message()).unwrap();
    assert_eq!(zero.done(inside.request), Ok(()));
    zero.destroy(inside.session).unwrap();
    inside.leave(status::PENDING);
    inside.host.settle();
    assert_eq!(said(), [""; 0]);
    assert_eq!(zero.done(inside.request), Err(status::E_STALE));
    assert_eq!(std::iter::from_fn(|| zero.acquire(1).ok()).count(), 12, "nothing is left over");
}

#[test]
fn a_task_that_the_slow_handler_submitted_ends_its_request() {
    static REQUEST: Mutex<Request> = Mutex::new(Request { bits: 0 });
    unsafe extern "C" fn task(plugin: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        let (api, request) = (Me(plugin), *REQUEST.lock().unwrap());
        let given = api.result(request, api.message(b"task's"));
        say(format!("{given:?} {:?}", api.done(request)));
        status::OK
    }
    unsafe extern "C" fn slow(plugin: *mut Plugin, request: Request, _: *const RequestInfo) -> i32 {
        let api = Me(plugin);
        *REQUEST.lock().unwrap() = request;
        api.submit(task).unwrap();
        let _ = api.result(request, api.message(b"worker's"));
        status::PENDING
    }
    for workers in [NO_WORKERS, 2] {
        let host = Host::new(Limits { workers, ..limits() });
        let session = owner(&host);
        host.add(plug("org.test.slow", 0, "77", |callbacks| {
            callbacks.create = Some(declares);
            callbacks.slow_request = Some(slow);
        }));
        host.zero().request(session, 77, 2, 1, "").unwrap();
        host.kernel.turn().unwrap();
        if workers != NO_WORKERS {
            let kernel = host.kernel;
            assert!(thread::spawn(|| kernel.work(0)).join().unwrap());
        }
        host.settle();
        assert_eq!(said(), ["1 result 0 worker's", "1 result 0 task's", "1 done 0 -", "Ok(()) Ok(())"]);
    }
}

/// docs/flow.md 4.14, 4.17
#[test]
fn done_inside_a_running_fast_handler() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    zero.declare(5, &[]).unwrap();
    hook("request", |api, request, message| {
        let request = Request { bits: request.bits };
        say(format!("{:?} {:?}", api.done(request), api.done(request)));
        match api.text(message).as_str() {
            "pending" => status::PENDING,
            "fails" => 10_001,
            _ => status::OK,
        }
    });
    zero.request(session, 5, 1, 1, "pending").unwrap();
    assert_eq!(said(), ["Ok(()) Err(105)", "1 done 0 -"]);
    zero.request(session, 5, 1, 2, "ok").unwrap();
    assert_eq!(said(), ["Ok(()) Err(105)", "2 done 0 -"]);
    zero.request(session, 5, 1, 3, "fails").unwrap();
    assert_eq!(said(), ["Ok(()) Err(105)", "3 exception 10001 -", "3 done 10001 -"]);
    hook("request", |_, _, _| status::PENDING);
    zero.request(session, 5, 1, 4, "").unwrap();
    host.settle();
    assert_eq!(said(), [""; 0], "a slot that is used again remembers nothing");
}

/// docs/flow.md 4.14
#[test]
fn done_from_a_callback_that_the_fast_handler_causes() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    zero.declare(5, &[]).unwrap();
    hook("send", move |api, _, message| {
        let bits = u64::from_le_bytes(api.read(message, 8).unwrap().try_into().unwrap());
        say(format!("{:?}", api.done(Request { bits })));
        status::OK
    });
    hook("request", move |api, request, _| {
        let message = api.message(&request.bits.to_le_bytes());
        api.send(session, 0, message).unwrap();
        say("sent");
        status::PENDING
    });
    zero.request(session, 5, 1, 1, "").unwrap();
    assert_eq!(said(), ["Ok(())", "sent", "1 done 0 -"]);
}

/// docs/flow.md 4.8, 4.15
#[test]
fn done_of_a_request_that_no_handler_has_yet() {
    static REQUEST: Mutex<Request> = Mutex::new(Request { bits: 0 });
    unsafe extern "C" fn arrive(plugin: *mut Plugin, request: Request, _: *const RequestInfo) -> i32 {
        *REQUEST.lock().unwrap() = request;
        say(format!("arrive {:?}", Me(plugin).done(request)));
        status::OK
    }
    unsafe extern "C" fn slow(_: *mut Plugin, _: Request, _: *const RequestInfo) -> i32 {
        status::PENDING
    }
    let host = Host::new(Limits { workers: 2, ..limits() });
    let session = owner(&host);
    let zero = host.zero();
    let mut callbacks = Callbacks::none();
    callbacks.session_result = Some(result);
    callbacks.slow_arrive = Some(arrive);
    callbacks.slow_request = Some(slow);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    zero.declare(5, &[2]).unwrap();
    zero.request(session, 5, 2, 1, "").unwrap();
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["arrive Err(105)"]);
    let request = *REQUEST.lock().unwrap();
    assert_eq!(zero.done(request), Err(status::E_STATE), "it is queued for a worker");
    let kernel = host.kernel;
    assert!(thread::spawn(|| kernel.work(0)).join().unwrap());
    host.settle();
    assert_eq!(said(), [""; 0], "nobody has ended it yet");
    zero.done(request).unwrap();
    assert_eq!(said(), ["1 done 0 -"]);
}

unsafe extern "C" fn rings(_: *mut Plugin, _: *mut c_void, _: Timer) -> i32 {
    say("timer");
    status::OK
}

unsafe extern "C" fn says_task(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
    say("task");
    status::OK
}

/// docs/flow.md 6.1
#[test]
fn timers_then_what_workers_posted_then_tasks() {
    slow!(GATE, handler);
    let mut inside = Inside::new(&GATE, handler);
    let zero = inside.host.zero();
    let mut timer = Timer::default();
    let data = std::ptr::null_mut();
    // SAFETY: a live plugin pointer, a plain function, a writable place.
    let started =
        unsafe { ((*(*(*zero.0).api).executor).start_timer)(zero.0, 0, 0, Some(rings), data, &mut timer) };
    assert_eq!(started, status::OK);
    zero.submit(says_task).unwrap();
    inside.leave(status::OK);
    inside.host.kernel.turn().unwrap();
    assert_eq!(said(), ["timer", "1 result 0 worker's", "1 done 0 -", "task"]);
}

/// docs/flow.md 6.2
#[test]
fn what_workers_posted_is_taken_before_a_watch_is_told() {
    unsafe extern "C" fn ready(_: *mut Plugin, _: *mut c_void, _: Watch, _: u32) -> i32 {
        say("ready");
        status::OK
    }
    slow!(GATE, handler);
    let mut inside = Inside::new(&GATE, handler);
    let zero = inside.host.zero();
    let mut table = std::ptr::null();
    let mut watch = Watch::default();
    // SAFETY: a live plugin pointer, plain functions, writable places.
    unsafe {
        let (id, api) = (IO_ID.to_bytes(), (*zero.0).api);
        let found = ((*api).extension)(zero.0, id.as_ptr().cast(), id.len(), &mut table);
        assert_eq!(found, status::OK);
        let io = &*table.cast::<IoApi>();
        let data = std::ptr::null_mut();
        assert_eq!((io.watch)(zero.0, 3, IO_READABLE, Some(ready), data, &mut watch), status::OK);
    }
    inside.leave(status::PENDING);
    inside.host.kernel.ready(watch.bits, IO_READABLE).unwrap();
    assert_eq!(said(), ["1 result 0 worker's", "ready"]);
    zero.done(inside.request).unwrap();
    assert_eq!(said(), ["1 done 0 -"]);
}
