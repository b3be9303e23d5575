//! `next_deadline` after something that waited went away: a host that believes it must not spin.

mod common;

use std::ffi::c_void;
use std::thread;

use common::*;
use pintle_abi_core::*;

/// A few turns, and nothing more is to be done at once.
#[track_caller]
fn rests(host: &Host) {
    for _ in 0..8 {
        if host.kernel.next_deadline() != Some(0) {
            return;
        }
        host.kernel.turn().unwrap();
    }
    assert_ne!(host.kernel.next_deadline(), Some(0), "nothing is to be done, and yet it says so");
}

/// As [`rests`], and nothing is due later either.
#[track_caller]
fn ends(host: &Host) {
    rests(host);
    assert_eq!(host.kernel.next_deadline(), None);
}

unsafe extern "C" fn nothing(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
    status::OK
}

unsafe extern "C" fn panics(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
    status::E_PANIC
}

unsafe extern "C" fn rings(_: *mut Plugin, _: *mut c_void, _: Timer) -> i32 {
    status::OK
}

fn start_timer(api: Me, delay: u64, period: u64) {
    let mut timer = Timer::default();
    let data = std::ptr::null_mut();
    // SAFETY: a live plugin pointer, a plain function, a writable place.
    let started = unsafe {
        ((*(*(*api.0).api).executor).start_timer)(api.0, delay, period, Some(rings), data, &mut timer)
    };
    assert_eq!(started, status::OK);
}

unsafe extern "C" fn declares(plugin: *mut Plugin, _: *const Create) -> i32 {
    Me(plugin).declare(77, &[2]).map_or_else(|status| status, |()| status::OK)
}

/// A service of a plugin that can be unloaded; its handlers are hooked.
fn service() -> &'static Plug {
    plug("org.test.service", 0, "77", |callbacks| {
        callbacks.create = Some(declares);
        callbacks.request = Some(request);
        callbacks.slow_request = Some(slow_request);
    })
}

/// docs/flow.md 6.5, 6.6
#[test]
fn dropped_tasks_of_either_kind() {
    for workers in [NO_WORKERS, 2] {
        for create in [kernel_task, worker_task] {
            let host = Host::new(Limits { workers, ..limits() });
            let instance =
                host.add(plug("org.test.task", 0, "", |callbacks| callbacks.create = Some(create)));
            assert_eq!(host.kernel.unload(instance, 0), Ok(status::OK));
            ends(&host);
        }
    }
    unsafe extern "C" fn kernel_task(plugin: *mut Plugin, _: *const Create) -> i32 {
        Me(plugin).submit(nothing).unwrap();
        status::OK
    }
    unsafe extern "C" fn worker_task(plugin: *mut Plugin, _: *const Create) -> i32 {
        Me(plugin).submit_worker(nothing).unwrap();
        status::OK
    }
}

/// docs/flow.md 6.5
#[test]
fn dropped_tasks_leave_what_else_is_due() {
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        Me(plugin).submit(nothing).unwrap();
        start_timer(Me(plugin), 5, 5);
        status::OK
    }
    let host = Host::new(limits());
    start_timer(host.zero(), 40, 0);
    let instance = host.add(plug("org.test.task", 0, "", |callbacks| callbacks.create = Some(create)));
    assert_eq!(host.kernel.unload(instance, 0), Ok(status::OK));
    rests(&host);
    assert_eq!(host.kernel.next_deadline(), Some(1040));
}

#[test]
fn a_create_that_fails_leaves_no_task() {
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        Me(plugin).submit(nothing).unwrap();
        Me(plugin).submit_worker(nothing).unwrap();
        10_001
    }
    for workers in [NO_WORKERS, 2] {
        let host = Host::new(Limits { workers, ..limits() });
        let plugin = plug("org.test.fails", 0, "", |callbacks| callbacks.create = Some(create));
        // SAFETY: a `Plug` is what its types say.
        assert!(unsafe { host.kernel.add(&plugin.entry, None) }.is_err());
        ends(&host);
    }
}

/// docs/flow.md 6.6
#[test]
fn tasks_and_timers_of_the_poisoned() {
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        Me(plugin).submit(panics).unwrap();
        Me(plugin).submit(nothing).unwrap();
        Me(plugin).submit_worker(nothing).unwrap();
        start_timer(Me(plugin), 10, 0);
        status::OK
    }
    let host = Host::new(limits());
    host.add(plug("org.test.poisoned", 0, "", |callbacks| callbacks.create = Some(create)));
    rests(&host);
    host.advance(10);
    host.kernel.turn().unwrap();
    ends(&host);
}

