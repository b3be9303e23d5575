//! An owner that was told `E_AGAIN` hears `session_writable` once there is room, whatever made the room.

mod common;

use common::*;
use pintle_abi_core::*;

const WRITABLE: &str = "writable";

/// A session of plugin zero with room for one request that waits; its owner says when it hears `session_writable`.
fn narrow() -> (Host, Session) {
    let host = Host::new(Limits { requests_per_session: 1, ..limits() });
    let session = owner(&host);
    hook("writable", |_, _, _| {
        say(WRITABLE);
        status::OK
    });
    (host, session)
}

unsafe extern "C" fn declares(plugin: *mut Plugin, _: *const Create) -> i32 {
    Me(plugin).declare(77, &[2]).map_or_else(|status| status, |()| status::OK)
}

/// A service that can be unloaded and poisoned.
fn service() -> &'static Plug {
    unsafe extern "C" fn poisoned(_: *mut Plugin, _: *const MessageInfo) -> i32 {
        status::E_PANIC
    }
    plug("org.test.service", 0, "77", |callbacks| {
        callbacks.create = Some(declares);
        callbacks.request = Some(request);
        callbacks.slow_request = Some(slow_request);
        callbacks.message_out = Some(poisoned);
    })
}

/// docs/flow.md 4.3, 4.19
#[test]
fn the_one_that_waited_was_cancelled() {
    let (host, session) = narrow();
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    zero.request(session, 5, 2, 1, "").unwrap();
    assert_eq!(zero.request(session, 5, 2, 2, ""), Err(status::E_AGAIN));
    zero.cancel(session, 1).unwrap();
    assert_eq!(said(), ["1 done 119 -"], "it is told in the next turn");
    host.kernel.turn().unwrap();
    assert_eq!(said(), [WRITABLE]);
    host.settle();
    assert_eq!(said(), [""; 0], "once");
    // It is remembered anew.
    zero.request(session, 5, 2, 3, "").unwrap();
    assert_eq!(zero.request(session, 5, 2, 4, ""), Err(status::E_AGAIN));
    zero.cancel(session, 3).unwrap();
    host.settle();
    assert_eq!(said(), ["3 done 119 -", WRITABLE]);
}

/// docs/flow.md 4.3
#[test]
fn the_one_that_waited_was_cancelled_while_another_is_pending() {
    let (host, session) = narrow();
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    hook("request", |_, _, _| status::PENDING);
    zero.request(session, 5, 1, 1, "").unwrap();
    zero.request(session, 5, 1, 2, "").unwrap();
    assert_eq!(zero.request(session, 5, 1, 3, ""), Err(status::E_AGAIN));
    host.settle();
    assert_eq!(said(), [""; 0], "there is no room yet");
    zero.cancel(session, 2).unwrap();
    host.settle();
    assert_eq!(said(), ["2 done 119 -", WRITABLE]);
}

/// docs/flow.md 4.3
#[test]
fn also_while_the_session_is_suspended() {
    let (host, session) = narrow();
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    zero.request(session, 5, 2, 1, "").unwrap();
    assert_eq!(zero.request(session, 5, 2, 2, ""), Err(status::E_AGAIN));
    zero.suspend(session).unwrap();
    zero.cancel(session, 1).unwrap();
    host.settle();
    assert_eq!(said(), [WRITABLE]);
    zero.resume(session).unwrap();
    assert_eq!(said(), ["1 done 119 -"]);
    host.settle();
    assert_eq!(said(), [""; 0]);
}

/// docs/flow.md 4.3, 4.22
#[test]
fn the_service_went_away() {
    let (host, session) = narrow();
    let zero = host.zero();
    let service = host.add(service());
    zero.request(session, 77, 2, 1, "").unwrap();
    assert_eq!(zero.request(session, 77, 2, 2, ""), Err(status::E_AGAIN));
    assert_eq!(host.kernel.unload(service, 0), Ok(status::OK));
    assert_eq!(said(), ["1 exception 111 -", "1 done 111 -"]);
    host.settle();
    assert_eq!(said(), [WRITABLE]);
}

