//! Arguments that cannot be, beyond those of messages and handles: each gets its status, and nothing is called.

#[path = "../../kernel/tests/common/mod.rs"]
mod common;

use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut};

use common::slots::{Tables, every};
use common::{Host, limits, owner, plug, said, say};
use pintle_abi_core::*;

/// What slots answer that take no pointer, when all else is zero; all others refuse their NULL.
const WITHOUT_POINTERS: [(&str, &[&str], i32); 8] = [
    ("data", &["set"], status::OK),
    ("executor", &["startup", "shutdown"], status::OK),
    ("executor", &["cancel_timer"], status::E_HANDLE),
    ("message", &["retain", "release", "rewind", "commit", "clear"], status::E_HANDLE),
    ("socket", &["stop", "close", "detach"], status::E_HANDLE),
    (
        "session",
        &["destroy", "receive", "send", "cancel", "suspend", "resume", "disconnect", "set_data"],
        status::E_HANDLE,
    ),
    ("service", &["result", "done", "is_cancelled", "drop_current"], status::E_HANDLE),
    ("offer", &["withdraw"], status::E_HANDLE),
];

/// docs/flow.md 1.1, 1.6
#[test]
fn null_and_zero_everywhere() {
    let host = Host::new(limits());
    let tables = Tables::of(host.kernel.zero());
    let mut listed = 0;
    for (rule, call) in every(tables) {
        let without = WITHOUT_POINTERS
            .iter()
            .find(|(table, names, _)| *table == rule.table && names.contains(&rule.name))
            .map(|(_, _, expected)| *expected);
        listed += usize::from(without.is_some());
        let expected = match rule.name {
            "stopped" => status::E_STATE,
            _ => without.unwrap_or(status::E_ARGUMENT),
        };
        assert_eq!(call(host.kernel.zero()), expected, "{}->{}", rule.table, rule.name);
    }
    let names: usize = WITHOUT_POINTERS.iter().map(|(_, names, _)| names.len()).sum();
    assert_eq!(listed, names, "a name stands for no slot");
    assert_eq!(host.world.log.with(|log| log.len()), 0);
}

/// A text, as pointer and length.
fn parts(text: &[u8]) -> (*const c_char, usize) {
    (text.as_ptr().cast(), text.len())
}

/// A transport that serves whatever is started, and says how much it was told.
fn transport() -> &'static common::Plug {
    unsafe extern "C" fn listening(
        plugin: *mut Plugin,
        socket: Socket,
        _: *const c_char,
        length: usize,
    ) -> i32 {
        say(format!("listen {length}"));
        common::Me(plugin).attach(socket, "").err().unwrap_or(status::OK)
    }
    unsafe extern "C" fn connecting(
        plugin: *mut Plugin,
        socket: Socket,
        _: *const c_char,
        length: usize,
        _: *const u8,
        token_length: usize,
    ) -> i32 {
        say(format!("connect {length} {token_length}"));
        common::Me(plugin).attach(socket, "").err().unwrap_or(status::OK)
    }
    plug("org.test.transport", 0, "", |callbacks| {
        callbacks.socket_listening = Some(listening);
        callbacks.socket_connecting = Some(connecting);
    })
}

const BROKEN: &[u8] = b"ws:\xff";
const LONG: [u8; ADDRESS_MAX + 1] = [b'a'; ADDRESS_MAX + 1];

/// docs/flow.md 1.6, 1.7
#[test]
fn addresses() {
    let host = Host::new(limits());
    host.add(transport());
    let zero = host.zero();
    let socket = zero.open(&[MODE_RELIABLE]).unwrap();
    // SAFETY: plugin zero's tables.
    let table = unsafe { &*(*(*zero.0).api).socket };
    // SAFETY: what is refused is not read; so in all the calls below.
    let listen = |(data, length)| unsafe { (table.listen)(zero.0, socket, data, length) };
    // SAFETY: as above.
    let connect = |(data, length)| unsafe { (table.connect)(zero.0, socket, data, length, null(), 0) };
    // SAFETY: as above.
    let attach = |(data, length)| unsafe { (table.attach)(zero.0, socket, data, length) };
    let wrong = [
        ((null(), 1), status::E_ARGUMENT),
        ((null(), usize::MAX), status::E_ARGUMENT),
        (parts(BROKEN), status::E_ARGUMENT),
        (parts(&LONG), status::E_CAPACITY),
        ((LONG.as_ptr().cast(), usize::MAX), status::E_CAPACITY),
    ];
    for (address, expected) in wrong {
        assert_eq!((listen(address), connect(address)), (expected, expected), "{address:?}");
        assert_eq!(attach(address), expected, "{address:?}");
    }
    for empty in [(null(), 0), parts(b"")] {
        assert_eq!((listen(empty), connect(empty)), (status::E_ARGUMENT, status::E_ARGUMENT));
        assert_eq!(attach(empty), status::E_STATE, "it would leave the address as it is");
    }
    let mut state = 0;
    // SAFETY: a writable place.
    unsafe { (table.state)(zero.0, socket, &mut state) };
    assert_eq!((state, said()), (SOCKET_OPEN, Vec::<String>::new()), "nothing was started");
    assert_eq!(listen(parts(&LONG[..ADDRESS_MAX])), status::OK);
    assert_eq!(attach(parts(&LONG)), status::E_CAPACITY);
    zero.stop(socket).unwrap();
    assert_eq!(connect(parts(&LONG[..ADDRESS_MAX])), status::OK);
    assert_eq!(said(), ["listen 240", "connect 240 0"]);
}

