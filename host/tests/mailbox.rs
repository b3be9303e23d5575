//! An application that fetches: messages, replies, timers, tasks, closings and lines of the log that wait for it.

mod support;

use std::time::Duration;

use pintle_abi_core::{LOG_INFO, MODE_RELIABLE, Session, Socket, status};
use pintle_host::mailbox::News;
use pintle_host::{Closing, Host, LoadOptions, LogQueue, WrittenLine};
use support::fetching::{Bench, SERVER};
use support::{NO_TEXTS, folder, plugin};

/// Serves `test:` addresses. Hands in `0` to `9` on a session of its own, as fast as it may.
const SOURCE: &str = r#"
    static char next = '0';
    static int32_t pump(pintle_plugin_t *plugin, pintle_session_t session) {
        for (; next <= '9'; next++) {
            pintle_message_t message;
            pintle_message_acquire(plugin, 1, &message);
            pintle_message_write(plugin, message, (const uint8_t *)&next, 1);
            int32_t status = pintle_session_receive(plugin, session, 0, message);
            pintle_message_release(plugin, message);
            if (status) return status == PINTLE_E_AGAIN ? PINTLE_OK : status;
        }
        return PINTLE_OK;
    }
    static const pintle_session_options_t seven = {.size = sizeof seven, .client_id = 7};
    static int32_t listening(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address, size_t length) {
        pintle_session_t session;
        pintle_socket_attach(plugin, socket, address, length);
        int32_t status = pintle_session_create(plugin, socket, &seven, &session);
        return status ? status : pump(plugin, session);
    }
"#;

/// docs/flow.md 16.1, 16.2, 16.5, 16.6
#[test]
fn who_fills_a_session_waits_until_there_is_room() {
    let folder = folder();
    let bench = Bench::new(3);
    let on = "PINTLE_ON(socket_listening, listening), PINTLE_ON(session_writable, pump)";
    bench.load(folder.path(), "source", SOURCE, on, NO_TEXTS);
    let socket = bench.calls().open(&[MODE_RELIABLE]).unwrap();
    bench.calls().listen(socket, "test:x").unwrap();
    let [session] = bench.mailbox().sessions()[..] else { panic!("one session") };
    assert_eq!(bench.mailbox().news(), [News::Session(session)]);
    let mut taken = String::new();
    while taken.len() < 10 {
        assert!(bench.mailbox().waiting(session) <= 3);
        match bench.take(session) {
            Some(text) => taken += &text,
            None => bench.host.poll(None).unwrap(),
        }
    }
    assert_eq!(taken, "0123456789");
}

/// docs/flow.md 16.8
#[test]
fn messages_of_a_session_that_has_ended_can_still_be_taken() {
    let folder = folder();
    let bench = Bench::new(16);
    let on = "PINTLE_ON(socket_listening, listening)";
    bench.load(folder.path(), "source", SOURCE, on, NO_TEXTS);
    let socket = bench.calls().open(&[MODE_RELIABLE]).unwrap();
    bench.calls().listen(socket, "test:x").unwrap();
    let [session] = bench.mailbox().sessions()[..] else { panic!("one session") };
    bench.calls().close(socket).unwrap();
    assert!(!bench.mailbox().is_live(session));
    let taken: String = std::iter::from_fn(|| bench.take(session)).collect();
    assert_eq!(taken, "0123456789");
}

/// docs/flow.md 16.3, 16.5, 16.6
#[test]
fn what_is_sent_to_an_own_session_waits_and_makes_the_sender_wait() {
    let bench = Bench::new(2);
    let folder = folder();
    bench.load(folder.path(), "server", SERVER, "PINTLE_ON(socket_listening, listening)", NO_TEXTS);
    let (_, session) = bench.session();
    for text in ["a", "b"] {
        bench.calls().send(session, 0, text.as_bytes()).unwrap();
    }
    let error = bench.calls().send(session, 0, b"c").unwrap_err();
    assert_eq!(error.code, status::E_AGAIN, "{error}");
    assert_eq!(bench.take(session).as_deref(), Some("a"));
    bench.calls().send(session, 0, b"c").unwrap();
    assert_eq!(bench.take(session).as_deref(), Some("b"));
    assert_eq!(bench.take(session).as_deref(), Some("c"));
    assert_eq!(bench.take(session), None);
}

#[test]
fn what_is_handed_in_on_an_own_session_does_not_wait_there() {
    let bench = Bench::new(2);
    let folder = folder();
    bench.load(folder.path(), "server", SERVER, "PINTLE_ON(socket_listening, listening)", NO_TEXTS);
    let (_, session) = bench.session();
    for _ in 0..3 {
        bench.calls().receive(session, 0, b"in").unwrap();
    }
    bench.calls().send(session, 0, b"out").unwrap();
    assert_eq!(bench.take(session).as_deref(), Some("out"));
    assert_eq!(bench.take(session), None);
}