/// docs/flow.md 4.3, 4.22
#[test]
fn the_service_went_away_while_the_session_was_suspended() {
    let (host, session) = narrow();
    let zero = host.zero();
    let service = host.add(service());
    zero.suspend(session).unwrap();
    zero.request(session, 77, 1, 1, "").unwrap();
    assert_eq!(zero.request(session, 77, 1, 2, ""), Err(status::E_AGAIN));
    host.settle();
    assert_eq!(said(), [""; 0], "there is no room yet");
    assert_eq!(host.kernel.unload(service, 0), Ok(status::OK));
    host.settle();
    assert_eq!(said(), [WRITABLE]);
    zero.resume(session).unwrap();
    assert_eq!(said(), ["1 exception 111 -", "1 done 111 -"]);
}

/// docs/flow.md 3.9, 4.3, 4.22
#[test]
fn the_service_was_poisoned() {
    let (host, session) = narrow();
    let zero = host.zero();
    host.add(service());
    zero.request(session, 77, 2, 1, "").unwrap();
    assert_eq!(zero.request(session, 77, 2, 2, ""), Err(status::E_AGAIN));
    // Its filter panics.
    let message = zero.message(b"x");
    assert_eq!(zero.send(session, 0, message), Err(status::E_POISONED));
    assert_eq!(said(), ["1 exception 112 -", "1 done 112 -"]);
    host.settle();
    assert_eq!(said(), [WRITABLE]);
}

/// docs/flow.md 4.3, 4.5
#[test]
fn the_one_that_waited_was_started() {
    let (host, session) = narrow();
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    zero.suspend(session).unwrap();
    zero.request(session, 5, 1, 1, "").unwrap();
    assert_eq!(zero.request(session, 5, 1, 2, ""), Err(status::E_AGAIN));
    host.settle();
    assert_eq!(said(), [""; 0]);
    zero.resume(session).unwrap();
    host.settle();
    assert_eq!(said(), ["1 done 0 -", WRITABLE]);
}

#[test]
fn room_that_was_made_and_filled_before_the_turn() {
    let (host, session) = narrow();
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    hook("request", |_, _, _| status::PENDING);
    zero.request(session, 5, 1, 1, "").unwrap();
    zero.request(session, 5, 1, 2, "").unwrap();
    assert_eq!(zero.request(session, 5, 1, 3, ""), Err(status::E_AGAIN));
    zero.cancel(session, 2).unwrap();
    zero.request(session, 5, 1, 4, "").unwrap();
    host.settle();
    assert_eq!(said(), ["2 done 119 -"], "it is full again");
    zero.cancel(session, 4).unwrap();
    host.settle();
    assert_eq!(said(), ["4 done 119 -", WRITABLE]);
}

#[test]
fn a_session_that_ends_is_not_writable() {
    let (host, session) = narrow();
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    zero.request(session, 5, 2, 1, "").unwrap();
    assert_eq!(zero.request(session, 5, 2, 2, ""), Err(status::E_AGAIN));
    zero.cancel(session, 1).unwrap();
    zero.destroy(session).unwrap();
    host.settle();
    assert_eq!(said(), ["1 done 119 -"]);
    // The next session in its slot was refused nothing.
    let socket = zero.open(&[MODE_RELIABLE]).unwrap();
    let next = zero.create(socket).unwrap();
    zero.request(next, 5, 2, 3, "").unwrap();
    zero.cancel(next, 3).unwrap();
    host.settle();
    assert_eq!(said(), ["3 done 119 -"]);
}

unsafe extern "C" fn hears(_: *mut Plugin, _: Session) -> i32 {
    say(WRITABLE);
    status::OK
}