/// docs/flow.md 1.6
#[test]
fn tokens() {
    const TOKEN: [u8; TOKEN_MAX + 1] = [0xff; TOKEN_MAX + 1];
    let host = Host::new(limits());
    host.add(transport());
    let zero = host.zero();
    let socket = zero.open(&[MODE_RELIABLE]).unwrap();
    let (address, length) = parts(b"a:");
    let connect = |token: *const u8, token_length| {
        // SAFETY: plugin zero's tables; what is refused is not read.
        unsafe { ((*(*(*zero.0).api).socket).connect)(zero.0, socket, address, length, token, token_length) }
    };
    assert_eq!(connect(null(), 1), status::E_ARGUMENT);
    assert_eq!(connect(null(), usize::MAX), status::E_ARGUMENT);
    assert_eq!(connect(TOKEN.as_ptr(), TOKEN_MAX + 1), status::E_CAPACITY);
    assert_eq!(connect(TOKEN.as_ptr(), usize::MAX), status::E_CAPACITY);
    assert_eq!(said(), [""; 0]);
    for length in [0, TOKEN_MAX] {
        assert_eq!(connect(TOKEN.as_ptr(), length), status::OK);
        zero.stop(socket).unwrap();
    }
    assert_eq!(said(), ["connect 2 0", "connect 2 2048"]);
}

/// docs/flow.md 1.6
#[test]
fn channels_and_sessions() {
    let host = Host::new(limits());
    let zero = host.zero();
    let modes = [MODE_RELIABLE; 4];
    let mut socket = Socket::default();
    // SAFETY: plugin zero's tables; what is refused is not read.
    unsafe {
        let open = (*(*(*zero.0).api).socket).open;
        assert_eq!(open(zero.0, null(), 1, &mut socket), status::E_ARGUMENT);
        assert_eq!(open(zero.0, null(), u32::MAX, &mut socket), status::E_ARGUMENT);
        assert_eq!(open(zero.0, modes.as_ptr(), 0, &mut socket), status::E_ARGUMENT);
        assert_eq!(open(zero.0, modes.as_ptr(), 1, null_mut()), status::E_ARGUMENT);
        assert_eq!(open(zero.0, modes.as_ptr(), u32::MAX, &mut socket), status::E_CAPACITY);
        assert_eq!(socket, Socket::default());
        assert_eq!(open(zero.0, modes.as_ptr(), 3, &mut socket), status::OK);
        let create = (*(*(*zero.0).api).session).create;
        let mut session = Session::default();
        let nowhere = Address { family: FAMILY_NAMED + 1, ..Address::none() };
        let options = SessionOptions { address: &nowhere, ..SessionOptions::none() };
        assert_eq!(create(zero.0, socket, &options, &mut session), status::E_ARGUMENT);
        assert_eq!(create(zero.0, socket, null(), null_mut()), status::E_ARGUMENT);
        assert_eq!(session, Session::default());
        let somewhere = Address::none();
        let options = SessionOptions { address: &somewhere, ..SessionOptions::none() };
        assert_eq!(create(zero.0, socket, &options, &mut session), status::OK);
        let table = &*(*(*zero.0).api).session;
        let mut mode = 9;
        assert_eq!((table.set_channel_mode)(zero.0, session, 0, MODE_RELIABLE + 1), status::E_ARGUMENT);
        assert_eq!((table.set_channel_mode)(zero.0, session, 3, MODE_RELIABLE), status::E_NOT_FOUND);
        assert_eq!((table.channel_mode)(zero.0, session, CHANNEL_SERVICE, &mut mode), status::E_NOT_FOUND);
        assert_eq!((table.channel_mode)(zero.0, session, 0, null_mut()), status::E_ARGUMENT);
        let mut mean = 0;
        assert_eq!((table.rtt)(zero.0, session, &mut mean, null_mut()), status::E_ARGUMENT);
        assert_eq!((table.rtt)(zero.0, session, null_mut(), &mut mean), status::E_ARGUMENT);
        assert_eq!(mode, 9);
    }
}

