//! Sessions and instances that end while threads call.

use std::ffi::c_void;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::thread;

use pintle_abi_core::*;

use crate::common::*;
use crate::crew::*;

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
