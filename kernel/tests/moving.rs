//! Messages that are passed on: which of them move themselves, which are copied, and whose they are then.

mod common;

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::thread;

use common::*;
use pintle_abi_core::*;

thread_local! {
    static TASK: Cell<fn(Me, Message)> = const { Cell::new(|_, _| ()) };
    static IS_FULL: Cell<bool> = const { Cell::new(false) };
}

unsafe extern "C" fn task(plugin: *mut Plugin, _: *mut c_void, message: Message) -> i32 {
    TASK.get()(Me(plugin), message);
    status::OK
}

/// Hands a message over to a task, which does what the test says.
fn submit(api: Me, message: Message) -> i32 {
    // SAFETY: a live plugin pointer and a plain function.
    unsafe { ((*(*(*api.0).api).executor).submit)(api.0, Some(task), null_mut(), message) }
}

/// Something that may cross to another thread in a test.
struct Crossing<T>(T);
// SAFETY: what is sent are plugin pointers and handles, which may be used on any thread.
unsafe impl<T> Send for Crossing<T> {}

fn clone(api: Me, message: Message) -> Result<Message, i32> {
    let mut copy = Message::default();
    // SAFETY: a live plugin pointer and a writable place.
    match unsafe { ((*(*(*api.0).api).message).clone)(api.0, message, 0, &mut copy) } {
        status::OK => Ok(copy),
        refused => Err(refused),
    }
}

/// Takes every message that is left.
fn exhaust(zero: Me) -> Vec<Message> {
    std::iter::from_fn(|| zero.acquire(1).ok()).collect()
}

fn free(zero: Me) -> usize {
    let taken = exhaust(zero);
    taken.iter().for_each(|message| zero.release(*message).unwrap());
    taken.len()
}

fn says_which(_: Me, message: Message) {
    say(message.bits.to_string());
}

fn said_message() -> Message {
    Message { bits: said()[0].parse().unwrap() }
}

/// docs/flow.md 2.1, 2.10, 2.11
#[test]
fn the_only_reference_moves_the_message_itself() {
    let host = Host::new(limits());
    let zero = host.zero();
    TASK.set(says_which);
    let message = zero.message(b"x");
    assert_eq!(submit(zero, message), status::OK);
    assert_eq!(zero.release(message), Err(status::E_STATE), "the one reference was spent");
    host.settle();
    assert_eq!(said_message(), message);
}

/// docs/flow.md 2.10, 2.11, 2.12
#[test]
fn a_copy_moves_if_somebody_has_another_reference() {
    let host = Host::new(limits());
    let zero = host.zero();
    TASK.set(says_which);
    let message = zero.message(b"x");
    zero.retain(message).unwrap();
    assert_eq!(submit(zero, message), status::OK);
    assert_eq!(zero.write(message, b"!"), Err(status::E_SEALED), "also where a copy goes");
    host.settle();
    assert_ne!(said_message(), message);
    zero.release(message).unwrap();
    assert_eq!(zero.release(message), Err(status::E_STALE), "one of two was spent");
    assert_eq!(free(zero), 12);
}

/// docs/flow.md 2.11
#[test]
fn a_copy_that_has_no_room_spends_nothing() {
    let host = Host::new(limits());
    let zero = host.zero();
    TASK.set(says_which);
    let message = zero.message(b"x");
    zero.retain(message).unwrap();
    let taken = exhaust(zero);
    assert_eq!(submit(zero, message), status::E_CAPACITY);
    host.settle();
    assert_eq!(said(), [""; 0]);
    for message in taken.into_iter().chain([message, message]) {
        zero.release(message).unwrap();
    }
    assert_eq!(free(zero), 12);
}

/// docs/flow.md 2.11
#[test]
fn a_copy_moves_if_the_kernel_has_the_message_pinned() {
    let host = Host::new(limits());
    let session = owner(&host);
    TASK.set(says_which);
    hook("send", |api, _, message| submit(api, message));
    let zero = host.zero();
    let message = zero.message(b"x");
    zero.send(session, 0, message).unwrap();
    assert_eq!(zero.release(message), Err(status::E_STALE), "the owner of the session spent it");
    host.settle();
    assert_ne!(said_message(), message);
    assert_eq!(free(zero), 12);
}

