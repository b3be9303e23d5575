//! A request that a filter takes: a hand-over that answered `OK`, and an end that is told like every other.

mod common;

use std::cell::Cell;
use std::rc::Rc;

use common::*;
use pintle_abi_core::*;

unsafe extern "C" fn over(_: *mut Plugin, _: Request, _: *const RequestInfo, _: i32) -> i32 {
    say("the service heard of it");
    status::OK
}

/// Plugin zero as owner and service, a filter that takes every request; `edit`: after it has edited it.
fn host(edit: bool) -> (Host, Session) {
    let host = Host::new(limits());
    let mut callbacks = Callbacks::none();
    callbacks.session_result = Some(result);
    callbacks.request = Some(request);
    callbacks.slow_request = Some(slow_request);
    callbacks.request_done = Some(over);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    let session = zero.create(zero.open(&[MODE_RELIABLE; 3]).unwrap()).unwrap();
    host.add(first());
    hook("first in", move |api, _, message| {
        if edit {
            let edited = api.edit(message).unwrap();
            api.write(edited, b"!").unwrap();
        }
        status::CONSUMED
    });
    hook("request", |_, _, _| status::OK);
    (host, session)
}

fn ask(zero: Me, session: Session, correlation: u64, message: Message) -> i32 {
    zero.ask(session, &me::ask(5, 1, correlation, message)).err().unwrap_or(status::OK)
}

/// How many messages are free.
fn free(zero: Me) -> usize {
    let taken: Vec<_> = std::iter::from_fn(|| zero.acquire(1).ok()).collect();
    taken.iter().for_each(|message| zero.release(*message).unwrap());
    taken.len()
}

/// docs/flow.md 2.10, 4.28
#[test]
fn one_reference_is_spent() {
    for edit in [false, true] {
        let (host, session) = host(edit);
        let zero = host.zero();
        let message = zero.message(b"x");
        assert_eq!(ask(zero, session, 1, message), status::OK);
        assert_eq!(said(), ["1 done 1 -"]);
        assert_eq!(zero.release(message), Err(status::E_STALE), "edit: {edit}");
        // Of two references, one.
        let message = zero.message(b"x");
        zero.retain(message).unwrap();
        assert_eq!(ask(zero, session, 2, message), status::OK);
        assert_eq!(said(), ["2 done 1 -"]);
        assert_eq!(zero.text(message), "x");
        zero.release(message).unwrap();
        assert_eq!(zero.release(message), Err(status::E_STALE), "edit: {edit}");
        assert_eq!(free(zero), 12);
    }
}

/// docs/flow.md 1.7
#[test]
fn a_filter_that_refuses_spends_nothing() {
    for edit in [false, true] {
        let (host, session) = host(edit);
        let zero = host.zero();
        hook("first in", move |api, _, message| {
            if edit {
                api.edit(message).unwrap();
            }
            10_007
        });
        let message = zero.message(b"x");
        assert_eq!(ask(zero, session, 1, message), 10_007);
        assert_eq!(zero.text(message), "x");
        zero.release(message).unwrap();
        assert_eq!(free(zero), 12);
        assert_eq!(said(), [""; 0]);
    }
}

/// docs/flow.md 2.14
#[test]
fn what_is_borrowed_stays_the_callers() {
    for edit in [false, true] {
        let (host, session) = host(edit);
        let zero = host.zero();
        let message = zero.message(b"x");
        zero.receive(session, 0, message).unwrap();
        assert_eq!(zero.text(message), "x");
        zero.release(message).unwrap();
        assert_eq!(free(zero), 12);
    }
}

/// docs/flow.md 4.29
#[test]
fn its_end_waits_for_a_suspended_owner() {
    let (host, session) = host(false);
    let zero = host.zero();
    zero.suspend(session).unwrap();
    zero.request(session, 5, 1, 1, "").unwrap();
    host.settle();
    assert_eq!(said(), [""; 0]);
    assert_eq!(zero.cancel(session, 1), Err(status::E_NOT_FOUND), "it is over");
    zero.resume(session).unwrap();
    assert_eq!(said(), ["1 done 1 -"]);
    host.settle();
    assert_eq!(said(), [""; 0]);
}

