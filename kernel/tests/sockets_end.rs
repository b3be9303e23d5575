//! Sockets that stop and close: who hears of it, in which order, and what goes with them.

mod common;

use std::cell::Cell;
use std::ffi::{c_char, c_void};

use common::*;
use pintle_abi_core::*;

unsafe extern "C" fn listening(plugin: *mut Plugin, socket: Socket, _: *const c_char, _: usize) -> i32 {
    let api = Me(plugin);
    api.attach(socket, "").unwrap();
    api.create(socket).map_or_else(|status| status, |_| status::OK)
}

fn state(api: Me, socket: Socket) -> Result<u32, i32> {
    let mut state = 0;
    // SAFETY: a live plugin pointer and a writable place.
    match unsafe { ((*(*(*api.0).api).socket).state)(api.0, socket, &mut state) } {
        status::OK => Ok(state),
        refused => Err(refused),
    }
}

unsafe extern "C" fn stopped(plugin: *mut Plugin, socket: Socket) -> i32 {
    say(format!("stopped {:?}", state(Me(plugin), socket)));
    status::OK
}

unsafe extern "C" fn destroyed(plugin: *mut Plugin, socket: Socket) -> i32 {
    say(format!("socket destroyed {:?}", state(Me(plugin), socket)));
    status::OK
}

unsafe extern "C" fn detached(_: *mut Plugin, _: Socket) -> i32 {
    say("detached");
    status::OK
}

unsafe extern "C" fn ended(_: *mut Plugin, _: Session, _: *mut c_void) -> i32 {
    say("session destroyed");
    status::OK
}

/// A socket of plugin zero that a transport serves, with one session.
fn host() -> (Host, Socket) {
    let host = Host::new(limits());
    let mut callbacks = Callbacks::none();
    callbacks.socket_stopped = Some(stopped);
    callbacks.socket_destroyed = Some(destroyed);
    callbacks.socket_detached = Some(detached);
    callbacks.session_destroyed = Some(ended);
    callbacks.session_send = Some(send);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    host.add(plug("org.test.transport", 0, "", |callbacks| {
        callbacks.socket_listening = Some(listening);
        callbacks.socket_stopped = Some(stopped);
    }));
    let socket = host.zero().open(&[MODE_RELIABLE]).unwrap();
    host.zero().listen(socket, "test:x").unwrap();
    (host, socket)
}

/// docs/flow.md 5.2
#[test]
fn a_stop_ends_the_sessions_and_then_the_attachments() {
    let (host, socket) = host();
    host.zero().stop(socket).unwrap();
    let stopped = format!("stopped Ok({SOCKET_STOPPED})");
    let told = said();
    assert_eq!(told[..2], [stopped.as_str(), stopped.as_str()], "both hear it");
    assert_eq!(told[2..], ["detached", "session destroyed"]);
    assert_eq!(state(host.zero(), socket), Ok(SOCKET_STOPPED), "it can be started again");
    host.zero().listen(socket, "test:x").unwrap();
}

/// docs/flow.md 5.3
#[test]
fn a_close_stops_first() {
    let (host, socket) = host();
    host.zero().close(socket).unwrap();
    let told = said();
    assert_eq!(told.iter().filter(|line| line.starts_with("stopped")).count(), 2, "{told:?}");
    assert_eq!(told.last().unwrap(), &format!("socket destroyed Err({})", status::E_STALE));
    assert_eq!(host.zero().close(socket), Err(status::E_STALE));
    // One that was not started is not stopped.
    let socket = host.zero().open(&[MODE_RELIABLE]).unwrap();
    host.zero().close(socket).unwrap();
    assert_eq!(said(), [format!("socket destroyed Err({})", status::E_STALE)]);
}

/// docs/flow.md 5.1, 5.3
#[test]
fn what_is_closed_inside_a_callback_is_told_when_that_is_over() {
    thread_local!(static SOCKET: Cell<Socket> = const { Cell::new(Socket { bits: 0 }) });
    let (host, socket) = host();
    SOCKET.set(socket);
    let zero = host.zero();
    let own = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    hook("send", |api, session, _| {
        api.close(SOCKET.get()).unwrap();
        assert_eq!(state(api, SOCKET.get()), Err(status::E_STALE));
        api.destroy(session).unwrap();
        assert_eq!(api.destroy(session), Err(status::E_STALE));
        let stopped = said();
        assert!(!stopped.iter().any(|line| line.contains("destroyed")), "{stopped:?}");
        say("returns");
        status::OK
    });
    zero.send(own, 0, zero.message(b"x")).unwrap();
    let told = said();
    assert_eq!(told[0], "returns", "{told:?}");
    assert_eq!(told.iter().filter(|line| *line == "session destroyed").count(), 2, "{told:?}");
    assert_eq!(told.iter().filter(|line| line.starts_with("socket destroyed")).count(), 1, "{told:?}");
}

/// docs/flow.md 5.1
#[test]
fn the_slot_of_a_session_is_free_once_all_have_heard() {
    let (host, socket) = host();
    let zero = host.zero();
    let sessions: Vec<_> = std::iter::from_fn(|| zero.create(socket).ok()).collect();
    assert_eq!(sessions.len(), 3, "one is the transport's");
    zero.destroy(sessions[0]).unwrap();
    zero.create(socket).unwrap();
    assert_eq!(zero.create(socket), Err(status::E_CAPACITY));
    said();
}
