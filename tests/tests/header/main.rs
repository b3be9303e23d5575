//! The generated headers, compiled by every compiler, language version and pointer width that they promise.

mod compiler;
mod descriptor;
mod systems;

use compiler::{Compiler, all, native, sources};

/// Every promised mode compiles `source` with `flags`.
fn compiles_everywhere(source: &str, flags: &[&str]) {
    for compiler in all() {
        for standard in compiler.standards() {
            let result = compiler.compile(standard, flags, source);
            assert!(result.is_ok(), "{compiler} -std={standard} {flags:?}: {}", result.unwrap_err());
        }
    }
}

#[test]
fn plugin_compiles_everywhere() {
    compiles_everywhere("plugin.c", &[]);
    compiles_everywhere("plugin.c", &["-DPINTLE_STATIC"]);
}

#[test]
fn every_slot_compiles_everywhere() {
    compiles_everywhere("every_slot.c", &[]);
}

#[test]
fn calls_can_be_left_to_the_library() {
    compiles_everywhere("every_slot.c", &["-DPINTLE_NO_INLINE"]);
}

#[test]
fn host_header_compiles_everywhere() {
    compiles_everywhere("host_header.c", &[]);
}

/// Authors turn more on than the header promises; what it expands to in their files stays quiet.
#[test]
fn stricter_warnings_stay_quiet() {
    let common =
        ["-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wcast-qual", "-Wundef", "-Wmissing-declarations"];
    for compiler in native() {
        for standard in compiler.standards() {
            let mut flags = common.to_vec();
            flags.extend(if standard.starts_with("c++") {
                ["-Wold-style-cast"]
            } else {
                ["-Wmissing-prototypes"]
            });
            let result = compiler.compile(standard, &flags, "plugin.c");
            assert!(result.is_ok(), "{compiler} -std={standard}: {}", result.unwrap_err());
        }
    }
}

/// The example in the header's own comment is a plugin.
#[test]
fn the_printed_example_compiles() {
    let header = std::fs::read_to_string(sources().join("../../include/pintle/plugin.h")).unwrap();
    let (_, comment) = header.split_once(" * Writing a plugin.\n").unwrap();
    let example: String = comment
        .lines()
        .filter_map(|line| line.strip_prefix(" *   "))
        .map(|line| line.to_owned() + "\n")
        .collect();
    assert!(example.contains("PINTLE_PLUGIN(hello,"), "{example}");
    for compiler in all() {
        for standard in compiler.standards() {
            let result = compiler.compile_text(standard, &[], &example);
            assert!(result.is_ok(), "{compiler} -std={standard}: {}", result.unwrap_err());
        }
    }
}

/// Each call reaches its own slot, and a NULL plugin is a status.
#[test]
fn every_slot_answers() {
    for compiler in native() {
        for standard in compiler.standards() {
            let output = compiler.run(standard, &[], "every_slot.c");
            assert!(output.is_ok(), "{compiler} -std={standard}: {}", output.unwrap_err());
        }
    }
}

/// The functions that the library exports reach the same slots as the inline ones.
#[test]
fn exported_calls_answer_too() {
    let library = compiler::static_library("pintle-ffi");
    let flags = ["-DPINTLE_NO_INLINE", library.to_str().unwrap(), "-lpthread", "-ldl", "-lm"];
    for compiler in native().into_iter().filter(|compiler| compiler.pointer() == size_of::<usize>()) {
        for standard in ["c11", "c++17"] {
            let output = compiler.run(standard, &flags, "every_slot.c");
            assert!(output.is_ok(), "{compiler} -std={standard}: {}", output.unwrap_err());
        }
    }
}

