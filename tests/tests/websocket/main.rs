//! The WebSocket transport in a real host, over real connections.

mod client;
mod server;

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use client::{Client, Frame};
use pintle_host::abi::{Limits, MODE_RELIABLE, NO_WORKERS, status};
use pintle_host::settings::{Kind, Setting};
use pintle_host::{Host, default_limits};
use server::{Event, Greeting, Server, Setup};
use tungstenite::Message;

const ECHO: u32 = 0x1000_0001;
const FAST: u32 = 1;
const SLOW: u32 = 2;
const FAIL: u32 = 3;

fn request(id: u32, correlation: u64, payload: &[u8]) -> Frame {
    Frame::Request { service: ECHO, id, correlation, payload: payload.to_vec() }
}

fn created(event: &Event) -> bool {
    matches!(event, Event::Created(..))
}

fn destroyed(event: &Event) -> bool {
    *event == Event::Destroyed
}

#[test]
fn messages_go_round_on_their_channels() {
    let server = Server::start(Setup::default());
    let mut client = server.client();
    for frame in [Frame::Message(0, b"hello".to_vec()), Frame::Message(1, vec![7; 65_536])] {
        client.send(&frame);
        assert!(client.read() == frame);
    }
    let port = client.tcp().local_addr().unwrap().port();
    assert!(matches!(server.wait_for(created), Event::Created(1, from, _) if from == port));
    client.close();
    server.wait_for(destroyed);
    server.stop_clean();
}

#[test]
fn a_message_for_a_channel_that_does_not_exist_is_dropped() {
    let server = Server::start(Setup::default());
    let mut client = server.client();
    client.send_all(&[Frame::Message(2, b"lost".to_vec()), Frame::Message(1, b"kept".to_vec())]);
    assert_eq!(client.read(), Frame::Message(1, b"kept".to_vec()));
    client.close();
    server.stop_clean();
}

#[test]
fn requests_are_answered_in_their_order() {
    let server = Server::start(Setup::default());
    let mut client = server.client();
    client.send_all(&[
        request(SLOW, 5, b"slow"),
        request(FAST, 6, b"fast"),
        request(FAIL, 7, "naïve".as_bytes()),
        request(FAST, 8, b""),
    ]);
    for frame in [
        Frame::Result(5, b"slow".to_vec()),
        Frame::Done(5, status::OK),
        Frame::Result(6, b"fast".to_vec()),
        Frame::Done(6, status::OK),
        Frame::Exception(7, status::PLUGIN_FIRST + 1, "naïve".to_owned()),
        Frame::Done(7, status::OK),
        Frame::Result(8, vec![]),
        Frame::Done(8, status::OK),
    ] {
        assert_eq!(client.read(), frame);
    }
    client.close();
    server.stop_clean();
}

#[test]
fn a_request_to_nobody_is_an_exception() {
    let server = Server::start(Setup::default());
    let mut client = server.client();
    client.send(&Frame::Request { service: 9, id: 1, correlation: 3, payload: vec![] });
    assert!(matches!(client.read(), Frame::Exception(3, status::E_NOT_FOUND, _)));
    assert_eq!(client.read(), Frame::Done(3, status::E_NOT_FOUND));
    client.close();
    server.stop_clean();
}

#[test]
fn a_request_that_a_filter_never_has_memory_for_is_an_exception_in_the_end() {
    let server = Server::start(Setup::default());
    let mut client = server.client();
    client.send_all(&[request(FAST, 1, b"too much"), request(FAST, 2, b"enough")]);
    assert!(matches!(client.read(), Frame::Exception(1, status::E_CAPACITY, _)));
    assert_eq!(client.read(), Frame::Done(1, status::E_CAPACITY));
    assert_eq!(client.read(), Frame::Result(2, b"enough".to_vec()));
    assert_eq!(client.read(), Frame::Done(2, status::OK));
    client.close();
    server.stop_clean();
}

#[test]
fn a_request_that_waits_can_be_cancelled() {
    // Without workers a slow request waits for the end of the turn, behind the cancel that came with it.
    let limits = Limits { workers: NO_WORKERS, ..default_limits() };
    let server = Server::start(Setup { limits, ..Setup::default() });
    let mut client = server.client();
    client.send_all(&[
        request(SLOW, 1, b"one"),
        Frame::Cancel(1),
        Frame::Cancel(2),
        request(SLOW, 2, b"two"),
    ]);
    assert_eq!(client.read(), Frame::Done(1, status::E_CANCELLED));
    assert_eq!(client.read(), Frame::Result(2, b"two".to_vec()));
    assert_eq!(client.read(), Frame::Done(2, status::OK));
    client.close();
    server.stop_clean();
}