/// docs/flow.md 4.29
#[test]
fn its_end_is_told_again_to_an_owner_that_was_full() {
    let (host, session) = host(false);
    let zero = host.zero();
    hook("result", |_, _, _| status::E_AGAIN);
    zero.request(session, 5, 1, 1, "").unwrap();
    assert_eq!(said(), ["1 done 1 -"]);
    host.settle();
    assert_eq!(said(), [""; 0], "the session is suspended");
    let message = zero.message(b"x");
    hook("send", |_, _, _| status::OK);
    assert!(zero.send(session, 0, message).is_err());
    zero.resume(session).unwrap();
    assert_eq!(said(), ["1 done 1 -"], "still full");
    hook("result", |_, _, _| status::OK);
    zero.resume(session).unwrap();
    assert_eq!(said(), ["1 done 1 -"]);
    zero.resume(session).unwrap();
    host.settle();
    assert_eq!(said(), [""; 0]);
}

/// docs/flow.md 4.24, 4.29
#[test]
fn its_end_comes_after_what_is_held_back() {
    let (host, session) = host(false);
    let zero = host.zero();
    hook("first in", |_, _, _| status::OK);
    hook("request", |api, request, _| {
        api.result(Request { bits: request.bits }, api.message(b"held")).unwrap();
        status::OK
    });
    hook("result", |_, _, _| status::E_AGAIN);
    zero.request(session, 5, 1, 1, "").unwrap();
    assert_eq!(said(), ["1 result 0 held", "the service heard of it"]);
    hook("first in", |_, _, _| status::CONSUMED);
    zero.request(session, 5, 1, 2, "").unwrap();
    host.settle();
    assert_eq!(said(), [""; 0]);
    hook("result", |_, _, _| status::OK);
    zero.resume(session).unwrap();
    assert_eq!(said(), ["1 result 0 held", "1 done 0 -", "2 done 1 -"]);
}

/// docs/flow.md 4.28
#[test]
fn it_needs_a_slot_like_any_other() {
    let (host, session) = host(false);
    let zero = host.zero();
    zero.suspend(session).unwrap();
    for correlation in 1..=8 {
        zero.request(session, 5, 1, correlation, "").unwrap();
    }
    let filtered = Rc::new(Cell::new(0));
    let count = filtered.clone();
    hook("first in", move |_, _, _| {
        count.set(count.get() + 1);
        status::CONSUMED
    });
    assert_eq!(zero.request(session, 5, 1, 9, ""), Err(status::E_CAPACITY));
    assert_eq!(filtered.get(), 0, "it is refused before any filter runs");
    zero.resume(session).unwrap();
    assert_eq!(said(), [1, 2, 3, 4, 5, 6, 7, 8].map(|correlation| format!("{correlation} done 1 -")));
    zero.request(session, 5, 1, 9, "").unwrap();
    assert_eq!(said(), ["9 done 1 -"]);
}

#[test]
fn its_slot_is_free_when_the_session_ends() {
    let (host, session) = host(false);
    let zero = host.zero();
    zero.suspend(session).unwrap();
    for correlation in 1..=8 {
        zero.request(session, 5, 1, correlation, "").unwrap();
    }
    zero.destroy(session).unwrap();
    host.settle();
    assert_eq!(said(), [""; 0]);
    let next = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    zero.suspend(next).unwrap();
    for correlation in 1..=8 {
        zero.request(next, 5, 1, correlation, "").unwrap();
    }
    zero.resume(next).unwrap();
    assert_eq!(said().len(), 8);
    assert_eq!(free(zero), 12);
}

#[test]
fn a_filter_that_ends_the_session_and_takes_the_request() {
    let (host, session) = host(false);
    let zero = host.zero();
    hook("first in", move |_, session, _| {
        zero.destroy(session).unwrap();
        status::CONSUMED
    });
    let message = zero.message(b"x");
    assert_eq!(ask(zero, session, 1, message), status::OK);
    assert_eq!(zero.release(message), Err(status::E_STALE));
    host.settle();
    assert_eq!(said(), [""; 0], "nothing is delivered for a session that has ended");
    assert_eq!(free(zero), 12);
}

#[test]
fn beside_one_that_is_pending_it_ends_at_once() {
    let (host, session) = host(false);
    let zero = host.zero();
    hook("first in", |_, _, _| status::OK);
    hook("request", |_, _, _| status::PENDING);
    zero.request(session, 5, 1, 1, "").unwrap();
    hook("first in", |_, _, _| status::CONSUMED);
    zero.request(session, 5, 1, 2, "").unwrap();
    assert_eq!(said(), ["2 done 1 -"]);
    host.settle();
    zero.cancel(session, 1).unwrap();
    host.settle();
    assert_eq!(said(), [""; 0], "it still runs");
}
