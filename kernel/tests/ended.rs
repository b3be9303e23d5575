//! The platform is told when an instance has ended: once, and not before its last callback is over.

mod common;

use std::ffi::c_void;
use std::sync::Mutex;

use common::*;
use pintle_abi_core::*;

static ENDED: Mutex<Vec<Instance>> = Mutex::new(Vec::new());

unsafe extern "C" fn ended(_: *mut c_void, instance: Instance) {
    say("ended");
    ENDED.lock().unwrap().push(instance);
}

unsafe extern "C" fn fails(_: *mut Plugin, _: *const Create) -> i32 {
    say("create");
    status::E_IO
}

unsafe extern "C" fn destroy(_: *mut Plugin) -> i32 {
    say("destroyed");
    status::OK
}

/// docs/flow.md 5.15
#[test]
fn the_platform_is_told_once_of_each_instance_that_has_ended() {
    let host = Host::on(limits(), |platform| platform.ended = Some(ended));
    let instance = host.add(plug("org.test.quiet", 0, "", |callbacks| callbacks.destroy = Some(destroy)));
    host.settle();
    assert!(ENDED.lock().unwrap().is_empty());
    assert_eq!(host.kernel.unload(instance, NEVER), Ok(status::OK));
    assert_eq!(*ENDED.lock().unwrap(), [instance]);
    assert_eq!(host.kernel.receipt(instance).unwrap().outcome, OUTCOME_STOPPED);
    let failing = plug("org.test.failing", 0, "", |callbacks| {
        callbacks.create = Some(fails);
        callbacks.destroy = Some(destroy);
    });
    let mut begun = None;
    // SAFETY: the entry stays valid.
    let added = unsafe { host.kernel.add_with(&failing.entry, None, |instance| begun = Some(instance)) };
    assert_eq!(added, Err(status::E_IO));
    assert_eq!(ENDED.lock().unwrap()[1..], begun.as_slice()[..]);
    host.settle();
    assert_eq!(said(), ["destroyed", "ended", "create", "ended"]);
}
