//! A C server that fetches, with a client that is no part of the project, over a real connection.

#[allow(dead_code, reason = "the frames are those of another test")]
#[path = "websocket/client.rs"]
mod client;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use client::{Client, Frame};
use pintle_tests::artefacts::libpintle;
use pintle_tests::plugins::{build_library, patiently, root, run};

/// More than the host has messages.
const MANY: u64 = 3000;

/// Compiles the server, and starts it; the address that it tells.
fn serve(folder: &std::path::Path) -> (Child, String) {
    let program = folder.join("server");
    let root = root();
    let line = format!(
        "cc -std=c11 -g -Wall -Wextra -pedantic -Werror -fsanitize=address,undefined -fno-sanitize-recover=all \
         -I {root}/include {root}/tests/c/host/mailbox_served.c {} -pthread -o {}",
        libpintle().archive.display(),
        program.display(),
        root = root.display(),
    );
    run(folder, &line);
    let plugins = ["pintle-websocket", "pintle-echo"].map(|name| build_library(name, "so"));
    let mut server = patiently(program).args(plugins).stdout(Stdio::piped()).spawn().unwrap();
    let mut address = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut address).unwrap();
    (server, address.trim().to_owned())
}

#[test]
fn a_peer_is_read_as_fast_as_the_server_fetches_and_its_requests_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, address) = serve(folder.path());
    let mut client = Client::connect(&address);
    for _ in 0..MANY {
        client.send(&Frame::Message(0, b"one".to_vec()));
    }
    client.send(&Frame::Message(0, b"how many?".to_vec()));
    assert_eq!(client.read(), Frame::Message(0, MANY.to_string().into_bytes()));
    for correlation in 0..MANY {
        let payload = b"not for the mailbox".to_vec();
        client.send(&Frame::Request { service: 0x1000_0001, id: 1, correlation, payload: payload.clone() });
        assert_eq!(client.read(), Frame::Result(correlation, payload));
        assert_eq!(client.read(), Frame::Done(correlation, 0));
    }
    client.close();
    assert!(server.wait().unwrap().success());
}