/// docs/flow.md 6.5
#[test]
fn requests_that_wait_and_are_cancelled() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    for correlation in 1..=2 {
        zero.request(session, 5, 2, correlation, "").unwrap();
    }
    assert_eq!(host.kernel.next_deadline(), Some(0));
    zero.cancel(session, 1).unwrap();
    zero.cancel(session, 2).unwrap();
    assert_eq!(said(), ["1 done 119 -", "2 done 119 -"]);
    ends(&host);
    assert_eq!(said(), [""; 0]);
}

#[test]
fn a_request_that_is_cancelled_once_its_session_goes_on() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    hook("slow request", |_, _, _| unreachable!("it was cancelled"));
    zero.suspend(session).unwrap();
    zero.request(session, 5, 2, 1, "").unwrap();
    ends(&host);
    zero.resume(session).unwrap();
    zero.cancel(session, 1).unwrap();
    ends(&host);
    assert_eq!(said(), ["1 done 119 -"]);
}

/// docs/flow.md 4.19, 6.5
#[test]
fn a_request_that_waits_for_a_worker_and_is_cancelled() {
    let host = Host::new(Limits { workers: 2, ..limits() });
    let session = owner(&host);
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    zero.request(session, 5, 2, 1, "").unwrap();
    ends(&host);
    zero.cancel(session, 1).unwrap();
    ends(&host);
    let kernel = host.kernel;
    thread::spawn(|| while kernel.work(0) {}).join().unwrap();
    ends(&host);
    assert_eq!(said(), ["1 done 119 -"]);
}

/// docs/flow.md 6.5
#[test]
fn requests_of_a_session_that_ends() {
    for started in [false, true] {
        let host = Host::new(Limits { workers: 2, ..limits() });
        let session = owner(&host);
        let zero = host.zero();
        zero.declare(5, &[2]).unwrap();
        for correlation in 1..=2 {
            zero.request(session, 5, 2, correlation, "").unwrap();
        }
        if started {
            host.kernel.turn().unwrap();
        }
        zero.destroy(session).unwrap();
        rests(&host);
        let kernel = host.kernel;
        thread::spawn(|| while kernel.work(0) {}).join().unwrap();
        ends(&host);
        assert_eq!(said(), [""; 0]);
    }
}

/// docs/flow.md 6.5
#[test]
fn requests_whose_service_goes_away() {
    for started in [false, true] {
        let host = Host::new(limits());
        let session = owner(&host);
        let zero = host.zero();
        let service = host.add(service());
        for correlation in 1..=2 {
            zero.request(session, 77, 2, correlation, "").unwrap();
        }
        if started {
            // It is started, and runs in the same turn.
            hook("slow request", |_, _, _| status::PENDING);
            host.kernel.turn().unwrap();
        }
        let _ = host.kernel.unload(service, u64::MAX).unwrap();
        ends(&host);
        let told = said();
        assert_eq!(told.iter().filter(|line| line.contains("done")).count(), 2, "{told:?}");
        assert_eq!(host.kernel.receipt(service).unwrap().outcome, OUTCOME_STOPPED);
    }
}

#[test]
fn requests_whose_service_is_poisoned() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    host.add(service());
    hook("slow request", |_, _, _| status::E_PANIC);
    for correlation in 1..=2 {
        zero.request(session, 77, 2, correlation, "").unwrap();
    }
    ends(&host);
    let told = said();
    assert_eq!(told.iter().filter(|line| line.contains("done")).count(), 2, "{told:?}");
}

/// docs/flow.md 6.6
#[test]
fn a_suspended_session_has_nothing_to_do() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    hook("slow request", |api, request, _| {
        api.result(Request { bits: request.bits }, api.message(b"held")).unwrap();
        status::OK
    });
    hook("result", |_, _, _| status::E_AGAIN);
    for correlation in 1..=2 {
        zero.request(session, 5, 2, correlation, "").unwrap();
    }
    ends(&host);
    assert_eq!(said(), ["1 result 0 held"]);
    zero.destroy(session).unwrap();
    ends(&host);
}

/// docs/flow.md 6.6
#[test]
fn a_session_that_is_suspended_before_its_request_starts() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    zero.request(session, 5, 2, 1, "").unwrap();
    zero.suspend(session).unwrap();
    ends(&host);
    assert_eq!(said(), [""; 0]);
    zero.resume(session).unwrap();
    ends(&host);
    assert_eq!(said(), ["1 done 0 -"]);
}