/// What an author gets wrong is said by the compiler, in words.
#[test]
fn mistakes_do_not_compile() {
    let plugin = |texts: &str, on: &str| {
        format!(
            "#include <pintle/plugin.h>\n\
             static int32_t one(pintle_plugin_t *plugin) {{ (void)plugin; return 0; }}\n\
             static int32_t two(pintle_plugin_t *plugin) {{ return one(plugin); }}\n\
             static int32_t stop(pintle_plugin_t *plugin, const pintle_stop_t *why) {{ (void)why; return two(plugin); }}\n\
             PINTLE_PLUGIN(wrong, PINTLE_TEXTS({texts}), 0, {on}, PINTLE_ON(request_stop, stop))\n"
        )
    };
    let texts = |id: &str, about: &str| {
        format!("\"{id}\", \"wrong\", \"1.0.0\", \"\", \"{about}\", \"\", \"\", \"\", \"\", \"\"")
    };
    let good = texts("org.pintle.wrong", "");
    let destroy = "PINTLE_ON(destroy, one)";
    let mixed = "#include <pintle/plugin.h>\n\
                 int32_t mix(pintle_plugin_t *plugin, pintle_session_t session);\n\
                 int32_t mix(pintle_plugin_t *plugin, pintle_session_t session) {\n\
                 return pintle_message_release(plugin, session);\n}\n";
    // The message, or none where each compiler has words of its own.
    let cases = [
        (plugin(&texts("org.pintle.wrong", &"x".repeat(4096)), destroy), "must fit into 4096 bytes"),
        (plugin(&texts("", ""), destroy), "a plugin needs an id"),
        (
            plugin(&good.replace("wrong\"", "\"").replace("org.pintle.", "org"), destroy),
            "a plugin needs a name",
        ),
        (plugin("\"org.pintle.wrong\", \"wrong\"", destroy), "PINTLE_TEXTS"),
        (plugin(&good.replacen("\"\", ", "", 1), destroy), "PINTLE_TEXTS_takes_ten_or_eleven_texts"),
        (plugin(&format!("{good}, \"a\", \"b\""), destroy), "PINTLE_TEXTS_takes_ten_or_eleven_texts"),
        (
            format!("#define PINTLE_ABI_MINOR_LEAST 0xffff\n{}", plugin(&good, destroy)),
            "PINTLE_ABI_MINOR_LEAST: this header is older",
        ),
        (plugin(&good, "PINTLE_ON(message_in, one)"), ""),
        (plugin(&good, "PINTLE_ON(no_such_callback, one)"), "no_such_callback"),
        (plugin(&good, "PINTLE_ON(destroy, one), PINTLE_ON(destroy, two)"), ""),
        (mixed.to_owned(), ""),
    ];
    for compiler in native() {
        for standard in compiler.standards() {
            let result = compiler.compile_text(standard, &[], &plugin(&good, destroy));
            assert!(result.is_ok(), "{compiler} -std={standard}: {}", result.unwrap_err());
            for (source, message) in &cases {
                let error = compiler.compile_text(standard, &[], source).err();
                let error = error.unwrap_or_else(|| panic!("{compiler} -std={standard} accepts {source}"));
                assert!(error.contains(message), "{compiler} -std={standard}: {message:?} is not in {error}");
            }
        }
    }
}

/// The widest descriptor that fits compiles: the limit is a limit, not an approximation.
#[test]
fn the_longest_texts_fit() {
    let head = size_of::<pintle_abi_core::Descriptor>();
    let others = "org.pintle.long".len() + "long".len() + 11;
    let source = |length: usize| {
        format!(
            "#include <pintle/plugin.h>\n\
             static int32_t one(pintle_plugin_t *plugin) {{ (void)plugin; return 0; }}\n\
             PINTLE_PLUGIN(long_texts, PINTLE_TEXTS(\"org.pintle.long\", \"long\", \"\", \"\", \"{}\", \"\", \"\", \"\", \
             \"\", \"\"), 0, PINTLE_ON(destroy, one))\n",
            "x".repeat(length)
        )
    };
    let longest = pintle_abi_core::DESCRIPTOR_MAX - head - others;
    let compiler: Compiler = native().remove(0);
    let result = compiler.compile_text("c11", &["-Wno-overlength-strings"], &source(longest));
    assert!(result.is_ok(), "{}", result.unwrap_err());
    assert!(compiler.compile_text("c11", &["-Wno-overlength-strings"], &source(longest + 1)).is_err());
}
