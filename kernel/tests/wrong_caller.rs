//! Calls by whom, when and where they are not allowed: every slot, against the table that its tags are read into.

mod common;

use common::slots::{Tables, every};
use common::*;
use pintle_abi_core::*;

fn tables(host: &Host) -> Tables {
    Tables::of(host.kernel.zero())
}

fn name(rule: &Rule) -> String {
    format!("{}->{}", rule.table, rule.name)
}

#[test]
fn the_list_of_slots_is_complete() {
    let host = Host::new(limits());
    let mut here: Vec<_> = every(tables(&host)).iter().map(|(rule, _)| name(rule)).collect();
    let elsewhere = ["io", "table", "event", "hook", "user", "group", "batch", "settings", "state"];
    let mut all: Vec<_> =
        rules::SLOTS.iter().filter(|rule| !elsewhere.contains(&rule.table)).map(name).collect();
    here.sort();
    all.sort();
    assert_eq!(here, all);
}

/// docs/flow.md 1.2
#[test]
fn a_null_plugin_is_an_argument_error() {
    let host = Host::new(limits());
    for (rule, call) in every(tables(&host)) {
        assert_eq!(call(std::ptr::null_mut()), status::E_ARGUMENT, "{}", name(rule));
    }
}

/// docs/flow.md 1.3, 5.11
#[test]
fn after_its_stop_every_call_of_an_instance_is_closed() {
    let host = Host::new(limits());
    unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
        say(format!("{}", plugin as usize));
        status::OK
    }
    let instance = host.add(plug("org.test.gone", 0, "", |callbacks| callbacks.create = Some(create)));
    let plugin = said()[0].parse::<usize>().unwrap() as *mut Plugin;
    assert_eq!(host.kernel.unload(instance, 0), Ok(status::OK));
    for (rule, call) in every(tables(&host)) {
        assert_eq!(call(plugin), status::E_CLOSED, "{}", name(rule));
    }
}

/// docs/flow.md 1.3
#[test]
fn while_it_stops_and_in_destroy_only_what_the_tags_allow() {
    unsafe extern "C" fn request_stop(plugin: *mut Plugin, _: *const Stop) -> i32 {
        probe(plugin, STATE_STOPPING)
    }
    unsafe extern "C" fn destroy(plugin: *mut Plugin) -> i32 {
        probe(plugin, STATE_DESTROYING)
    }
    fn probe(plugin: *mut Plugin, state: u8) -> i32 {
        for (rule, call) in every(Tables::of(plugin)) {
            let closed = call(plugin) == status::E_CLOSED;
            assert_eq!(closed, rule.states & state == 0, "{}", name(rule));
        }
        say("probed");
        status::OK
    }
    let host = Host::new(limits());
    let instance = host.add(plug("org.test.stopping", 0, "", |callbacks| {
        callbacks.request_stop = Some(request_stop);
        callbacks.destroy = Some(destroy);
    }));
    assert_eq!(host.kernel.unload(instance, 0), Ok(status::OK));
    assert_eq!(said(), ["probed", "probed"]);
}

/// docs/flow.md 1.3, 3.18
#[test]
fn a_poisoned_instance_may_only_release() {
    unsafe extern "C" fn panics(plugin: *mut Plugin, _: Socket) -> i32 {
        say(format!("{}", plugin as usize));
        Me(plugin).fail(status::E_PANIC, "index out of bounds")
    }
    let host = Host::new(limits());
    let instance = host.add(plug("org.test.bad", 0, "", |callbacks| callbacks.socket_created = Some(panics)));
    host.zero().open(&[MODE_RELIABLE]).unwrap();
    let plugin = said()[0].parse::<usize>().unwrap() as *mut Plugin;
    assert!(host.logged("org.test.bad: panicked in socket_created: index out of bounds"));
    for (rule, call) in every(tables(&host)) {
        let poisoned = call(plugin) == status::E_POISONED;
        assert_eq!(poisoned, rule.states & STATE_POISONED == 0, "{}", name(rule));
    }
    host.zero().open(&[MODE_RELIABLE]).unwrap();
    assert_eq!(said(), [""; 0]);
    assert_eq!(host.kernel.unload(instance, 0), Ok(status::OK));
    assert_eq!(host.kernel.receipt(instance).unwrap().poisoned, 1);
}

/// docs/flow.md 1.4, 7.1, 7.3
#[test]
fn on_another_thread_only_what_the_tags_allow() {
    let host = Host::new(limits());
    let tables = tables(&host);
    let plugin = host.kernel.zero() as usize;
    std::thread::spawn(move || {
        for (rule, call) in every(tables) {
            let refused = call(plugin as *mut Plugin) == status::E_WRONG_THREAD;
            assert_eq!(refused, rule.threads & THREAD_OWN == 0, "{}", name(rule));
        }
    })
    .join()
    .unwrap();
}

/// docs/flow.md 1.4, 7.2
#[test]
fn inside_a_slow_request_only_what_the_tags_allow() {
    unsafe extern "C" fn task(plugin: *mut Plugin, _: *mut std::ffi::c_void, _: Message) -> i32 {
        for (rule, call) in every(Tables::of(plugin)) {
            let refused = call(plugin) == status::E_WRONG_THREAD;
            assert_eq!(refused, rule.threads & THREAD_WORKER == 0, "{}", name(rule));
        }
        say("probed");
        status::OK
    }
    let host = Host::new(limits());
    let zero = host.kernel.zero();
    // SAFETY: a live plugin pointer and a plain function.
    let submitted = unsafe {
        ((*(*(*zero).api).executor).submit_worker)(zero, Some(task), std::ptr::null_mut(), Message::default())
    };
    assert_eq!(submitted, status::OK);
    host.settle();
    assert_eq!(said(), ["probed"]);
    assert!(host.kernel.turn().is_ok());
}

/// docs/flow.md 7.1
#[test]
fn a_thread_that_takes_over_the_number_of_a_dead_kernel_thread_is_a_stranger() {
    let host = Host::new(limits());
    host.kernel.resign();
    let tables = tables(&host);
    for (rule, call) in every(tables) {
        let refused = call(host.kernel.zero()) == status::E_WRONG_THREAD;
        assert_eq!(refused, rule.threads & THREAD_OWN == 0, "{}", name(rule));
    }
    assert_eq!(host.kernel.turn(), Err(status::E_WRONG_THREAD));
    // SAFETY: this thread was the kernel thread, and is not inside it.
    unsafe { host.kernel.adopt() }.unwrap();
    host.kernel.turn().unwrap();
}
