//! Results that a filter takes, refuses or outlives, and what comes after the end of a request.

mod common;

use std::thread;

use common::*;
use pintle_abi_core::*;

/// A request that stays pending on the kernel thread, of a service of plugin zero, and a filter.
fn pending(host: &Host) -> (Session, Request) {
    let session = owner(host);
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    hook("request", |_, request, _| {
        say(request.bits.to_string());
        status::PENDING
    });
    zero.request(session, 5, 1, 1, "").unwrap();
    host.add(first());
    (session, Request { bits: said()[0].parse().unwrap() })
}

fn free(zero: Me) -> usize {
    let taken: Vec<_> = std::iter::from_fn(|| zero.acquire(1).ok()).collect();
    taken.iter().for_each(|message| zero.release(*message).unwrap());
    taken.len()
}

/// docs/flow.md 4.27
#[test]
fn one_that_a_filter_takes_never_arrives() {
    let host = Host::new(limits());
    let (_, request) = pending(&host);
    let zero = host.zero();
    hook("first out", |_, _, _| status::CONSUMED);
    assert_eq!(zero.result(request, zero.message(b"taken")), Ok(()));
    hook("first out", |_, _, _| status::OK);
    zero.result(request, zero.message(b"seen")).unwrap();
    zero.done(request).unwrap();
    assert_eq!(said(), ["1 result 0 seen", "1 done 0 -"]);
    assert_eq!(free(zero), 12);
}

/// docs/flow.md 4.27
#[test]
fn what_a_filter_refuses_with_is_the_answer_to_the_service() {
    let host = Host::new(limits());
    let (_, request) = pending(&host);
    let zero = host.zero();
    hook("first out", |_, _, _| 10_007);
    let message = zero.message(b"refused");
    assert_eq!(zero.result(request, message), Err(10_007));
    zero.release(message).unwrap();
    zero.done(request).unwrap();
    assert_eq!(said(), ["1 done 0 -"]);
    assert!(!host.logged("refused a result"), "the service knows");
    assert_eq!(free(zero), 12);
}

/// docs/flow.md 4.27
#[test]
fn what_a_filter_refuses_a_worker_with_is_logged() {
    let host = Host::new(Limits { workers: 2, ..limits() });
    let session = owner(&host);
    let zero = host.zero();
    unsafe extern "C" fn answers(plugin: *mut Plugin, request: Request, _: *const RequestInfo) -> i32 {
        Me(plugin).result(request, Me(plugin).message(b"refused")).err().unwrap_or(status::OK)
    }
    let mut callbacks = Callbacks::none();
    callbacks.session_result = Some(result);
    callbacks.slow_request = Some(answers);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    zero.declare(5, &[2]).unwrap();
    host.add(first());
    hook("first out", |_, _, _| 10_007);
    zero.request(session, 5, 2, 1, "").unwrap();
    host.kernel.turn().unwrap();
    let kernel = host.kernel;
    assert!(thread::spawn(|| kernel.work(0)).join().unwrap());
    host.settle();
    assert_eq!(said(), ["1 done 0 -"], "the worker was answered OK");
    assert!(host.logged("refused a result (status 10007)"));
}

/// docs/flow.md 4.26
#[test]
fn exceptions_and_ends_pass_no_filter() {
    let host = Host::new(limits());
    let (_, request) = pending(&host);
    let zero = host.zero();
    hook("first out", |_, _, _| unreachable!("there is no result"));
    zero.exception(request, 10_001, "why").unwrap();
    zero.done(request).unwrap();
    assert_eq!(said(), ["1 exception 10001 why", "1 done 0 -"]);
}

/// docs/flow.md 4.23
#[test]
fn one_whose_request_a_filter_ends() {
    let host = Host::new(limits());
    let (_, request) = pending(&host);
    let zero = host.zero();
    hook("first out", move |_, _, _| {
        zero.done(request).unwrap();
        status::OK
    });
    let message = zero.message(b"late");
    assert_eq!(zero.result(request, message), Err(status::E_STALE));
    zero.release(message).unwrap();
    assert_eq!(said(), ["1 done 0 -"]);
    assert_eq!(free(zero), 12);
}

/// docs/flow.md 4.23
#[test]
fn one_that_its_owner_has_no_room_for_after_the_end() {
    let host = Host::new(limits());
    let (session, request) = pending(&host);
    let zero = host.zero();
    hook("result", move |_, _, message| {
        if message == Message::default() {
            return status::OK;
        }
        zero.done(request).unwrap();
        status::E_AGAIN
    });
    let _ = zero.result(request, zero.message(b"late"));
    hook("result", |_, _, _| status::OK);
    let _ = zero.resume(session);
    host.settle();
    assert_eq!(said(), ["1 result 0 late", "1 done 0 -"], "it does not come again");
    assert_eq!(free(zero), 12);
}
