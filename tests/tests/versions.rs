//! Plugins that were built against an older or a newer header than the host's.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pintle_host::abi::{ABI_MAJOR, ABI_MINOR, IMAGE_UNMAPPED, MODE_RELIABLE, ResultInfo, status};
use pintle_host::{Answer, Application, Calls, Outcome, inspect};
use pintle_tests::command::pintle;
use pintle_tests::plugins::{Heard, load, root, run, said, workshop};

const WAIT: Duration = Duration::from_secs(20);

/// The published header, to be altered as another version of the contract would.
///
/// Its fingerprint stays: that covers the layout of 1.0, which no later version moves, and `size` tells of everything
/// that comes behind it.
struct Header(String);

impl Header {
    fn published() -> Self {
        Self(std::fs::read_to_string(root().join("include/pintle/plugin.h")).unwrap())
    }

    /// Where a struct's members end.
    fn end_of(&self, table: &str) -> usize {
        let start = self.0.find(&format!("\nstruct {table} {{")).unwrap_or_else(|| panic!("no {table}"));
        start + self.0[start..].find("\n};").unwrap() + 1
    }

    fn remove(&mut self, from: &str, to: &str) {
        let start = self.0.find(from).unwrap_or_else(|| panic!("no {from:?}"));
        let end = start + self.0[start..].find(to).unwrap() + to.len();
        self.0.replace_range(start..end, "");
    }

    /// A table of another length has another size than its assert knows.
    fn forget_size(&mut self, table: &str) {
        self.remove(&format!("PINTLE_SIZE_({table},"), "\n");
    }

    /// Cuts the last member off a table, with what the header says and makes of it.
    fn cut(&mut self, table: &str, member: &str, call: Option<&str>) {
        let end = self.end_of(table);
        let start = self.0[..end].rfind("    /**\n").unwrap();
        let last = &self.0[start..end];
        assert!(last.contains(&format!("(*{member})(")), "{member} is not the last of {table}, but {last}");
        self.0.replace_range(start..end, "");
        self.remove(&format!("PINTLE_AT_({table}, {member},"), "\n");
        if let Some(call) = call {
            self.remove(&format!("PINTLE_CALL_ int32_t {call}("), ");\n");
            self.remove(&format!("static inline int32_t {call}("), "\n}\n");
        }
    }

    /// Adds a member to the end of a struct.
    fn append(&mut self, table: &str, member: &str) {
        let end = self.end_of(table);
        self.0.insert_str(end, &format!("    {member}\n"));
        self.forget_size(table);
    }

    fn set_minor(&mut self, minor: u32) {
        let now = format!("#define PINTLE_ABI_MINOR {ABI_MINOR}\n");
        assert!(self.0.contains(&now));
        self.0 = self.0.replace(&now, &format!("#define PINTLE_ABI_MINOR {minor}\n"));
    }

    /// Compiles a plugin of `tests/fixtures` against this header alone.
    fn compile(&self, folder: &Path, name: &str) -> PathBuf {
        let include = folder.join("other/pintle");
        std::fs::create_dir_all(&include).unwrap();
        std::fs::write(include.join("plugin.h"), &self.0).unwrap();
        let source = root().join("tests/fixtures").join(name);
        let line = format!(
            "cc -std=c11 -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra -pedantic -Werror \
             -Wno-missing-field-initializers -I other -o {name}.so {}.c",
            source.display()
        );
        run(folder, &line);
        folder.join(format!("{name}.so"))
    }
}

/// The header before the last slots came, and the callbacks from `slow_request` on.
fn shortened() -> Header {
    let mut header = Header::published();
    for (table, member, call) in [
        ("pintle_api_t", "stopped", "pintle_stopped"),
        ("pintle_message_api_t", "clone", "pintle_message_clone"),
        ("pintle_socket_api_t", "state", "pintle_socket_state"),
        ("pintle_session_api_t", "protocol", "pintle_session_protocol"),
        ("pintle_service_api_t", "drop_current", "pintle_service_drop_current"),
        ("pintle_executor_api_t", "cancel_timer", "pintle_executor_cancel_timer"),
        ("pintle_io_api_t", "unwatch", "pintle_io_unwatch"),
    ] {
        header.cut(table, member, Some(call));
        header.forget_size(table);
    }
    for callback in [
        "restore",
        "save",
        "settings_changed",
        "settings_check",
        "session_batch",
        "offer_ended",
        "offer_published",
        "request_done",
        "slow_request",
    ] {
        header.cut("pintle_callbacks_t", callback, None);
    }
    header.forget_size("pintle_callbacks_t");
    header
}

/// The header as minor version 7 may have it.
fn lengthened() -> Header {
    let mut header = Header::published();
    header.set_minor(7);
    header.append("pintle_api_t", "const void *later;");
    header.append(
        "pintle_session_api_t",
        "int32_t (*later)(pintle_plugin_t *plugin, pintle_session_t session);",
    );
    header.append("pintle_callbacks_t", "int32_t (*later)(pintle_plugin_t *plugin);");
    header.append("pintle_create_t", "uint64_t later;");
    header.append("pintle_entry_t", "const void *later;");
    header.append("pintle_descriptor_t", "pintle_span_t later;");
    header
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

#[test]
fn a_plugin_with_a_shorter_header_runs() {
    let folder = workshop();
    let library = shortened().compile(folder.path(), "older");
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

#[test]
fn a_plugin_from_the_future_sees_that_what_is_new_is_absent() {
    let folder = workshop();
    let library = lengthened().compile(folder.path(), "newer");
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
        "org.test.newer: a message came in",
        "1 done 0",
        "org.test.newer: a request is done",
    ];
    assert_eq!(heard.lines(), expected);
}

#[test]
fn inspection_tells_the_versions_of_both_sides() {
    let folder = workshop();
    let library = lengthened().compile(folder.path(), "newer");
    let inspection = inspect(&library);
    let descriptor = inspection.descriptor.as_ref().unwrap();
    assert_eq!((descriptor.abi_major, descriptor.abi_minor), (ABI_MAJOR, 7));
    let callbacks = inspection.report.as_ref().unwrap().callbacks.as_ref().unwrap();
    assert_eq!(callbacks, &["create", "message_in", "request", "request_done"]);
    let words = said(&pintle(&[OsStr::new("inspect"), library.as_os_str()]).output().unwrap());
    assert!(words.contains("newer.so: loads\n"), "{words}");
    assert!(words.contains(&format!("1.7 (this host: {ABI_MAJOR}.{ABI_MINOR})")), "{words}");
}
