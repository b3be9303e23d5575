//! `pintle.hpp`: the wall, both of its modes, and the templates.

use std::fmt::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use pintle_host::abi::{IMAGE_RESIDENT, MODE_RELIABLE, Session, status};
use pintle_tests::artefacts::libpintle;
use pintle_tests::plugins::{
    Heard, TWO_OBJECTS, alone, build, build_library, compile_cpp, exports, load, printed_commands, root, run,
    said, try_load, workshop,
};
use pintle_tests::stir::{Peer, WAIT, stir, until};
use pintle_tools::{cxx_compilers, is_installed};

/// Where `thrower` can be made to throw, after `create`.
const PLACES: [&str; 28] = [
    "request_stop",
    "socket_created",
    "socket_listening",
    "socket_connecting",
    "socket_stopped",
    "socket_destroyed",
    "socket_attached",
    "socket_detached",
    "session_created",
    "session_destroyed",
    "message_in",
    "message_out",
    "session_send",
    "session_writable",
    "session_disconnect",
    "session_result",
    "session_get_rtt",
    "session_set_mode",
    "request",
    "slow_arrive",
    "slow_request",
    "request_done",
    "offer_published",
    "offer_ended",
    "task",
    "worker task",
    "timer",
    "destroy",
];

/// docs/flow.md 3.9
#[test]
fn an_exception_in_any_callback_poisons_the_plugin_that_threw_and_no_other() {
    let folder = workshop();
    let (stats, thrower) = (build(folder.path(), "stats"), compile_cpp(folder.path(), "thrower", ""));
    for place in PLACES {
        let heard = Heard::default();
        let peer = Peer::default();
        let host = heard.builder().application(peer.clone()).start().unwrap();
        let stats = load(&host, &stats, "");
        let instance = load(&host, &thrower, place);
        let named = format!("org.test.thrower: panicked in {place}: exception in ");
        stir(&host, &heard, &peer, "thrower:");
        // What happens on a worker comes in a later turn; what is left happens when it ends.
        if !["request_stop", "destroy"].contains(&place) {
            until(&host, &heard, || heard.has(&named));
        }
        let receipt = host.unload(instance, WAIT).unwrap();
        let lines = heard.lines();
        let thrown: Vec<_> = lines.iter().filter(|line| line.contains("thrown on purpose")).collect();
        assert_eq!(thrown.len(), 1, "{place}: {lines:#?}");
        assert!(thrown[0].starts_with(&named), "{place}: {lines:#?}");
        assert!(heard.has("org.test.thrower: destroyed"), "{place}: {lines:#?}");
        assert_eq!(receipt.poisoned, u32::from(place != "destroy"), "{place}: {receipt}");
        assert_ne!(receipt.image, IMAGE_RESIDENT, "{place}: {receipt}");
        // The other one goes on, before and after.
        let calls = host.calls().unwrap();
        let socket = calls.open(&[MODE_RELIABLE]).unwrap();
        let session = calls.create_session(socket, 1, None).unwrap();
        calls.send(session, 0, b"still there").unwrap();
        assert_eq!(host.unload(stats, WAIT).unwrap().poisoned, 0, "{place}");
        assert!(heard.lines().last().unwrap().starts_with("org.pintle.stats: Stats: sent "), "{place}");
    }
}

/// docs/flow.md 3.9
/// What a call answers with is passed on, but somebody else's panic is not the caller's.
#[test]
fn the_panic_of_one_plugin_poisons_no_other_that_called_it() {
    let folder = workshop();
    let heard = Heard::default();
    let peer = Peer::default();
    let host = heard.builder().application(peer.clone()).start().unwrap();
    let thrower = load(&host, &compile_cpp(folder.path(), "thrower", ""), "message_in");
    let loopback = load(&host, &compile_cpp(folder.path(), "loopback", ""), "answer");
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE]).unwrap();
    calls.listen(socket, "loopback:").unwrap();
    let sessions = peer.theirs();
    let theirs = |session: &&Session| calls.disconnect(**session).is_ok();
    let session = sessions[1];
    assert_eq!(calls.send(session, 0, b"out").unwrap_err().code, status::E_POISONED);
    calls.send(session, 0, b"out again").unwrap();
    assert_eq!(sessions.iter().filter(theirs).count(), 1);
    assert_eq!(host.unload(thrower, WAIT).unwrap().poisoned, 1);
    assert_eq!(host.unload(loopback, WAIT).unwrap().poisoned, 0);
}

