//! An instance that is drained while others still give it work: nothing of it runs beside `destroy`, or after it.

mod common;

use std::ffi::c_void;
use std::sync::atomic::{
    AtomicBool, AtomicI32, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::thread;

use common::*;
use pintle_abi_core::*;
use pintle_kernel::Kernel;

fn with_workers() -> Limits {
    Limits { workers: 2, ..limits() }
}

/// What a plugin's worker tasks and its `destroy` saw of each other.
struct Seen {
    inside: AtomicUsize,
    /// How often a task began.
    begun: AtomicUsize,
    destroyed: AtomicBool,
    /// A task was inside while `destroy` ran, or began or went on after it.
    overlaps: AtomicUsize,
    destroys: AtomicUsize,
    /// An answer to a submission that was neither `OK` nor a refusal that may be.
    odd: AtomicI32,
}

impl Seen {
    const fn new() -> Self {
        Self {
            inside: AtomicUsize::new(0),
            begun: AtomicUsize::new(0),
            destroyed: AtomicBool::new(false),
            overlaps: AtomicUsize::new(0),
            destroys: AtomicUsize::new(0),
            odd: AtomicI32::new(0),
        }
    }

    fn look(&self, bad: bool) {
        self.overlaps.fetch_add(usize::from(bad), SeqCst);
    }

    fn work(&self, resubmit: impl FnOnce() -> Result<(), i32>) -> i32 {
        self.inside.fetch_add(1, SeqCst);
        self.begun.fetch_add(1, SeqCst);
        self.look(self.destroyed.load(SeqCst));
        spin();
        self.answered(resubmit());
        spin();
        self.look(self.destroyed.load(SeqCst));
        self.inside.fetch_sub(1, SeqCst);
        status::OK
    }

    /// Notes what a submission answered.
    fn answered(&self, answer: Result<(), i32>) {
        if let Err(refused) = answer
            && ![status::E_CLOSED, status::E_AGAIN].contains(&refused)
        {
            self.odd.store(refused, SeqCst);
        }
    }

    fn destroy(&self) -> i32 {
        self.destroyed.store(true, SeqCst);
        for _ in 0..50 {
            self.look(self.inside.load(SeqCst) > 0);
            thread::yield_now();
        }
        self.destroys.fetch_add(1, SeqCst);
        status::OK
    }

    fn check(&self, rounds: usize) {
        assert_eq!(self.overlaps.load(SeqCst), 0, "a worker was inside while `destroy` ran, or after it");
        assert_eq!(self.destroys.load(SeqCst), rounds);
        assert_eq!(self.odd.load(SeqCst), 0);
    }
}

/// Long enough for another thread to do something meanwhile.
fn spin() {
    (0..200).for_each(|_| std::hint::spin_loop());
}

/// A host with many sessions: looking through them takes a drain a while.
fn crowded() -> Host {
    let host = Host::new(Limits { sessions: 1000, tasks: 1000, ..with_workers() });
    let socket = host.zero().open(&[MODE_RELIABLE]).unwrap();
    while host.zero().create(socket).is_ok() {}
    host
}

/// Adds and unloads `plugin` again and again while two workers run.
fn rounds(host: &Host, plugin: &'static Plug, seen: &Seen, rounds: usize) {
    let over = AtomicBool::new(false);
    let kernel: &Kernel = host.kernel;
    thread::scope(|scope| {
        let workers = [0, 1].map(|worker| {
            let over = &over;
            scope.spawn(move || {
                while !over.load(Relaxed) {
                    if !kernel.work(worker) {
                        thread::yield_now();
                    }
                }
            })
        });
        for _ in 0..rounds {
            seen.destroyed.store(false, SeqCst);
            let instance = host.add(plugin);
            let before = seen.begun.load(SeqCst);
            while seen.begun.load(SeqCst) < before + 3 {
                kernel.turn().unwrap();
                thread::yield_now();
            }
            let _ = kernel.unload(instance, u64::MAX).unwrap();
            while kernel.receipt(instance).unwrap().outcome == OUTCOME_LIVE {
                kernel.turn().unwrap();
                thread::yield_now();
            }
            if seen.overlaps.load(SeqCst) > 0 {
                break;
            }
        }
        over.store(true, Relaxed);
        // The end of a scope alone is an order that ThreadSanitizer does not see.
        workers.into_iter().for_each(|worker| worker.join().unwrap());
    });
    host.settle();
    seen.check(rounds);
}

/// docs/flow.md 5.10
#[test]
fn destroy_never_meets_a_worker_task_that_submits_itself_again() {
    static SEEN: Seen = Seen::new();
    unsafe extern "C" fn job(plugin: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        SEEN.work(|| Me(plugin).submit_worker(job))
    }
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        Me(plugin).submit_worker(job).unwrap();
        status::OK
    }
    unsafe extern "C" fn destroy(_: *mut Plugin) -> i32 {
        SEEN.destroy()
    }
    let host = crowded();
    let plugin = plug("org.test.again", 0, "", |callbacks| {
        callbacks.create = Some(create);
        callbacks.destroy = Some(destroy);
    });
    rounds(&host, plugin, &SEEN, 100);
}

