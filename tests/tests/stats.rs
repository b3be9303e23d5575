//! `plugins/stats`: it counts exactly what passes.

use std::time::Duration;

use pintle_host::abi::{MODE_RELIABLE, Message, ResultInfo, Session};
use pintle_host::{Answer, Application, Calls, Host, Outcome};
use pintle_tests::plugins::{
    Heard, TWO_OBJECTS, build, build_library, exports, load, printed_commands, run, symbols, try_load,
    workshop,
};
use pintle_tools::{c_compilers, is_installed};

const WAIT: Duration = Duration::from_secs(20);

/// The service of `plugins/echo`, and its requests.
const ECHO: u32 = 0x1000_0001;
const FAST: u32 = 1;
const SLOW: u32 = 2;

/// A peer's end of a session: takes what is sent, and hears answers.
struct Peer(Heard);

impl Application for Peer {
    fn session_send(&self, _: &Calls<'_>, _: Session, _: u32, _: Message) -> Answer {
        Ok(())
    }

    fn session_result(&self, _: &Calls<'_>, _: &ResultInfo, outcome: Outcome) -> Answer {
        if let Outcome::Done(code) = outcome {
            self.0.add(format!("done {code}"));
        }
        Ok(())
    }
}

fn summary(host: &Host, heard: &Heard, instance: pintle_host::abi::Instance) -> String {
    assert!(host.unload(instance, WAIT).unwrap().is_clean());
    let lines = heard.lines();
    lines.last().unwrap().clone()
}

#[test]
fn it_exports_two_objects_and_needs_no_library() {
    let folder = workshop();
    let library = build(folder.path(), "stats");
    assert_eq!(exports(&library), TWO_OBJECTS);
    let needed: Vec<_> = symbols(&library, &["-D", "--undefined-only"]);
    assert!(needed.iter().all(|name| name.starts_with('_')), "{needed:?}");
}

#[test]
fn it_counts_what_passes_in_both_directions() {
    let folder = workshop();
    let heard = Heard::default();
    let host = heard.builder().application(Peer(heard.clone())).start().unwrap();
    let stats = load(&host, &build(folder.path(), "stats"), "");
    load(&host, &build_library("pintle-echo", "so"), "");
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE, MODE_RELIABLE]).unwrap();
    let first = calls.create_session(socket, 1, None).unwrap();
    let second = calls.create_session(socket, 2, None).unwrap();
    calls.receive(first, 0, b"abc").unwrap();
    calls.receive(second, 1, b"defgh").unwrap();
    calls.receive(second, 1, b"").unwrap();
    calls.send(first, 1, &[b'x'; 1000]).unwrap();
    calls.request(first, ECHO, FAST, 7, b"ping").unwrap();
    calls.request(second, ECHO, SLOW, 8, b"a slow one").unwrap();
    while heard.lines() != ["done 0", "done 0"] {
        host.poll(Some(WAIT)).unwrap();
    }
    let expected =
        "org.pintle.stats: Stats: sent 3 messages (1014 bytes), received 5 messages (22 bytes)".to_owned();
    assert_eq!(summary(&host, &heard, stats), expected);
}

#[test]
fn what_a_call_is_refused_for_is_not_counted() {
    let folder = workshop();
    let heard = Heard::default();
    let host = heard.builder().application(Peer(heard.clone())).start().unwrap();
    let stats = load(&host, &build(folder.path(), "stats"), "");
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE]).unwrap();
    let session = calls.create_session(socket, 1, None).unwrap();
    assert!(calls.receive(session, 9, b"no such channel").is_err());
    assert!(calls.request(session, ECHO, FAST, 1, b"no such service").is_err());
    let expected = "org.pintle.stats: Stats: sent 0 messages (0 bytes), received 0 messages (0 bytes)";
    assert_eq!(summary(&host, &heard, stats), expected);
}