#[test]
fn nobody_throws_unless_told() {
    let folder = workshop();
    let thrower = compile_cpp(folder.path(), "thrower", "");
    let heard = Heard::default();
    let peer = Peer::default();
    let host = heard.builder().application(peer.clone()).start().unwrap();
    let instance = load(&host, &thrower, "nowhere");
    stir(&host, &heard, &peer, "thrower:");
    let receipt = host.unload(instance, WAIT).unwrap();
    assert!(receipt.is_clean(), "{receipt}: {:#?}", heard.lines());
    let said = ["fast done", "slow done", "fast done", "slow done", "destroyed"];
    assert_eq!(heard.lines(), said.map(|text| format!("org.test.thrower: {text}")));
}

#[test]
fn a_constructor_that_throws_is_why_the_plugin_is_not_loaded() {
    let folder = workshop();
    let thrower = compile_cpp(folder.path(), "thrower", "");
    let heard = Heard::default();
    let host = heard.builder().start().unwrap();
    let error = try_load(&host, &thrower, "create").unwrap_err();
    assert_eq!(error.code, status::E_PANIC);
    assert!(error.text.contains("exception in create: thrown on purpose"), "{error}");
    assert!(host.list().is_empty());
    assert!(!heard.has("destroyed"), "{:#?}", heard.lines());
    load(&host, &thrower, "nowhere");
}

/// Without the wall the process ends, and its last words name the culprit.
#[test]
fn what_passes_no_wall_ends_the_process_with_a_name() {
    for word in ["throw", "abort"] {
        let output = alone("what_passes_no_wall_ends_the_process_with_a_name", word, |word| {
            let folder = workshop();
            pintle_host::install_crash_handler().unwrap();
            let host = Heard::default().builder().start().unwrap();
            load(&host, &compile_cpp(folder.path(), "raw", ""), word);
            let calls = host.calls().unwrap();
            let socket = calls.open(&[MODE_RELIABLE]).unwrap();
            let session = calls.create_session(socket, 1, None).unwrap();
            let _ = calls.receive(session, 0, b"now");
        });
        let Some(output) = output else { return };
        let said = said(&output);
        assert_eq!(output.status.signal(), Some(6), "{word}: {said}");
        let expected = "pintle: SIGABRT in plugin org.test.raw, callback message_in\n";
        assert!(said.contains(expected), "{word}: {said}");
    }
}

#[test]
fn the_header_compiles_in_both_modes_everywhere() {
    let folder = workshop();
    let source = root().join("tests/cpp/everything.cpp");
    let strict =
        "-Wall -Wextra -pedantic -Werror -Wshadow -Wconversion -Wold-style-cast -I include -c -o out.o";
    let small = "-fno-exceptions -fno-rtti -DPINTLE_NO_ALLOC -DPINTLE_STATIC";
    for compiler in cxx_compilers() {
        for standard in ["c++17", "c++20"] {
            for mode in ["", "-fno-rtti", small] {
                let source = source.display();
                run(folder.path(), &format!("{compiler} -std={standard} {strict} {mode} {source}"));
            }
        }
    }
    if !is_installed("arm-none-eabi-g++") {
        return;
    }
    let firmware = "arm-none-eabi-g++ -mcpu=cortex-m4 -mthumb -Os -ffreestanding";
    for standard in ["c++17", "c++20"] {
        run(folder.path(), &format!("{firmware} -std={standard} {strict} {small} {}", source.display()));
    }
}

/// The dynamic linker shares a unique symbol among all libraries, and never unmaps one that has it.
#[test]
fn a_plugin_has_no_unique_symbol() {
    let folder = workshop();
    // A class that other libraries could have too.
    let text = "#include <pintle/pintle.hpp>\n\
        class shared : public pintle::plugin {\npublic:\n\
        \x20   shared(pintle::plugin self, const pintle::create_args &) : plugin(self) { (void)acquire(1); }\n\
        };\n\
        PINTLE_CPP_PLUGIN(shared, shared,\n\
        PINTLE_TEXTS(\"org.test.shared\", \"shared\", \"1\", \"\", \"\", \"\", \"\", \"\", \"\", \"\"), 0)\n";
    std::fs::write(folder.path().join("shared.cpp"), text).unwrap();
    for mode in ["", "-fno-exceptions -DPINTLE_NO_ALLOC"] {
        run(
            folder.path(),
            &format!(
                "c++ -std=c++17 {mode} -fPIC -shared -I include -o shared.so shared.cpp && nm -D shared.so > names"
            ),
        );
        let names = std::fs::read_to_string(folder.path().join("names")).unwrap();
        assert!(names.contains(" pintle_entry"), "{mode}: {names}");
        assert!(!names.contains(" u "), "{mode}: {names}");
    }
}

