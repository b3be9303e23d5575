//! A filter that edits, keeps the copy, and edits again: the first copy is the filter's own from then on.

mod common;

use common::*;
use pintle_abi_core::*;

/// docs/flow.md 2.19
#[test]
fn the_first_copy_goes_with_its_last_reference() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(first());
    hook("first out", |api, _, message| {
        let copy = api.edit(message).unwrap();
        api.retain(copy).unwrap();
        let second = api.edit(copy).unwrap();
        say(format!("{} {:?}", second != copy, api.release(copy)));
        status::OK
    });
    hook("send", |_, _, _| status::OK);
    let zero = host.zero();
    let message = zero.message(b"x");
    zero.send(session, 0, message).unwrap();
    assert_eq!(said(), ["true Ok(())"]);
    zero.release(message).unwrap();
    assert_eq!(std::iter::from_fn(|| zero.acquire(1).ok()).count(), 12, "no copy is left over");
}
