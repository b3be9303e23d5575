//! Timers against a clock that the test turns.

mod common;

use std::ffi::c_void;

use common::*;
use pintle_abi_core::*;

unsafe extern "C" fn rings(plugin: *mut Plugin, data: *mut c_void, timer: Timer) -> i32 {
    say(format!("{}", data as usize));
    if data as usize == 99 {
        start(Me(plugin), 0, 0, 98);
    }
    if data as usize == 50 {
        assert_eq!(cancel(Me(plugin), timer), status::OK);
    }
    status::OK
}

fn start(api: Me, delay: u64, period: u64, data: usize) -> Timer {
    let mut timer = Timer::default();
    // SAFETY: a live plugin pointer, a plain function, a writable place.
    let status = unsafe {
        ((*(*(*api.0).api).executor).start_timer)(
            api.0,
            delay,
            period,
            Some(rings),
            data as *mut c_void,
            &mut timer,
        )
    };
    assert_eq!(status, status::OK);
    timer
}

fn cancel(api: Me, timer: Timer) -> i32 {
    // SAFETY: a live plugin pointer.
    unsafe { ((*(*(*api.0).api).executor).cancel_timer)(api.0, timer) }
}

#[test]
fn in_the_order_of_their_times_and_then_of_their_starts() {
    let host = Host::new(limits());
    start(host.zero(), 20, 0, 3);
    start(host.zero(), 10, 0, 1);
    start(host.zero(), 10, 0, 2);
    assert_eq!(host.kernel.next_deadline(), Some(1010));
    host.kernel.turn().unwrap();
    assert_eq!(said(), [""; 0]);
    host.advance(9);
    host.kernel.turn().unwrap();
    assert_eq!(said(), [""; 0]);
    host.advance(11);
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["1", "2", "3"]);
    assert_eq!(host.kernel.next_deadline(), None);
}

/// docs/flow.md 6.4
#[test]
fn a_late_periodic_one_rings_once_and_keeps_its_phase() {
    let host = Host::new(limits());
    let timer = start(host.zero(), 10, 10, 7);
    host.advance(35);
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["7"]);
    assert_eq!(host.kernel.next_deadline(), Some(1040));
    host.advance(5);
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["7"]);
    assert_eq!(cancel(host.zero(), timer), status::OK);
    assert_eq!(cancel(host.zero(), timer), status::E_STALE);
    host.advance(100);
    host.kernel.turn().unwrap();
    assert_eq!(said(), [""; 0]);
}

/// docs/flow.md 6.3
#[test]
fn one_that_a_timer_starts_rings_in_the_next_turn() {
    let host = Host::new(limits());
    start(host.zero(), 0, 0, 99);
    start(host.zero(), 0, 5, 50);
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["99", "50"]);
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["98"]);
    host.advance(50);
    host.kernel.turn().unwrap();
    assert_eq!(said(), [""; 0], "it cancelled itself");
}

#[test]
fn another_instances_timer_is_not_to_be_cancelled() {
    let host = Host::new(limits());
    let session = owner(&host);
    let timer = start(host.zero(), 10, 0, 1);
    host.add(first());
    hook("first out", move |api, _, _| {
        assert_eq!(cancel(api, timer), status::E_NOT_OWNER);
        start(api, 5, 0, 2);
        say("tried");
        status::OK
    });
    let message = host.zero().message(b"x");
    host.zero().send(session, 0, message).unwrap();
    assert_eq!(said(), ["tried"]);
}

#[test]
fn a_closed_executor_takes_nothing_more() {
    let host = Host::new(limits());
    let zero = host.zero();
    // SAFETY: plugin zero's tables.
    let table = unsafe { &*(*(*zero.0).api).executor };
    unsafe extern "C" fn task(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        say("task");
        status::OK
    }
    // SAFETY: a live plugin pointer and plain functions.
    unsafe {
        let submit = || (table.submit)(zero.0, Some(task), std::ptr::null_mut(), Message::default());
        assert_eq!(submit(), status::OK);
        assert_eq!((table.shutdown)(zero.0), status::OK);
        assert_eq!(submit(), status::E_CLOSED);
        let mut timer = Timer::default();
        let started = (table.start_timer)(zero.0, 0, 0, Some(rings), std::ptr::null_mut(), &mut timer);
        assert_eq!(started, status::E_CLOSED);
        host.settle();
        assert_eq!(said(), ["task"], "what was submitted still runs");
        assert_eq!((table.startup)(zero.0), status::OK);
        for _ in 0..4 {
            assert_eq!(submit(), status::OK);
        }
        assert_eq!(submit(), status::E_AGAIN);
    }
}