#[test]
fn instances_count_for_themselves() {
    let folder = workshop();
    let library = build(folder.path(), "stats");
    let (heard, other_heard) = (Heard::default(), Heard::default());
    let host = heard.builder().application(Peer(heard.clone())).start().unwrap();
    let other = other_heard.builder().start().unwrap();
    let (stats, idle) = (load(&host, &library, ""), load(&other, &library, ""));
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE]).unwrap();
    let session = calls.create_session(socket, 1, None).unwrap();
    calls.receive(session, 0, b"1234567890").unwrap();
    let counted = "org.pintle.stats: Stats: sent 0 messages (0 bytes), received 1 messages (10 bytes)";
    assert_eq!(summary(&host, &heard, stats), counted);
    let nothing = "org.pintle.stats: Stats: sent 0 messages (0 bytes), received 0 messages (0 bytes)";
    assert_eq!(summary(&other, &other_heard, idle), nothing);
}

#[test]
fn a_full_pool_says_what_to_do_and_is_given_back() {
    let folder = workshop();
    let line = &printed_commands("plugins/stats/README.md")[0];
    run(folder.path(), &line.replace("-O2", "-O2 -DSTATS_INSTANCES=2"));
    let library = folder.path().join("stats.so");
    let host = Heard::default().builder().start().unwrap();
    let first = load(&host, &library, "");
    load(&host, &library, "");
    let error = try_load(&host, &library, "").unwrap_err();
    assert!(error.text.contains("STATS_INSTANCES"), "{error}");
    host.unload(first, WAIT).unwrap();
    load(&host, &library, "");
}

/// The numbers that no test can count up to.
#[test]
fn every_number_is_written_whole() {
    let folder = workshop();
    let source = r#"
        #include "plugins/stats/stats.c"
        #include <inttypes.h>
        #include <stdio.h>
        #include <string.h>
        int main(void) {
            static const uint64_t numbers[] = {0, 1, 9, 10, 11, 99, 100, 1000000007, UINT32_MAX, UINT64_MAX};
            for (size_t index = 0; index < sizeof numbers / sizeof numbers[0]; index++) {
                char expected[32];
                line_t line = {.length = 0};
                const int length = snprintf(expected, sizeof expected, "%" PRIu64, numbers[index]);
                put_number(&line, numbers[index]);
                if (line.length != (size_t)length || memcmp(line.text, expected, line.length) != 0) {
                    printf("%s: %.*s\n", expected, (int)line.length, line.text);
                    return 1;
                }
            }
            line_t longest = {.length = 0};
            const count_t most = {UINT64_MAX, UINT64_MAX};
            put_count(&longest, "Stats: sent ", &most);
            put_count(&longest, ", received ", &most);
            return longest.length <= LINE_MAX ? 0 : 2;
        }"#;
    std::fs::write(folder.path().join("numbers.c"), source).unwrap();
    run(
        folder.path(),
        "cc -std=c11 -fsanitize=address,undefined -I include -I . -o numbers numbers.c && ./numbers",
    );
}

#[test]
fn it_compiles_quietly_for_servers_and_firmware() {
    let folder = workshop();
    let strict = "-Wall -Wextra -pedantic -Werror -Wconversion -Wshadow -c -o quiet.o";
    for compiler in c_compilers() {
        for standard in ["c11", "c17"] {
            for linked_in in ["", "-DPINTLE_STATIC"] {
                let options = format!("-std={standard} {strict} {linked_in} -I include");
                run(folder.path(), &format!("{compiler} {options} plugins/stats/stats.c"));
            }
        }
    }
    if !is_installed("arm-none-eabi-gcc") {
        return;
    }
    for processor in ["cortex-m4", "cortex-m0"] {
        let line = &printed_commands("plugins/stats/README.md")[1];
        run(
            folder.path(),
            &line.replace("cortex-m4", processor).replace("-c ", "-Wall -Wextra -pedantic -Werror -c "),
        );
        let object = folder.path().join("stats.o");
        assert!(symbols(&object, &["-g", "--defined-only"]).contains(&"pintle_entry_stats".to_owned()));
        let needed = symbols(&object, &["-u"]);
        assert!(needed.iter().all(|name| name.starts_with("mem")), "{processor}: {needed:?}");
    }
}
