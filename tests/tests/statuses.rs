//! Every status of the contract can be met: one way to each, through a real kernel or host.

#[path = "../../kernel/tests/common/mod.rs"]
mod common;
#[path = "../../host/tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use common::{Host, Me, first, hook, limits, owner, plug, said, say};
use pintle_abi_core::{Create, MODE_RELIABLE, Message, Plugin, Request, Stop, status};
use pintle_host::status_name;
use pintle_tests::artefacts::libpintle;
use pintle_tests::plugins::{self, root, try_load};
use support::{compile, folder, plain};

/// A status, and a way that leads to it.
type Row = (&'static str, fn() -> i32);

const ROWS: [Row; 37] = [
    ("OK", || code(Host::new(limits()).zero().acquire(1).map(drop))),
    ("CONSUMED", consumed),
    ("PENDING", pending),
    ("E_ARGUMENT", || code(Host::new(limits()).zero().open(&[]).map(drop))),
    ("E_HANDLE", || code(Host::new(limits()).zero().release(Message::default()))),
    ("E_STALE", || {
        let host = Host::new(limits());
        let message = host.zero().message(b"");
        host.zero().release(message).unwrap();
        code(host.zero().release(message))
    }),
    ("E_KIND", || {
        let host = Host::new(limits());
        let socket = host.zero().open(&[MODE_RELIABLE]).unwrap();
        code(host.zero().release(Message { bits: socket.bits }))
    }),
    ("E_FOREIGN", || {
        let (host, other) = (Host::new(limits()), Host::new(limits()));
        code(host.zero().release(other.zero().message(b"")))
    }),
    ("E_STATE", || {
        let host = Host::new(limits());
        code(host.zero().stop(host.zero().open(&[MODE_RELIABLE]).unwrap()))
    }),
    ("E_WRONG_THREAD", || {
        let host = Host::new(limits());
        let zero = host.kernel.zero() as usize;
        let refused = std::thread::spawn(move || code(Me(zero as *mut Plugin).open(&[0]).map(drop)));
        refused.join().unwrap()
    }),
    ("E_NOT_OWNER", || inside_a_filter(|api, session| code(api.destroy(session)))),
    ("E_REENTRANT", || {
        let host = Host::new(limits());
        let kernel = host.kernel;
        inside_a_filter_of(&host, move |_, _| code(kernel.turn()))
    }),
    ("E_CAPACITY", || code(Host::new(limits()).zero().acquire(usize::MAX).map(drop))),
    ("E_AGAIN", || {
        let host = Host::new(limits());
        let session = owner(&host);
        host.zero().suspend(session).unwrap();
        code(host.zero().send(session, 0, host.zero().message(b"")))
    }),
    ("E_CLOSED", || {
        let host = Host::new(limits());
        let instance = host.add(first());
        host.kernel.unload(instance, 0).unwrap();
        code(host.kernel.unload(instance, 0).map(drop))
    }),
    ("E_POISONED", || {
        let host = Host::new(limits());
        let session = owner(&host);
        host.add(first());
        hook("first out", |_, _, _| status::E_PANIC);
        code(host.zero().send(session, 0, host.zero().message(b"")))
    }),
    ("E_NOT_FOUND", || {
        let host = Host::new(limits());
        let session = owner(&host);
        code(host.zero().send(session, 9, host.zero().message(b"")))
    }),
    ("E_UNSUPPORTED", || {
        let host = Host::new(limits());
        code(host.zero().listen(host.zero().open(&[MODE_RELIABLE]).unwrap(), "nobody:"))
    }),
    ("E_PERMISSION", || inside_a_filter(|api, _| code(api.open(&[MODE_RELIABLE]).map(drop)))),
    ("E_SEALED", || {
        let host = Host::new(limits());
        let (session, message) = (owner(&host), host.zero().message(b""));
        host.zero().send(session, 0, message).unwrap();
        code(host.zero().write(message, b"late"))
    }),
    ("E_UNDERFLOW", || {
        let host = Host::new(limits());
        code(host.zero().read(host.zero().message(b"two"), 4).map(drop))
    }),
    ("E_EXISTS", || {
        let host = Host::new(limits());
        host.zero().declare(1, &[]).unwrap();
        code(host.zero().declare(1, &[]))
    }),
    ("E_CANCELLED", cancelled),
    ("E_PANIC", panic),
    ("E_TIMEOUT", timeout),
    ("E_IO", || load(Path::new(&"x".repeat(5000)))),
    ("E_NO_FILE", || load(&folder().path().join("absent.so"))),
    ("E_NOT_A_LIBRARY", || load(&root().join("README.md"))),
    ("E_TRUNCATED", || {
        let folder = folder();
        let path = compile(folder.path(), "cut.so", &plain(), &[]);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..100]).unwrap();
        load(&path)
    }),
    ("E_NO_ENTRY", || load_compiled("int answer(void) { return 42; }", &[])),
    ("E_DESCRIPTOR", || load_compiled(&plain(), &["-DSIZE=5000"])),
    ("E_VERSION", || load_compiled(&plain(), &["-DMAJOR=2"])),
    ("E_MACHINE", || load_compiled(&plain(), &["-DWIDTH=4"])),
    ("E_LAYOUT", || load_compiled(&plain().replace("FINGERPRINT,", "99,"), &[])),
    ("E_LINK", || {
        let needy = "extern int nowhere(void); EXPORT int use(void) { return nowhere(); }";
        load_compiled(&format!("{}{needy}", plain()), &[])
    }),
    ("E_MISMATCH", mismatch),
    ("E_SLOT", || load_compiled(&plain(), &["-DSERVICES={HEAD+18,6}"])),
];