/// docs/flow.md 1.6, 1.7
#[test]
fn services() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    // SAFETY: plugin zero's tables.
    let table = unsafe { &*(*(*zero.0).api).service };
    let slow = [7];
    // SAFETY: what is refused is not read.
    unsafe {
        assert_eq!((table.declare)(zero.0, 1, null(), 1), status::E_ARGUMENT);
        assert_eq!((table.declare)(zero.0, 1, null(), usize::MAX), status::E_ARGUMENT);
        assert_eq!((table.declare)(zero.0, 1, slow.as_ptr(), usize::MAX), status::E_CAPACITY);
        assert_eq!((table.declare)(zero.0, 1, slow.as_ptr(), 65_536), status::E_CAPACITY);
    }
    assert_eq!(zero.request(session, 1, 7, 1, ""), Err(status::E_NOT_FOUND), "nothing was declared");
    // SAFETY: no slow ids need no pointer.
    assert_eq!(unsafe { (table.declare)(zero.0, 1, null(), 0) }, status::OK);
    let many: Vec<u32> = (0..1000).collect();
    assert_eq!(zero.declare(2, &many), Err(status::E_CAPACITY), "more than there is room for");
    assert_eq!(zero.request(session, 2, 7, 1, ""), Err(status::E_NOT_FOUND), "nor is there a part of it");
    zero.declare(2, &slow).unwrap();
}

/// docs/flow.md 1.6, 4.18
#[test]
fn exceptions() {
    let host = Host::new(limits());
    let session = owner(&host);
    let zero = host.zero();
    zero.declare(1, &[]).unwrap();
    common::hook("request", |api, request, _| {
        let request = Request { bits: request.bits };
        let text = [b'x'; ERROR_TEXT_MAX + 1];
        let own = status::PLUGIN_FIRST;
        let exception = |code, data, length| {
            // SAFETY: a live plugin's tables; what is refused is not read.
            unsafe { ((*(*(*api.0).api).service).exception)(api.0, request, code, data, length) }
        };
        assert_eq!(exception(own, null(), 1), status::E_ARGUMENT);
        assert_eq!(exception(own, null(), usize::MAX), status::E_ARGUMENT);
        assert_eq!(exception(own, text.as_ptr().cast(), usize::MAX), status::E_ARGUMENT);
        assert_eq!(exception(0, text.as_ptr().cast(), 1), status::E_ARGUMENT);
        assert_eq!(exception(status::ERROR_FIRST - 1, text.as_ptr().cast(), 1), status::E_ARGUMENT);
        assert_eq!(exception(i32::MIN, text.as_ptr().cast(), 1), status::E_ARGUMENT);
        assert_eq!(exception(i32::MAX, text.as_ptr().cast(), text.len()), status::OK);
        assert_eq!(exception(own, null(), 0), status::E_STATE, "sent already");
        status::OK
    });
    zero.request(session, 1, 1, 1, "").unwrap();
    // A message of these limits holds less than the text.
    let told = said();
    assert!(told[0].starts_with(&format!("1 exception {} xxx", i32::MAX)), "{told:?}");
    assert_eq!(told[0].matches('x').count() - "exception".matches('x').count(), ERROR_TEXT_MAX, "{told:?}");
}

/// docs/flow.md 1.6
#[test]
fn tasks_and_timers() {
    unsafe extern "C" fn tick(_: *mut Plugin, _: *mut c_void, _: Timer) -> i32 {
        say("tick");
        status::OK
    }
    const MOST: u64 = 1 << 62;
    let host = Host::new(limits());
    let zero = host.zero();
    let mut timer = Timer::default();
    // SAFETY: plugin zero's tables, plain functions, writable places.
    unsafe {
        let table = &*(*(*zero.0).api).executor;
        let start = table.start_timer;
        assert_eq!(start(zero.0, 0, 0, None, null_mut(), &mut timer), status::E_ARGUMENT);
        assert_eq!(start(zero.0, 0, 0, Some(tick), null_mut(), null_mut()), status::E_ARGUMENT);
        for over in [MOST + 1, u64::MAX] {
            assert_eq!(start(zero.0, over, 0, Some(tick), null_mut(), &mut timer), status::E_ARGUMENT);
            assert_eq!(start(zero.0, 0, over, Some(tick), null_mut(), &mut timer), status::E_ARGUMENT);
        }
        assert_eq!((table.submit)(zero.0, None, null_mut(), Message::default()), status::E_ARGUMENT);
        assert_eq!((table.submit_worker)(zero.0, None, null_mut(), Message::default()), status::E_ARGUMENT);
        assert_eq!(timer, Timer::default());
        assert_eq!(start(zero.0, MOST, MOST, Some(tick), null_mut(), &mut timer), status::OK);
    }
    host.settle();
    assert_eq!(said(), [""; 0]);
    assert_eq!(host.kernel.next_deadline(), Some(1000 + MOST));
}