#[test]
fn a_full_queue_of_requests_slows_the_peer_down_and_loses_nothing() {
    let limits = Limits { requests_per_session: 2, workers: 1, ..default_limits() };
    let server = Server::start(Setup { limits, ..Setup::default() });
    let mut client = server.client();
    let requests: Vec<_> = (0..500_u64).map(|n| request(SLOW, n, &n.to_le_bytes())).collect();
    client.send_all(&requests);
    for n in 0..500_u64 {
        assert_eq!(client.read(), Frame::Result(n, n.to_le_bytes().to_vec()));
        assert_eq!(client.read(), Frame::Done(n, status::OK));
    }
    client.close();
    server.stop_clean();
}

#[test]
fn a_host_without_free_messages_slows_the_peer_down_and_loses_nothing() {
    let limits = Limits { large_messages: 2, workers: 1, ..default_limits() };
    let server = Server::start(Setup { limits, ..Setup::default() });
    let mut client = server.client();
    let payload = |n: u64| vec![n as u8; 10_000];
    client.send_all(&(0..50).map(|n| request(SLOW, n, &payload(n))).collect::<Vec<_>>());
    for n in 0..50 {
        assert!(client.read() == Frame::Result(n, payload(n)), "result {n}");
        assert_eq!(client.read(), Frame::Done(n, status::OK));
    }
    client.close();
    server.stop_clean();
}

#[test]
fn a_full_inbox_slows_the_peer_down_and_loses_nothing() {
    let limits = Limits { inbox: 2, ..default_limits() };
    let server = Server::start(Setup { limits, ..Setup::default() });
    let mut client = server.client();
    let messages: Vec<_> = (0..500_u32).map(|n| Frame::Message(0, n.to_le_bytes().to_vec())).collect();
    client.send_all(&messages);
    for message in &messages {
        assert_eq!(client.read(), *message);
    }
    client.close();
    server.stop_clean();
}

#[test]
fn a_peer_that_does_not_read_suspends_its_session_and_loses_nothing() {
    let server = Server::start(Setup { config: "high_water=100000", ..Setup::default() });
    let mut client = server.client();
    client.send(&Frame::Message(0, b"flood 1000 32768".to_vec()));
    server.wait_for(|event| *event == Event::Suspended);
    // Other sessions go on meanwhile.
    let mut other = server.client();
    other.send(&request(FAST, 1, b"still here"));
    assert_eq!(other.read(), Frame::Result(1, b"still here".to_vec()));
    for number in 0..1000_u32 {
        let Frame::Message(0, bytes) = client.read() else { panic!("a message comes") };
        assert_eq!((&bytes[..4], bytes.len()), (&number.to_le_bytes()[..], 32_768));
    }
    client.close();
    other.close();
    server.stop_clean();
}

#[test]
fn results_that_nobody_reads_are_held_back_and_not_lost() {
    let server = Server::start(Setup { config: "high_water=50000 low_water=0", ..Setup::default() });
    let mut client = server.client();
    let tcp = client.tcp();
    const COUNT: u64 = 2000;
    let writer = thread::spawn(move || {
        // A connection of its own right: the library's client cannot read and write at once.
        let mut socket =
            tungstenite::WebSocket::from_raw_socket(tcp, tungstenite::protocol::Role::Client, None);
        for n in 0..COUNT {
            let payload = vec![n as u8; 10_000];
            let id = if n % 3 == 0 { SLOW } else { FAST };
            socket.write(Message::binary(request(id, n, &payload).encode())).unwrap();
        }
        socket.flush().unwrap();
    });
    let Event::Created(_, _, session) = server.wait_for(created) else { unreachable!() };
    let is_suspended = move |host: &Host, _| host.calls().unwrap().send(session, 1, b"").is_err();
    while !server.run(is_suspended) {
        thread::yield_now();
    }
    let mut answers =
        std::iter::repeat_with(|| client.read()).filter(|frame| *frame != Frame::Message(1, vec![]));
    for n in 0..COUNT {
        assert!(answers.next() == Some(Frame::Result(n, vec![n as u8; 10_000])), "result {n}");
        assert_eq!(answers.next(), Some(Frame::Done(n, status::OK)));
    }
    drop(answers);
    writer.join().unwrap();
    client.close();
    server.stop_clean();
}

