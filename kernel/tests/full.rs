//! Limits that are reached, and lengths that cannot be: a status, and nothing lost.

mod common;

use common::*;
use pintle_abi_core::*;

#[test]
fn lengths_at_and_over_the_edge() {
    let host = Host::new(limits());
    let zero = host.zero();
    // SAFETY: plugin zero's tables.
    let table = unsafe { &*(*(*zero.0).api).message };
    assert_eq!(zero.acquire(257), Err(status::E_CAPACITY));
    assert_eq!(zero.acquire(usize::MAX), Err(status::E_CAPACITY));
    let small = zero.acquire(0).unwrap();
    zero.write(small, b"").unwrap();
    zero.write(small, &[1; 64]).unwrap();
    assert_eq!(zero.write(small, &[1]), Err(status::E_CAPACITY));
    // SAFETY: what is refused is not read or written.
    unsafe {
        assert_eq!((table.write)(zero.0, small, [0].as_ptr(), usize::MAX), status::E_CAPACITY);
        assert_eq!((table.write)(zero.0, small, std::ptr::null(), 0), status::OK);
        assert_eq!((table.write)(zero.0, small, std::ptr::null(), 1), status::E_ARGUMENT);
        assert_eq!((table.read)(zero.0, small, [0].as_mut_ptr(), usize::MAX), status::E_UNDERFLOW);
        assert_eq!((table.read)(zero.0, small, std::ptr::null_mut(), 0), status::OK);
        let mut at = std::ptr::null_mut();
        assert_eq!((table.reserve)(zero.0, small, 1, &mut at), status::E_CAPACITY);
        assert_eq!((table.reserve)(zero.0, small, usize::MAX, &mut at), status::E_CAPACITY);
        assert_eq!((table.commit)(zero.0, small, 0), status::E_STATE);
    }
    assert_eq!(zero.read(small, 64).unwrap(), [1; 64]);
    assert_eq!(zero.read(small, 1), Err(status::E_UNDERFLOW));
    let large = zero.acquire(65).unwrap();
    zero.write(large, &[2; 256]).unwrap();
    assert_eq!(zero.write(large, &[2]), Err(status::E_CAPACITY));
}

#[test]
fn every_pool_runs_out_and_recovers() {
    let host = Host::new(limits());
    let zero = host.zero();
    let messages: Vec<_> = std::iter::from_fn(|| zero.acquire(1).ok()).collect();
    assert_eq!(messages.len(), 12);
    assert_eq!(zero.acquire(1), Err(status::E_CAPACITY));
    let large: Vec<_> = std::iter::from_fn(|| zero.acquire(65).ok()).collect();
    assert_eq!(large.len(), 2);
    for message in messages.into_iter().chain(large) {
        zero.release(message).unwrap();
    }
    zero.acquire(1).unwrap();
    zero.acquire(65).unwrap();
    let sockets: Vec<_> = std::iter::from_fn(|| zero.open(&[0]).ok()).collect();
    assert_eq!((sockets.len(), zero.open(&[0])), (3, Err(status::E_CAPACITY)));
    assert_eq!(zero.open(&[0; 4]), Err(status::E_CAPACITY), "channels");
    assert_eq!(zero.open(&[]), Err(status::E_ARGUMENT));
    assert_eq!(zero.open(&[3]), Err(status::E_ARGUMENT));
    let sessions: Vec<_> = std::iter::from_fn(|| zero.create(sockets[0]).ok()).collect();
    assert_eq!((sessions.len(), zero.create(sockets[0])), (4, Err(status::E_CAPACITY)));
    zero.destroy(sessions[1]).unwrap();
    zero.create(sockets[0]).unwrap();
    for service in 1..=4 {
        zero.declare(service, &[1, 2]).unwrap();
    }
    assert_eq!(zero.declare(4, &[]), Err(status::E_EXISTS));
    assert_eq!(zero.declare(5, &[]), Err(status::E_CAPACITY));
}

/// docs/flow.md 2.1, 2.3
#[test]
fn references_are_counted_for_each_instance() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(first());
    hook("first out", |api, _, message| {
        assert_eq!(api.release(message), Err(status::E_STATE), "another's references are not to be spent");
        api.retain(message).unwrap();
        status::OK
    });
    let zero = host.zero();
    let message = zero.message(b"x");
    zero.send(session, 0, message).unwrap();
    for _ in 0..299 {
        zero.retain(message).unwrap();
    }
    for _ in 0..300 {
        zero.release(message).unwrap();
    }
    assert_eq!(zero.release(message), Err(status::E_STATE));
    assert_eq!(zero.text(message), "x");
}

/// docs/flow.md 4.2, 4.3
#[test]
fn a_session_whose_queue_is_full_is_told_when_there_is_room() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    hook("slow request", |_, _, _| status::OK);
    hook("writable", |_, _, _| {
        say("writable");
        status::OK
    });
    for correlation in 1..=2 {
        zero.request(session, 5, 2, correlation, "").unwrap();
    }
    assert_eq!(zero.request(session, 5, 2, 3, ""), Err(status::E_AGAIN));
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["writable"]);
    zero.request(session, 5, 2, 3, "").unwrap();
    host.settle();
    assert_eq!(said(), ["1 done 0 -", "2 done 0 -", "3 done 0 -"]);
}

/// docs/flow.md 4.24, 4.25, 4.26
#[test]
fn a_suspended_session_holds_back_in_order_and_loses_nothing() {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(first());
    let zero = host.zero();
    zero.declare(5, &[]).unwrap();
    hook("request", |api, request, message| {
        let request = Request { bits: request.bits };
        api.result(request, api.message(b"one")).unwrap();
        api.result(request, message).unwrap();
        status::OK
    });
    hook("first out", |api, _, message| {
        say(format!("filter {}", api.text(message)));
        status::OK
    });
    hook("result", |_, _, _| status::E_AGAIN);
    zero.request(session, 5, 1, 1, "two").unwrap();
    assert_eq!(said(), ["filter one", "1 result 0 one"]);
    assert_eq!(zero.request(session, 5, 1, 2, "next"), Ok(()), "it waits");
    let message = zero.message(b"x");
    assert_eq!(zero.send(session, 0, message), Err(status::E_AGAIN));
    host.settle();
    hook("result", |_, _, _| status::OK);
    zero.resume(session).unwrap();
    assert_eq!(said(), ["1 result 0 one", "filter two", "1 result 0 two", "1 done 0 -"]);
    host.settle();
    assert_eq!(said(), ["filter one", "2 result 0 one", "filter next", "2 result 0 next", "2 done 0 -"]);
}

#[test]
fn a_region_that_is_too_small_and_limits_that_cannot_be() {
    let too_many = Limits { plugins: 255, ..limits() };
    assert_eq!(pintle_kernel::Kernel::region_size(&too_many), Err(status::E_ARGUMENT));
    let too_deep = Limits { depth: 251, ..limits() };
    assert_eq!(pintle_kernel::Kernel::region_size(&too_deep), Err(status::E_ARGUMENT));
    let size = pintle_kernel::Kernel::region_size(&limits()).unwrap();
    assert!(size < 64 * 1024, "{size}");
}
