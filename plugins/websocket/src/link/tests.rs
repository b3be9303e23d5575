use std::{
    net::{TcpListener, TcpStream},
    thread,
};

use tungstenite::{Message, WebSocket, client};

use super::*;

const SESSION: Session = Session { bits: 7 };
const MESSAGE: Head = Head::Message { channel: 0 };

/// A link whose session is open, and its peer.
fn open(config: &Config) -> (Link, WebSocket<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let peer = thread::spawn(move || {
        let tcp = TcpStream::connect(address).unwrap();
        client(format!("ws://{address}/"), tcp).unwrap().0
    });
    let (tcp, peer_address) = listener.accept().unwrap();
    let connection = Connection::accept(tcp, "/", 1 << 20).unwrap();
    let mut link = Link::new(Socket { bits: 1 }, peer_address, connection, config);
    while !matches!(link.act(config), Act::Open) {
        thread::yield_now();
    }
    assert!(link.opened(SESSION));
    (link, peer.join().unwrap())
}

/// Acts until there is something to do.
fn next(link: &mut Link, config: &Config) -> Act {
    loop {
        match link.act(config) {
            Act::Rest | Act::Next => thread::yield_now(),
            act => return act,
        }
    }
}

#[test]
fn the_session_is_suspended_once_at_high_water_and_resumed_at_low_water() {
    let config = Config { high_water: 1 << 20, low_water: 1 << 16, ..Config::default() };
    let (mut link, mut peer) = open(&config);
    let block = vec![1; 1 << 16];
    let mut sent = 0;
    let mut push = |link: &mut Link| {
        sent += 1;
        link.send(MESSAGE, &block, &config)
    };
    while push(&mut link) == Sent::Yes {}
    assert_eq!(push(&mut link), Sent::Yes);
    assert!(!link.wants_round(&config));
    assert!(!link.wanted(&config).contains(Readiness::READABLE));
    assert!(link.wanted(&config).contains(Readiness::WRITABLE));
    assert!(matches!(link.act(&config), Act::Rest));

    let reader = thread::spawn(move || {
        for _ in 0..sent {
            assert_eq!(peer.read().unwrap().len(), MESSAGE.length() + (1 << 16));
        }
        peer
    });
    let session = loop {
        assert!(link.enter());
        let act = link.act(&config);
        link.leave();
        match act {
            Act::Resume(session) => break session,
            Act::Rest => thread::yield_now(),
            act => panic!("{act:?}"),
        }
    };
    assert_eq!(session, SESSION);
    assert!(!matches!(link.act(&config), Act::Resume(_)), "once is enough");
    while link.wanted(&config).contains(Readiness::WRITABLE) {
        assert!(link.enter());
        link.leave();
    }
    drop(reader.join().unwrap());
}

#[test]
fn a_frame_that_is_kept_stops_reading_and_comes_first_again() {
    let config = Config::default();
    let (mut link, mut peer) = open(&config);
    for text in [b"one", b"two"] {
        peer.send(Message::binary(MESSAGE.encode(text))).unwrap();
    }
    let Act::Deliver(_, head, payload) = next(&mut link, &config) else { panic!("a frame came") };
    assert_eq!(payload, "one");
    link.keep(head, payload, Stall::Queue);
    assert!(matches!(link.act(&config), Act::Rest));
    assert_eq!(link.wanted(&config), Readiness::NONE);
    link.stall = Stall::None;
    for text in ["one", "two"] {
        match next(&mut link, &config) {
            Act::Deliver(SESSION, MESSAGE, payload) => assert_eq!(payload, text),
            act => panic!("{act:?}"),
        }
    }
}

#[test]
fn whoever_comes_while_a_round_runs_gets_another_one() {
    let config = Config::default();
    let (mut link, _peer) = open(&config);
    assert!(link.enter());
    assert!(!link.enter());
    link.stall = Stall::Queue;
    link.leave();
    assert_eq!(link.stall, Stall::None);
    assert!(link.wants_round(&config));
    assert!(link.enter());
    assert!(matches!(link.act(&config), Act::Rest));
    link.leave();
    assert!(!link.wants_round(&config));
}

#[test]
fn what_was_read_ahead_is_not_forgotten_when_there_was_too_much_to_send() {
    let config = Config { high_water: 1, low_water: 0, ..Config::default() };
    let (mut link, mut peer) = open(&config);
    peer.write(Message::binary(MESSAGE.encode(b"one"))).unwrap();
    peer.write(Message::binary(MESSAGE.encode(b"two"))).unwrap();
    peer.flush().unwrap();
    let deliver = |link: &mut Link| {
        assert!(link.enter());
        assert!(matches!(next(link, &config), Act::Deliver(..)));
        assert!(link.answer(MESSAGE, b"gathered"));
        assert!(matches!(link.act(&config), Act::Rest));
        link.leave();
    };
    deliver(&mut link);
    assert!(link.wants_round(&config));
    deliver(&mut link);
}

#[test]
fn ending_gives_the_session_once_and_what_does_not_close_in_time_is_given_up() {
    let config = Config { handshake: Duration::from_secs(9), ..Config::default() };
    let (mut link, _peer) = open(&config);
    let now = Instant::now();
    assert!(!link.expire(now + Duration::from_secs(1000)), "an open connection has no deadline");
    assert_eq!(link.end(CloseCode::Normal, "", config.handshake), Some(SESSION));
    assert_eq!(link.end(CloseCode::Normal, "", config.handshake), None);
    assert!(!link.is_closed());
    assert_eq!(link.send(MESSAGE, b"", &config), Sent::Closed);
    assert!(!link.expire(now + Duration::from_secs(8)));
    link.hurry(Duration::from_secs(1));
    assert!(link.expire(now + Duration::from_secs(8)));
    assert!(link.is_closed());
}
