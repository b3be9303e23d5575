//! What one turn does, and in which order.

mod common;

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::thread;

use common::*;
use pintle_abi_core::*;

thread_local!(static GIVEN_BACK: Cell<Message> = const { Cell::new(Message { bits: 0 }) });

unsafe extern "C" fn rings(plugin: *mut Plugin, _: *mut c_void, _: Timer) -> i32 {
    let message = GIVEN_BACK.get();
    say(format!("timer, {}", if Me(plugin).release(message).is_ok() { "too early" } else { "came back" }));
    status::OK
}

fn start_timer(api: Me) {
    let mut timer = Timer::default();
    // SAFETY: a live plugin pointer, a plain function, a writable place.
    let started = unsafe {
        ((*(*(*api.0).api).executor).start_timer)(api.0, 10, 0, Some(rings), null_mut(), &mut timer)
    };
    assert_eq!(started, status::OK);
}

unsafe extern "C" fn task(plugin: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
    say("task");
    Me(plugin).submit(next).unwrap();
    status::OK
}

unsafe extern "C" fn next(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
    say("next task");
    status::OK
}

unsafe extern "C" fn job(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
    say("worker task");
    status::OK
}

unsafe extern "C" fn later(_: *mut Plugin, _: *const Stop) -> i32 {
    status::PENDING
}

unsafe extern "C" fn destroy(_: *mut Plugin) -> i32 {
    say("destroyed");
    status::OK
}

unsafe extern "C" fn slow(plugin: *mut Plugin, request: Request, _: *const RequestInfo) -> i32 {
    Me(plugin).result(request, Me(plugin).message(b"slow")).err().unwrap_or(status::OK)
}

/// A message that another thread has given back.
fn give_back(zero: Me) {
    struct Crossing(Me, Message);
    // SAFETY: a plugin pointer and a handle may be used on any thread.
    unsafe impl Send for Crossing {}
    let message = zero.message(b"x");
    GIVEN_BACK.set(message);
    let crossing = Crossing(zero, message);
    let give = move || {
        let Crossing(zero, message) = { crossing };
        zero.release(message).unwrap();
    };
    thread::spawn(give).join().unwrap();
}

/// A host whose plugin zero serves 5, fast but for request 2, and two sessions of its.
fn host(workers: u32) -> (Host, [Session; 2]) {
    let host = Host::new(Limits { workers, requests_per_session: 1, ..limits() });
    let session = owner(&host);
    let mut callbacks = Callbacks::none();
    callbacks.session_result = Some(result);
    callbacks.session_writable = Some(writable);
    callbacks.request = Some(request);
    callbacks.slow_request = Some(slow);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    hook("writable", |_, _, _| {
        say("writable");
        status::OK
    });
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    let other = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    (host, [session, other])
}

/// A fast request that waits, with no room for another one.
fn waits(zero: Me, session: Session) {
    zero.suspend(session).unwrap();
    zero.request(session, 5, 1, 1, "").unwrap();
    assert_eq!(zero.request(session, 5, 1, 9, ""), Err(status::E_AGAIN));
    zero.resume(session).unwrap();
}

/// docs/flow.md 6.1, 6.3
#[test]
fn with_workers() {
    let (host, [session, other]) = host(2);
    let zero = host.zero();
    zero.request(other, 5, 2, 2, "").unwrap();
    host.kernel.turn().unwrap();
    let kernel = host.kernel;
    // Each begins behind what is to come before it.
    waits(zero, session);
    zero.submit(task).unwrap();
    assert!(thread::spawn(|| kernel.work(0)).join().unwrap());
    start_timer(zero);
    give_back(zero);
    host.advance(10);
    host.kernel.turn().unwrap();
    let expected = ["timer, came back", "2 result 0 slow", "2 done 0 -", "task", "1 done 0 -", "writable"];
    assert_eq!(said(), expected);
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["next task"]);
}

/// docs/flow.md 6.1, 6.3
#[test]
fn without_workers() {
    let (host, [session, _]) = host(NO_WORKERS);
    let zero = host.zero();
    let lazy = host.add(plug("org.test.lazy", 0, "", |callbacks| {
        callbacks.request_stop = Some(later);
        callbacks.destroy = Some(destroy);
    }));
    assert_eq!(host.kernel.unload(lazy, 10), Ok(status::PENDING));
    zero.submit_worker(job).unwrap();
    zero.submit_worker(job).unwrap();
    waits(zero, session);
    zero.submit(task).unwrap();
    start_timer(zero);
    give_back(zero);
    host.advance(10);
    host.kernel.turn().unwrap();
    let expected = ["timer, came back", "task", "1 done 0 -", "writable", "worker task", "destroyed"];
    assert_eq!(said(), expected, "one worker task");
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["next task", "worker task"]);
}
