use std::{
    io::Write,
    net::{Shutdown, TcpListener},
    thread,
};

use proptest::prelude::*;
use tungstenite::client;

use super::*;

const MAX: usize = 4096;
const HANDSHAKE: &[u8] = b"GET /here HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: 0OyyTzdImylEBlM1pRhwFg==\r\n\r\n";

/// Steps until something happens.
fn next(connection: &mut Connection) -> Step {
    loop {
        connection.drain();
        match connection.step() {
            Step::Wait | Step::Other => thread::yield_now(),
            step => return step,
        }
    }
}

fn frame(connection: &mut Connection) -> (Head, Vec<u8>) {
    match next(connection) {
        Step::Frame(head, payload) => (head, payload.to_vec()),
        step => panic!("a frame should come, not {step:?}"),
    }
}

fn ended(connection: &mut Connection) -> String {
    match next(connection) {
        Step::Ended { why, .. } => why,
        step => panic!("it should end, not {step:?}"),
    }
}

fn listener() -> (TcpListener, Location) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, Location { host: "127.0.0.1".to_owned(), port, path: "/here".to_owned() })
}

fn client_of(location: &Location) -> Connection {
    let peer = location.resolve().unwrap().next().unwrap();
    Connection::connect(location, peer, b"", MAX).unwrap()
}

fn server_of(listener: &TcpListener, path: &str) -> Connection {
    Connection::accept(listener.accept().unwrap().0, path, MAX).unwrap()
}

/// Steps both until both are open.
fn pair() -> (Connection, Connection) {
    let (listener, location) = listener();
    let mut client = client_of(&location);
    let mut server = server_of(&listener, "/here");
    while !(client.is_open() && server.is_open()) {
        for side in [&mut client, &mut server] {
            if !side.is_open() {
                let step = side.step();
                assert!(matches!(step, Step::Opened | Step::Other | Step::Wait), "{step:?}");
            }
        }
    }
    (client, server)
}

#[test]
fn frames_go_both_ways_in_order() {
    let (mut client, mut server) = pair();
    let request = Head::Request { service: 7, id: 1, correlation: 9 };
    client.send(request, b"?").unwrap();
    client.send(Head::Message { channel: 2 }, b"").unwrap();
    assert_eq!(frame(&mut server), (request, b"?".to_vec()));
    assert_eq!(frame(&mut server), (Head::Message { channel: 2 }, vec![]));
    server.cork(true);
    server.send(Head::Result { correlation: 9 }, b"!").unwrap();
    server.send(Head::Done { correlation: 9, code: 0 }, b"").unwrap();
    assert!(server.queued() > 0);
    server.cork(false);
    assert_eq!(frame(&mut client), (Head::Result { correlation: 9 }, b"!".to_vec()));
    assert_eq!(frame(&mut client), (Head::Done { correlation: 9, code: 0 }, vec![]));
}

#[test]
fn a_ping_is_answered_with_its_data() {
    let (mut client, mut server) = pair();
    server.ping(b"12345678").unwrap();
    // The client's library answers while the client reads.
    client.send(Head::Message { channel: 0 }, b"").unwrap();
    loop {
        match server.step() {
            Step::Pong(data) => return assert_eq!(data, "12345678"),
            Step::Frame(..) | Step::Wait => {
                let step = client.step();
                assert!(matches!(step, Step::Wait | Step::Other), "{step:?}");
            }
            step => panic!("{step:?}"),
        }
    }
}

#[test]
fn closing_sends_what_is_queued_first_and_ends_both_sides() {
    let (mut client, mut server) = pair();
    server.cork(true);
    server.send(Head::Message { channel: 0 }, b"last words").unwrap();
    server.close(CloseCode::Away, "the socket was stopped");
    assert!(server.send(Head::Message { channel: 0 }, b"").is_err());
    assert_eq!(frame(&mut client).1, b"last words");
    assert_eq!(ended(&mut client), "the peer closed with 1001");
    client.drain();
    assert!(matches!(next(&mut server), Step::Closed));
    assert!(matches!(next(&mut client), Step::Closed));
    assert!(client.is_closed());
}

