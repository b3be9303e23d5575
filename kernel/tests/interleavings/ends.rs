//! Sessions and instances that end meanwhile.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::sync::OnceLock;

use loom::sync::{Arc, Notify};
use pintle_abi_core::*;
use pintle_kernel::Kernel;

use crate::common::*;
use crate::explore::*;

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

#[test]
fn a_thread_that_resigns_takes_the_kernel_from_nobody_who_adopts_it() {
    explore(few(), |host| {
        let kernel = host.kernel;
        let resigned = Arc::new(Notify::new());
        let heard = resigned.clone();
        let thread = beside(move || {
            // SAFETY: the thread before does nothing with the kernel but resign.
            unsafe { kernel.adopt() }.expect("nothing runs");
            heard.wait();
            assert!(kernel.is_kernel_thread());
        });
        kernel.resign();
        resigned.notify();
        thread.join().unwrap();
        // SAFETY: the other thread has ended.
        unsafe { kernel.adopt() }.expect("nothing runs");
    });
}
