//! Plugins that were built against an older or a newer header than the host's.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pintle_host::abi::{ABI_MAJOR, ABI_MINOR, IMAGE_UNMAPPED, MODE_RELIABLE, ResultInfo, status};
use pintle_host::{Answer, Application, Calls, Outcome, inspect};
use pintle_tests::artefacts::{libpintle, libpintle_core};
use pintle_tests::command::pintle;
use pintle_tests::header::{Headers, LATER_MINOR};
use pintle_tests::plugins::{Heard, load, root, run, said, workshop};

const WAIT: Duration = Duration::from_secs(20);

/// Compiles a plugin of `tests/fixtures` against these headers alone.
fn compile(headers: &Headers, folder: &Path, name: &str) -> PathBuf {
    let include = headers.write(folder, "other");
    let source = root().join("tests/fixtures").join(name);
    let line = format!(
        "cc -std=c11 -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra -pedantic -Werror \
         -Wno-missing-field-initializers -I {} -o {name}.so {}.c",
        include.display(),
        source.display()
    );
    run(folder, &line);
    folder.join(format!("{name}.so"))
}

/// The headers before the last slots and the last two callbacks came.
fn shortened() -> Headers {
    Headers::of("include").shortened()
}

/// The headers as a later minor version may have them.
fn lengthened() -> Headers {
    Headers::of("include").lengthened()
}

/// A peer's end of a session.
struct Peer(Heard);

impl Application for Peer {
    fn session_result(&self, calls: &Calls<'_>, info: &ResultInfo, outcome: Outcome) -> Answer {
        let number = info.correlation;
        self.0.add(match outcome {
            Outcome::Result(message) => {
                format!("{number} result {}", String::from_utf8(calls.bytes(message).unwrap()).unwrap())
            }
            Outcome::Exception(code, _) => format!("{number} exception {code}"),
            Outcome::Done(code) => format!("{number} done {code}"),
        });
        Ok(())
    }
}

/// docs/flow.md 1.15
#[test]
fn a_plugin_with_a_shorter_header_runs() {
    let folder = workshop();
    let library = compile(&shortened(), folder.path(), "older");
    let inspection = inspect(&library);
    let callbacks = inspection.report.unwrap().callbacks.unwrap();
    assert_eq!(
        callbacks,
        ["create", "destroy", "message_in", "request"],
        "nothing beyond the end is offered"
    );
    let heard = Heard::default();
    let host = heard.builder().application(Peer(heard.clone())).start().unwrap();
    let instance = load(&host, &library, "cfg");
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE]).unwrap();
    let session = calls.create_session(socket, 9, None).unwrap();
    calls.receive(session, 0, b"abc").unwrap();
    calls.request(session, 0x55, 1, 1, b"fast").unwrap();
    // It knows of no slow requests, though it declared one: the callbacks that came later are absent.
    calls.request(session, 0x55, 2, 2, b"slow").unwrap();
    while !heard.has("2 done") || !heard.has("a timer ran") {
        host.poll(Some(WAIT)).unwrap();
    }
    let receipt = host.unload(instance, WAIT).unwrap();
    assert!(receipt.is_clean() && receipt.image == IMAGE_UNMAPPED, "{receipt}");
    let mut lines = heard.lines();
    let timer = lines.iter().position(|line| line == "org.test.older: a timer ran").unwrap();
    lines.remove(timer);
    let unsupported = format!("2 exception {}", status::E_UNSUPPORTED);
    let over = format!("2 done {}", status::E_UNSUPPORTED);
    let expected = [
        "org.test.older: ABC from 9, mode 2",
        "org.test.older: FAST from 9, mode 0",
        "1 result FAST",
        "1 done 0",
        "org.test.older: SLOW from 9, mode 0",
        &unsupported,
        &over,
        "org.test.older: destroyed",
    ];
    assert_eq!(lines, expected);
}

/// docs/flow.md 1.15
#[test]
fn a_plugin_from_the_future_sees_that_what_is_new_is_absent() {
    let folder = workshop();
    let library = compile(&lengthened(), folder.path(), "newer");
    let heard = Heard::default();
    let host = heard.builder().application(Peer(heard.clone())).start().unwrap();
    let instance = load(&host, &library, "");
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE]).unwrap();
    let session = calls.create_session(socket, 1, None).unwrap();
    calls.receive(session, 0, b"abcd").unwrap();
    calls.request(session, 0x56, 1, 1, b"asks").unwrap();
    host.poll(Some(Duration::ZERO)).unwrap();
    assert_eq!(host.list()[0].descriptor.id, "org.test.newer");
    let receipt = host.unload(instance, WAIT).unwrap();
    assert!(receipt.is_clean() && receipt.image == IMAGE_UNMAPPED, "{receipt}");
    let expected = [
        "org.test.newer: the new members are absent",
        "org.test.newer: an answer came",
        "org.test.newer: a request is done",
        "org.test.newer: an answer came",
        "org.test.newer: a request is done",
        "org.test.newer: what is asked beyond this host is refused",
        "org.test.newer: a message came in",
        "1 done 0",
        "org.test.newer: a request is done",
        "org.test.newer: asked to stop",
    ];
    assert_eq!(heard.lines(), expected);
}

#[test]
fn inspection_tells_the_versions_of_both_sides() {
    let folder = workshop();
    let library = compile(&lengthened(), folder.path(), "newer");
    let inspection = inspect(&library);
    let descriptor = inspection.descriptor.as_ref().unwrap();
    assert_eq!((descriptor.abi_major, descriptor.abi_minor), (ABI_MAJOR, LATER_MINOR as u16));
    let callbacks = inspection.report.as_ref().unwrap().callbacks.as_ref().unwrap();
    assert_eq!(
        callbacks,
        &[
            "create",
            "request_stop",
            "socket_created",
            "message_in",
            "session_result",
            "request",
            "request_done"
        ]
    );
    let words = said(&pintle(&[OsStr::new("inspect"), library.as_os_str()]).output().unwrap());
    assert!(words.contains("newer.so: loads\n"), "{words}");
    assert!(words.contains(&format!("1.{LATER_MINOR} (this host: {ABI_MAJOR}.{ABI_MINOR})")), "{words}");
}

/// Compiles a host of `tests/c/host` against headers of a later edition, links it with a library of this one, and runs it.
fn runs_with_an_older_library(name: &str, library: &Path) {
    let folder = workshop();
    let include = lengthened().write(folder.path(), "other");
    let source = root().join("tests/c/host").join(name);
    let line = format!(
        "cc -std=c11 -g -Wall -Wextra -pedantic -Werror -Wno-missing-field-initializers -fsanitize=address,undefined \
         -fno-sanitize-recover=all -I {} -o host {}.c {} -pthread\n./host",
        include.display(),
        source.display(),
        library.display()
    );
    run(folder.path(), &line);
}

/// docs/flow.md 1.13, 1.14
#[test]
fn a_host_from_the_future_is_read_and_filled_as_far_as_this_one_knows() {
    runs_with_an_older_library("newer", &libpintle().archive);
}

/// docs/flow.md 1.13, 1.14
#[test]
fn a_firmware_from_the_future_is_read_and_filled_as_far_as_this_one_knows() {
    runs_with_an_older_library("newer_core", libpintle_core());
}