#[test]
fn each_violation_closes_with_its_code_and_a_line_in_the_log() {
    let server = Server::start(Setup::default());
    for (message, code, part) in [
        (Message::text("hello"), 1003, "text"),
        (Message::binary(vec![9, 0, 0, 0]), 1002, "9 is not the type"),
        (Message::binary(vec![0, 0]), 1002, "shorter than its head"),
        (Message::binary(Frame::Result(1, vec![]).encode()), 1002, "never asked"),
        (Message::binary(Frame::Message(0, vec![0; 65_537]).encode()), 1009, "65537"),
        (Message::binary(vec![0; 1 << 20]), 1009, "too long"),
    ] {
        let mut client = server.client();
        client.send_raw(message);
        assert_eq!(client.read_close().0, code, "{part}");
        let Event::Warned(line) = server.wait_for(|event| matches!(event, Event::Warned(_))) else {
            unreachable!()
        };
        assert!(line.contains(part), "{line}");
    }
    server.stop_clean();
}

#[test]
fn the_application_ends_a_session_behind_what_it_sent() {
    let server = Server::start(Setup::default());
    let mut client = server.client();
    client.send_all(&[Frame::Message(0, b"last".to_vec()), Frame::Message(0, b"bye".to_vec())]);
    assert_eq!(client.read(), Frame::Message(0, b"last".to_vec()));
    assert_eq!(client.read_close().0, 1000);
    server.wait_for(destroyed);
    server.stop_clean();
}

#[test]
fn pings_measure_the_round_trip() {
    let server = Server::start(Setup::default());
    let mut client = server.client();
    let Event::Created(_, _, session) = server.wait_for(created) else { unreachable!() };
    let rtt = move |host: &Host, _| {
        let (mut mean, mut deviation) = (0, 0);
        // SAFETY: plugin zero and its tables live as long as the host; this is the kernel thread.
        let code = unsafe {
            let sessions = (*(*host.zero()).api).session;
            ((*sessions).rtt)(host.zero(), session, &raw mut mean, &raw mut deviation)
        };
        (code, mean)
    };
    assert_eq!(server.run(rtt), (status::E_UNSUPPORTED, 0));
    let mean = loop {
        // While it reads, the client answers pings.
        client.send(&Frame::Message(0, b"x".to_vec()));
        assert_eq!(client.read(), Frame::Message(0, b"x".to_vec()));
        match server.run(rtt) {
            (status::OK, mean) => break mean,
            (code, _) => assert_eq!(code, status::E_UNSUPPORTED),
        }
    };
    assert!(mean > 0);
    client.close();
    server.stop_clean();
}

#[test]
fn a_session_can_be_used_and_ended_while_it_is_being_created() {
    let server = Server::start(Setup { greeting: Greeting::Send(b"welcome"), ..Setup::default() });
    assert_eq!(server.client().read(), Frame::Message(0, b"welcome".to_vec()));
    server.stop_clean();
    let server = Server::start(Setup { greeting: Greeting::Disconnect, ..Setup::default() });
    assert_eq!(server.client().read_close().0, 1000);
    server.wait_for(destroyed);
    server.stop_clean();
}

#[test]
fn a_peer_that_vanishes_ends_its_session() {
    let server = Server::start(Setup::default());
    let mut client = server.client();
    client.send(&Frame::Message(0, b"!here".to_vec()));
    server.wait_for(|event| matches!(event, Event::Told(_)));
    drop(client);
    server.wait_for(destroyed);
    server.stop_clean();
}

#[test]
fn stopping_the_socket_says_goodbye_and_it_can_listen_again() {
    let server = Server::start(Setup::default());
    let mut client = server.client();
    client.send(&Frame::Message(0, b"x".to_vec()));
    assert_eq!(client.read(), Frame::Message(0, b"x".to_vec()));
    server.run(|host, socket| host.calls().unwrap().stop(socket).unwrap());
    assert_eq!(client.read_close(), (1001, "the socket was stopped".to_owned()));
    server.wait_for(destroyed);
    let address = server.run(|host, socket| {
        host.calls().unwrap().listen(socket, "ws://localhost:0").unwrap();
        host.calls().unwrap().socket_address(socket).unwrap()
    });
    Client::connect(&address).close();
    server.stop_clean();
}

#[test]
fn unloading_says_goodbye_too() {
    let server = Server::start(Setup::default());
    let mut client = server.client();
    client.send(&Frame::Message(0, b"x".to_vec()));
    assert_eq!(client.read(), Frame::Message(0, b"x".to_vec()));
    let reader = thread::spawn(move || client.read_close());
    server.stop_clean();
    assert_eq!(reader.join().unwrap().0, 1001);
}

