//! Handles that are not what they should be: zero, all ones, forged, of another kind, of another host, stale.

mod common;

use common::me::ask;
use common::*;
use pintle_abi_core::*;
use pintle_kernel::handle::*;

/// What every slot that takes a handle says to these bits, each as a handle of its own kind.
fn say_to(host: &Host, bits: u64, kind: u32) -> Vec<(&'static str, i32)> {
    let zero = host.zero();
    // SAFETY: plugin zero's pointer and tables.
    let api = unsafe { &*(*zero.0).api };
    let (message, socket, session) = (Message { bits }, Socket { bits }, Session { bits });
    let (request, timer) = (Request { bits }, Timer { bits });
    let mut word = 0_u64;
    let word = &raw mut word;
    let live = host.zero().message(b"x");
    let mut bytes = Bytes { data: std::ptr::null(), length: 0 };
    let mut address = Address::none();
    let mut text = Text { data: std::ptr::null(), length: 0 };
    let at = c"ws://x".as_ptr();
    // SAFETY: writable places; anything goes for a handle.
    let told = unsafe {
        let (m, k, s, v, e) = (&*api.message, &*api.socket, &*api.session, &*api.service, &*api.executor);
        match kind {
            KIND_MESSAGE => vec![
                ("retain", (m.retain)(zero.0, message)),
                ("release", (m.release)(zero.0, message)),
                ("write", (m.write)(zero.0, message, word.cast(), 1)),
                ("read", (m.read)(zero.0, message, word.cast(), 1)),
                ("rewind", (m.rewind)(zero.0, message)),
                ("length", (m.length)(zero.0, message, word.cast())),
                ("view", (m.view)(zero.0, message, &mut bytes)),
                ("reserve", (m.reserve)(zero.0, message, 1, word.cast())),
                ("commit", (m.commit)(zero.0, message, 1)),
                ("edit", (m.edit)(zero.0, message, word.cast())),
                ("view_mut", (m.view_mut)(zero.0, message, word.cast(), word.cast())),
                ("clear", (m.clear)(zero.0, message)),
                ("clone", (m.clone)(zero.0, message, 0, word.cast())),
            ],
            KIND_SOCKET => vec![
                ("listen", (k.listen)(zero.0, socket, at, 6)),
                ("connect", (k.connect)(zero.0, socket, at, 6, word.cast(), 0)),
                ("stop", (k.stop)(zero.0, socket)),
                ("close", (k.close)(zero.0, socket)),
                ("channel_count", (k.channel_count)(zero.0, socket, word.cast())),
                ("channel_mode", (k.channel_mode)(zero.0, socket, 0, word.cast())),
                ("attach", (k.attach)(zero.0, socket, at, 6)),
                ("detach", (k.detach)(zero.0, socket)),
                ("time", (k.time)(zero.0, socket, word)),
                ("address", (k.address)(zero.0, socket, &mut text)),
                ("state", (k.state)(zero.0, socket, word.cast())),
                ("create", (s.create)(zero.0, socket, std::ptr::null(), word.cast())),
            ],
            KIND_SESSION => vec![
                ("destroy", (s.destroy)(zero.0, session)),
                ("receive", (s.receive)(zero.0, session, 0, live)),
                ("send", (s.send)(zero.0, session, 0, live)),
                ("request", (s.request)(zero.0, session, &ask(1, 1, 1, live))),
                ("cancel", (s.cancel)(zero.0, session, 1)),
                ("suspend", (s.suspend)(zero.0, session)),
                ("resume", (s.resume)(zero.0, session)),
                ("disconnect", (s.disconnect)(zero.0, session)),
                ("set_data", (s.set_data)(zero.0, session, word.cast())),
                ("data", (s.data)(zero.0, session, word.cast())),
                ("client_id", (s.client_id)(zero.0, session, word.cast())),
                ("address", (s.address)(zero.0, session, &mut address)),
                ("socket", (s.socket)(zero.0, session, word.cast())),
                ("rtt", (s.rtt)(zero.0, session, word, word)),
                ("channel_mode", (s.channel_mode)(zero.0, session, 0, word.cast())),
                ("set_channel_mode", (s.set_channel_mode)(zero.0, session, 0, 0)),
                ("user", (s.user)(zero.0, session, &mut text)),
                ("protocol", (s.protocol)(zero.0, session, &mut text)),
            ],
            KIND_REQUEST => vec![
                ("result", (v.result)(zero.0, request, live)),
                ("exception", (v.exception)(zero.0, request, status::PLUGIN_FIRST, at, 1)),
                ("done", (v.done)(zero.0, request)),
                ("is_cancelled", (v.is_cancelled)(zero.0, request)),
                ("drop_current", (v.drop_current)(zero.0, request)),
            ],
            _ => vec![("cancel_timer", (e.cancel_timer)(zero.0, timer))],
        }
    };
    host.zero().release(live).unwrap();
    told
}

