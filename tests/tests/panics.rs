//! A Rust plugin that panics, wherever it does: it is poisoned and named, and the others go on.

use std::path::Path;

use pintle_abi_core::rules;
use pintle_host::abi::{MODE_RELIABLE, OUTCOME_STOPPED, status};
use pintle_host::{Host, LoadOptions};
use pintle_tests::command::Server;
use pintle_tests::plugins::{Heard, build, build_library, load, try_load, workshop};
use pintle_tests::stir::{Peer, WAIT, stir, until};

/// Where `panicker` can be made to panic, after `create`, and what its wall calls that.
const PLACES: [(&str, &str); 29] = [
    ("request_stop", "request_stop"),
    ("socket_created", "socket_created"),
    ("socket_listening", "socket_listening"),
    ("socket_connecting", "socket_connecting"),
    ("socket_stopped", "socket_stopped"),
    ("socket_destroyed", "socket_destroyed"),
    ("socket_attached", "socket_attached"),
    ("socket_detached", "socket_detached"),
    ("session_created", "session_created"),
    ("session_destroyed", "session_destroyed"),
    ("message_in", "message_in"),
    ("message_out", "message_out"),
    ("session_send", "session_send"),
    ("session_writable", "session_writable"),
    ("session_disconnect", "session_disconnect"),
    ("session_result", "session_result"),
    ("session_get_rtt", "session_get_rtt"),
    ("session_set_mode", "session_set_mode"),
    ("request", "request"),
    ("slow_arrive", "slow_arrive"),
    ("slow_request", "slow_request"),
    ("request_done", "request_done"),
    ("offer_published", "offer_published"),
    ("offer_ended", "offer_ended"),
    ("task", "task"),
    ("worker task", "task"),
    ("timer", "timer"),
    ("watch", "watch"),
    ("destroy", "destroy"),
];

/// The service of `plugins/echo`, and its requests.
const ECHO: u32 = 0x1000_0001;
const FAST: u32 = 1;
const SLOW: u32 = 2;

/// More bytes than everything else that a test sends.
const MANY: usize = 5000;

/// Whether the other plugins still do what they do: `echo` answers both ways, and `stats` has counted that.
fn others_go_on(host: &Host, peer: &Peer, heard: &Heard, stats: pintle_host::abi::Instance) {
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE]).unwrap();
    let session = calls.create_session(socket, 1, None).unwrap();
    calls.request(session, ECHO, FAST, 101, &[b'f'; MANY]).unwrap();
    calls.request(session, ECHO, SLOW, 102, b"slow").unwrap();
    until(host, heard, || peer.is_done(101, status::OK) && peer.is_done(102, status::OK));
    assert_eq!(host.unload(stats, WAIT).unwrap().poisoned, 0);
    let lines = heard.lines();
    let summary = lines.last().unwrap();
    assert!(summary.starts_with("org.pintle.stats: Stats: sent "), "{summary}");
    let counted: Vec<usize> = summary
        .split(['(', ' '])
        .filter_map(|word| word.parse().ok())
        .filter(|count| *count >= MANY)
        .collect();
    assert_eq!(counted.len(), 2, "in and out: {summary}");
}

#[test]
fn every_callback_is_a_place() {
    let places = PLACES.map(|(place, _)| place);
    // Reserved: nobody calls these yet.
    let others = ["create", "session_batch", "settings_check", "settings_changed", "save", "restore"];
    for callback in rules::CALLBACKS.iter().filter(|callback| !others.contains(&callback.name)) {
        assert!(places.contains(&callback.name), "panicker has no {}", callback.name);
    }
}