/// The host's pointer leads to the plugin's class, which is not where a base lies that the host does not know.
#[test]
fn a_method_of_a_foreign_base_does_not_compile() {
    let folder = workshop();
    let source = |call: &str, on: &str| {
        format!(
            "#include <pintle/pintle.hpp>\n\
             class counter {{ public: void tick(void *, pintle_timer_t) {{}} void session_created(pintle::session) {{}} }};\n\
             class my : public pintle::plugin, public counter {{\n\
             public:\n    my(pintle::plugin self, const pintle::create_args &) : plugin(self) {{ {call} }}\n\
             \x20   void tock(void *data, pintle_timer_t timer) {{ tick(data, timer); }}\n}};\n\
             PINTLE_CPP_PLUGIN(my, my, PINTLE_TEXTS(\"org.test.my\", \"my\", \"1\", \"\", \"\", \"\", \"\", \"\", \"\", \"\"),\n\
             0, PINTLE_METHOD({on}, session_created))\n"
        )
    };
    let compiles = |call: &str, on: &str| {
        std::fs::write(folder.path().join("my.cpp"), source(call, on)).unwrap();
        let output = std::process::Command::new("c++")
            .args(["-std=c++17", "-fsyntax-only", "-I"])
            .arg(root().join("include"))
            .arg(folder.path().join("my.cpp"))
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (good, said) = compiles("start_timer<&my::tock>(1);", "my");
    assert!(good, "{said}");
    for (call, on) in [("start_timer<&my::tick>(1);", "my"), ("", "counter")] {
        let (good, said) = compiles(call, on);
        assert!(!good && said.contains("for one that is inherited from another base"), "{call} {on}: {said}");
    }
}

/// The example in the header's own comment is a plugin.
#[test]
fn the_printed_example_compiles() {
    let folder = workshop();
    let header = std::fs::read_to_string(root().join("include/pintle/cxx/callbacks.hpp")).unwrap();
    let comment = header.split("*/").next().unwrap();
    let example: Vec<_> = comment
        .lines()
        .skip_while(|line| !line.contains("#include <pintle/pintle.hpp>"))
        .take_while(|line| *line == " *" || line.starts_with(" *   "))
        .map(|line| line.trim_start_matches(" *"))
        .collect();
    std::fs::write(folder.path().join("example.cpp"), example.join("\n") + "\n").unwrap();
    run(
        folder.path(),
        "c++ -std=c++17 -fPIC -shared -Wall -Wextra -pedantic -Werror -I include -o example.so example.cpp",
    );
    let heard = Heard::default();
    let host = heard.builder().start().unwrap();
    load(&host, &folder.path().join("example.so"), "it says this");
    assert_eq!(heard.lines(), ["org.example.hello: it says this"]);
}

/// A firmware gets no allocator, no exceptions and no input or output through the header.
#[test]
fn without_exceptions_nothing_of_the_library_is_needed() {
    if !is_installed("arm-none-eabi-g++") {
        return;
    }
    let folder = workshop();
    let source = root().join("tests/cpp/everything.cpp");
    let line = format!(
        "arm-none-eabi-g++ -std=c++17 -mcpu=cortex-m4 -mthumb -Os -fno-exceptions -fno-rtti -DPINTLE_NO_ALLOC \
         -DPINTLE_STATIC -I include -c -o out.o {}",
        source.display()
    );
    run(folder.path(), &line);
    let needed = pintle_tests::plugins::symbols(&folder.path().join("out.o"), &["-u"]);
    let allowed =
        |name: &String| name.starts_with("mem") || name.starts_with("__aeabi_") || name.starts_with("str");
    assert!(needed.iter().all(allowed), "{needed:?}");
}

/// What the header knows by name is what the C header names.
#[test]
fn statuses_have_their_names() {
    let folder = workshop();
    let header = std::fs::read_to_string(root().join("include/pintle/plugin.h")).unwrap();
    let named = |line: &&str| {
        let name = line.split(' ').nth(1).unwrap_or_default();
        name.starts_with("PINTLE_E_") || ["PINTLE_OK", "PINTLE_CONSUMED", "PINTLE_PENDING"].contains(&name)
    };
    let mut source = "#include <pintle/pintle.hpp>\n".to_owned();
    let mut count = 0;
    for line in header.lines().filter(|line| line.starts_with("#define ")).filter(named) {
        let name = line.split(' ').nth(1).unwrap();
        writeln!(source, "static_assert(pintle::status_name({name}) == \"{name}\");").unwrap();
        count += 1;
    }
    assert!(count > 30, "{count}");
    source.push_str("static_assert(pintle::status_name(9999).empty());\n");
    std::fs::write(folder.path().join("names.cpp"), source).unwrap();
    run(folder.path(), "c++ -std=c++17 -I include -c -o names.o names.cpp");
}

/// Both ways in which the README of a template builds it.
#[test]
fn templates_build_as_printed_and_run() {
    for language in ["c", "cpp"] {
        let commands = printed_commands(&format!("templates/{language}/README.md"));
        let [copy, cmake, line, pintle] = &commands[..] else { panic!("{commands:?}") };
        assert!(pintle.contains("pintle run build/my_plugin.so"), "{pintle}");
        let with_cmake = is_installed("cmake").then_some(cmake);
        for build in with_cmake.into_iter().chain([line]) {
            // The page takes Pintle's source to be in `pintle`, and stands in it at first.
            let folder = tempfile::tempdir().unwrap();
            std::os::unix::fs::symlink(root(), folder.path().join("pintle")).unwrap();
            let copy = copy.replace("../my-plugin", "$OUT/my-plugin");
            let script = format!("OUT=$PWD\ncd pintle\n{copy}\n{build}");
            run(folder.path(), &script);
            let library = folder.path().join("my-plugin/build/my_plugin.so");
            assert_eq!(exports(&library), TWO_OBJECTS, "{language}");
            runs(&library);
        }
    }
}

fn runs(library: &Path) {
    let heard = Heard::default();
    let host = heard.builder().application(Peer::default()).start().unwrap();
    let instance = load(&host, library, "configured");
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE]).unwrap();
    let session = calls.create_session(socket, 1, None).unwrap();
    calls.receive(session, 0, b"five!").unwrap();
    calls.receive(session, 0, b"seven!!").unwrap();
    let receipt = host.unload(instance, WAIT).unwrap();
    assert!(receipt.is_clean(), "{receipt}");
    assert_ne!(receipt.image, IMAGE_RESIDENT, "{receipt}");
    let expected = ["org.example.my-plugin: configured", "org.example.my-plugin: 2 messages, 12 bytes"];
    assert_eq!(heard.lines(), expected);
}

