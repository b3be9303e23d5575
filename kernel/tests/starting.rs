//! Requests as they start and as their handlers return: what an error, `PENDING` and an answer of their own lead to.

mod common;

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::Barrier;
use std::thread;

use common::*;
use pintle_abi_core::*;

thread_local! {
    static ARRIVE: Cell<fn(Me, Request) -> i32> = const { Cell::new(|_, _| status::OK) };
}

unsafe extern "C" fn arrive(plugin: *mut Plugin, request: Request, _: *const RequestInfo) -> i32 {
    say("arrive");
    ARRIVE.get()(Me(plugin), request)
}

unsafe extern "C" fn over(_: *mut Plugin, _: Request, info: *const RequestInfo, status: i32) -> i32 {
    // SAFETY: the kernel's arguments.
    say(format!("{} over {status}", unsafe { (*info).correlation }));
    status::OK
}

/// Plugin zero as asker and as service 5, whose request 2 is slow.
fn host() -> (Host, Session) {
    let host = Host::new(limits());
    let mut callbacks = Callbacks::none();
    callbacks.session_result = Some(result);
    callbacks.request = Some(request);
    callbacks.slow_arrive = Some(arrive);
    callbacks.slow_request = Some(slow_request);
    callbacks.request_done = Some(over);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    let session = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    (host, session)
}

fn drop_current(api: Me, request: Request) -> i32 {
    // SAFETY: a live plugin pointer.
    unsafe { ((*(*(*api.0).api).service).drop_current)(api.0, request) }
}

/// docs/flow.md 4.5
#[test]
fn a_turn_starts_one_request_of_each_session() {
    let (host, session) = host();
    let zero = host.zero();
    let other = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    hook("request", |_, _, _| status::OK);
    for session in [session, other] {
        zero.suspend(session).unwrap();
    }
    for (session, correlation) in [(session, 1), (session, 2), (other, 3), (other, 4)] {
        zero.request(session, 5, 1, correlation, "").unwrap();
    }
    for session in [session, other] {
        zero.resume(session).unwrap();
    }
    assert_eq!(said(), [""; 0], "not inside a call");
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["1 done 0 -", "1 over 0", "3 done 0 -", "3 over 0"]);
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["2 done 0 -", "2 over 0", "4 done 0 -", "4 over 0"]);
}

/// docs/flow.md 4.25
#[test]
fn nothing_starts_while_its_session_is_suspended() {
    let (host, session) = host();
    let zero = host.zero();
    let runs = |_: Me, _: Session, _: Message| {
        say("runs");
        status::OK
    };
    hook("request", runs);
    hook("slow request", runs);
    ARRIVE.set(|_, _| status::OK);
    for id in [1, 2] {
        // One that is ready to start, and one that is asked while the session is suspended.
        zero.request(session, 5, 2, 1, "").unwrap();
        zero.suspend(session).unwrap();
        zero.request(session, 5, id, 2, "").unwrap();
        host.settle();
        assert_eq!(said(), [""; 0]);
        zero.resume(session).unwrap();
        host.settle();
        assert_eq!(said().iter().filter(|line| *line == "runs").count(), 2);
    }
}

/// docs/flow.md 4.6
#[test]
fn an_error_as_a_request_arrives_is_its_exception() {
    let (host, session) = host();
    hook("slow request", |_, _, _| unreachable!("it was refused"));
    ARRIVE.set(|api, _| api.fail(10_001, "not today"));
    host.zero().request(session, 5, 2, 1, "").unwrap();
    host.settle();
    assert_eq!(said(), ["arrive", "1 exception 10001 not today", "1 done 10001 -", "1 over 10001"]);
}

/// docs/flow.md 4.6
#[test]
fn a_request_that_is_answered_as_it_arrives_is_dropped() {
    let (host, session) = host();
    hook("slow request", |_, _, _| unreachable!("it was answered"));
    ARRIVE.set(|api, request| {
        api.result(request, api.message(b"at once")).unwrap();
        drop_current(api, request)
    });
    host.zero().request(session, 5, 2, 1, "").unwrap();
    host.settle();
    assert_eq!(said(), ["arrive", "1 result 0 at once", "1 done 0 -", "1 over 0"]);
}

/// docs/flow.md 4.2, 4.8
#[test]
fn what_is_pending_stays_active_until_it_is_done() {
    let (host, session) = host();
    let zero = host.zero();
    for id in [1, 2] {
        let pends = |_: Me, request: Session, _: Message| {
            say(request.bits.to_string());
            status::PENDING
        };
        ARRIVE.set(|_, _| status::OK);
        hook("request", pends);
        hook("slow request", pends);
        zero.request(session, 5, id, 1, "").unwrap();
        host.settle();
        let request = Request { bits: said().pop().unwrap().parse().unwrap() };
        hook("request", |_, _, _| status::OK);
        zero.request(session, 5, 1, 2, "").unwrap();
        host.settle();
        assert_eq!(said(), [""; 0], "the other one waits");
        zero.done(request).unwrap();
        assert_eq!(said(), ["1 done 0 -", "1 over 0"]);
        host.settle();
        assert_eq!(said(), ["2 done 0 -", "2 over 0"]);
    }
}

unsafe extern "C" fn declares(plugin: *mut Plugin, _: *const Create) -> i32 {
    Me(plugin).declare(77, &[2]).map_or_else(|status| status, |()| status::OK)
}

