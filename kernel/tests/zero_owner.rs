//! Plugin zero as a transport: what it hands in on its own session ends with it.

mod common;

use common::*;
use pintle_abi_core::*;

unsafe extern "C" fn hear(plugin: *mut Plugin, info: *const MessageInfo) -> i32 {
    // SAFETY: the kernel's arguments.
    let info = unsafe { &*info };
    say(format!("{} {}", info.kind, Me(plugin).text(info.message)));
    run(Me(plugin), info)
}

/// A message that says so is taken, another one is refused.
fn run(api: Me, info: &MessageInfo) -> i32 {
    match api.text(info.message).as_str() {
        "TAKE" => status::CONSUMED,
        "REFUSE" => 10_007,
        _ => status::OK,
    }
}

unsafe extern "C" fn never(_: *mut Plugin, _: *const MessageInfo) -> i32 {
    say("its own message_out");
    status::OK
}

fn listening(host: &Host) -> Session {
    let session = owner(host);
    let mut callbacks = Callbacks::none();
    callbacks.message_in = Some(hear);
    callbacks.message_out = Some(never);
    callbacks.session_send = Some(send);
    callbacks.session_result = Some(result);
    callbacks.request = Some(request);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    session
}

/// A filter that writes in capitals.
fn capitals() {
    hook("first in", |api, _, message| {
        let edited = api.edit(message).unwrap();
        api.view_mut(edited).unwrap().make_ascii_uppercase();
        api.commit(edited, 1).unwrap();
        status::OK
    });
}

/// docs/flow.md 3.4
#[test]
fn it_hears_last_what_it_hands_in() {
    let host = Host::new(limits());
    let session = listening(&host);
    host.add(first());
    capitals();
    let zero = host.zero();
    for (text, answer) in [("a", Ok(())), ("take", Ok(())), ("refuse", Err(10_007))] {
        let message = zero.message(text.as_bytes());
        assert_eq!(zero.receive(session, 0, message), answer);
        assert_eq!(zero.text(message), text, "its own message is not altered");
        zero.release(message).unwrap();
    }
    assert_eq!(said(), ["0 A", "0 TAKE", "0 REFUSE"]);
}

/// docs/flow.md 3.4, 3.5
#[test]
fn it_hears_its_requests_but_not_what_goes_out() {
    let host = Host::new(limits());
    let session = listening(&host);
    host.add(first());
    capitals();
    let zero = host.zero();
    zero.declare(5, &[]).unwrap();
    hook("request", |api, request, message| {
        api.result(Request { bits: request.bits }, message).unwrap();
        status::OK
    });
    zero.request(session, 5, 1, 1, "ask").unwrap();
    zero.request(session, 5, 1, 2, "take").unwrap();
    assert_eq!(zero.request(session, 5, 1, 3, "refuse"), Err(10_007));
    let message = zero.message(b"out");
    zero.send(session, 0, message).unwrap();
    assert_eq!(said(), ["1 ASK", "1 result 0 ASK", "1 done 0 -", "1 TAKE", "2 done 1 -", "1 REFUSE"]);
}

/// docs/flow.md 3.4
#[test]
fn without_the_callback_it_goes_to_the_inbox_which_can_be_full() {
    let host = Host::new(Limits { inbox: 1, ..limits() });
    let session = owner(&host);
    host.add(first());
    capitals();
    let zero = host.zero();
    hook("writable", |_, _, _| {
        say("writable");
        status::OK
    });
    let message = zero.message(b"a");
    zero.receive(session, 2, message).unwrap();
    assert_eq!(zero.receive(session, 0, message), Err(status::E_AGAIN));
    let taken = host.kernel.take().unwrap();
    assert_eq!((taken.session, taken.channel), (session, 2));
    assert_eq!(zero.text(taken.message), "A");
    assert_eq!(said(), [""; 0]);
    host.settle();
    assert_eq!(said(), ["writable"]);
    zero.receive(session, 0, message).unwrap();
}

/// docs/flow.md 3.3
#[test]
fn too_deep_for_its_own_callback_is_refused() {
    let host = Host::new(Limits { depth: 1, ..limits() });
    let session = listening(&host);
    let zero = host.zero();
    hook("send", |api, session, _| {
        let inner = api.message(b"inner");
        say(format!("{:?}", api.receive(session, 0, inner)));
        status::OK
    });
    let message = zero.message(b"x");
    zero.send(session, 0, message).unwrap();
    assert_eq!(said(), [format!("{:?}", Err::<(), _>(status::E_REENTRANT))]);
}