/// docs/flow.md 3.9
#[test]
fn a_panic_in_any_callback_poisons_the_plugin_and_no_other() {
    let folder = workshop();
    let (stats, echo) = (build(folder.path(), "stats"), build_library("pintle-echo", "so"));
    let panicker = build_library("pintle-panicker", "so");
    for (place, slot) in PLACES {
        let (heard, peer) = (Heard::default(), Peer::default());
        let host = heard.builder().application(peer.clone()).start().unwrap();
        let stats = load(&host, &stats, "");
        load(&host, &echo, "");
        let instance = load(&host, &panicker, place);
        stir(&host, &heard, &peer, "panicker:");
        let named = format!("org.test.panicker: panicked in {place}: panic in {slot}: panicked on purpose");
        if !["request_stop", "destroy"].contains(&place) {
            until(&host, &heard, || heard.has(&named));
        }
        let receipt = host.unload(instance, WAIT).unwrap();
        let lines = heard.lines();
        let panicked: Vec<_> = lines.iter().filter(|line| line.contains("panicked on purpose")).collect();
        assert_eq!(panicked, [&named], "{place}: {lines:#?}");
        assert!(heard.has("org.test.panicker: destroyed"), "{place}: {lines:#?}");
        assert_eq!(receipt.outcome, OUTCOME_STOPPED, "{place}: {receipt}");
        assert_eq!(receipt.poisoned, u32::from(place != "destroy"), "{place}: {receipt}");
        others_go_on(&host, &peer, &heard, stats);
    }
}

#[test]
fn a_poisoned_instance_does_not_harm_another_of_the_same_plugin() {
    let panicker = build_library("pintle-panicker", "so");
    let (heard, peer) = (Heard::default(), Peer::default());
    let host = heard.builder().application(peer.clone()).start().unwrap();
    let named = |name: &str, config: &str| {
        let options =
            LoadOptions { instance: name.to_owned(), config: config.to_owned(), ..LoadOptions::default() };
        // SAFETY: the library was built by the test.
        unsafe { host.load(&panicker, &options) }
    };
    // Both announce one service, which the first declares.
    let error = named("first", "create").unwrap_err();
    assert_eq!(error.code, status::E_PANIC);
    let sound = named("second", "nowhere").unwrap();
    stir(&host, &heard, &peer, "panicker:");
    let receipt = host.unload(sound, WAIT).unwrap();
    assert!(receipt.poisoned == 0 && receipt.outcome == OUTCOME_STOPPED, "{receipt}");
}

#[test]
fn a_panic_in_create_is_why_the_plugin_is_not_loaded() {
    let panicker = build_library("pintle-panicker", "so");
    let heard = Heard::default();
    let host = heard.builder().start().unwrap();
    let error = try_load(&host, &panicker, "create").unwrap_err();
    assert_eq!(error.code, status::E_PANIC);
    assert!(error.text.contains("panic in create: panicked on purpose"), "{error}");
    assert!(host.list().is_empty());
    assert!(!heard.has("destroyed"), "{:#?}", heard.lines());
    load(&host, &panicker, "nowhere");
}

#[test]
fn a_server_with_a_panicking_plugin_ends_well() {
    let websocket = build_library("pintle-websocket", "so");
    let panicker = build_library("pintle-panicker", "so");
    for place in ["socket_created", "socket_attached", "socket_stopped", "request_stop", "destroy"] {
        let config = format!("org.test.panicker={place}");
        let arguments = [
            Path::new("--listen=ws://127.0.0.1:0"),
            Path::new("--config"),
            Path::new(&config),
            &websocket,
            &panicker,
        ];
        let ended = Server::start(&arguments).stop();
        assert_eq!(ended.code, Some(0), "{place}: {ended:?}");
        let named = format!("panicked in {place}: panic in {place}: panicked on purpose");
        let said: Vec<_> = ended.log.lines().filter(|line| line.contains(&named)).collect();
        assert!(matches!(said[..], [line] if line.contains("org.test.panicker")), "{place}: {ended:?}");
        let poisoned = "org.test.panicker: stopped (it had panicked or thrown) after ";
        let told = ended.lines.iter().any(|line| line.starts_with(poisoned));
        assert_eq!(told, place != "destroy", "{place}: {ended:?}");
        assert!(ended.lines.iter().any(|line| line.starts_with("org.pintle.websocket: stopped after ")));
    }
}
