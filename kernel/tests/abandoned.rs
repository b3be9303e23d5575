//! A stop whose time is up while nothing of the instance runs: that is no reason to abandon it.

mod common;

use std::ffi::c_void;
use std::thread;

use common::*;
use pintle_abi_core::*;

fn with_workers() -> Limits {
    Limits { workers: 2, ..limits() }
}

/// docs/flow.md 5.12
#[test]
fn a_worker_task_that_has_returned_is_not_inside() {
    unsafe extern "C" fn job(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        status::OK
    }
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        Me(plugin).submit_worker(job).unwrap();
        status::OK
    }
    let host = Host::new(with_workers());
    let instance = host.add(plug("org.test.returned", 0, "", |callbacks| callbacks.create = Some(create)));
    let kernel = host.kernel;
    assert!(thread::spawn(|| kernel.work(0)).join().unwrap());
    let _ = kernel.unload(instance, 0).unwrap();
    host.settle();
    assert_eq!(kernel.receipt(instance).unwrap().outcome, OUTCOME_STOPPED);
}

/// docs/flow.md 5.9
#[test]
fn a_slow_request_that_no_worker_took_is_not_inside() {
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        Me(plugin).declare(77, &[2]).unwrap();
        status::OK
    }
    unsafe extern "C" fn never(_: *mut Plugin, _: Request, _: *const RequestInfo) -> i32 {
        unreachable!("no worker took it before the stop")
    }
    let host = Host::new(with_workers());
    let session = owner(&host);
    let instance = host.add(plug("org.test.queued", 0, "77", |callbacks| {
        callbacks.create = Some(create);
        callbacks.slow_request = Some(never);
    }));
    host.zero().request(session, 77, 2, 1, "").unwrap();
    host.kernel.turn().unwrap();
    let _ = host.kernel.unload(instance, 0).unwrap();
    host.settle();
    let kernel = host.kernel;
    thread::spawn(|| while kernel.work(0) {}).join().unwrap();
    host.settle();
    assert_eq!(kernel.receipt(instance).unwrap().outcome, OUTCOME_STOPPED);
    assert_eq!(said().iter().filter(|line| line.starts_with("1 done")).count(), 1);
}