const KINDS: [u32; 5] = [KIND_MESSAGE, KIND_SOCKET, KIND_SESSION, KIND_REQUEST, KIND_TIMER];

/// How an object ends.
type End = Box<dyn Fn(&Host)>;

/// A live object of a kind, and how it ends.
fn live(host: &Host, kind: u32) -> (u64, End) {
    unsafe extern "C" fn nothing(_: *mut Plugin, _: *mut std::ffi::c_void, _: Timer) -> i32 {
        status::OK
    }
    unsafe extern "C" fn pending(_: *mut Plugin, request: Request, _: *const RequestInfo) -> i32 {
        say(request.bits.to_string());
        status::PENDING
    }
    let zero = host.zero();
    match kind {
        KIND_MESSAGE => {
            let message = zero.message(b"x");
            (message.bits, Box::new(move |host| host.zero().release(message).unwrap()))
        }
        KIND_SOCKET => {
            let socket = zero.open(&[MODE_RELIABLE]).unwrap();
            (socket.bits, Box::new(move |host| host.zero().close(socket).unwrap()))
        }
        KIND_SESSION => {
            let session = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
            (session.bits, Box::new(move |host| host.zero().destroy(session).unwrap()))
        }
        KIND_REQUEST => {
            let mut callbacks = Callbacks::none();
            callbacks.request = Some(pending);
            // SAFETY: a table of plain functions.
            unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
            zero.declare(9, &[]).unwrap();
            let session = zero.create(zero.open(&[MODE_RELIABLE]).unwrap()).unwrap();
            zero.request(session, 9, 1, 1, "x").unwrap();
            let request = Request { bits: said()[0].parse().unwrap() };
            (request.bits, Box::new(move |host| host.zero().done(request).unwrap()))
        }
        _ => {
            let mut timer = Timer::default();
            // SAFETY: plugin zero's pointer and tables, a plain function, a writable place.
            let started = unsafe {
                ((*(*(*zero.0).api).executor).start_timer)(
                    zero.0,
                    9,
                    0,
                    Some(nothing),
                    std::ptr::null_mut(),
                    &mut timer,
                )
            };
            assert_eq!(started, status::OK);
            (
                timer.bits,
                Box::new(move |host| {
                    host.advance(10);
                    host.kernel.turn().unwrap();
                }),
            )
        }
    }
}

#[track_caller]
fn all_say(host: &Host, bits: u64, kind: u32, expected: i32) {
    for (slot, status) in say_to(host, bits, kind) {
        assert_eq!(status, expected, "kind {kind}, {slot}, {bits:#x}");
    }
}

/// docs/flow.md 1.8
#[test]
fn what_was_never_a_handle() {
    let host = Host::new(limits());
    for kind in KINDS {
        let (bits, _) = live(&host, kind);
        let kinds = ((1 << KIND_BITS) - 1) << KIND_SHIFT;
        let no_slot = bits ^ 1 << (SLOT_BITS - 1);
        for never in [0, u64::MAX, bits & !kinds, bits | kinds, no_slot] {
            all_say(&host, never, kind, status::E_HANDLE);
        }
    }
}

/// docs/flow.md 1.8
#[test]
fn what_belongs_to_another_host_or_is_of_another_kind() {
    let host = Host::new(limits());
    let other = Host::new(limits());
    for kind in KINDS {
        let (foreign, _) = live(&other, kind);
        all_say(&host, foreign, kind, status::E_FOREIGN);
        let (bits, _) = live(&host, kind);
        for another in KINDS.into_iter().filter(|another| *another != kind) {
            all_say(&host, bits, another, status::E_KIND);
        }
    }
}

/// docs/flow.md 1.8
#[test]
fn what_has_ended_also_when_its_slot_lives_again() {
    for kind in KINDS {
        let host = Host::new(limits());
        let (bits, end) = live(&host, kind);
        end(&host);
        all_say(&host, bits, kind, status::E_STALE);
        if kind != KIND_REQUEST {
            let (again, _) = live(&host, kind);
            assert_eq!(again as u32, bits as u32, "the slot is used again");
            all_say(&host, bits, kind, status::E_STALE);
        }
        all_say(&host, bits ^ 1 << (GENERATION_SHIFT + 3), kind, status::E_STALE);
    }
}
