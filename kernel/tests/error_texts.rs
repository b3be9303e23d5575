//! Error texts belong to crossings: parallel and nested ones, and a plugin's own threads, do not disturb each other.

mod common;

use std::ffi::c_void;
use std::sync::Barrier;
use std::thread;

use common::*;
use pintle_abi_core::*;

fn none() -> (i32, String) {
    (0, String::new())
}

unsafe extern "C" fn declares(plugin: *mut Plugin, _: *const Create) -> i32 {
    Me(plugin).declare(77, &[2]).map_or_else(|status| status, |()| status::OK)
}

/// docs/flow.md 1.18
#[test]
fn two_slow_requests_in_parallel_each_have_their_own() {
    static BOTH: Barrier = Barrier::new(2);
    static READ: Watched<Vec<bool>> = Watched::new(Vec::new());
    unsafe extern "C" fn fails(plugin: *mut Plugin, _: Request, info: *const RequestInfo) -> i32 {
        let api = Me(plugin);
        // SAFETY: the kernel's arguments.
        let text = format!("secret of asker {}", unsafe { (*info).correlation });
        api.fail(10_001, &text);
        BOTH.wait();
        let is_its_own = api.last_error() == (10_001, text);
        READ.with(|read| read.push(is_its_own));
        BOTH.wait();
        10_001
    }
    let host = Host::new(Limits { workers: 2, ..limits() });
    let one = owner(&host);
    let zero = host.zero();
    let other = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    host.add(plug("org.test.fails", 0, "77", |callbacks| {
        callbacks.create = Some(declares);
        callbacks.slow_request = Some(fails);
    }));
    zero.request(one, 77, 2, 1, "").unwrap();
    zero.request(other, 77, 2, 2, "").unwrap();
    host.kernel.turn().unwrap();
    let kernel = host.kernel;
    let workers = [0, 1].map(|worker| thread::spawn(move || assert!(kernel.work(worker))));
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    host.settle();
    let told = said();
    for asker in [1, 2] {
        assert!(told.contains(&format!("{asker} exception 10001 secret of asker {asker}")), "{told:?}");
    }
    assert_eq!(READ.with(|read| read.clone()), [true, true]);
}

/// docs/flow.md 1.18
#[test]
fn a_slow_requests_text_is_kept_until_it_is_told() {
    unsafe extern "C" fn fails(plugin: *mut Plugin, _: Request, _: *const RequestInfo) -> i32 {
        Me(plugin).fail(10_001, "the request's")
    }
    unsafe extern "C" fn task(plugin: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        say(format!("{:?}", Me(plugin).last_error()));
        Me(plugin).fail(10_001, "the task's");
        status::OK
    }
    let host = Host::new(Limits { workers: 2, ..limits() });
    let session = owner(&host);
    let zero = host.zero();
    let mut callbacks = Callbacks::none();
    callbacks.session_result = Some(result);
    callbacks.slow_request = Some(fails);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    zero.declare(77, &[2]).unwrap();
    zero.request(session, 77, 2, 1, "").unwrap();
    host.kernel.turn().unwrap();
    let kernel = host.kernel;
    assert!(thread::spawn(|| kernel.work(0)).join().unwrap());
    zero.suspend(session).unwrap();
    zero.submit(task).unwrap();
    zero.fail(10_001, "outside");
    host.settle();
    assert_eq!(said(), [format!("{:?}", none())]);
    zero.resume(session).unwrap();
    assert_eq!(said(), ["1 exception 10001 the request's", "1 done 10001 -"]);
    assert_eq!(zero.last_error(), (10_001, "outside".into()));
}

/// docs/flow.md 1.19, 1.20
#[test]
fn a_nested_crossing_has_its_own() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(first());
    hook("first out", |api, _, _| {
        say(format!("{:?}", api.last_error()));
        api.fail(10_003, "the filter's");
        status::OK
    });
    hook("send", move |api, session, message| {
        let depth = api.text(message).len();
        say(format!("{:?}", api.last_error()));
        api.fail(10_010 + depth as i32, "its own");
        if depth < 2 {
            let deeper = api.message(&vec![b'x'; depth + 1]);
            let _ = api.send(session, 0, deeper);
        }
        say(format!("{depth} {:?}", api.last_error()));
        status::OK
    });
    let zero = host.zero();
    zero.fail(10_001, "outside");
    let message = zero.message(b"");
    zero.send(session, 0, message).unwrap();
    assert_eq!(zero.last_error(), (10_001, "outside".into()));
    let fresh = format!("{:?}", none());
    let mut expected = vec![fresh; 6];
    for depth in [2, 1, 0] {
        expected.push(format!("{depth} {:?}", (10_010 + depth, "its own")));
    }
    assert_eq!(said(), expected);
}

/// docs/flow.md 1.19
#[test]
fn a_new_crossing_begins_with_none() {
    let host = Host::new(limits());
    let session = owner(&host);
    hook("send", |api, _, _| {
        say(format!("{:?}", api.last_error()));
        api.fail(10_001, "this one's");
        status::OK
    });
    let zero = host.zero();
    let message = zero.message(b"x");
    for _ in 0..2 {
        zero.send(session, 0, message).unwrap();
    }
    assert_eq!(said(), [format!("{:?}", none()), format!("{:?}", none())]);
}

