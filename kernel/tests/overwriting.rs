//! Bytes that are written in place: what `commit` ends, and what ends without it.

mod common;

use common::*;
use pintle_abi_core::*;

/// docs/flow.md 2.15, 2.16
#[test]
fn a_commit_names_what_was_overwritten() {
    let host = Host::new(limits());
    let zero = host.zero();
    let message = zero.message(b"hello");
    assert_eq!(zero.commit(message, 0), Err(status::E_STATE), "nothing was shown");
    zero.view_mut(message).unwrap()[0] = b'j';
    assert_eq!(zero.commit(message, 6), Err(status::E_STATE), "more than it has");
    zero.commit(message, 1).unwrap();
    assert_eq!(zero.text(message), "jello", "its length stays");
    assert_eq!(zero.commit(message, 1), Err(status::E_STATE), "it ended the view");
    zero.view_mut(message).unwrap();
    zero.commit(message, 5).unwrap();
    let empty = zero.acquire(0).unwrap();
    zero.view_mut(empty).unwrap();
    zero.commit(empty, 0).unwrap();
}

/// docs/flow.md 2.15, 2.17
#[test]
fn whatever_writes_ends_an_open_view() {
    let host = Host::new(limits());
    let zero = host.zero();
    let message = zero.message(b"hello");
    zero.view_mut(message).unwrap();
    zero.write(message, b"!").unwrap();
    assert_eq!(zero.commit(message, 1), Err(status::E_STATE));
    zero.view_mut(message).unwrap();
    zero.clear(message).unwrap();
    assert_eq!(zero.commit(message, 0), Err(status::E_STATE));
    zero.view_mut(message).unwrap();
    zero.reserve(message, 2).unwrap();
    assert_eq!(zero.commit(message, 3), Err(status::E_STATE), "what counts is the reserve");
    zero.commit(message, 2).unwrap();
    zero.reserve(message, 4).unwrap();
    zero.view_mut(message).unwrap();
    zero.commit(message, 2).unwrap();
    assert_eq!(zero.text(message).len(), 2, "what counts is the view");
    let session = owner(&host);
    zero.view_mut(message).unwrap();
    zero.send(session, 0, message).unwrap();
    assert_eq!(zero.commit(message, 1), Err(status::E_SEALED));
}

/// docs/flow.md 2.17
#[test]
fn a_view_that_one_filter_left_open_is_no_other_filters() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(first());
    host.add(second());
    hook("second out", |api, _, message| {
        let edited = api.edit(message).unwrap();
        api.view_mut(edited).unwrap();
        status::OK
    });
    hook("first out", |api, _, message| {
        assert_eq!(api.commit(message, 1), Err(status::E_SEALED));
        let edited = api.edit(message).unwrap();
        assert_eq!((edited, api.commit(edited, 1)), (message, Err(status::E_STATE)));
        api.view_mut(edited).unwrap()[0] = b'y';
        api.commit(edited, 1).unwrap();
        say("both");
        status::OK
    });
    hook("send", |api, _, message| {
        say(api.text(message));
        status::OK
    });
    let message = host.zero().message(b"x");
    host.zero().send(session, 0, message).unwrap();
    assert_eq!(said(), ["both", "y"]);
}