fn code(result: Result<(), i32>) -> i32 {
    result.err().unwrap_or(status::OK)
}

/// What a call answers that a filter makes.
fn inside_a_filter(call: impl Fn(Me, pintle_abi_core::Session) -> i32 + 'static) -> i32 {
    inside_a_filter_of(&Host::new(limits()), call)
}

fn inside_a_filter_of(host: &Host, call: impl Fn(Me, pintle_abi_core::Session) -> i32 + 'static) -> i32 {
    let session = owner(host);
    host.add(first());
    hook("first out", move |api, session, _| {
        say(call(api, session).to_string());
        status::OK
    });
    host.zero().send(session, 0, host.zero().message(b"")).unwrap();
    said()[0].parse().unwrap()
}

/// A filter takes a message, and its sender sees that all is well.
fn consumed() -> i32 {
    let host = Host::new(limits());
    let session = owner(&host);
    host.add(first());
    hook("first out", |_, _, _| status::CONSUMED);
    hook("send", |_, _, _| {
        say("sent");
        status::OK
    });
    host.zero().send(session, 0, host.zero().message(b"")).unwrap();
    assert_eq!(said(), [""; 0]);
    status::CONSUMED
}

fn pending() -> i32 {
    unsafe extern "C" fn request_stop(_: *mut Plugin, _: *const Stop) -> i32 {
        status::PENDING
    }
    let host = Host::new(limits());
    let lazy =
        host.add(plug("org.test.lazy", 0, "", |callbacks| callbacks.request_stop = Some(request_stop)));
    host.kernel.unload(lazy, 1000).unwrap()
}

fn cancelled() -> i32 {
    let host = Host::new(limits());
    let session = owner(&host);
    host.zero().declare(5, &[]).unwrap();
    hook("request", |_, request, _| {
        say(request.bits.to_string());
        status::PENDING
    });
    host.zero().request(session, 5, 1, 1, "").unwrap();
    let request = Request { bits: said()[0].parse().unwrap() };
    host.zero().cancel(session, 1).unwrap();
    code(host.zero().is_cancelled(request))
}

fn panic() -> i32 {
    unsafe extern "C" fn create(_: *mut Plugin, _: *const Create) -> i32 {
        status::E_PANIC
    }
    let host = Host::new(limits());
    let plug = plug("org.test.bad", 0, "", |callbacks| callbacks.create = Some(create));
    // SAFETY: a `Plug` is what its types say.
    unsafe { host.kernel.add(&plug.entry, None) }.unwrap_err()
}

/// Only the C API answers with it; elsewhere the receipt tells. The program is its own judge.
fn timeout() -> i32 {
    let folder = folder();
    let source = root().join("tests/c/host/abandoned.c");
    assert!(fs::read_to_string(&source).unwrap().contains("IS(PINTLE_E_TIMEOUT, pintle_host_unload("));
    let line = format!(
        "cc -std=c11 -D_POSIX_C_SOURCE=200809L -I {} -o abandoned {} {} -pthread -ldl -lm\n./abandoned",
        root().join("include").display(),
        source.display(),
        libpintle().archive.display()
    );
    plugins::run(folder.path(), &line);
    status::E_TIMEOUT
}

fn load(path: &Path) -> i32 {
    let host = pintle_host::Host::builder().log(|_| ()).start().unwrap();
    try_load(&host, path, "").map_or_else(|error| error.code, |_| status::OK)
}

fn load_compiled(source: &str, options: &[&str]) -> i32 {
    let folder = folder();
    load(&compile(folder.path(), "plugin.so", source, options))
}

fn mismatch() -> i32 {
    let folder = folder();
    let path = compile(folder.path(), "plugin.so", &plain(), &[]);
    let host = pintle_host::Host::builder().log(|_| ()).start().unwrap();
    try_load(&host, &path, "").unwrap();
    // Behind what is mapped, or the process could not go on.
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"more").unwrap();
    try_load(&host, &path, "").unwrap_err().code
}

/// The statuses of the contract, as its source has them.
fn contract() -> BTreeMap<String, i32> {
    let source = fs::read_to_string(root().join("abi-core/src/status.rs")).unwrap();
    let constants = source.lines().filter_map(|line| line.strip_prefix("pub const ")?.split_once(": i32 = "));
    constants
        .map(|(name, value)| (name.to_owned(), value.trim_end_matches(';').replace('_', "").parse().unwrap()))
        .filter(|(name, _)| name != "PLUGIN_FIRST" && name != "ERROR_FIRST")
        .collect()
}

#[test]
fn every_status_is_reached() {
    for (name, reach) in ROWS {
        let code = reach();
        said();
        assert_eq!(status_name(code), Some(name), "{code}");
    }
}

#[test]
fn every_status_has_its_row_and_its_name() {
    let contract = contract();
    for (name, code) in &contract {
        assert!(ROWS.iter().any(|(row, _)| row == name), "{name} has no row here: say how it is reached");
        assert_eq!(status_name(*code), Some(name.as_str()), "the host does not know {name}");
    }
    assert_eq!(ROWS.len(), contract.len(), "a row stands for no status");
}