/// docs/flow.md 1.18, 1.20
#[test]
fn a_call_that_fails_in_a_crossing_is_told_there_only() {
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        Me(plugin).fail(10_005, "the new one's")
    }
    let host = Host::new(limits());
    let session = owner(&host);
    let kernel = host.kernel;
    let broken = plug("org.test.broken", 0, "", |callbacks| callbacks.create = Some(create));
    // SAFETY: a `Plug` is what its types say.
    let add = move || unsafe { kernel.add(&broken.entry, None) }.err();
    hook("send", move |api, _, _| {
        let failed = add();
        let (code, words) = api.last_error();
        say(format!("{failed:?} {code} {}", words.is_empty()));
        status::OK
    });
    let zero = host.zero();
    zero.fail(10_001, "outside");
    let message = zero.message(b"");
    zero.send(session, 0, message).unwrap();
    assert_eq!(said(), ["Some(10005) 10005 false"]);
    assert_eq!(zero.last_error(), (10_001, "outside".into()));
    assert_eq!(add(), Some(10_005));
    let (code, words) = zero.last_error();
    assert!(code == 10_005 && !words.is_empty(), "outside any crossing it has one of its own");
}

/// docs/flow.md 4.16
#[test]
fn an_exception_has_the_text_of_its_own_crossing_for_its_own_code() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    for id in [1, 2] {
        let place = ["request", "slow request"][id as usize - 1];
        hook(place, |api, _, _| api.fail(10_001, "mine"));
        zero.request(session, 5, id, 1, "").unwrap();
        host.settle();
        assert_eq!(said(), ["1 exception 10001 mine", "1 done 10001 -"]);
        // An earlier crossing set a text for that code, this one did not.
        hook(place, |_, _, _| 10_001);
        zero.fail(10_001, "outside");
        zero.request(session, 5, id, 2, "").unwrap();
        host.settle();
        assert_eq!(said(), ["2 exception 10001 -", "2 done 10001 -"], "{place}");
        hook(place, |api, _, _| {
            api.fail(10_002, "for another code");
            10_001
        });
        zero.request(session, 5, id, 3, "").unwrap();
        host.settle();
        assert_eq!(said(), ["3 exception 10001 -", "3 done 10001 -"]);
    }
}

/// docs/flow.md 1.19, 4.16
#[test]
fn a_handler_whose_nested_crossing_fails_with_the_same_code() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    zero.declare(5, &[]).unwrap();
    hook("send", |api, _, _| api.fail(10_001, "the owner's"));
    hook("request", move |api, _, _| {
        api.fail(10_001, "the handler's");
        let message = api.message(b"x");
        let _ = api.send(session, 0, message);
        api.fail(10_001, "the handler's");
        let _ = api.send(session, 0, message);
        say(format!("{:?}", api.last_error()));
        api.fail(10_001, "the handler's")
    });
    zero.request(session, 5, 1, 1, "").unwrap();
    let told = said();
    assert!(!told[0].contains("owner's"), "{told:?}");
    assert_eq!(told[1..], ["1 exception 10001 the handler's", "1 done 10001 -"]);
}

/// Runs on a thread of the plugin's own.
fn own<R: Send>(zero: Me, run: impl FnOnce(Me) -> R + Send) -> R {
    let plugin = zero.0 as usize;
    thread::scope(|scope| scope.spawn(move || run(Me(plugin as *mut Plugin))).join().unwrap())
}

/// docs/flow.md 1.21
#[test]
fn a_thread_of_its_own_reads_what_it_set_or_nothing() {
    let host = Host::new(limits());
    let zero = host.zero();
    zero.fail(10_001, "the kernel thread's");
    let newest = own(zero, |zero| {
        assert_eq!(zero.last_error(), none(), "another thread's is not told");
        zero.fail(10_002, "a thread's");
        assert_eq!(zero.last_error(), (10_002, "a thread's".into()));
        own(zero, |zero| {
            assert_eq!(zero.last_error(), none());
            zero.fail(10_003, "another thread's");
            assert_eq!(zero.last_error(), (10_003, "another thread's".into()));
        });
        zero.last_error()
    });
    assert_eq!(newest, none(), "the host keeps the newest only");
    assert_eq!(zero.last_error(), (10_001, "the kernel thread's".into()));
}

/// docs/flow.md 1.17
#[test]
fn a_text_that_there_is_no_room_for_is_no_new_text() {
    let host = Host::new(limits());
    let zero = host.zero();
    zero.fail(10_001, "kept");
    let mut error = Error { size: 8, code: 5, length: 6, reserved: 0, text: [0; 240] };
    // SAFETY: a live plugin pointer, and a place that is larger than the size that it names.
    let refused = unsafe { ((*(*(*zero.0).api).error).last)(zero.0, &mut error) };
    assert_eq!(refused, status::E_ARGUMENT);
    assert_eq!(zero.last_error(), (10_001, "kept".into()), "what is wrong with the struct is not kept");
}

/// docs/flow.md 8.12
#[test]
fn a_call_through_an_offer_has_its_own() {
    unsafe extern "C" fn run(publisher: *mut Plugin, _: *const c_void, _: *mut c_void) -> i32 {
        let api = Me(publisher);
        say(format!("{:?}", api.last_error()));
        api.fail(10_002, "the call's");
        say(format!("{:?}", api.last_error()));
        status::OK
    }
    let host = Host::new(limits());
    let zero = host.zero();
    let offer = zero.publish("org.test.table/1", &[8_u32, 0]).unwrap();
    zero.fail(10_001, "outside");
    for _ in 0..2 {
        zero.call(offer, run, std::ptr::null_mut()).unwrap();
        assert_eq!(said(), [format!("{:?}", none()), format!("{:?}", (10_002, "the call's"))]);
    }
    assert_eq!(zero.last_error(), (10_001, "outside".into()));
}
