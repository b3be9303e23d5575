//! Two publishers that have found and called each other: whichever goes first, the other one goes on without it.

mod common;

use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr::null_mut;

use common::*;
use pintle_abi_core::*;

static TABLE: [u32; 2] = [8, 0];

const ONE: &str = "org.test.one/1";
const OTHER: &str = "org.test.other/1";

thread_local!(static POINTERS: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) });

unsafe extern "C" fn one(plugin: *mut Plugin, _: *const Create) -> i32 {
    publish(plugin, ONE)
}

unsafe extern "C" fn other(plugin: *mut Plugin, _: *const Create) -> i32 {
    publish(plugin, OTHER)
}

fn publish(plugin: *mut Plugin, id: &'static str) -> i32 {
    POINTERS.with_borrow_mut(|pointers| pointers.push(plugin as usize));
    Me(plugin).publish(id, &TABLE).err().unwrap_or(status::OK)
}

unsafe extern "C" fn run(_: *mut Plugin, table: *const c_void, _: *mut c_void) -> i32 {
    assert_eq!(table, TABLE.as_ptr().cast());
    say("called");
    status::OK
}

unsafe extern "C" fn destroy(_: *mut Plugin) -> i32 {
    say("destroyed");
    status::OK
}

/// docs/flow.md 8.5
#[test]
fn they_stop_in_any_order() {
    let plugs = [
        plug_with("org.test.one", "", ONE, |callbacks| {
            callbacks.create = Some(one);
            callbacks.destroy = Some(destroy);
        }),
        plug_with("org.test.other", "", OTHER, |callbacks| {
            callbacks.create = Some(other);
            callbacks.destroy = Some(destroy);
        }),
    ];
    for first in [0, 1] {
        let host = Host::new(limits());
        let instances = plugs.map(|plug| host.add(plug));
        let apis: Vec<_> = POINTERS.take().into_iter().map(|plugin| Me(plugin as *mut Plugin)).collect();
        let offers = [apis[0].find(OTHER).unwrap(), apis[1].find(ONE).unwrap()];
        let call = |finder: usize| apis[finder].call(offers[finder], run, null_mut());
        assert_eq!([call(0), call(1)], [Ok(()); 2]);
        assert_eq!(
            host.kernel.unload(instances[first], 0),
            Ok(status::OK),
            "the other one's handle is no hold"
        );
        assert_eq!(said(), ["called", "called", "destroyed"]);
        assert_eq!(call(1 - first), Err(status::E_STALE));
        assert_eq!(host.kernel.unload(instances[1 - first], 0), Ok(status::OK));
        assert_eq!(said(), ["destroyed"]);
    }
}
