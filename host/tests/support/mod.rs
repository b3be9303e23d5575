//! Real libraries, compiled from C while the tests run.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod fetching;
pub mod greeter;

use std::path::{Path, PathBuf};
use std::process::Command;

use pintle_abi_core::FINGERPRINT;

/// The two exported objects as a plugin's compiler sees them. Macros before it change single members; `TEXTS` and
/// `SPANS` belong together.
pub const PLUGIN: &str = r#"
#include <stdint.h>
#include <stddef.h>
#ifndef MAGIC
#define MAGIC "PINTLE\x1a\n"
#endif
#ifndef SIZE
#define SIZE sizeof(struct described)
#endif
#ifndef MAJOR
#define MAJOR 1
#endif
#ifndef MINOR
#define MINOR 0
#endif
#ifndef WIDTH
#define WIDTH sizeof(void *)
#endif
#ifndef ORDER
#define ORDER 1
#endif
#ifndef HEAD
#define HEAD offsetof(struct described, texts)
#endif
#ifndef FLAGS
#define FLAGS 1
#endif
#ifndef ID
#define ID { HEAD, 14 }
#endif
#ifndef SERVICES
#define SERVICES { 0, 0 }
#endif
#ifndef NEEDS
#define NEEDS { 0, 0 }
#endif
#ifndef SETTINGS
#define SETTINGS { 0, 0 }
#endif
#ifndef LEAST
#define LEAST 0
#endif
#ifndef NAME
#define NAME { HEAD + 14, 4 }
#endif
#ifndef TEXTS
#define TEXTS "org.test.probeTest7 0x10pintle.io/1org.nobody/1\xff\xff"
#endif
#define EXPORT __attribute__((visibility("default")))
struct span { uint16_t offset, length; };
struct described {
    char magic[8]; uint32_t size; uint16_t major, minor; uint8_t width, order; uint16_t head; uint32_t flags;
    uint64_t fingerprint;
    struct span id, name, version, vendor, description, licence, url, needs, offers, services, settings;
    uint16_t least, reserved;
    char texts[sizeof(TEXTS)];
};
#ifndef NO_DESCRIPTOR
EXPORT __attribute__((section("pintle"), used)) const struct described pintle_descriptor = {
    MAGIC, SIZE, MAJOR, MINOR, WIDTH, ORDER, HEAD, FLAGS, FINGERPRINT,
    ID, NAME, {0,0}, {0,0}, {0,0}, {0,0}, {0,0}, NEEDS, {0,0}, SERVICES, SETTINGS, LEAST, 0, TEXTS
};
#define DESCRIPTOR (&pintle_descriptor)
#else
#define DESCRIPTOR ((const struct described *)0)
#endif
struct plugin;
typedef int32_t (*slot)();
enum { CREATE, REQUEST_STOP, DESTROY, SOCKET_CREATED, SOCKET_LISTENING, SOCKET_CONNECTING, SOCKET_STOPPED,
    SOCKET_DESTROYED, SOCKET_ATTACHED, SOCKET_DETACHED, SESSION_CREATED, SESSION_DESTROYED, MESSAGE_IN, MESSAGE_OUT,
    SESSION_SEND, SESSION_WRITABLE, SESSION_DISCONNECT, SESSION_RESULT, SESSION_GET_RTT, SESSION_SET_MODE, REQUEST,
    SLOW_ARRIVE, SLOW_REQUEST, REQUEST_DONE };
#define CALLBACKS(...) static const struct table { uint32_t size, reserved; slot slots[24]; } callbacks = \
    { sizeof(struct table), 0, { __VA_ARGS__ } };
struct entry { uint32_t size, reserved; const struct described *descriptor; const void *callbacks; };
#ifndef NO_ENTRY
#define ENTRY EXPORT const struct entry pintle_entry = { sizeof(struct entry), 0, DESCRIPTOR, &callbacks };
#else
#define ENTRY
#endif
"#;

/// A plugin that does nothing, with no callbacks.
pub fn plain() -> String {
    format!("{PLUGIN}\nCALLBACKS(0)\nENTRY\n")
}