/// The other half of the header: hosts.
#[test]
fn a_program_runs_plugins() {
    let folder = workshop();
    let stats = build(folder.path(), "stats");
    host_program(folder.path(), "host", &stats);
}

#[test]
fn a_program_writes_and_reads_messages() {
    host_program(workshop().path(), "messages", Path::new(""));
}

#[test]
fn an_exception_of_plugin_zero_continues_in_the_call_that_caused_it() {
    host_program(workshop().path(), "exceptions", Path::new(""));
}

#[test]
fn a_program_adds_and_ends_what_is_linked_in() {
    host_program(workshop().path(), "instances", Path::new(""));
}

#[test]
fn a_program_loads_a_folder() {
    let folder = workshop();
    let _ = build(folder.path(), "stats");
    std::fs::write(folder.path().join("text.so"), "text").unwrap();
    host_program(folder.path(), "folder", folder.path());
}

#[test]
fn a_program_fetches_what_its_plugins_do() {
    host_program(workshop().path(), "mailbox", &build_library("pintle-echo", "so"));
}

/// Compiles a host of `tests/cpp` in several ways, and runs it with a plugin.
fn host_program(folder: &Path, name: &str, plugin: &Path) {
    let (library, sources) = (&libpintle().archive, root().join("tests/cpp"));
    let ways = ["c++ -std=c++17", "clang++ -std=c++20", "c++ -std=c++20 -fsanitize=address,undefined"];
    let compilers = cxx_compilers();
    for way in ways.into_iter().filter(|way| compilers.contains(&&way[..way.find(' ').unwrap()])) {
        let line = format!(
            "{way} -g -Wall -Wextra -pedantic -Werror -DPINTLE_STATIC -I include -o program {sources}/{name}.cpp \
             {sources}/loopback.cpp {library} -lpthread -ldl -lm && ./program {plugin}",
            sources = sources.display(),
            library = library.display(),
            plugin = plugin.display()
        );
        run(folder, &line);
    }
}