/// docs/flow.md 2.3
#[test]
fn what_another_instance_holds_cannot_be_handed_over() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(first());
    hook("first out", |api, _, message| {
        say(format!("{} {:?}", submit(api, message), api.release(message)));
        status::OK
    });
    let zero = host.zero();
    let message = zero.message(b"x");
    zero.send(session, 0, message).unwrap();
    assert_eq!(said(), [format!("{} {:?}", status::E_STATE, Err::<(), _>(status::E_STATE))]);
    assert_eq!(zero.text(message), "x");
    host.settle();
}

/// docs/flow.md 2.9
#[test]
fn a_tasks_message_goes_with_it() {
    let host = Host::new(limits());
    let zero = host.zero();
    let runs: [fn(Me, Message); 3] = [
        |api, message| assert_eq!(api.write(message, b"!"), Err(status::E_SEALED)),
        |api, message| {
            api.release(message).unwrap();
            assert_eq!(api.release(message), Err(status::E_STALE));
        },
        |api, message| {
            TASK.set(says_which);
            assert_eq!(submit(api, message), status::OK);
        },
    ];
    for run in runs {
        TASK.set(run);
        let message = zero.message(b"x");
        assert_eq!(submit(zero, message), status::OK);
        host.settle();
        assert_eq!(zero.release(message), Err(status::E_STALE));
        assert_eq!(free(zero), 12);
    }
    said();
    TASK.set(|api, message| api.retain(message).unwrap());
    let message = zero.message(b"x");
    assert_eq!(submit(zero, message), status::OK);
    host.settle();
    assert_eq!(zero.text(message), "x", "it was retained");
    zero.release(message).unwrap();
    assert_eq!(free(zero), 12);
}

/// docs/flow.md 2.4
#[test]
fn a_copy_is_of_the_thread_that_makes_it() {
    let host = Host::new(limits());
    let zero = host.zero();
    let crossing = Crossing((zero, zero.message(b"the kernel's")));
    let copies = thread::spawn(move || {
        let Crossing((zero, kernels)) = { crossing };
        assert_eq!(clone(zero, kernels), Err(status::E_WRONG_THREAD));
        let own = zero.message(b"own");
        let copy = clone(zero, own).unwrap();
        zero.write(copy, b"!").unwrap();
        assert_eq!(zero.text(copy), "own!");
        Crossing([own, copy])
    });
    let Crossing(copies) = copies.join().unwrap();
    for copy in copies {
        assert_eq!(zero.write(copy, b"?"), Err(status::E_WRONG_THREAD));
        zero.release(copy).unwrap();
    }
    let message = zero.message(b"x");
    zero.write(clone(zero, message).unwrap(), b"!").unwrap();
}

/// docs/flow.md 2.5
#[test]
fn what_another_thread_gives_back_and_nobody_has_is_passed_over() {
    thread_local!(static OTHER: Cell<usize> = const { Cell::new(0) });
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        OTHER.set(plugin as usize);
        status::OK
    }
    let host = Host::new(limits());
    host.add(plug("org.test.other", 0, "", |callbacks| callbacks.create = Some(create)));
    let (zero, other) = (host.zero(), Me(OTHER.get() as *mut Plugin));
    let message = zero.message(b"x");
    zero.retain(message).unwrap();
    let crossing = Crossing((zero, other, message));
    let give = move || {
        let Crossing((zero, other, message)) = { crossing };
        other.release(message).unwrap();
        zero.release(message).unwrap();
    };
    thread::spawn(give).join().unwrap();
    host.settle();
    assert_eq!(zero.text(message), "x", "one of two is left, and the other instance had none");
    zero.release(message).unwrap();
    assert_eq!(zero.release(message), Err(status::E_STALE));
    assert_eq!(free(zero), 12);
}

/// docs/flow.md 2.6
#[test]
fn every_crossing_reads_from_the_first_byte() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(first());
    host.add(second());
    for place in ["second out", "first out", "send"] {
        hook(place, |api, _, message| {
            say(String::from_utf8(api.read(message, 2).unwrap()).unwrap());
            status::OK
        });
    }
    let zero = host.zero();
    let message = zero.message(b"abcd");
    zero.read(message, 3).unwrap();
    zero.send(session, 0, message).unwrap();
    assert_eq!(said(), ["ab"; 3]);
    TASK.set(|api, message| say(String::from_utf8(api.read(message, 2).unwrap()).unwrap()));
    assert_eq!(submit(zero, message), status::OK);
    host.settle();
    assert_eq!(said(), ["ab"]);
}

