//! However much is sent to an application that does not fetch, its host goes on: what waits is bounded, for each session
//! and in all, and what nobody can fetch any more is given back.

mod support;

use std::time::Duration;

use pintle_abi_core::{MODE_RELIABLE, Socket, status};
use support::fetching::{Bench, SERVER};
use support::{NO_TEXTS, folder};

/// The capacity that the bindings have unless they are told otherwise.
const CAPACITY: usize = 64;

/// Service 7 answers every request with its payload.
const ECHO: &str = r#"
    static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
        (void)args;
        return pintle_service_declare(plugin, 7, 0, 0);
    }
    static int32_t request(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
        return pintle_service_result(plugin, request, info->message);
    }
"#;

/// Serves `test:NUMBER`: has as many sessions, and hands in 64 messages of `SIZE` bytes on each of them, or fewer if it is
/// refused; then it begins anew when it hears that it may.
const CROWD: &str = r#"
    static int32_t pump(pintle_plugin_t *plugin, pintle_session_t session) {
        static const uint8_t bytes[SIZE];
        for (int count = 0; count < 64; count++) {
            pintle_message_t message;
            int32_t status = pintle_message_acquire(plugin, sizeof bytes, &message);
            if (status) return say(plugin, "no message is free"), PINTLE_OK;
            pintle_message_write(plugin, message, bytes, sizeof bytes);
            status = pintle_session_receive(plugin, session, 0, message);
            pintle_message_release(plugin, message);
            if (status) return status == PINTLE_E_AGAIN ? PINTLE_OK : status;
        }
        return PINTLE_OK;
    }
    static int32_t listening(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address, size_t length) {
        static pintle_session_t sessions[64];
        char number[8] = {0};
        memcpy(number, address + 5, length - 5);
        pintle_socket_attach(plugin, socket, address, length);
        for (int count = 0; count < atoi(number); count++) {
            pintle_session_create(plugin, socket, 0, &sessions[count]);
            pump(plugin, sessions[count]);
        }
        return PINTLE_OK;
    }
"#;

fn echo(bench: &Bench, folder: &std::path::Path) {
    let on = "PINTLE_ON(create, create), PINTLE_ON(request, request), PINTLE_ON(socket_listening, listening)";
    bench.load(folder, "echo", &format!("{ECHO}{SERVER}"), on, "\"\", \"\", \"7\"");
}

fn crowd(bench: &Bench, folder: &std::path::Path, size: usize) {
    let on = "PINTLE_ON(socket_listening, listening), PINTLE_ON(session_writable, pump)";
    bench.load(folder, "crowd", &format!("#define SIZE {size}\n{CROWD}"), on, NO_TEXTS);
}

fn listen(bench: &Bench, address: &str) -> Socket {
    let socket = bench.calls().open(&[MODE_RELIABLE]).unwrap();
    bench.calls().listen(socket, address).unwrap();
    socket
}

/// A request with a payload of `size` bytes is answered.
fn is_answered(bench: &Bench, size: usize) {
    let socket = bench.calls().open(&[MODE_RELIABLE]).unwrap();
    let session = bench.create_session(socket);
    let payload = vec![b'x'; size];
    let ask = |number| bench.calls().request(session, 7, 1, number, &payload);
    let number = bench.mailbox().request(session, ask).unwrap();
    assert_eq!(bench.reply(number).len(), size);
    assert_eq!(bench.reply(number), "done 0");
    bench.calls().close(socket).unwrap();
}

/// Asks service 7 as often as `test:NUMBER` says, on a session of its own.
const ASKER: &str = r#"
    static int32_t result(pintle_plugin_t *plugin, const pintle_result_info_t *info) {
        (void)plugin;
        return info->kind == PINTLE_RESULT_EXCEPTION ? say(plugin, "an exception") : PINTLE_OK;
    }
    static int32_t listening(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address, size_t length) {
        pintle_session_t session;
        char number[8] = {0};
        memcpy(number, address + 5, length - 5);
        pintle_socket_attach(plugin, socket, address, length);
        pintle_session_create(plugin, socket, 0, &session);
        for (int count = 0; count < atoi(number); count++) {
            pintle_request_options_t request = { .size = sizeof request, .service = 7, .id = 1 };
            int32_t status = pintle_message_acquire(plugin, 1, &request.message);
            if (!status) status = pintle_session_request(plugin, session, &request);
            if (status) return status;
        }
        return PINTLE_OK;
    }
"#;

/// docs/flow.md 16.2
#[test]
fn requests_of_a_peer_leave_nothing_behind() {
    let folder = folder();
    let bench = Bench::new(CAPACITY);
    echo(&bench, folder.path());
    let on = "PINTLE_ON(socket_listening, listening), PINTLE_ON(session_result, result)";
    bench.load(folder.path(), "asker", ASKER, on, NO_TEXTS);
    listen(&bench, "test:1400");
    for session in bench.mailbox().sessions() {
        assert_eq!(bench.mailbox().waiting(session), 0);
    }
    is_answered(&bench, 1);
}

