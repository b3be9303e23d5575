//! Answers that are no errors, and that the callback has no use for or nobody knows: they count as `OK`.

mod common;

use common::*;
use pintle_abi_core::*;

/// What a callback may answer that is no error and nothing to its caller; the last is of a contract to come.
const STRANGE: [i32; 2] = [status::PENDING, status::ERROR_FIRST - 1];

/// docs/flow.md 1.9
#[test]
fn zero_to_99_are_no_errors() {
    for code in [0, 1, 2, 3, 99] {
        assert!(!status::is_error(code), "{code}");
    }
    for code in [100, 101, 999, 1000, 10_000, i32::MAX, -1, i32::MIN] {
        assert!(status::is_error(code), "{code}");
    }
}

/// docs/flow.md 1.10
#[test]
fn a_filter_lets_pass() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(first());
    host.add(second());
    for code in STRANGE {
        hook("first in", move |_, _, _| code);
        hook("second in", |_, _, _| {
            say("second");
            status::OK
        });
        let zero = host.zero();
        zero.receive(session, 0, zero.message(b"x")).unwrap();
        assert_eq!(said(), ["second"], "{code}");
    }
}

/// docs/flow.md 1.10, 3.8
#[test]
fn a_filter_that_ends_the_session_still_stops_the_chain() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(first());
    host.add(second());
    let owner = host.zero().0 as usize;
    hook("first in", move |_, session, _| {
        Me(owner as *mut Plugin).destroy(session).unwrap();
        STRANGE[1]
    });
    hook("second in", |_, _, _| unreachable!("the session is gone"));
    let zero = host.zero();
    assert_eq!(zero.receive(session, 0, zero.message(b"x")), Err(status::E_STALE));
}

/// docs/flow.md 1.10
#[test]
fn an_owner_took_what_was_sent() {
    let host = Host::new(limits());
    let session = owner(&host);
    for code in STRANGE.into_iter().chain([status::CONSUMED]) {
        hook("send", move |_, _, _| code);
        let zero = host.zero();
        zero.send(session, 0, zero.message(b"x")).unwrap();
    }
}

/// docs/flow.md 1.10
#[test]
fn a_request_is_done_and_has_no_exception() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    zero.declare(5, &[]).unwrap();
    for code in [status::CONSUMED, STRANGE[1]] {
        hook("request", move |_, _, _| code);
        zero.request(session, 5, 1, 1, "x").unwrap();
        assert_eq!(said(), ["1 done 0 -"], "{code}");
    }
}

/// docs/flow.md 1.10
#[test]
fn a_result_arrived() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    zero.declare(5, &[]).unwrap();
    hook("request", |api, request, message| {
        api.result(Request { bits: request.bits }, message).unwrap();
        status::OK
    });
    hook("result", |_, _, _| STRANGE[1]);
    zero.request(session, 5, 1, 1, "x").unwrap();
    assert_eq!(said(), ["1 result 0 x", "1 done 0 -"]);
    assert!(!host.logged("refused a result"));
}

unsafe extern "C" fn create(_: *mut Plugin, _: *const Create) -> i32 {
    STRANGE[1]
}

unsafe extern "C" fn noted(_: *mut Plugin, _: Session) -> i32 {
    STRANGE[1]
}

/// docs/flow.md 1.10
#[test]
fn an_instance_is_made_and_nothing_is_logged() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(plug("org.test.strange", 0, "", |callbacks| {
        callbacks.create = Some(create);
        callbacks.session_writable = Some(noted);
    }));
    hook("send", |_, _, _| status::E_AGAIN);
    let zero = host.zero();
    let message = zero.message(b"x");
    assert_eq!(zero.send(session, 0, message), Err(status::E_AGAIN));
    zero.resume(session).unwrap();
    assert!(!host.logged("returned an error"));
}
