//! Structural changes from inside callbacks: each gets its status, and nothing that is still on the stack is pulled away.

mod common;

use common::*;
use pintle_abi_core::*;

/// docs/flow.md 3.8, 5.1
#[test]
fn destroying_the_session_that_is_being_sent_to() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(first());
    host.add(second());
    hook("second out", move |api, session, _| {
        assert_eq!(api.destroy(session), Err(status::E_NOT_OWNER));
        status::OK
    });
    let zero = host.zero();
    hook("first out", move |_, session, _| {
        zero.destroy(session).unwrap();
        assert_eq!(zero.destroy(session), Err(status::E_STALE));
        say("ended");
        status::OK
    });
    hook("send", |_, _, _| {
        say("sent");
        status::OK
    });
    hook("destroyed", |_, _, _| {
        say("destroyed");
        status::OK
    });
    let message = zero.message(b"x");
    assert_eq!(zero.send(session, 0, message), Err(status::E_STALE));
    assert_eq!(said(), ["ended", "destroyed"]);
}

/// docs/flow.md 5.1
#[test]
fn an_owner_that_ends_its_session_while_it_sends() {
    let host = Host::new(limits());
    let session = owner(&host);
    hook("send", |api, session, message| {
        api.destroy(session).unwrap();
        say(api.text(message));
        status::OK
    });
    hook("destroyed", |_, _, _| {
        say("destroyed");
        status::OK
    });
    let message = host.zero().message(b"x");
    host.zero().send(session, 0, message).unwrap();
    assert_eq!(said(), ["x", "destroyed"]);
}

/// docs/flow.md 2.1, 2.14
#[test]
fn releasing_the_message_that_is_being_sent() {
    let host = Host::new(limits());
    let session = owner(&host);
    hook("send", |api, _, message| {
        api.release(message).unwrap();
        assert_eq!(api.release(message), Err(status::E_STATE));
        say(api.text(message));
        status::OK
    });
    let message = host.zero().message(b"still here");
    host.zero().send(session, 0, message).unwrap();
    assert_eq!(said(), ["still here"]);
    assert_eq!(host.zero().release(message), Err(status::E_STALE));
}

/// docs/flow.md 5.4
#[test]
fn unloading_oneself_and_another_from_a_filter() {
    let host = Host::new(limits());
    let session = owner(&host);
    let kernel = host.kernel;
    let first = host.add(first());
    let second = host.add(second());
    hook("second out", move |api, _, _| {
        assert_eq!(kernel.unload(second, 0), Ok(status::PENDING));
        assert_eq!(kernel.unload(first, 0), Ok(status::PENDING));
        assert_eq!(api.open(&[0]), Err(status::E_CLOSED));
        say("second");
        status::OK
    });
    hook("first out", |_, _, _| {
        say("first");
        status::OK
    });
    let message = host.zero().message(b"x");
    host.zero().send(session, 0, message).unwrap();
    assert_eq!(said(), ["second"], "whoever was asked to stop filters no more");
    for gone in [first, second] {
        assert_eq!(kernel.unload(gone, 0), Err(status::E_CLOSED));
        assert_eq!(kernel.receipt(gone).unwrap().outcome, OUTCOME_STOPPED);
    }
}

/// docs/flow.md 3.17
#[test]
fn adding_a_plugin_during_a_broadcast() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(second());
    let kernel = host.kernel;
    let late = first();
    hook("second out", move |_, _, _| {
        // SAFETY: a `Plug` is what its types say.
        let added = unsafe { kernel.add(&late.entry, None) };
        assert!(added.is_ok() || added == Err(status::E_EXISTS));
        status::OK
    });
    hook("first out", |_, _, _| {
        say("first");
        status::OK
    });
    let message = host.zero().message(b"x");
    host.zero().send(session, 0, message).unwrap();
    assert_eq!(said(), [""; 0]);
    host.zero().send(session, 0, message).unwrap();
    assert_eq!(said(), ["first"]);
}

/// docs/flow.md 3.8, 5.3
#[test]
fn stopping_the_socket_of_the_session_that_receives() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(first());
    let zero = host.zero();
    hook("first in", move |api, session, _| {
        let mut socket = Socket::default();
        // SAFETY: a live plugin pointer and a writable place.
        let found = unsafe { ((*(*(*api.0).api).session).socket)(api.0, session, &mut socket) };
        assert_eq!(found, status::OK);
        assert_eq!(api.close(socket), Err(status::E_PERMISSION));
        assert_eq!(zero.stop(socket), Err(status::E_STATE));
        zero.close(socket).unwrap();
        assert_eq!(zero.close(socket), Err(status::E_STALE));
        status::OK
    });
    let message = zero.message(b"x");
    assert_eq!(zero.receive(session, 0, message), Err(status::E_STALE));
    assert_eq!(zero.send(session, 0, message), Err(status::E_STALE));
}

/// docs/flow.md 6.8
#[test]
fn a_nested_turn_and_new_callbacks() {
    let host = Host::new(limits());
    let session = owner(&host);
    let kernel = host.kernel;
    hook("send", move |_, _, _| {
        assert_eq!(kernel.turn(), Err(status::E_REENTRANT));
        assert_eq!(kernel.ready(1, 1), Err(status::E_REENTRANT));
        // SAFETY: a readable table.
        assert_eq!(unsafe { kernel.set_callbacks(&Callbacks::none()) }, Err(status::E_REENTRANT));
        // SAFETY: refused before it does anything.
        assert_eq!(unsafe { kernel.adopt() }, Err(status::E_REENTRANT));
        say("refused");
        status::OK
    });
    let message = host.zero().message(b"x");
    host.zero().send(session, 0, message).unwrap();
    assert_eq!(said(), ["refused"]);
}

/// docs/flow.md 1.22
#[test]
fn a_callback_that_calls_itself_without_end() {
    let host = Host::new(limits());
    let session = owner(&host);
    hook("send", |api, session, message| {
        say("deeper");
        let sent = api.send(session, 0, message);
        sent.map_or_else(|status| status, |()| status::OK)
    });
    let message = host.zero().message(b"x");
    assert_eq!(host.zero().send(session, 0, message), Err(status::E_REENTRANT));
    assert_eq!(said().len(), limits().depth as usize);
    assert!(host.logged("session_send: callbacks are nested too deep"));
    hook("send", |_, _, _| status::OK);
    host.zero().send(session, 0, message).unwrap();
}

/// docs/flow.md 4.5
#[test]
fn a_request_from_inside_a_handler_waits_its_turn() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    zero.declare(5, &[]).unwrap();
    hook("request", move |api, request, message| {
        let text = api.text(message);
        if text == "outer" {
            zero.request(session, 5, 1, 2, "inner").unwrap();
        }
        api.result(Request { bits: request.bits }, message).unwrap();
        status::OK
    });
    zero.request(session, 5, 1, 1, "outer").unwrap();
    assert_eq!(said(), ["1 result 0 outer", "1 done 0 -"]);
    host.settle();
    assert_eq!(said(), ["2 result 0 inner", "2 done 0 -"]);
}
