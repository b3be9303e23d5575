//! Sessions that take nothing for now, or never: whoever calls hears of it before a filter has seen anything.

mod common;

use std::cell::Cell;

use common::*;
use pintle_abi_core::*;

thread_local! {
    static POINTER: Cell<usize> = const { Cell::new(0) };
}

/// A filter that says so when it is reached.
fn filter(host: &Host) {
    for place in ["first in", "first out"] {
        hook(place, |_, _, _| {
            say("a filter");
            status::OK
        });
    }
    host.add(first());
}

/// docs/flow.md 3.10
#[test]
fn a_full_inbox_refuses_before_any_filter() {
    let host = Host::new(Limits { inbox: 1, ..limits() });
    let session = owner(&host);
    filter(&host);
    let zero = host.zero();
    let message = zero.message(b"x");
    zero.receive(session, 0, message).unwrap();
    assert_eq!(said(), ["a filter"]);
    assert_eq!(zero.receive(session, 0, message), Err(status::E_AGAIN));
    assert_eq!(said(), [""; 0]);
}

/// docs/flow.md 3.10, 3.11
#[test]
fn a_paused_session_refuses_before_any_filter_and_is_told_when_it_goes_on() {
    let host = Host::new(limits());
    let session = owner(&host);
    filter(&host);
    hook("writable", |_, _, _| {
        say("writable");
        status::OK
    });
    let zero = host.zero();
    let message = zero.message(b"x");
    host.kernel.pause(session, true).unwrap();
    assert_eq!(zero.receive(session, 0, message), Err(status::E_AGAIN));
    host.settle();
    assert_eq!(said(), [""; 0]);
    host.kernel.pause(session, false).unwrap();
    assert_eq!(said(), [""; 0], "in the next turn");
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["writable"]);
    zero.receive(session, 0, message).unwrap();
    assert_eq!(said(), ["a filter"]);
}

/// docs/flow.md 3.12
#[test]
fn an_owner_without_session_send() {
    let host = Host::new(limits());
    let zero = host.zero();
    let session = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    filter(&host);
    assert_eq!(zero.send(session, 0, zero.message(b"x")), Err(status::E_UNSUPPORTED));
    assert_eq!(said(), [""; 0]);
}

unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
    POINTER.set(plugin as usize);
    status::OK
}

/// docs/flow.md 3.12
#[test]
fn an_owner_that_is_poisoned() {
    unsafe extern "C" fn panics(_: *mut Plugin, _: Socket) -> i32 {
        status::E_PANIC
    }
    let host = Host::new(limits());
    let zero = host.zero();
    let socket = zero.open(&[MODE_RELIABLE]).unwrap();
    host.add(plug("org.test.transport", 0, "", |callbacks| {
        callbacks.create = Some(create);
        callbacks.session_send = Some(send);
        callbacks.socket_created = Some(panics);
    }));
    let transport = Me(POINTER.get() as *mut Plugin);
    let session = transport.create(socket).unwrap();
    filter(&host);
    zero.send(session, 0, zero.message(b"x")).unwrap();
    assert_eq!(said(), ["a filter"]);
    zero.open(&[MODE_RELIABLE]).unwrap();
    assert_eq!(zero.send(session, 0, zero.message(b"x")), Err(status::E_POISONED));
    assert_eq!(said(), [""; 0]);
}

/// docs/flow.md 3.12
#[test]
fn an_owner_that_stops_and_one_past_its_stop() {
    unsafe extern "C" fn later(_: *mut Plugin, _: *const Stop) -> i32 {
        status::PENDING
    }
    let host = Host::new(limits());
    let zero = host.zero();
    let instance = host.add(plug("org.test.transport", 0, "", |callbacks| {
        callbacks.create = Some(create);
        callbacks.session_send = Some(send);
        callbacks.request_stop = Some(later);
    }));
    let transport = Me(POINTER.get() as *mut Plugin);
    let session = transport.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    filter(&host);
    hook("send", |_, _, _| {
        say("the owner");
        status::OK
    });
    assert_eq!(host.kernel.unload(instance, 50), Ok(status::PENDING));
    zero.send(session, 0, zero.message(b"x")).unwrap();
    assert_eq!(said(), ["a filter", "the owner"], "it serves its peers until it drains");
    host.advance(50);
    host.kernel.turn().unwrap();
    assert_eq!(zero.send(session, 0, zero.message(b"x")), Err(status::E_STALE));
    assert_eq!(said(), [""; 0]);
}

/// docs/flow.md 3.13
#[test]
fn a_suspended_session_refuses_before_any_filter_until_it_is_resumed() {
    let host = Host::new(limits());
    let session = owner(&host);
    filter(&host);
    let zero = host.zero();
    let message = zero.message(b"x");
    zero.suspend(session).unwrap();
    for _ in 0..2 {
        assert_eq!(zero.send(session, 0, message), Err(status::E_AGAIN));
    }
    assert_eq!(said(), [""; 0]);
    zero.resume(session).unwrap();
    zero.send(session, 0, message).unwrap();
    assert_eq!(said(), ["a filter"]);
}

/// docs/flow.md 3.13
#[test]
fn an_owner_that_answers_that_it_is_full_suspends_its_session() {
    let host = Host::new(limits());
    let session = owner(&host);
    filter(&host);
    hook("send", |_, _, _| status::E_AGAIN);
    let zero = host.zero();
    let message = zero.message(b"x");
    assert_eq!(zero.send(session, 0, message), Err(status::E_AGAIN));
    assert_eq!(said(), ["a filter"]);
    hook("send", |_, _, _| status::OK);
    assert_eq!(zero.send(session, 0, message), Err(status::E_AGAIN));
    assert_eq!(said(), [""; 0]);
    zero.resume(session).unwrap();
    zero.send(session, 0, message).unwrap();
    assert_eq!(said(), ["a filter"]);
}

/// docs/flow.md 3.14
#[test]
fn everybody_but_the_owner_hears_once_that_a_session_takes_more() {
    unsafe extern "C" fn hears(plugin: *mut Plugin, _: Session) -> i32 {
        say(if plugin as usize == POINTER.get() { "the owner" } else { "another" });
        status::OK
    }
    let host = Host::new(limits());
    let zero = host.zero();
    // Plugin zero hears what is hooked.
    owner(&host);
    hook("writable", |_, _, _| {
        say("zero");
        status::OK
    });
    host.add(plug("org.test.listener", 0, "", |callbacks| callbacks.session_writable = Some(hears)));
    host.add(plug("org.test.transport", 0, "", |callbacks| {
        callbacks.create = Some(create);
        callbacks.session_send = Some(send);
        callbacks.session_writable = Some(hears);
    }));
    let transport = Me(POINTER.get() as *mut Plugin);
    let session = transport.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    let message = zero.message(b"x");
    let suspended = |is_refused: bool| {
        transport.suspend(session).unwrap();
        if is_refused {
            assert_eq!(zero.send(session, 0, message), Err(status::E_AGAIN));
        }
        transport.resume(session).unwrap();
        host.settle();
        said()
    };
    assert_eq!(suspended(false), [""; 0], "nobody was refused");
    assert_eq!(suspended(true), ["zero", "another"]);
    transport.resume(session).unwrap();
    host.settle();
    assert_eq!(said(), [""; 0], "once");
}