/// docs/flow.md 16.7
#[test]
fn mail_that_nobody_reads_leaves_room_for_requests() {
    for size in [1, 3000] {
        let folder = folder();
        let bench = Bench::new(CAPACITY);
        echo(&bench, folder.path());
        crowd(&bench, folder.path(), size);
        let socket = listen(&bench, "test:20");
        is_answered(&bench, size);
        // Everybody goes on once there is room.
        let crowd = bench.mailbox().sessions();
        let mut taken = 0;
        while taken < crowd.len() * CAPACITY {
            let waiting: usize = crowd.iter().map(|session| bench.mailbox().waiting(*session)).sum();
            assert!(waiting > 0 && waiting <= 512, "{waiting}");
            taken += waiting;
            for session in &crowd {
                while bench.take(*session).is_some() {}
            }
            bench.host.poll(Some(Duration::ZERO)).unwrap();
        }
        bench.calls().close(socket).unwrap();
        is_answered(&bench, size);
    }
}

/// docs/flow.md 16.9
#[test]
fn mail_of_sessions_that_have_ended_is_bounded_in_all() {
    let folder = folder();
    let bench = Bench::new(CAPACITY);
    echo(&bench, folder.path());
    let socket = bench.calls().open(&[MODE_RELIABLE]).unwrap();
    let mut ended = Vec::new();
    for _ in 0..20 {
        let session = bench.create_session(socket);
        for _ in 0..CAPACITY {
            bench.calls().send(session, 0, b"unread").unwrap();
        }
        bench.calls().destroy_session(session).unwrap();
        ended.push(session);
    }
    is_answered(&bench, 1);
    let waiting: usize = ended.iter().map(|session| bench.mailbox().waiting(*session)).sum();
    assert_eq!(waiting, 256, "a quarter of the messages of the host");
    let last = ended.last().unwrap();
    assert_eq!(std::iter::from_fn(|| bench.take(*last)).count(), CAPACITY, "the newest is kept whole");
}

/// Ends every session at once that is created on its socket.
const BOUNCER: &str = r#"
    static int32_t created(pintle_plugin_t *plugin, pintle_session_t session) {
        return pintle_session_disconnect(plugin, session);
    }
"#;

#[test]
fn a_session_that_ends_while_it_begins_is_not_kept() {
    let folder = folder();
    let bench = Bench::new(CAPACITY);
    bench.load(folder.path(), "bouncer", BOUNCER, "PINTLE_ON(session_created, created)", NO_TEXTS);
    let socket = bench.calls().open(&[MODE_RELIABLE]).unwrap();
    let session = bench.create_session(socket);
    assert_eq!(bench.calls().client_id(session).unwrap_err().code, status::E_STALE);
    assert!(!bench.mailbox().is_live(session));
    assert_eq!(bench.mailbox().sessions(), []);
}

/// docs/flow.md 16.6
#[test]
fn an_application_that_resumes_its_session_is_sent_no_more_than_it_asked_for() {
    let bench = Bench::new(2);
    let socket = bench.calls().open(&[MODE_RELIABLE]).unwrap();
    let session = bench.create_session(socket);
    for text in ["a", "b"] {
        bench.calls().send(session, 0, text.as_bytes()).unwrap();
    }
    for _ in 0..3 {
        bench.calls().resume(session).unwrap();
        assert_eq!(bench.calls().send(session, 0, b"c").unwrap_err().code, status::E_AGAIN);
    }
    assert_eq!(bench.mailbox().waiting(session), 2);
    assert_eq!(bench.take(session).as_deref(), Some("a"));
    bench.calls().send(session, 0, b"c").unwrap();
    let taken: Vec<_> = std::iter::from_fn(|| bench.take(session)).collect();
    assert_eq!(taken, ["b", "c"]);
}

/// docs/flow.md 16.9
#[test]
fn of_the_sessions_that_have_ended_the_newest_sixteen_are_kept() {
    let bench = Bench::new(CAPACITY);
    let socket = bench.calls().open(&[MODE_RELIABLE]).unwrap();
    let end = |number: u32| {
        let session = bench.create_session(socket);
        bench.calls().send(session, 0, number.to_string().as_bytes()).unwrap();
        bench.calls().destroy_session(session).unwrap();
        session
    };
    let ended: Vec<_> = (0..20).map(end).collect();
    let taken: Vec<_> = ended.iter().filter_map(|session| bench.take(*session)).collect();
    let newest: Vec<_> = (4..20).map(|number| number.to_string()).collect();
    assert_eq!(taken, newest);
}

/// docs/flow.md 16.7
#[test]
fn everybody_waits_from_half_of_the_messages_until_a_quarter() {
    let folder = folder();
    let bench = Bench::new(CAPACITY);
    crowd(&bench, folder.path(), 1);
    listen(&bench, "test:20");
    let crowd = bench.mailbox().sessions();
    let waiting = || -> usize { crowd.iter().map(|session| bench.mailbox().waiting(*session)).sum() };
    let turns = || (0..3).for_each(|_| bench.host.poll(Some(Duration::ZERO)).unwrap());
    assert_eq!(waiting(), 512, "half of what the host has");
    for expected in (256..512).rev() {
        turns();
        assert_eq!(waiting(), expected + 1, "nobody goes on");
        assert!(crowd.iter().any(|session| bench.take(*session).is_some()));
    }
    turns();
    assert!(waiting() > 256, "everybody may go on");
}
