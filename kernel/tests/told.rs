//! What filters and askers are told of what passes, and what the kernel believes of it afterwards.

mod common;

use std::cell::RefCell;

use common::me::ask;
use common::*;
use pintle_abi_core::*;

thread_local! {
    static SEEN: RefCell<Vec<MessageInfo>> = const { RefCell::new(Vec::new()) };
    static RESULTS: RefCell<Vec<ResultInfo>> = const { RefCell::new(Vec::new()) };
}

unsafe extern "C" fn see(_: *mut Plugin, info: *const MessageInfo) -> i32 {
    // SAFETY: the kernel's arguments.
    SEEN.with_borrow_mut(|seen| seen.push(unsafe { *info }));
    status::OK
}

/// Writes nonsense where it was only to read.
unsafe extern "C" fn scribble(plugin: *mut Plugin, info: *const MessageInfo) -> i32 {
    // SAFETY: the kernel's arguments; what it gives lies on its stack.
    unsafe {
        let message = (*info).message;
        Me(plugin).edit(message).unwrap();
        info.cast_mut().write_bytes(0xff, 1);
    }
    status::OK
}

unsafe extern "C" fn answered(_: *mut Plugin, result: *const ResultInfo) -> i32 {
    // SAFETY: the kernel's arguments.
    RESULTS.with_borrow_mut(|results| results.push(unsafe { *result }));
    status::OK
}

fn watcher() -> &'static Plug {
    plug("org.test.watcher", 0, "", |callbacks| {
        callbacks.message_in = Some(see);
        callbacks.message_out = Some(see);
    })
}

fn seen() -> Vec<MessageInfo> {
    SEEN.take()
}

/// Plugin zero asks and serves.
fn asker(host: &Host) -> Session {
    let mut callbacks = Callbacks::none();
    callbacks.session_send = Some(send);
    callbacks.session_result = Some(answered);
    callbacks.request = Some(request);
    callbacks.slow_request = Some(slow_request);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    host.zero().create(host.zero().open(&[MODE_RELIABLE; 3]).unwrap()).unwrap()
}

/// docs/flow.md 1.11, 3.6
#[test]
fn a_message_is_told_with_its_session_and_channel() {
    let host = Host::new(limits());
    let session = asker(&host);
    host.add(watcher());
    let zero = host.zero();
    let message = zero.message(b"x");
    zero.send(session, 1, message).unwrap();
    zero.receive(session, 2, message).unwrap();
    for (info, channel) in seen().into_iter().zip([1, 2]) {
        assert_eq!(info.size as usize, size_of::<MessageInfo>());
        assert_eq!(
            (info.kind, info.session, info.message, info.channel),
            (TRAFFIC_MESSAGE, session, message, channel)
        );
        assert_eq!((info.service, info.id, info.flags, info.correlation), (0, 0, 0, 0));
        assert_eq!(info.request, Request::default());
    }
}

/// docs/flow.md 1.11, 3.6, 4.26
#[test]
fn a_request_and_its_results_are_told_with_what_was_asked() {
    let host = Host::new(limits());
    let session = asker(&host);
    host.add(watcher());
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    hook("request", |api, request, message| {
        say(request.bits.to_string());
        api.result(Request { bits: request.bits }, message).unwrap();
        api.fail(10_001, "why")
    });
    hook("slow request", |api, request, message| {
        say(request.bits.to_string());
        api.result(Request { bits: request.bits }, message).unwrap();
        status::OK
    });
    for (id, flags, last) in [(1, 0, 10_001), (2, REQUEST_SLOW, status::OK)] {
        zero.request(session, 5, id, 77, "x").unwrap();
        host.settle();
        let request = Request { bits: said()[0].parse().unwrap() };
        let told = seen();
        assert_eq!(told.iter().map(|info| info.kind).collect::<Vec<_>>(), [TRAFFIC_REQUEST, TRAFFIC_RESULT]);
        for (info, request) in told.into_iter().zip([Request::default(), request]) {
            assert_eq!((info.session, info.channel), (session, CHANNEL_SERVICE));
            assert_eq!((info.service, info.id, info.flags, info.correlation), (5, id, flags, 77));
            assert_eq!(info.request, request);
        }
        let results = RESULTS.take();
        let codes: Vec<_> = results.iter().map(|result| (result.kind, result.code)).collect();
        let end = (RESULT_DONE, last);
        let failed = (RESULT_EXCEPTION, last);
        let answer = (RESULT_RESULT, status::OK);
        assert_eq!(codes, if last == status::OK { vec![answer, end] } else { vec![answer, failed, end] });
        for result in results {
            assert_eq!(result.size as usize, size_of::<ResultInfo>());
            assert_eq!((result.session, result.correlation), (session, 77));
            assert_eq!((result.flags, result.request), (flags, request), "also once it is over");
        }
        assert_eq!(zero.is_cancelled(request), Err(status::E_STALE));
    }
}

