//! A payload that somebody keeps, and no message free for the copy that a worker needs: the request ends, and says why.

mod common;

use std::cell::RefCell;
use std::thread;

use common::*;
use pintle_abi_core::*;

thread_local! {
    static KEPT: RefCell<Vec<Message>> = const { RefCell::new(Vec::new()) };
}

unsafe extern "C" fn keeps(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> i32 {
    // SAFETY: the kernel's arguments.
    let message = unsafe { (*info).message };
    // A payload that nobody else has is the kernel's alone: the first reference of a plugin to it is this one.
    let kept = Me(plugin).retain(message);
    KEPT.with_borrow_mut(|kept| kept.push(message));
    say(format!("arrive {} {kept:?}", request.bits != 0));
    status::OK
}

unsafe extern "C" fn passes(_: *mut Plugin, _: Request, _: *const RequestInfo) -> i32 {
    say("arrive");
    status::OK
}

unsafe extern "C" fn done(_: *mut Plugin, _: Request, info: *const RequestInfo, status: i32) -> i32 {
    // SAFETY: the kernel's arguments.
    say(format!("{} over {status}", unsafe { (*info).correlation }));
    status::OK
}

type Handler = unsafe extern "C" fn(*mut Plugin, Request, *const RequestInfo) -> i32;

/// Plugin zero with a slow service, and a session of its.
fn host(arrive: Handler, workers: u32) -> (Host, Session) {
    let host = Host::new(Limits { workers, ..limits() });
    let mut callbacks = Callbacks::none();
    callbacks.session_result = Some(result);
    callbacks.slow_arrive = Some(arrive);
    callbacks.slow_request = Some(slow_request);
    callbacks.request_done = Some(done);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    let session = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    (host, session)
}

/// Takes every message that is left.
fn exhaust(zero: Me) -> Vec<Message> {
    std::iter::from_fn(|| zero.acquire(1).ok()).collect()
}

/// docs/flow.md 4.7
#[test]
fn a_request_without_room_for_its_copy_ends() {
    for workers in [NO_WORKERS, 2] {
        let (host, session) = host(keeps, workers);
        let zero = host.zero();
        hook("slow request", |_, _, _| {
            say("ran");
            status::OK
        });
        zero.request(session, 5, 2, 1, "payload").unwrap();
        let taken = exhaust(zero);
        host.settle();
        assert_eq!(said(), ["arrive true Ok(())", "1 exception 109 -", "1 done 109 -", "1 over 109"]);
        let kernel = host.kernel;
        assert!(!thread::spawn(|| kernel.work(0)).join().unwrap());
        // Nothing is left over: the one that was kept, and all others.
        let kept = KEPT.take();
        assert_eq!(kept.iter().map(|message| zero.text(*message)).collect::<Vec<_>>(), ["payload"]);
        for message in taken.iter().chain(&kept) {
            zero.release(*message).unwrap();
        }
        assert_eq!(exhaust(zero).len(), 12);
    }
}

#[test]
fn the_next_request_of_the_session_goes_on() {
    let (host, session) = host(keeps, NO_WORKERS);
    let zero = host.zero();
    hook("slow request", |_, _, _| {
        say("ran");
        status::OK
    });
    zero.request(session, 5, 2, 1, "one").unwrap();
    zero.request(session, 5, 2, 2, "two").unwrap();
    let taken = exhaust(zero);
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["arrive true Ok(())", "1 exception 109 -", "1 done 109 -", "1 over 109"]);
    for message in taken {
        zero.release(message).unwrap();
    }
    host.settle();
    assert_eq!(said(), ["arrive true Ok(())", "ran", "2 done 0 -", "2 over 0"]);
}

/// docs/flow.md 4.7
#[test]
fn a_payload_that_nobody_keeps_needs_no_copy() {
    let (host, session) = host(passes, NO_WORKERS);
    let zero = host.zero();
    hook("slow request", |api, _, message| {
        say(format!("ran {}", api.text(message)));
        status::OK
    });
    zero.request(session, 5, 2, 1, "payload").unwrap();
    exhaust(zero);
    host.settle();
    assert_eq!(said(), ["arrive", "ran payload", "1 done 0 -", "1 over 0"]);
}

/// docs/flow.md 2.5
#[test]
fn what_another_thread_gave_back_is_room() {
    struct Crossing(Me, Vec<Message>);
    // SAFETY: a plugin pointer and handles may be used on any thread.
    unsafe impl Send for Crossing {}
    let (host, session) = host(keeps, NO_WORKERS);
    let zero = host.zero();
    hook("slow request", |_, _, _| {
        say("ran");
        status::OK
    });
    zero.request(session, 5, 2, 1, "payload").unwrap();
    let crossing = Crossing(zero, exhaust(zero));
    thread::spawn(move || {
        let Crossing(zero, taken) = { crossing };
        taken.into_iter().for_each(|message| zero.release(message).unwrap());
    })
    .join()
    .unwrap();
    host.settle();
    assert_eq!(said(), ["arrive true Ok(())", "ran", "1 done 0 -", "1 over 0"]);
}

/// docs/flow.md 4.19
#[test]
fn a_cancelled_one_without_room_is_cancelled() {
    let (host, session) = host(keeps, NO_WORKERS);
    let zero = host.zero();
    zero.request(session, 5, 2, 1, "payload").unwrap();
    exhaust(zero);
    zero.suspend(session).unwrap();
    host.settle();
    zero.resume(session).unwrap();
    zero.cancel(session, 1).unwrap();
    host.settle();
    assert_eq!(said(), ["1 done 119 -", "1 over 119"]);
}