/// Serves `test:` addresses, and asks a service on a session of its own.
const ASKER: &str = r#"
    static int32_t listening(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address, size_t length) {
        pintle_session_t session;
        pintle_request_options_t request = { .size = sizeof request, .service = 7, .id = 2 };
        pintle_socket_attach(plugin, socket, address, length);
        pintle_session_create(plugin, socket, 0, &session);
        pintle_message_acquire(plugin, 1, &request.message);
        return pintle_session_request(plugin, session, &request);
    }
"#;

/// docs/flow.md 16.2
#[test]
fn a_request_of_a_plugins_peer_does_not_wait_on_its_session() {
    let bench = Bench::new(2);
    let folder = folder();
    bench.load(folder.path(), "asker", ASKER, "PINTLE_ON(socket_listening, listening)", NO_TEXTS);
    let fast = "static int32_t request(pintle_plugin_t *plugin, pintle_request_t request, \
                const pintle_request_info_t *info) { (void)plugin, (void)request, (void)info; return PINTLE_OK; }
                static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) { (void)args; \
                return pintle_service_declare(plugin, 7, 0, 0); }";
    bench.load(
        folder.path(),
        "service",
        fast,
        "PINTLE_ON(create, create), PINTLE_ON(request, request)",
        "\"\", \"\", \"7\"",
    );
    let socket = bench.calls().open(&[MODE_RELIABLE]).unwrap();
    bench.calls().listen(socket, "test:x").unwrap();
    let [session] = bench.mailbox().sessions()[..] else { panic!("one session") };
    assert_eq!(bench.mailbox().waiting(session), 0);
}

/// Service 7: request 1 gives five results from a worker, 2 fails, 3 waits until it is cancelled.
const SERVICE: &str = r#"
    #include <unistd.h>
    static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
        (void)args;
        static const uint32_t slow[] = { 1, 3 };
        return pintle_service_declare(plugin, 7, slow, 2);
    }
    static int32_t request(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info,
            pintle_message_t message) {
        (void)info, (void)message;
        return pintle_service_exception(plugin, request, 10007, "no luck", 7);
    }
    static int32_t slow(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info,
            pintle_message_t payload) {
        (void)payload;
        if (info->id == 3) {
            while (pintle_service_is_cancelled(plugin, request) == PINTLE_OK) usleep(1000);
            return say(plugin, "saw it");
        }
        for (char c = 'a'; c < 'f'; c++) {
            pintle_message_t message;
            pintle_message_acquire(plugin, 1, &message);
            pintle_message_write(plugin, message, (const uint8_t *)&c, 1);
            int32_t status = pintle_service_result(plugin, request, message);
            if (status) return status;
        }
        return PINTLE_OK;
    }
"#;

fn service(folder: &std::path::Path, bench: &Bench) -> (Socket, Session) {
    let on = "PINTLE_ON(create, create), PINTLE_ON(request, request), PINTLE_ON(slow_request, slow), \
              PINTLE_ON(socket_listening, listening)";
    bench.load(folder, "service", &format!("{SERVICE}{SERVER}"), on, "\"\", \"\", \"7\"");
    bench.session()
}

/// docs/flow.md 16.3, 16.5
#[test]
fn replies_come_in_order_however_few_may_wait() {
    let folder = folder();
    let bench = Bench::new(1);
    let (_, session) = service(folder.path(), &bench);
    let number = bench.ask(session, 1);
    let replies: Vec<_> = (0..6).map(|_| bench.reply(number)).collect();
    assert_eq!(replies, ["a", "b", "c", "d", "e", "done 0"]);
    assert!(bench.mailbox().is_done(number));
    assert_eq!(bench.mailbox().reply(&bench.calls(), number), None);
}

/// docs/flow.md 16.3
#[test]
fn an_exception_comes_with_its_text() {
    let folder = folder();
    let bench = Bench::new(4);
    let (_, session) = service(folder.path(), &bench);
    let number = bench.ask(session, 2);
    assert!(bench.mailbox().is_done(number), "a fast request is answered at once");
    assert_eq!(bench.mailbox().news(), [News::Request(number)]);
    assert_eq!(bench.reply(number), "exception 10007 no luck");
    assert_eq!(bench.reply(number), "done 0");
}

/// docs/flow.md 16.10
#[test]
fn a_request_is_cancelled_with_its_session_or_by_hand() {
    let folder = folder();
    let bench = Bench::new(4);
    let (socket, session) = service(folder.path(), &bench);
    let number = bench.ask(session, 3);
    bench.mailbox().cancel(&bench.calls(), number).unwrap();
    assert_eq!(bench.reply(number), format!("done {}", status::E_CANCELLED));
    let error = bench.mailbox().cancel(&bench.calls(), number).unwrap_err();
    assert_eq!(error.code, status::E_NOT_FOUND, "{error}");
    let number = bench.ask(session, 3);
    bench.calls().close(socket).unwrap();
    assert_eq!(bench.reply(number), format!("done {}", status::E_CANCELLED));
}