#[test]
fn another_path_is_refused() {
    let (listener, location) = listener();
    let mut client = client_of(&location);
    let server = thread::spawn(move || {
        let mut server = server_of(&listener, "/there");
        let why = ended(&mut server);
        (server, why)
    });
    assert_eq!(ended(&mut client), "the handshake failed: HTTP error: 404 Not Found");
    let (server, why) = server.join().unwrap();
    assert!(server.is_closed() && why.contains("404"), "{why}");
}

#[test]
fn nobody_listening_is_said_in_the_words_of_the_system() {
    let (listener, location) = listener();
    drop(listener);
    let peer = location.resolve().unwrap().next().unwrap();
    let why = match Connection::connect(&location, peer, b"", MAX) {
        Ok(mut connection) => ended(&mut connection),
        Err(error) => error.to_string(),
    };
    assert!(why.contains("refused"), "{why}");
}

#[test]
fn a_token_travels_as_a_bearer() {
    let (listener, location) = listener();
    let peer = location.resolve().unwrap().next().unwrap();
    let mut client = Connection::connect(&location, peer, &[0xfb, 0xff, 1], MAX).unwrap();
    let (mut tcp, _) = listener.accept().unwrap();
    while !matches!(client.step(), Step::Wait) || client.is_connecting() {}
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        tcp.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.starts_with("GET /here HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: Bearer -_8B\r\n"), "{head}");
}

/// What the peer is told after it has sent `message`.
fn code_for(message: Message) -> u16 {
    let (listener, location) = listener();
    let peer = thread::spawn(move || {
        let tcp = TcpStream::connect(("127.0.0.1", location.port)).unwrap();
        let (mut socket, _) = client(location.to_string(), tcp).unwrap();
        socket.send(message).unwrap();
        match socket.read().unwrap() {
            Message::Close(Some(frame)) => frame.code.into(),
            other => panic!("a close frame should come, not {other:?}"),
        }
    });
    let mut server = server_of(&listener, "/here");
    assert!(matches!(next(&mut server), Step::Opened));
    let step = next(&mut server);
    assert!(matches!(step, Step::Ended { fault: true, .. }), "{step:?}");
    let code = peer.join().unwrap();
    assert!(matches!(next(&mut server), Step::Closed));
    code
}

#[test]
fn each_violation_has_its_close_code() {
    assert_eq!(code_for(Message::text("hello")), 1003);
    assert_eq!(code_for(Message::binary(vec![9, 9])), 1002);
    assert_eq!(code_for(Message::binary(Head::Cancel { correlation: 1 }.encode(b"more"))), 1002);
    let exception = Head::Exception { correlation: 1, code: 1 };
    assert_eq!(code_for(Message::binary(exception.encode(b"\xff"))), 1007);
    let message = Head::Message { channel: 0 };
    assert_eq!(code_for(Message::binary(message.encode(&[0; MAX + 1]))), 1009);
    assert_eq!(code_for(Message::binary(message.encode(&[0; 4 * MAX]))), 1009);
}

#[test]
fn the_largest_payload_passes() {
    let (mut client, mut server) = pair();
    client.send(Head::Message { channel: 1 }, &[5; MAX]).unwrap();
    assert_eq!(frame(&mut server), (Head::Message { channel: 1 }, vec![5; MAX]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_peer_sends_ends_in_order(
        head in prop_oneof![Just(HANDSHAKE.to_vec()), prop::collection::vec(any::<u8>(), 0..64)],
        rest in prop::collection::vec(any::<u8>(), 0..512),
    ) {
        let (listener, location) = listener();
        let mut tcp = TcpStream::connect(("127.0.0.1", location.port)).unwrap();
        let mut server = server_of(&listener, "/here");
        tcp.write_all(&head).unwrap();
        if head == HANDSHAKE {
            prop_assert!(matches!(next(&mut server), Step::Opened));
        }
        // The connection may be gone already.
        let _ = tcp.write_all(&rest);
        let _ = tcp.shutdown(Shutdown::Write);
        let mut frames = 0;
        while matches!(next(&mut server), Step::Frame(..) | Step::Pong(_)) {
            frames += 1;
        }
        prop_assert!(frames <= rest.len());
        prop_assert!(server.is_closed() || matches!(next(&mut server), Step::Closed));
    }
}
