//! A call that has several things wrong: the first of them, in the order of the checks, is the answer.

mod common;

use common::slots::{Tables, every};
use common::*;
use pintle_abi_core::*;

unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
    say(format!("{}", plugin as usize));
    status::OK
}

/// docs/flow.md 1.1
#[test]
fn the_state_of_the_instance_comes_before_the_thread() {
    let host = Host::new(limits());
    let instance = host.add(plug("org.test.gone", 0, "", |callbacks| callbacks.create = Some(create)));
    let plugin = said()[0].parse::<usize>().unwrap();
    assert_eq!(host.kernel.unload(instance, 0), Ok(status::OK));
    let slots = every(Tables::of(host.kernel.zero()));
    let elsewhere = move || {
        for (rule, call) in slots {
            assert_eq!(call(plugin as *mut Plugin), status::E_CLOSED, "{}->{}", rule.table, rule.name);
        }
    };
    std::thread::spawn(elsewhere).join().unwrap();
}

/// docs/flow.md 1.1
#[test]
fn handles_come_in_the_order_of_the_parameters_and_before_what_the_slot_lists() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    let message = zero.message(b"x");
    let (none, no_message) = (Session { bits: u64::MAX }, Message { bits: session.bits });
    let calls = |session, channel, service, message| {
        [
            zero.send(session, channel, message),
            zero.receive(session, channel, message),
            zero.ask(session, &me::ask(service, 1, 1, message)),
        ]
    };
    // The session is no handle, the message is of another kind, and there is no such channel and no such service.
    assert_eq!(calls(none, 9, 9, no_message), [Err(status::E_HANDLE); 3]);
    assert_eq!(calls(session, 9, 9, no_message), [Err(status::E_KIND); 3]);
    assert_eq!(calls(session, 9, 9, message), [Err(status::E_NOT_FOUND); 3]);
}

/// docs/flow.md 1.8
#[test]
fn a_handle_with_several_faults() {
    use pintle_kernel::handle::{KIND_BITS, KIND_SHIFT, SLOT_BITS};
    let (host, other) = (Host::new(limits()), Host::new(limits()));
    let unused = 1 << (SLOT_BITS - 1);
    let socket = |host: &Host| host.zero().open(&[MODE_RELIABLE]).unwrap().bits;
    let (own, foreign) = (socket(&host), socket(&other));
    let says = |bits| host.zero().release(Message { bits });
    assert_eq!(says(foreign | ((1 << KIND_BITS) - 1) << KIND_SHIFT), Err(status::E_HANDLE), "of no kind");
    assert_eq!(says(foreign ^ unused), Err(status::E_FOREIGN), "of another kind, in no slot");
    assert_eq!(says(own ^ unused), Err(status::E_KIND), "in no slot");
}