/// docs/flow.md 4.9
#[test]
fn nobody_can_end_what_is_pending_once_its_instance_is_poisoned() {
    static INSIDE: Barrier = Barrier::new(2);
    static LEAVE: Barrier = Barrier::new(2);
    unsafe extern "C" fn job(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        INSIDE.wait();
        LEAVE.wait();
        status::OK
    }
    unsafe extern "C" fn submits(plugin: *mut Plugin, _: *const Create) -> i32 {
        Me(plugin).submit_worker(job).err().unwrap_or(status::OK)
    }
    unsafe extern "C" fn slow(_: *mut Plugin, _: Request, info: *const RequestInfo) -> i32 {
        // SAFETY: the kernel's arguments.
        if unsafe { (*info).correlation } == 1 { status::E_PANIC } else { status::PENDING }
    }
    let host = Host::new(Limits { workers: 2, ..limits() });
    let one = owner(&host);
    let zero = host.zero();
    let other = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    host.add(plug("org.test.slow", 0, "77", |callbacks| {
        callbacks.create = Some(declares);
        callbacks.slow_request = Some(slow);
    }));
    zero.request(one, 77, 2, 1, "").unwrap();
    zero.request(other, 77, 2, 2, "").unwrap();
    host.kernel.turn().unwrap();
    let kernel = host.kernel;
    thread::spawn(|| while kernel.work(0) {}).join().unwrap();
    // Another instance is abandoned: all that workers posted is taken inside that one dispatch.
    let stuck = host.add(plug("org.test.stuck", 0, "", |callbacks| callbacks.create = Some(submits)));
    let worker = thread::spawn(|| assert!(kernel.work(1)));
    INSIDE.wait();
    assert_eq!(kernel.unload(stuck, 0), Ok(status::OK));
    assert_eq!(said(), ["1 exception 120 -", "1 done 120 -", "2 exception 112 -", "2 done 112 -"]);
    LEAVE.wait();
    worker.join().unwrap();
    host.settle();
}

/// docs/flow.md 4.9
#[test]
fn what_a_worker_has_is_cancelled_when_its_instance_goes() {
    static INSIDE: Barrier = Barrier::new(2);
    static LEAVE: Barrier = Barrier::new(2);
    unsafe extern "C" fn pends(_: *mut Plugin, _: Request, _: *const RequestInfo) -> i32 {
        INSIDE.wait();
        LEAVE.wait();
        status::PENDING
    }
    unsafe extern "C" fn panics(_: *mut Plugin, _: *const MessageInfo) -> i32 {
        status::E_PANIC
    }
    for is_poisoned in [false, true] {
        let host = Host::new(Limits { workers: 2, ..limits() });
        let session = owner(&host);
        let zero = host.zero();
        let service = host.add(plug("org.test.pends", 0, "77", |callbacks| {
            callbacks.create = Some(declares);
            callbacks.slow_request = Some(pends);
            callbacks.message_out = Some(panics);
        }));
        zero.request(session, 77, 2, 1, "").unwrap();
        host.kernel.turn().unwrap();
        let kernel = host.kernel;
        let worker = thread::spawn(|| assert!(kernel.work(0)));
        INSIDE.wait();
        if is_poisoned {
            assert_eq!(zero.send(session, 0, zero.message(b"x")), Err(status::E_POISONED));
        } else {
            assert_eq!(kernel.unload(service, NEVER), Ok(status::PENDING));
        }
        host.settle();
        assert_eq!(said(), [""; 0]);
        LEAVE.wait();
        worker.join().unwrap();
        host.settle();
        assert_eq!(said(), ["1 done 119 -"], "poisoned: {is_poisoned}");
    }
}

/// docs/flow.md 4.16
#[test]
fn an_exception_that_was_sent_stays_whatever_the_handler_returns() {
    let (host, session) = host();
    let zero = host.zero();
    let fails = |api: Me, request: Session, _: Message| {
        api.exception(Request { bits: request.bits }, 10_002, "sent").unwrap();
        api.fail(10_001, "returned")
    };
    hook("request", fails);
    hook("slow request", fails);
    ARRIVE.set(|_, _| status::OK);
    for id in [1, 2] {
        zero.request(session, 5, id, 1, "").unwrap();
        host.settle();
        let told = said();
        assert_eq!(told[told.len() - 3..], ["1 exception 10002 sent", "1 done 10001 -", "1 over 10001"]);
    }
}

/// docs/flow.md 4.11, 4.12
#[test]
fn what_is_posted_while_a_turn_takes_comes_in_the_next_and_the_return_behind_it() {
    thread_local!(static REQUEST: Cell<Request> = const { Cell::new(Request { bits: 0 }) });
    unsafe extern "C" fn arrives(_: *mut Plugin, request: Request, _: *const RequestInfo) -> i32 {
        REQUEST.set(request);
        status::OK
    }
    unsafe extern "C" fn slow(plugin: *mut Plugin, request: Request, _: *const RequestInfo) -> i32 {
        Me(plugin).result(request, Me(plugin).message(b"worker's")).unwrap();
        status::PENDING
    }
    let host = Host::new(Limits { workers: 2, ..limits() });
    let mut callbacks = Callbacks::none();
    callbacks.session_result = Some(result);
    callbacks.slow_arrive = Some(arrives);
    callbacks.slow_request = Some(slow);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    let session = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    hook("result", move |api, _, message| {
        if message != Message::default() && api.text(message) == "worker's" {
            zero.result(REQUEST.get(), zero.message(b"kernel's")).unwrap();
            zero.done(REQUEST.get()).unwrap();
        }
        status::OK
    });
    zero.request(session, 5, 2, 1, "").unwrap();
    host.kernel.turn().unwrap();
    let kernel = host.kernel;
    assert!(thread::spawn(|| kernel.work(0)).join().unwrap());
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["1 result 0 worker's"]);
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["1 result 0 kernel's", "1 done 0 -"]);
}
