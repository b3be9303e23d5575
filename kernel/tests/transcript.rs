//! One long story, told by the callbacks: what is called, in which order, with which bytes.

mod common;

use common::*;
use pintle_abi_core::*;

const SERVICE: u32 = 0x1000_0001;

/// A filter that says what passes.
fn filter() -> &'static Plug {
    unsafe extern "C" fn pass_in(plugin: *mut Plugin, info: *const MessageInfo) -> i32 {
        // SAFETY: the kernel's arguments.
        let &MessageInfo { channel, message, .. } = unsafe { &*info };
        say(format!("filter: in {} {}", channel as i32, Me(plugin).text(message)));
        status::OK
    }
    unsafe extern "C" fn pass_out(plugin: *mut Plugin, info: *const MessageInfo) -> i32 {
        // SAFETY: the kernel's arguments.
        let &MessageInfo { channel, message, .. } = unsafe { &*info };
        say(format!("filter: out {} {}", channel as i32, Me(plugin).text(message)));
        status::OK
    }
    unsafe extern "C" fn created(_: *mut Plugin, _: Session) -> i32 {
        say("filter: session created");
        status::OK
    }
    unsafe extern "C" fn destroyed(_: *mut Plugin, _: Session, _: *mut std::ffi::c_void) -> i32 {
        say("filter: session destroyed");
        status::OK
    }
    plug("org.test.filter", 0, "", |callbacks| {
        callbacks.message_in = Some(pass_in);
        callbacks.message_out = Some(pass_out);
        callbacks.session_created = Some(created);
        callbacks.session_destroyed = Some(destroyed);
    })
}

/// A service: 1 echoes at once, 2 slowly, 3 fails, 4 stays pending.
fn service() -> &'static Plug {
    unsafe extern "C" fn create(plugin: *mut Plugin, args: *const Create) -> i32 {
        // SAFETY: the kernel's arguments.
        let args = unsafe { &*args };
        say(format!("service: create, agreed on 1.{}", args.abi_minor));
        Me(plugin).declare(SERVICE, &[2]).map_or_else(|status| status, |()| status::OK)
    }
    unsafe extern "C" fn request(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> i32 {
        let api = Me(plugin);
        // SAFETY: the kernel's arguments.
        let info = unsafe { &*info };
        say(format!("service: request {} {}", info.id, api.text(info.message)));
        match info.id {
            1 => api.result(request, info.message).map_or_else(|status| status, |()| status::OK),
            3 => api.fail(10_001, "no such thing"),
            _ => status::PENDING,
        }
    }
    unsafe extern "C" fn slow(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> i32 {
        let api = Me(plugin);
        // SAFETY: the kernel's arguments.
        let info = unsafe { &*info };
        say(format!("service: slow request {} {}", info.id, api.text(info.message)));
        assert_eq!(api.open(&[MODE_RELIABLE]), Err(status::E_WRONG_THREAD));
        let own = api.message(b"slow answer");
        api.result(request, own).map_or_else(|status| status, |()| status::OK)
    }
    unsafe extern "C" fn done(_: *mut Plugin, _: Request, info: *const RequestInfo, status: i32) -> i32 {
        // SAFETY: the kernel's arguments.
        say(format!("service: request {} done {status}", unsafe { (*info).id }));
        status::OK
    }
    unsafe extern "C" fn destroy(_: *mut Plugin) -> i32 {
        say("service: destroy");
        status::OK
    }
    plug("org.test.service", 0, "0x10000001", |callbacks| {
        callbacks.create = Some(create);
        callbacks.request = Some(request);
        callbacks.slow_request = Some(slow);
        callbacks.request_done = Some(done);
        callbacks.destroy = Some(destroy);
    })
}

unsafe extern "C" fn zero_send(plugin: *mut Plugin, _: Session, channel: u32, message: Message) -> i32 {
    say(format!("owner: send {channel} {}", Me(plugin).text(message)));
    status::OK
}

unsafe extern "C" fn zero_result(plugin: *mut Plugin, result: *const ResultInfo) -> i32 {
    // SAFETY: the kernel's arguments.
    let &ResultInfo { correlation, kind, code, message, .. } = unsafe { &*result };
    let kind = ["?", "result", "exception", "done"][kind as usize];
    say(format!("owner: {correlation} {kind} {code} {}", Me(plugin).text(message)));
    status::OK
}

/// docs/flow.md 2.14, 4.2, 4.4, 4.17, 4.21
#[test]
fn one_story() {
    let host = Host::new(limits());
    let zero = host.zero();
    let mut callbacks = Callbacks::none();
    callbacks.session_send = Some(zero_send);
    callbacks.session_result = Some(zero_result);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();

    let filter = host.add(filter());
    let service = host.add(service());
    assert_eq!(said(), ["service: create, agreed on 1.0"]);

    let socket = zero.open(&[MODE_RELIABLE, MODE_UNRELIABLE]).unwrap();
    let session = zero.create(socket).unwrap();
    assert_eq!(said(), ["filter: session created"]);

    let message = zero.message(b"hello");
    zero.send(session, 1, message).unwrap();
    zero.receive(session, 0, message).unwrap();
    assert_eq!(zero.send(session, 2, message), Err(status::E_NOT_FOUND));
    assert_eq!(zero.write(message, b"!"), Err(status::E_SEALED));
    zero.release(message).unwrap();
    assert_eq!(zero.release(message), Err(status::E_STALE));
    assert_eq!(said(), ["filter: out 1 hello", "owner: send 1 hello", "filter: in 0 hello"]);

    zero.request(session, SERVICE, 1, 11, "fast").unwrap();
    assert_eq!(
        said(),
        [
            "filter: in -1 fast",
            "service: request 1 fast",
            "filter: out -1 fast",
            "owner: 11 result 0 fast",
            "owner: 11 done 0 -",
            "service: request 1 done 0",
        ]
    );

    zero.request(session, SERVICE, 2, 12, "slow").unwrap();
    zero.request(session, SERVICE, 3, 13, "wrong").unwrap();
    zero.request(session, SERVICE, 1, 14, "many").unwrap_err();
    assert_eq!(said(), ["filter: in -1 slow", "filter: in -1 wrong"]);
    host.settle();
    assert_eq!(
        said(),
        [
            "service: slow request 2 slow",
            "filter: out -1 slow answer",
            "owner: 12 result 0 slow answer",
            "owner: 12 done 0 -",
            "service: request 2 done 0",
            "service: request 3 wrong",
            "owner: 13 exception 10001 no such thing",
            "owner: 13 done 10001 -",
            "service: request 3 done 10001",
        ]
    );

    zero.request(session, SERVICE, 4, 15, "later").unwrap();
    zero.destroy(session).unwrap();
    assert_eq!(said(), ["filter: in -1 later", "service: request 4 later", "filter: session destroyed"]);
    assert_eq!(host.kernel.unload(service, 0), Ok(status::OK));
    assert_eq!(said(), ["service: request 4 done 119", "service: destroy"]);
    let receipt = host.kernel.receipt(service).unwrap();
    assert_eq!((receipt.outcome, receipt.requests, receipt.messages), (OUTCOME_STOPPED, 1, 0));
    assert_eq!(host.kernel.unload(service, 0), Err(status::E_CLOSED));
    assert_eq!(host.kernel.unload(filter, 0), Ok(status::OK));
    assert_eq!(host.kernel.receipt(filter).unwrap().calls, 10);
}