/// docs/flow.md 1.6
#[test]
fn log_lines() {
    let host = Host::new(limits());
    let zero = host.zero();
    let long = [b'l'; LOG_MAX + 1];
    let write = |level, (target, target_length): (*const c_char, usize), (text, length)| {
        // SAFETY: plugin zero's tables; what is refused is not read.
        unsafe { ((*(*(*zero.0).api).log).write)(zero.0, level, target, target_length, text, length) }
    };
    for level in [0, LOG_TRACE + 1, u32::MAX] {
        assert_eq!(write(level, parts(b""), parts(b"x")), status::E_ARGUMENT, "{level}");
    }
    for wrong in [(null(), 1), (null(), usize::MAX), (long.as_ptr().cast(), usize::MAX)] {
        assert_eq!(write(LOG_INFO, wrong, parts(b"x")), status::E_ARGUMENT, "{wrong:?}");
        assert_eq!(write(LOG_INFO, parts(b""), wrong), status::E_ARGUMENT, "{wrong:?}");
    }
    assert_eq!(host.world.log.with(|log| log.len()), 0);
    assert_eq!(write(LOG_INFO, (null(), 0), (null(), 0)), status::OK);
    assert_eq!(write(LOG_INFO, parts(&long), parts(&long)), status::OK);
    assert_eq!(write(LOG_INFO, parts(b""), parts(b"\xff")), status::OK);
    let lines = host.world.log.with(|log| log.clone());
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[1].matches('l').count(), LOG_MAX, "it is cut");
    assert!(lines[2].ends_with('\u{fffd}'), "{lines:?}");
}

/// docs/flow.md 1.14, 1.16
#[test]
fn error_texts() {
    let host = Host::new(limits());
    let zero = host.zero();
    let long = [b'e'; ERROR_TEXT_MAX + 1];
    zero.fail(77, "kept");
    // SAFETY: plugin zero's tables.
    let table = unsafe { &*(*(*zero.0).api).error };
    // SAFETY: what is refused is not read.
    let set = |(data, length)| unsafe { (table.set)(zero.0, 78, data, length) };
    for wrong in [(null(), 1), (null(), usize::MAX), (long.as_ptr().cast(), usize::MAX)] {
        assert_eq!(set(wrong), status::E_ARGUMENT, "{wrong:?}");
    }
    assert_eq!(zero.last_error(), (77, "kept".to_owned()));
    let mut error = Error { size: 0, code: 5, length: 6, reserved: 0, text: [0; ERROR_TEXT_MAX] };
    for size in [0, size_of::<Error>() as u32 - 1] {
        error.size = size;
        // SAFETY: readable, and writable for more than the size that it names.
        assert_eq!(unsafe { (table.last)(zero.0, &mut error) }, status::E_ARGUMENT);
        assert_eq!((error.code, error.length), (5, 6));
    }
    error.size = u32::MAX;
    // SAFETY: a host fills what it knows of.
    assert_eq!(unsafe { (table.last)(zero.0, &mut error) }, status::OK);
    assert_eq!(error.size as usize, size_of::<Error>(), "what is filled");
    assert_eq!(set((null(), 0)), status::OK);
    assert_eq!(zero.last_error(), (78, String::new()));
    assert_eq!(set(parts(&long)), status::OK);
    assert_eq!(zero.last_error().1.len(), ERROR_TEXT_MAX);
}

/// docs/flow.md 1.6
#[test]
fn extensions() {
    let host = Host::new(limits());
    let zero = host.zero();
    let mut table: *const c_void = host.kernel.zero().cast();
    // SAFETY: plugin zero's tables; what is refused is not read.
    unsafe {
        let extension = (*(*zero.0).api).extension;
        let (id, length) = parts(IO_ID.to_bytes());
        assert_eq!(extension(zero.0, id, length, null_mut()), status::E_ARGUMENT);
        assert_eq!(extension(zero.0, null(), 1, &mut table), status::E_ARGUMENT);
        assert_eq!(extension(zero.0, null(), usize::MAX, &mut table), status::E_ARGUMENT);
        assert_eq!(extension(zero.0, id, usize::MAX, &mut table), status::E_ARGUMENT);
        // What begins like the contract's own ids is one of another host's; the rest is nobody's.
        let (own, other) = (status::E_UNSUPPORTED, status::E_NOT_FOUND);
        let ids = [
            ((null(), 0), other),
            (parts(b"pintle.io/2"), own),
            (parts(b"pintle.io/1\0"), own),
            (parts(b"pintle"), other),
            (parts(b"\xff"), other),
        ];
        for ((id, length), expected) in ids {
            table = host.kernel.zero().cast();
            assert_eq!(extension(zero.0, id, length, &mut table), expected);
            assert!(table.is_null());
        }
    }
}