/// docs/flow.md 3.7
#[test]
fn what_a_callback_writes_there_is_not_believed() {
    let host = Host::new(limits());
    let session = asker(&host);
    host.add(plug("org.test.scribbler", 0, "", |callbacks| {
        callbacks.message_in = Some(scribble);
        callbacks.message_out = Some(scribble);
    }));
    let zero = host.zero();
    zero.declare(5, &[]).unwrap();
    hook("send", move |api, to, message| {
        assert_eq!(to, session);
        say(api.text(message));
        status::OK
    });
    hook("request", move |api, request, message| {
        api.result(Request { bits: request.bits }, message).unwrap();
        status::OK
    });
    let message = zero.message(b"x");
    zero.send(session, 1, message).unwrap();
    zero.receive(session, 1, message).unwrap();
    zero.request(session, 5, 1, 9, "y").unwrap();
    assert_eq!(said(), ["x"]);
    let results = RESULTS.take();
    assert_eq!(
        results.iter().map(|result| (result.session, result.correlation)).collect::<Vec<_>>(),
        [(session, 9); 2]
    );
    zero.release(message).unwrap();
    assert_eq!(std::iter::from_fn(|| zero.acquire(1).ok()).count(), 12, "no copy is left over");
}

/// docs/flow.md 1.13, 4.1
#[test]
fn a_request_is_read_as_far_as_its_size_goes() {
    let host = Host::new(limits());
    let session = asker(&host);
    let zero = host.zero();
    zero.declare(5, &[]).unwrap();
    hook("request", |_, _, _| status::OK);
    let message = zero.message(b"x");
    let whole = ask(5, 1, 1, message);
    assert_eq!(zero.ask(session, std::ptr::null()), Err(status::E_ARGUMENT));
    assert_eq!(zero.ask(session, &RequestOptions { size: whole.size - 1, ..whole }), Err(status::E_ARGUMENT));
    assert_eq!(zero.ask(session, &RequestOptions { size: 0, ..whole }), Err(status::E_ARGUMENT));
    let told = "pintle_request_options_t.size is 0 and must be 32 to 4096: set it to sizeof";
    assert_eq!(zero.last_error(), (status::E_ARGUMENT, told.to_owned()));
    for flags in [REQUEST_SLOW, 1 << 31] {
        assert_eq!(zero.ask(session, &RequestOptions { flags, ..whole }), Err(status::E_UNSUPPORTED));
    }
    let bad = Session { bits: 0 };
    assert_eq!(
        zero.ask(bad, &RequestOptions { flags: 1, ..whole }),
        Err(status::E_UNSUPPORTED),
        "before handles"
    );
    #[repr(C)]
    struct Later {
        known: RequestOptions,
        deadline: u64,
    }
    let mut later = Later { known: whole, deadline: u64::MAX };
    later.known.size = size_of::<Later>() as u32;
    assert_eq!(zero.ask(session, (&raw const later).cast()), Err(status::E_UNSUPPORTED), "it is asked for");
    let told = "pintle_request_options_t: byte 32 is set, this host knows 32: leave later members zero";
    assert_eq!(zero.last_error(), (status::E_UNSUPPORTED, told.to_owned()));
    later.deadline = 0;
    zero.ask(session, (&raw const later).cast()).unwrap();
    assert_eq!(zero.release(message), Err(status::E_STALE), "it was handed over");
}