#[test]
fn a_forgotten_request_goes_on_and_leaves_nothing() {
    let folder = folder();
    let bench = Bench::new(1);
    let (_, session) = service(folder.path(), &bench);
    let forgotten = bench.ask(session, 1);
    assert_eq!(bench.reply(forgotten), "a");
    bench.mailbox().forget(&bench.calls(), forgotten);
    // The session was told to wait for the first; the second is answered after it.
    let number = bench.ask(session, 1);
    let replies: Vec<_> = (0..6).map(|_| bench.reply(number)).collect();
    assert_eq!(replies, ["a", "b", "c", "d", "e", "done 0"]);
    assert_eq!(bench.mailbox().reply(&bench.calls(), forgotten), None);
}

#[test]
fn timers_and_tasks_of_the_application_run() {
    let bench = Bench::new(1);
    let timer = bench.calls().start_timer(Duration::ZERO, None).unwrap();
    let cancelled = bench.calls().start_timer(Duration::ZERO, Some(Duration::from_secs(1))).unwrap();
    bench.calls().cancel_timer(cancelled).unwrap();
    let waker = bench.host.waker();
    std::thread::spawn(move || waker.submit(5).unwrap()).join().unwrap();
    let told = || bench.kept.told.lock().unwrap().clone();
    while told().len() < 2 {
        bench.host.poll(None).unwrap();
    }
    let mut told = told();
    told.sort();
    assert_eq!(told, ["task 5".to_owned(), format!("timer {:x}", timer.bits)]);
    let error = bench.calls().cancel_timer(timer).unwrap_err();
    assert_eq!(error.code, status::E_STALE, "{error}");
}

#[test]
fn a_host_without_an_application_has_no_timers_and_tasks() {
    let host = Host::builder().start().unwrap();
    let error = host.calls().unwrap().start_timer(Duration::ZERO, None).unwrap_err();
    assert_eq!(error.code, status::E_STATE, "{error}");
    assert_eq!(host.waker().submit(1).unwrap_err().code, status::E_STATE);
}

#[test]
fn what_is_posted_from_another_thread_is_closed() {
    let folder = folder();
    let bench = Bench::new(1);
    bench.load(folder.path(), "server", SERVER, "PINTLE_ON(socket_listening, listening)", NO_TEXTS);
    let (socket, session) = bench.session();
    let message = bench.calls().message(b"x").unwrap();
    let waker = bench.host.waker();
    let post = move || {
        for closing in [Closing::Session(session), Closing::Socket(socket), Closing::Message(message)] {
            waker.post(closing);
            waker.post(closing);
        }
    };
    std::thread::spawn(post).join().unwrap();
    assert!(bench.mailbox().is_live(session), "nothing is closed on another thread");
    bench.host.poll(None).unwrap();
    assert!(!bench.mailbox().is_live(session));
    assert_eq!(bench.calls().socket_state(socket).unwrap_err().code, status::E_STALE);
    assert_eq!(bench.calls().length(message).unwrap_err().code, status::E_STALE);
}

#[test]
fn a_host_that_has_ended_takes_nothing_more() {
    let bench = Bench::new(1);
    let waker = bench.host.waker();
    drop(bench);
    waker.post(Closing::Socket(Socket::default()));
    waker.wake();
    waker.stop();
    assert_eq!(waker.submit(1).unwrap_err().code, status::E_CLOSED);
}

#[test]
fn lines_wait_in_a_queue_and_those_that_find_it_full_are_counted() {
    let queue = LogQueue::new(2);
    let host = Host::builder().log_to(&queue).start().unwrap();
    let folder = folder();
    let body = r#"
        static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
            (void)args;
            return say(plugin, "one"), say(plugin, "two"), say(plugin, "three");
        }
    "#;
    let library = plugin(folder.path(), "talker", body, "PINTLE_ON(create, create)", NO_TEXTS, "");
    // SAFETY: the library was compiled by the test.
    unsafe { host.load(library, &LoadOptions::default()) }.unwrap();
    let line = |text: &str| WrittenLine {
        level: LOG_INFO,
        plugin: "org.test.talker".to_owned(),
        target: String::new(),
        text: text.to_owned(),
    };
    assert!(!queue.is_empty());
    assert_eq!(queue.take(), (vec![line("one"), line("two")], 1));
    assert!(queue.is_empty());
    assert_eq!(queue.take(), (vec![], 0));
}

#[test]
fn a_line_from_another_thread_wakes_the_host() {
    let queue = LogQueue::new(2);
    let host = Host::builder().log_to(&queue).start().unwrap();
    let folder = folder();
    let body = r#"
        #include <pthread.h>
        static pthread_t thread;
        static void *run(void *plugin) { say(plugin, "from a thread"); return 0; }
        static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
            (void)args;
            return pthread_create(&thread, 0, run, plugin) ? PINTLE_E_CAPACITY : PINTLE_OK;
        }
        static int32_t destroy(pintle_plugin_t *plugin) { (void)plugin; return pthread_join(thread, 0); }
    "#;
    let on = "PINTLE_ON(create, create), PINTLE_ON(destroy, destroy)";
    let library = plugin(folder.path(), "threaded", body, on, NO_TEXTS, "");
    // SAFETY: the library was compiled by the test.
    unsafe { host.load(library, &LoadOptions::default()) }.unwrap();
    while queue.is_empty() {
        host.poll(None).unwrap();
    }
    assert_eq!(queue.take().0[0].text, "from a thread");
}
