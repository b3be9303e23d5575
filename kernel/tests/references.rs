//! One message that an instance holds for every session of a broadcast.

mod common;

use std::cell::RefCell;
use std::rc::Rc;

use common::*;
use pintle_abi_core::*;

/// How many references of a message an instance can have.
fn most(zero: Me, message: Message, enough: usize) -> usize {
    1 + (1..enough).take_while(|_| zero.retain(message).is_ok()).count()
}

/// docs/flow.md 2.2
#[test]
fn at_least_65535_in_a_small_host() {
    let host = Host::new(limits());
    let zero = host.zero();
    let message = zero.message(b"x");
    assert_eq!(most(zero, message, 65_535), 65_535);
    for _ in 0..65_535 {
        zero.release(message).unwrap();
    }
    assert_eq!(zero.release(message), Err(status::E_STALE));
    assert_eq!(std::iter::from_fn(|| zero.acquire(1).ok()).count(), 12);
}

/// docs/flow.md 2.2
#[test]
fn more_than_there_are_sessions() {
    let sessions = 70_000;
    let host = Host::new(Limits { sessions, ..limits() });
    let zero = host.zero();
    let message = zero.message(b"x");
    let enough = sessions as usize + 64;
    assert_eq!(most(zero, message, enough), enough);
    for _ in 0..enough {
        zero.release(message).unwrap();
    }
    assert_eq!(zero.release(message), Err(status::E_STALE));
}

/// docs/flow.md 2.2
#[test]
fn a_transport_that_queues_one_message_for_every_session() {
    let host = Host::new(Limits { sessions: 300, ..limits() });
    owner(&host);
    let zero = host.zero();
    let queue = Rc::new(RefCell::new(Vec::new()));
    let queued = queue.clone();
    hook("send", move |api, _, message| match api.retain(message) {
        Ok(()) => {
            queued.borrow_mut().push(message);
            status::OK
        }
        Err(refused) => refused,
    });
    let socket = zero.open(&[MODE_RELIABLE]).unwrap();
    let message = zero.message(b"to all");
    let mut sent = 0;
    while let Ok(session) = zero.create(socket) {
        zero.send(session, 0, message).unwrap();
        sent += 1;
    }
    assert_eq!(sent, 299);
    zero.release(message).unwrap();
    for message in queue.take() {
        assert_eq!(zero.text(message), "to all");
        zero.release(message).unwrap();
    }
    assert_eq!(zero.release(message), Err(status::E_STALE));
}

#[test]
fn what_an_instance_still_holds_goes_with_it() {
    let host = Host::new(limits());
    let session = owner(&host);
    let instance = host.add(first());
    hook("first in", |api, _, message| {
        let held = (0..65_000).take_while(|_| api.retain(message).is_ok()).count();
        say(held.to_string());
        status::OK
    });
    let zero = host.zero();
    let message = zero.message(b"x");
    zero.receive(session, 0, message).unwrap();
    assert_eq!(said(), ["65000"]);
    zero.release(message).unwrap();
    assert_eq!(host.kernel.unload(instance, 0), Ok(status::OK));
    assert_eq!(host.kernel.receipt(instance).unwrap().messages, 1);
    assert_eq!(std::iter::from_fn(|| zero.acquire(1).ok()).count(), 12);
}