/// docs/flow.md 6.6
#[test]
fn a_pending_request_is_nothing_to_do() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    zero.declare(5, &[2]).unwrap();
    hook("slow request", |_, _, _| status::PENDING);
    for correlation in 1..=2 {
        zero.request(session, 5, 2, correlation, "").unwrap();
    }
    ends(&host);
    zero.cancel(session, 2).unwrap();
    ends(&host);
    assert_eq!(said(), ["2 done 119 -"]);
}

/// docs/flow.md 6.6
#[test]
fn a_session_that_ends_after_its_receive_was_refused() {
    let host = Host::new(Limits { inbox: 1, ..limits() });
    let transport = host.add(plug("org.test.transport", FLAG_OPENS_SOCKETS, "", |callbacks| {
        callbacks.create = Some(transports);
    }));
    unsafe extern "C" fn transports(plugin: *mut Plugin, _: *const Create) -> i32 {
        let api = Me(plugin);
        let session = api.create(api.open(&[MODE_RELIABLE]).unwrap()).unwrap();
        let message = api.message(b"x");
        api.receive(session, 0, message).unwrap();
        assert_eq!(api.receive(session, 0, message), Err(status::E_AGAIN));
        status::OK
    }
    host.kernel.take().unwrap();
    assert_eq!(host.kernel.unload(transport, 0), Ok(status::OK));
    ends(&host);
}

/// docs/flow.md 5.5, 6.6
#[test]
fn an_instance_that_takes_its_time_to_stop() {
    unsafe extern "C" fn later(_: *mut Plugin, _: *const Stop) -> i32 {
        status::PENDING
    }
    let host = Host::new(limits());
    let never = host.add(plug("org.test.never", 0, "", |callbacks| callbacks.request_stop = Some(later)));
    assert_eq!(host.kernel.unload(never, u64::MAX), Ok(status::PENDING));
    rests(&host);
    let late = host.add(plug("org.test.late", 0, "", |callbacks| callbacks.request_stop = Some(later)));
    assert_eq!(host.kernel.unload(late, 50), Ok(status::PENDING));
    rests(&host);
    assert_eq!(host.kernel.next_deadline(), Some(1050));
    host.advance(50);
    host.kernel.turn().unwrap();
    assert_eq!(host.kernel.receipt(late).unwrap().outcome, OUTCOME_FORCED);
    rests(&host);
    assert_eq!(host.kernel.receipt(never).unwrap().outcome, OUTCOME_LIVE);
}

/// docs/flow.md 6.6
#[test]
fn references_that_another_thread_gave_back() {
    struct Crossing(Me, Message);
    // SAFETY: a plugin pointer and a handle may be used on any thread.
    unsafe impl Send for Crossing {}
    fn give_back(zero: Me, message: Message) {
        let crossing = Crossing(zero, message);
        thread::spawn(move || {
            let Crossing(zero, message) = { crossing };
            zero.release(message).unwrap();
        })
        .join()
        .unwrap();
    }
    let host = Host::new(limits());
    let zero = host.zero();
    let (one, other) = (zero.message(b"x"), zero.message(b"y"));
    give_back(zero, one);
    ends(&host);
    assert_eq!(zero.release(one), Err(status::E_STALE));
    // This one goes before the turn looks.
    give_back(zero, other);
    zero.release(other).unwrap();
    ends(&host);
}

/// docs/flow.md 4.21, 6.6
#[test]
fn what_a_worker_posted_for_a_session_that_has_ended() {
    let host = Host::new(Limits { workers: 2, ..limits() });
    let session = owner(&host);
    let zero = host.zero();
    unsafe extern "C" fn answers(plugin: *mut Plugin, request: Request, _: *const RequestInfo) -> i32 {
        let api = Me(plugin);
        api.result(request, api.message(b"nobody hears it")).unwrap();
        status::PENDING
    }
    host.add(plug("org.test.answers", 0, "77", |callbacks| {
        callbacks.create = Some(declares);
        callbacks.slow_request = Some(answers);
    }));
    zero.request(session, 77, 2, 1, "").unwrap();
    host.kernel.turn().unwrap();
    let kernel = host.kernel;
    assert!(thread::spawn(|| kernel.work(0)).join().unwrap());
    zero.destroy(session).unwrap();
    ends(&host);
    assert_eq!(said(), [""; 0]);
}