/// docs/flow.md 5.10
#[test]
fn destroy_never_meets_what_a_thread_of_the_plugins_own_submits() {
    static SEEN: Seen = Seen::new();
    static STOP: AtomicBool = AtomicBool::new(false);
    static THREAD: Mutex<Option<thread::JoinHandle<()>>> = Mutex::new(None);
    unsafe extern "C" fn job(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        SEEN.work(|| Ok(()))
    }
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        STOP.store(false, SeqCst);
        let plugin = plugin as usize;
        *THREAD.lock().unwrap() = Some(thread::spawn(move || {
            let api = Me(plugin as *mut Plugin);
            while !STOP.load(SeqCst) {
                SEEN.answered(api.submit_worker(job));
            }
        }));
        status::OK
    }
    unsafe extern "C" fn destroy(_: *mut Plugin) -> i32 {
        SEEN.destroy();
        STOP.store(true, SeqCst);
        THREAD.lock().unwrap().take().unwrap().join().unwrap();
        status::OK
    }
    let host = crowded();
    let plugin = plug("org.test.busy", 0, "", |callbacks| {
        callbacks.create = Some(create);
        callbacks.destroy = Some(destroy);
    });
    rounds(&host, plugin, &SEEN, 100);
}

/// Where the worker tasks and slow handlers of one test wait, and say that they are there.
struct Gate {
    arrived: Sender<()>,
    leave: Mutex<Receiver<()>>,
}

impl Gate {
    /// The gate, its arrivals, and what opens it.
    fn set(place: &OnceLock<Self>) -> (Receiver<()>, Sender<()>) {
        let (arrived, arrivals) = channel();
        let (leaver, leave) = channel();
        assert!(place.set(Self { arrived, leave: Mutex::new(leave) }).is_ok());
        (arrivals, leaver)
    }

    fn pass(&self) {
        self.arrived.send(()).unwrap();
        let _ = self.leave.lock().unwrap().recv();
    }
}

/// docs/flow.md 5.8, 5.10
#[test]
fn what_is_inside_when_the_drain_begins_submits_nothing_more() {
    static GATE: OnceLock<Gate> = OnceLock::new();
    static ANSWERS: Mutex<Vec<i32>> = Mutex::new(Vec::new());
    static RAN: AtomicUsize = AtomicUsize::new(0);
    unsafe extern "C" fn never(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        RAN.fetch_add(1, SeqCst);
        status::OK
    }
    unsafe extern "C" fn job(plugin: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        GATE.get().unwrap().pass();
        let api = Me(plugin);
        let answers = [api.submit(never), api.submit_worker(never)];
        ANSWERS.lock().unwrap().extend(answers.map(|answer| answer.err().unwrap_or(status::OK)));
        status::OK
    }
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        Me(plugin).submit_worker(job).unwrap();
        status::OK
    }
    unsafe extern "C" fn destroy(_: *mut Plugin) -> i32 {
        assert_eq!(ANSWERS.lock().unwrap().len(), 2, "the task has returned");
        RAN.fetch_add(100, SeqCst);
        status::OK
    }
    let (arrivals, leaver) = Gate::set(&GATE);
    let host = Host::new(with_workers());
    let instance = host.add(plug("org.test.inside", 0, "", |callbacks| {
        callbacks.create = Some(create);
        callbacks.destroy = Some(destroy);
    }));
    let kernel = host.kernel;
    let worker = thread::spawn(|| assert!(kernel.work(0)));
    arrivals.recv().unwrap();
    assert_eq!(kernel.unload(instance, u64::MAX), Ok(status::PENDING));
    kernel.turn().unwrap();
    assert_ne!(kernel.next_deadline(), Some(0), "a stop that waits for a worker is nothing to do");
    leaver.send(()).unwrap();
    worker.join().unwrap();
    host.settle();
    assert_eq!(*ANSWERS.lock().unwrap(), [status::E_CLOSED; 2]);
    assert_eq!(RAN.load(SeqCst), 100, "destroyed, and nothing else ran");
    let receipt = kernel.receipt(instance).unwrap();
    assert_eq!((receipt.outcome, receipt.tasks), (OUTCOME_STOPPED, 0));
    assert!(!thread::spawn(|| kernel.work(0)).join().unwrap(), "nothing is left for a worker");
}

/// docs/flow.md 5.8
#[test]
fn what_waits_when_the_drain_begins_is_dropped_and_counted() {
    unsafe extern "C" fn never(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        unreachable!("it was dropped")
    }
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        let api = Me(plugin);
        api.submit(never).unwrap();
        api.submit_worker(never).unwrap();
        api.submit(never).unwrap();
        api.submit_worker(never).unwrap();
        status::OK
    }
    for workers in [NO_WORKERS, 2] {
        let host = Host::new(Limits { workers, ..limits() });
        let instance = host.add(plug("org.test.waits", 0, "", |callbacks| callbacks.create = Some(create)));
        assert_eq!(host.kernel.unload(instance, 0), Ok(status::OK));
        let receipt = host.kernel.receipt(instance).unwrap();
        assert_eq!((receipt.outcome, receipt.tasks), (OUTCOME_STOPPED, 4));
        host.settle();
        let kernel = host.kernel;
        assert!(!thread::spawn(|| kernel.work(0)).join().unwrap());
        // The places of the dropped ones are free again.
        for _ in 0..4 {
            host.zero().submit(never).unwrap();
        }
    }
}