/// A folder that goes with the test.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Compiles `source` to `folder/name` with further `options`, as a shared library unless they say otherwise.
pub fn compile(folder: &Path, name: &str, source: &str, options: &[&str]) -> PathBuf {
    let (from, to) = (folder.join(format!("{name}.c")), folder.join(name));
    std::fs::write(&from, source).expect("the source is written");
    let mut command = Command::new("cc");
    command.args(["-std=gnu11", "-fPIC", "-fvisibility=hidden", "-w"]);
    command.arg(format!("-DFINGERPRINT={FINGERPRINT}ULL"));
    if !options.iter().any(|option| ["-c", "-pie", "-no-pie"].contains(option)) {
        command.arg("-shared");
    }
    let output = command.args(options).arg("-o").arg(&to).arg(&from).output().expect("cc runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    to
}

/// Compiles a plugin against the published header. `on` are its `PINTLE_ON` lines, `texts` the last three of its
/// texts (needs, offers, services), `flags` beyond `MULTI_INSTANCE`.
pub fn plugin(folder: &Path, name: &str, body: &str, on: &str, texts: &str, flags: &str) -> PathBuf {
    plugin_with(folder, name, body, on, texts, flags, &[])
}

/// As [`plugin`], with further `options` of the compiler.
pub fn plugin_with(
    folder: &Path,
    name: &str,
    body: &str,
    on: &str,
    texts: &str,
    flags: &str,
    options: &[&str],
) -> PathBuf {
    let include = concat!("-I", env!("CARGO_MANIFEST_DIR"), "/../include");
    let source = format!(
        "#define _GNU_SOURCE
        #include <pintle/plugin.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        static int32_t say(pintle_plugin_t *plugin, const char *text) {{
            return pintle_log_write(plugin, PINTLE_LOG_INFO, 0, 0, text, strlen(text));
        }}
        static int number_of(pintle_text_t config) {{
            char digits[16];
            snprintf(digits, sizeof digits, \"%.*s\", (int)config.length, config.data);
            return atoi(digits);
        }}
        {body}
        PINTLE_PLUGIN({name}, PINTLE_TEXTS(\"org.test.{name}\", \"{name}\", \"1\", \"\", \"\", \"\", \"\", {texts}),
            PINTLE_FLAG_MULTI_INSTANCE {flags}, {on})"
    );
    compile(folder, &format!("{name}.so"), &source, &[&[include], options].concat())
}

/// Makes what a debugger reads beside `library`.
pub fn debug_file(folder: &Path, library: &str, name: &str) -> PathBuf {
    let to = folder.join(name);
    let mut command = Command::new("objcopy");
    let output =
        command.arg("--only-keep-debug").arg(folder.join(library)).arg(&to).output().expect("objcopy runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    to
}

/// No needs, no offers, no services.
pub const NO_TEXTS: &str = "\"\", \"\", \"\"";

/// A transport for `test:` addresses that sends back what the application sends.
pub fn transport(folder: &Path) -> PathBuf {
    let body = r#"
        static const pintle_session_options_t seven = {.size = sizeof seven, .client_id = 7};
        static int32_t listening(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address, size_t length) {
            if (length < 5 || memcmp(address, "test:", 5)) return PINTLE_OK;
            int32_t status = pintle_socket_attach(plugin, socket, "test:here", 9);
            if (status) return status;
            pintle_session_t session;
            return pintle_session_create(plugin, socket, &seven, &session);
        }
        static int32_t send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel, pintle_message_t message) {
            return pintle_session_receive(plugin, session, channel, message);
        }
    "#;
    let on = "PINTLE_ON(socket_listening, listening), PINTLE_ON(session_send, send)";
    plugin(folder, "transport", body, on, NO_TEXTS, "")
}

/// What a process that ran one test alone has left.
#[derive(Debug)]
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    pub signal: Option<i32>,
}

/// Names the test that a process is to run alone, and what it is told.
const ALONE: &str = "PINTLE_TEST_ALONE";

/// Runs `work` in a process of its own: this test binary, started again with this test alone. In that process the
/// answer is `None`, and the test returns.
pub fn alone(test: &str, work: impl FnOnce()) -> Option<Output> {
    alone_with(test, "", |_| work())
}

/// Runs a test in a process of its own, and expects it to pass there. What a receipt tells of threads is the process's, where
/// other tests begin theirs.
pub fn by_itself(test: &str, work: impl FnOnce()) {
    if let Some(output) = alone(test, work) {
        assert!(output.stdout.contains("1 passed"), "{}\n{}", output.stdout, output.stderr);
    }
}

/// As [`alone`], with a word for `work`.
pub fn alone_with(test: &str, word: &str, work: impl FnOnce(&str)) -> Option<Output> {
    use std::os::unix::process::ExitStatusExt;
    if let Ok(word) = std::env::var(ALONE) {
        work(&word);
        return None;
    }
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new(program)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ALONE, word)
        .output()
        .expect("this program runs");
    Some(Output {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        signal: output.status.signal(),
    })
}
