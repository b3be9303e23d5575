//! Requests that several threads answer.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::thread;

use pintle_abi_core::*;

use crate::common::*;
use crate::crew::*;

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