unsafe extern "C" fn transports(plugin: *mut Plugin, _: *const Create) -> i32 {
    let api = Me(plugin);
    let session = api.create(api.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    let message = api.message(b"x");
    api.receive(session, 0, message).unwrap();
    say(format!("{} {:?}", session.bits, api.receive(session, 0, message)));
    status::OK
}

unsafe extern "C" fn message_in(_: *mut Plugin, _: *const MessageInfo) -> i32 {
    status::OK
}

/// A host with an inbox for one message, which a transport has filled, and was refused a second one.
fn full_inbox() -> (Host, Session) {
    let host = Host::new(Limits { inbox: 1, ..limits() });
    host.add(plug("org.test.transport", FLAG_OPENS_SOCKETS, "", |callbacks| {
        callbacks.create = Some(transports);
        callbacks.session_writable = Some(hears);
    }));
    let told = said().pop().unwrap();
    let (session, refused) = told.split_once(' ').unwrap();
    assert_eq!(refused, "Err(110)");
    let session = Session { bits: session.parse().unwrap() };
    host.settle();
    assert_eq!(said(), [""; 0]);
    (host, session)
}

/// docs/flow.md 3.11
#[test]
fn the_inbox_was_taken_from() {
    let (host, _) = full_inbox();
    host.kernel.take().unwrap();
    assert_eq!(said(), [""; 0], "in the next turn");
    host.kernel.turn().unwrap();
    assert_eq!(said(), [WRITABLE]);
    host.settle();
    assert_eq!(said(), [""; 0]);
}

/// docs/flow.md 3.11
#[test]
fn the_inbox_was_taken_out_of_the_way() {
    let (host, _) = full_inbox();
    let mut callbacks = Callbacks::none();
    callbacks.message_in = Some(message_in);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    assert_eq!(host.kernel.next_deadline(), Some(0));
    host.kernel.turn().unwrap();
    assert_eq!(said(), [WRITABLE]);
    host.settle();
    assert_eq!(said(), [""; 0]);
}

#[test]
fn callbacks_without_message_in_leave_the_inbox_full() {
    let (host, _) = full_inbox();
    let callbacks = Callbacks::none();
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    host.settle();
    assert_eq!(said(), [""; 0]);
    host.kernel.take().unwrap();
    host.settle();
    assert_eq!(said(), [WRITABLE]);
}

/// docs/flow.md 3.10, 3.11
#[test]
fn the_host_let_a_paused_session_go_on() {
    let host = Host::new(limits());
    host.add(plug("org.test.transport", FLAG_OPENS_SOCKETS, "", |callbacks| {
        callbacks.create = Some(transports_paused);
        callbacks.session_writable = Some(hears);
        callbacks.session_disconnect = Some(tries);
    }));
    unsafe extern "C" fn transports_paused(plugin: *mut Plugin, _: *const Create) -> i32 {
        let api = Me(plugin);
        say(api.create(api.open(&[MODE_RELIABLE]).unwrap()).unwrap().bits.to_string());
        status::OK
    }
    unsafe extern "C" fn tries(plugin: *mut Plugin, session: Session) -> i32 {
        let api = Me(plugin);
        let message = api.message(b"x");
        say(format!("{:?}", api.receive(session, 0, message)));
        status::OK
    }
    let session = Session { bits: said()[0].parse().unwrap() };
    let zero = host.zero();
    // SAFETY: a live plugin pointer.
    let poke = || unsafe { ((*(*(*zero.0).api).session).disconnect)(zero.0, session) };
    host.kernel.pause(session, true).unwrap();
    assert_eq!(poke(), status::OK);
    host.settle();
    assert_eq!(said(), ["Err(110)"]);
    host.kernel.pause(session, false).unwrap();
    host.settle();
    assert_eq!(said(), [WRITABLE]);
    assert_eq!(poke(), status::OK);
    assert_eq!(said(), ["Ok(())"]);
}