#[test]
fn an_address_that_is_taken_is_named_in_the_words_of_the_system() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("ws://{}/", taken.local_addr().unwrap());
    let server = Server::start(Setup::default());
    let asked = address.clone();
    let error = server.run(move |host, _| {
        let socket = host.calls().unwrap().open(&[MODE_RELIABLE]).unwrap();
        host.calls().unwrap().listen(socket, &asked).unwrap_err()
    });
    assert_eq!(error.code, status::E_IO);
    assert!(error.text.contains(&address) && error.text.contains("in use"), "{error}");
    let error = server.run(|host, _| {
        let socket = host.calls().unwrap().open(&[MODE_RELIABLE]).unwrap();
        host.calls().unwrap().listen(socket, "udp://127.0.0.1:1").unwrap_err()
    });
    assert_eq!(error.code, status::E_UNSUPPORTED);
    server.stop_clean();
}

#[test]
fn of_two_instances_the_first_serves_a_socket() {
    let server = Server::start(Setup::default());
    let (address, second) = server.run(|host, socket| {
        let second = server::load_transport(host, "").unwrap();
        let calls = host.calls().unwrap();
        let address = calls.socket_address(socket).unwrap();
        calls.stop(socket).unwrap();
        calls.listen(socket, &address).unwrap();
        (calls.socket_address(socket).unwrap(), second)
    });
    assert_eq!(address, server.address);
    Client::connect(&address).close();
    let receipt = server.run(move |host, _| host.unload(second, Duration::from_secs(10)).unwrap());
    assert_eq!((receipt.sessions, receipt.watches), (0, 0), "{receipt}");
    Client::connect(&address).close();
    server.stop_clean();
}

#[test]
fn a_hundred_connections_leave_nothing_behind() {
    let server = Server::start(Setup { config: "max_connections=40", ..Setup::default() });
    let clients: Vec<_> = (0..100_u64)
        .map(|n| {
            let address = server.address.clone();
            thread::spawn(move || {
                let mut client = Client::connect(&address);
                client.send(&request(SLOW, n, b"x"));
                assert_eq!(client.read(), Frame::Result(n, b"x".to_vec()));
                assert_eq!(client.read(), Frame::Done(n, status::OK));
                client.close();
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
    for _ in 0..100 {
        server.wait_for(destroyed);
    }
    server.stop_clean();
}

#[test]
fn a_client_connects_to_its_own_listener() {
    let server =
        Server::start(Setup { greeting: Greeting::Send(b"!from the other side"), ..Setup::default() });
    let address = server.address.clone();
    let socket = server.run(move |host, _| {
        let socket = host.calls().unwrap().open(&[MODE_RELIABLE]).unwrap();
        host.calls().unwrap().connect(socket, &address, b"a token").unwrap();
        socket
    });
    for _ in 0..2 {
        assert_eq!(
            server.wait_for(|event| matches!(event, Event::Told(_))),
            Event::Told(b"!from the other side".to_vec())
        );
    }
    server.run(move |host, _| host.calls().unwrap().close(socket).unwrap());
    server.wait_for(destroyed);
    server.wait_for(destroyed);
    server.stop_clean();
}

#[test]
fn a_client_that_nobody_answers_detaches() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::start(Setup::default());
    let refused = server.run(move |host, _| {
        let socket = host.calls().unwrap().open(&[MODE_RELIABLE]).unwrap();
        host.calls().unwrap().connect(socket, &format!("ws://{free}/"), b"").err()
    });
    // The system may say it at once or later.
    match refused {
        Some(error) => assert!(error.text.contains("refused"), "{error}"),
        None => {
            server.wait_for(|event| matches!(event, Event::Warned(line) if line.contains("refused")));
            server.wait_for(|event| *event == Event::Detached);
        }
    }
    server.stop_clean();
}

#[test]
fn a_configuration_that_is_not_understood_is_refused_with_a_sentence() {
    let error = server::refusal("colour=red");
    assert!(error.contains("there is no key \"colour\""), "{error}");
    let error = server::refusal("max_payload=100000");
    assert!(
        error.contains("max_payload (100000) is over the largest message of this host (65536)"),
        "{error}"
    );
}

/// Its descriptor and the code that reads a configuration say the same.
#[test]
fn what_it_declares_is_what_it_takes() {
    let settings = pintle_host::inspect(&server::libraries()[0]).descriptor.expect("a descriptor").settings;
    let error = server::refusal("colour=red");
    assert_eq!(settings.len(), 6);
    for Setting { name, kind, default, .. } in settings {
        assert!(error.contains(&name), "{name} is not in {error}");
        let Kind::Int { least: Some(least), most: Some(most) } = kind else { panic!("{name}: {kind}") };
        for outside in [least - 1, most + 1] {
            let error = server::refusal(&format!("{name}={outside}"));
            let sentence = format!("{name} must be a whole number from {least} to {most}");
            assert!(error.contains(&sentence), "{error}");
        }
        if let Some(default) = default {
            let host = Host::builder().log(|_| ()).start().unwrap();
            server::load_transport(&host, &format!("{name}={default}")).unwrap();
        }
    }
}
