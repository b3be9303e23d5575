//! Requests that a worker and the kernel thread have to do with.

use std::cell::Cell;

use pintle_abi_core::*;

use crate::common::*;
use crate::explore::*;

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