/// Plugin zero as asker and slow service; what comes back is told with the message's number.
fn answering(arrives: bool) -> (Host, Session) {
    unsafe extern "C" fn answered(plugin: *mut Plugin, result: *const ResultInfo) -> i32 {
        // SAFETY: the kernel's arguments.
        let &ResultInfo { kind, message, .. } = unsafe { &*result };
        if kind != RESULT_RESULT {
            return status::OK;
        }
        say(format!("{} {}", message.bits, Me(plugin).text(message)));
        if IS_FULL.get() { status::E_AGAIN } else { status::OK }
    }
    unsafe extern "C" fn arrive(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> i32 {
        // SAFETY: the kernel's arguments.
        let payload = unsafe { (*info).message };
        Me(plugin).result(request, payload).err().unwrap_or(status::OK)
    }
    let host = Host::new(limits());
    let mut callbacks = Callbacks::none();
    callbacks.session_result = Some(answered);
    callbacks.request = Some(request);
    callbacks.slow_request = Some(slow_request);
    callbacks.slow_arrive = arrives.then_some(arrive);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    let session = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    (host, session)
}

/// Answers with the payload twice.
fn twice(api: Me, request: Session, message: Message) -> i32 {
    let request = Request { bits: request.bits };
    api.result(request, message).unwrap();
    assert!(api.result(request, message).is_err(), "it has moved");
    status::OK
}

/// docs/flow.md 2.13
#[test]
fn a_payload_moves_itself_once() {
    let (host, session) = answering(false);
    let zero = host.zero();
    hook("request", twice);
    hook("slow request", |api, request, message| {
        say(message.bits.to_string());
        twice(api, request, message)
    });
    let message = zero.message(b"x");
    zero.ask(session, &me::ask(5, 1, 1, message)).unwrap();
    assert_eq!(said(), [format!("{} x", message.bits)]);
    zero.request(session, 5, 2, 2, "y").unwrap();
    host.settle();
    let told = said();
    assert_eq!(told[1..], [format!("{} y", told[0])], "the worker's own");
    assert_eq!(free(zero), 12);
}

/// docs/flow.md 2.13
#[test]
fn the_payload_of_a_pending_request_moves_itself_once() {
    let (host, session) = answering(false);
    let zero = host.zero();
    hook("request", |_, request, _| {
        say(request.bits.to_string());
        status::PENDING
    });
    let message = zero.message(b"x");
    zero.ask(session, &me::ask(5, 1, 1, message)).unwrap();
    let request = Session { bits: said()[0].parse().unwrap() };
    twice(zero, request, message);
    assert_eq!(said(), [format!("{} x", message.bits)]);
    zero.done(Request { bits: request.bits }).unwrap();
    assert_eq!(free(zero), 12);
}

/// docs/flow.md 2.11
#[test]
fn a_result_that_is_told_at_once_is_lent() {
    let (host, session) = answering(false);
    let zero = host.zero();
    hook("request", |api, request, _| {
        let message = api.message(b"x");
        api.retain(message).unwrap();
        say(message.bits.to_string());
        api.result(Request { bits: request.bits }, message).unwrap();
        status::OK
    });
    zero.request(session, 5, 1, 1, "").unwrap();
    let told = said();
    assert_eq!(told[1..], [format!("{} x", told[0])]);
    let message = Message { bits: told[0].parse().unwrap() };
    zero.release(message).unwrap();
    assert_eq!(zero.release(message), Err(status::E_STALE), "one of two was spent");
    assert_eq!(free(zero), 12);
}

/// docs/flow.md 2.13
#[test]
fn a_payload_that_arrives_is_lent_or_moves_as_a_copy() {
    for is_full in [false, true] {
        let (host, session) = answering(true);
        let zero = host.zero();
        IS_FULL.set(is_full);
        hook("slow request", |api, _, message| {
            say(api.text(message));
            status::OK
        });
        let message = zero.message(b"x");
        zero.ask(session, &me::ask(5, 2, 1, message)).unwrap();
        host.settle();
        let itself = format!("{} x", message.bits);
        assert_eq!(said(), [&itself, "x"], "the handler has the payload still");
        IS_FULL.set(false);
        zero.resume(session).unwrap();
        let told = said();
        assert_eq!(told.len(), usize::from(is_full));
        assert!(told.iter().all(|told| told.ends_with(" x") && *told != itself), "{told:?}");
        assert_eq!(free(zero), 12);
    }
}
