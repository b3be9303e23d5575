//! Filters that alter, take and refuse: what the others see, and that the sender's own message never changes.

mod common;

use common::*;
use pintle_abi_core::*;

fn shout(api: Me, message: Message) -> Message {
    let edited = api.edit(message).unwrap();
    let text = api.text(edited).to_uppercase();
    // SAFETY: a live plugin pointer.
    assert_eq!(unsafe { ((*(*(*api.0).api).message).clear)(api.0, edited) }, status::OK);
    api.write(edited, text.as_bytes()).unwrap();
    edited
}

/// docs/flow.md 2.18, 2.19, 2.20, 3.7
#[test]
fn an_edit_copies_for_the_sender_and_works_in_place_for_the_chain() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(first());
    host.add(second());
    // Out: the second comes before the first.
    hook("second out", |api, _, message| {
        let edited = shout(api, message);
        assert_ne!(edited, message, "the sender holds the original");
        assert_eq!(api.edit(message), Err(status::E_STATE));
        status::OK
    });
    hook("first out", |api, _, message| {
        assert_eq!(api.write(message, b"!"), Err(status::E_SEALED));
        let edited = api.edit(message).unwrap();
        assert_eq!(edited, message, "only the chain has the copy");
        api.write(edited, b"!").unwrap();
        status::OK
    });
    hook("send", |api, _, message| {
        assert_eq!(api.write(message, b"?"), Err(status::E_SEALED));
        assert_eq!(api.edit(message), Err(status::E_STATE), "not a filter");
        say(api.text(message));
        status::OK
    });
    let zero = host.zero();
    let message = zero.message(b"hello");
    zero.send(session, 0, message).unwrap();
    zero.send(session, 1, message).unwrap();
    assert_eq!(said(), ["HELLO!", "HELLO!"]);
    assert_eq!(zero.text(message), "hello");
    zero.release(message).unwrap();
    assert_eq!(std::iter::from_fn(|| zero.acquire(1).ok()).count(), 12, "no copy is left over");
}

/// docs/flow.md 2.19
#[test]
fn an_edit_spares_a_copy_that_another_filter_kept() {
    let host = Host::new(limits());
    let session = owner(&host);
    let one = host.add(first());
    host.add(second());
    hook("second out", |api, _, message| {
        let edited = shout(api, message);
        api.retain(edited).unwrap();
        say(edited.bits.to_string());
        status::OK
    });
    hook("first out", |api, _, message| {
        assert_ne!(shout(api, message), message);
        status::OK
    });
    let zero = host.zero();
    let message = zero.message(b"x");
    zero.send(session, 0, message).unwrap();
    let kept = Message { bits: said()[0].parse().unwrap() };
    assert_eq!(zero.text(kept), "X");
    assert_eq!(host.kernel.unload(one, 0), Ok(status::OK));
    assert_eq!(host.kernel.receipt(one).unwrap().messages, 0);
}

/// docs/flow.md 3.2
#[test]
fn taking_and_refusing() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(first());
    host.add(second());
    hook("second in", |_, _, _| {
        say("second");
        status::OK
    });
    let zero = host.zero();
    let message = zero.message(b"x");
    hook("first in", |_, _, _| status::CONSUMED);
    zero.receive(session, 0, message).unwrap();
    hook("first in", |_, _, _| 10_007);
    assert_eq!(zero.receive(session, 0, message), Err(10_007));
    assert_eq!(said(), [""; 0]);
    hook("first in", |_, _, _| status::OK);
    zero.receive(session, 0, message).unwrap();
    assert_eq!(said(), ["second"]);
}

/// docs/flow.md 3.2
#[test]
fn requests_that_a_filter_takes_or_refuses() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(first());
    let zero = host.zero();
    zero.declare(5, &[]).unwrap();
    hook("request", |_, _, _| unreachable!("it never comes here"));
    hook("first in", |_, _, _| status::CONSUMED);
    zero.request(session, 5, 1, 1, "x").unwrap();
    assert_eq!(said(), ["1 done 1 -"]);
    hook("first in", |_, _, _| 10_007);
    assert_eq!(zero.request(session, 5, 1, 2, "x"), Err(10_007));
    assert_eq!(said(), [""; 0]);
    assert_eq!(std::iter::from_fn(|| zero.acquire(1).ok()).count(), 12, "nothing is left over");
}

/// docs/flow.md 2.7, 2.8
#[test]
fn what_a_callback_acquires_goes_with_it() {
    let host = Host::new(limits());
    let session = owner(&host);
    hook("send", |api, session, message| {
        let depth = api.text(message).len();
        let gone = api.message(b"gone");
        let kept = api.message(b"kept");
        api.retain(kept).unwrap();
        let given_back = api.message(b"given back");
        api.release(given_back).unwrap();
        say(format!("{} {}", gone.bits, kept.bits));
        if depth < 2 {
            let deeper = api.message(&vec![b'x'; depth + 1]);
            api.send(session, 0, deeper).unwrap();
        }
        assert_eq!(api.text(gone), "gone", "a nested callback releases only its own");
        status::OK
    });
    let zero = host.zero();
    let message = zero.message(b"");
    zero.send(session, 0, message).unwrap();
    let told = said();
    assert_eq!(told.len(), 3);
    for line in told {
        let (gone, kept) = line.split_once(' ').unwrap();
        let gone = Message { bits: gone.parse().unwrap() };
        let kept = Message { bits: kept.parse().unwrap() };
        assert_eq!(zero.release(gone), Err(status::E_STALE));
        assert_eq!(zero.text(kept), "kept");
        zero.release(kept).unwrap();
        assert_eq!(zero.release(kept), Err(status::E_STALE));
    }
}

/// docs/flow.md 2.18, 2.19
#[test]
fn an_edit_spares_a_copy_that_an_earlier_filter_sent_on() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    let other = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    host.add(first());
    host.add(second());
    hook("second out", move |api, to, message| {
        if to == session {
            let edited = shout(api, message);
            api.send(other, 0, edited).unwrap();
        }
        status::OK
    });
    hook("first out", move |api, to, message| {
        if to == session {
            let edited = api.edit(message).unwrap();
            say(format!("itself: {}", edited == message));
            api.write(edited, b"!").unwrap();
        }
        status::OK
    });
    hook("send", |api, _, message| {
        say(api.text(message));
        status::OK
    });
    let message = zero.message(b"x");
    zero.send(session, 0, message).unwrap();
    assert_eq!(said(), ["X", "itself: false", "X!"]);
    zero.release(message).unwrap();
    assert_eq!(std::iter::from_fn(|| zero.acquire(1).ok()).count(), 12, "no copy is left over");
}
