//! Several items behind one call: a worker that waits again after a call that came too early must be called once more.

mod common;

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;

use common::*;
use pintle_abi_core::*;

static CALLS: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn call(_: *mut c_void) {
    CALLS.fetch_add(1, SeqCst);
}

unsafe extern "C" fn job(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
    status::OK
}

unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
    Me(plugin).submit_worker(job).unwrap();
    Me(plugin).submit_worker(job).unwrap();
    status::OK
}

#[test]
fn a_worker_that_takes_an_item_calls_another_for_the_rest() {
    let limits = Limits { workers: 2, ..limits() };
    let host = Host::on(limits, |platform| platform.work = Some(call));
    let kernel = host.kernel;
    host.add(plug("org.test.busy", 0, "", |callbacks| callbacks.create = Some(create)));
    CALLS.store(0, SeqCst);
    let work = || thread::spawn(|| kernel.work(0)).join().unwrap();
    assert!(work());
    assert_eq!(CALLS.load(SeqCst), 1, "one more waits");
    assert!(work());
    assert_eq!(CALLS.load(SeqCst), 1, "none waits any more");
    assert!(!work());
}