/// docs/flow.md 5.8, 5.9
#[test]
fn callbacks_of_the_drain_itself_submit_nothing() {
    unsafe extern "C" fn never(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        unreachable!("its executor was closed")
    }
    unsafe extern "C" fn rings(_: *mut Plugin, _: *mut c_void, _: Timer) -> i32 {
        unreachable!("its executor was closed")
    }
    fn probe(api: Me, place: &str) -> i32 {
        let mut timer = Timer::default();
        // SAFETY: a live plugin pointer, a plain function, a writable place.
        let started = unsafe {
            let table = &*(*(*api.0).api).executor;
            (table.startup)(api.0);
            (table.start_timer)(api.0, 0, 0, Some(rings), std::ptr::null_mut(), &mut timer)
        };
        let submitted = [api.submit(never), api.submit_worker(never)];
        say(format!("{place} {submitted:?} {started}"));
        status::OK
    }
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        let api = Me(plugin);
        api.declare(77, &[]).unwrap();
        api.create(api.open(&[MODE_RELIABLE]).unwrap()).unwrap();
        status::OK
    }
    unsafe extern "C" fn pending(_: *mut Plugin, _: Request, _: *const RequestInfo) -> i32 {
        status::PENDING
    }
    unsafe extern "C" fn request_done(plugin: *mut Plugin, _: Request, _: *const RequestInfo, _: i32) -> i32 {
        probe(Me(plugin), "done")
    }
    unsafe extern "C" fn destroyed(plugin: *mut Plugin, _: Session, _: *mut c_void) -> i32 {
        probe(Me(plugin), "session")
    }
    unsafe extern "C" fn socket_destroyed(plugin: *mut Plugin, _: Socket) -> i32 {
        probe(Me(plugin), "socket")
    }
    unsafe extern "C" fn destroy(plugin: *mut Plugin) -> i32 {
        probe(Me(plugin), "destroy")
    }
    let host = Host::new(limits());
    let session = owner(&host);
    let instance = host.add(plug("org.test.probes", FLAG_OPENS_SOCKETS, "77", |callbacks| {
        callbacks.create = Some(create);
        callbacks.request = Some(pending);
        callbacks.request_done = Some(request_done);
        callbacks.session_destroyed = Some(destroyed);
        callbacks.socket_destroyed = Some(socket_destroyed);
        callbacks.destroy = Some(destroy);
    }));
    host.zero().request(session, 77, 1, 1, "").unwrap();
    assert_eq!(host.kernel.unload(instance, 0), Ok(status::OK));
    let told: Vec<_> = said().into_iter().filter(|line| !line.starts_with("1 ")).collect();
    assert_eq!(
        told,
        ["done", "session", "socket", "destroy"].map(|place| format!("{place} [Err(111), Err(111)] 111"))
    );
    assert_eq!(host.kernel.receipt(instance).unwrap().tasks, 0);
}

/// docs/flow.md 5.10
#[test]
fn a_poisoned_instance_is_not_destroyed_around_its_worker_task() {
    static GATE: OnceLock<Gate> = OnceLock::new();
    static INSIDE: AtomicBool = AtomicBool::new(false);
    unsafe extern "C" fn job(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        INSIDE.store(true, SeqCst);
        GATE.get().unwrap().pass();
        INSIDE.store(false, SeqCst);
        status::OK
    }
    unsafe extern "C" fn panics(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        status::E_PANIC
    }
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        Me(plugin).submit_worker(job).unwrap();
        Me(plugin).submit(panics).unwrap();
        status::OK
    }
    unsafe extern "C" fn destroy(_: *mut Plugin) -> i32 {
        assert!(!INSIDE.load(SeqCst));
        say("destroyed");
        status::OK
    }
    let (arrivals, leaver) = Gate::set(&GATE);
    let host = Host::new(with_workers());
    let instance = host.add(plug("org.test.poisoned", 0, "", |callbacks| {
        callbacks.create = Some(create);
        callbacks.destroy = Some(destroy);
    }));
    let kernel = host.kernel;
    let worker = thread::spawn(|| assert!(kernel.work(0)));
    arrivals.recv().unwrap();
    host.settle();
    assert_eq!(kernel.receipt(instance).unwrap().poisoned, 1);
    assert_eq!(kernel.unload(instance, u64::MAX), Ok(status::PENDING));
    host.settle();
    assert_eq!(said(), [""; 0]);
    leaver.send(()).unwrap();
    worker.join().unwrap();
    host.settle();
    assert_eq!(said(), ["destroyed"]);
}
