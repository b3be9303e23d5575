//! The C host API, called from C: with what is right, and with everything that is wrong.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pintle_tests::artefacts::{libpintle, symbols};
use pintle_tests::plugins::{self, root, said};

/// What counts as lost for good.
const LEAKS: &str = "--errors-for-leak-kinds=definite,indirect";

/// Runs a program of `tests/c/host`, which is to succeed.
fn run(before: &[&str], name: &str, link: &[String], arguments: &[PathBuf]) {
    let output = outcome(before, name, link, arguments);
    assert!(output.status.success(), "{}: {}", output.status, said(&output));
}

/// Compiles a program of `tests/c/host`, links it with what `link` says, and runs it behind `before`.
fn outcome(before: &[&str], name: &str, link: &[String], arguments: &[PathBuf]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join(name);
    let compiled = Command::new("cc")
        .args(["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-g", "-Wall", "-Wextra", "-pedantic", "-Werror"])
        .arg("-Wno-missing-field-initializers")
        .arg("-I")
        .arg(root().join("include"))
        .arg(root().join(format!("tests/c/host/{name}.c")))
        .args(link)
        .args(["-pthread", "-o"])
        .arg(&program)
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", said(&compiled));
    let mut command = before.iter().map(OsString::from).collect::<Vec<_>>();
    command.push(program.into());
    Command::new(&command[0]).args(&command[1..]).args(arguments).output().unwrap()
}

fn archive() -> Vec<String> {
    vec![libpintle().archive.display().to_string()]
}

/// The functions that a header declares.
fn declared(header: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("include/pintle").join(header)).unwrap();
    let declarations = text.lines().filter(|line| !line.starts_with(' '));
    let names = declarations.filter_map(|line| line.split_once('(')?.0.split_whitespace().last());
    names
        .filter(|name| name.starts_with("pintle_") && !name.starts_with("pintle_core_"))
        .map(str::to_owned)
        .collect()
}

/// A plugin whose descriptor says much of it.
fn described(folder: &Path) -> PathBuf {
    let plugin = folder.join("described.so");
    let compiled = Command::new("cc")
        .args(["-std=c11", "-shared", "-fPIC", "-fvisibility=hidden", "-Wl,--no-as-needed", "-I"])
        .arg(root().join("include"))
        .arg(root().join("tests/c/described.c"))
        .arg("-o")
        .arg(&plugin)
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", said(&compiled));
    plugin
}

/// Runs the programs behind `before`, with `options` for the compiler.
fn all(before: &[&str], options: &[&str]) {
    let mut link: Vec<String> = options.iter().map(ToString::to_string).collect();
    link.extend(archive());
    run(before, "arguments", &link, &[]);
    for name in ["errors", "options", "instances"] {
        run(before, name, &link, &[]);
    }
    let workshop = plugins::workshop();
    let stats = plugins::build(workshop.path(), "stats");
    let echo = plugins::build_library("pintle-echo", "so");
    let odd = workshop.path().join(OsStr::from_bytes(b"st\xffats.so"));
    std::fs::copy(&stats, &odd).unwrap();
    run(before, "paths", &link, &[odd, workshop.path().to_owned()]);
    run(before, "inspection", &link, &[described(workshop.path())]);
    run(before, "mailbox", &link, &[]);
    run(before, "mailbox_own", &link, std::slice::from_ref(&echo));
    run(before, "running", &link, &[stats, echo, root().join("Cargo.toml")]);
}

#[test]
fn every_function_answers() {
    all(&[], &[]);
}

#[test]
fn a_signal_handler_may_stop_a_host_at_any_time() {
    run(&["timeout", "60"], "signals", &archive(), &[]);
}

#[test]
fn a_folder_is_loaded() {
    let workshop = plugins::workshop();
    let _ = plugins::build(workshop.path(), "stats");
    let echo = plugins::build_library("pintle-echo", "so");
    std::fs::copy(echo, workshop.path().join("echo.so")).unwrap();
    std::fs::copy(libpintle().shared.as_path(), workshop.path().join("library.so")).unwrap();
    std::fs::write(workshop.path().join("text.so"), "text").unwrap();
    let program = ["-fsanitize=address,undefined".to_owned(), archive().remove(0)];
    run(&[], "folder", &program, &[workshop.path().to_owned()]);
}

/// A plugin that allows one instance.
const ONLY: &str = r#"
    #include <pintle/plugin.h>
    static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
        (void)plugin;
        (void)args;
        return PINTLE_OK;
    }
    PINTLE_PLUGIN(only, PINTLE_TEXTS("org.test.only", "Only", "1", "", "", "", "", "", "", ""), 0, PINTLE_ON(create, create))
"#;

/// The static and the shared library in one process.
#[test]
fn copies_of_the_library_know_of_each_other() {
    let workshop = plugins::workshop();
    std::fs::write(workshop.path().join("only.c"), ONLY).unwrap();
    plugins::run(
        workshop.path(),
        "cc -std=c11 -fPIC -shared -fvisibility=hidden -I include -o only.so only.c",
    );
    let stats = plugins::build(workshop.path(), "stats");
    let arguments = [libpintle().shared.clone(), stats, workshop.path().join("only.so")];
    run(&[], "copies", &[archive(), vec!["-ldl".to_owned()]].concat(), &arguments);
}

#[test]
fn a_callback_that_is_left_by_a_long_jump_is_named() {
    run(&["timeout", "60"], "left_behind", &archive(), &[]);
}

#[test]
fn a_plugin_that_does_not_stop_is_abandoned() {
    run(&[], "abandoned", &archive(), &[]);
}

/// The stack that overflowed has no room for a handler: the report needs one of its own, on every thread of a host.
#[test]
fn a_stack_that_overflows_is_reported_with_a_name() {
    for (thread, callback) in [("kernel", "message_in"), ("worker", "worker task")] {
        let output = outcome(&[], "overflow", &archive(), &[thread.into()]);
        let told = said(&output);
        assert_eq!(output.status.signal(), Some(11), "{thread}: {told}");
        let expected = format!("pintle: stack overflow in plugin org.test.deep, callback {callback}\n");
        assert!(told.contains(&expected), "{thread}: {told}");
    }
}

#[test]
fn reserved_interfaces_are_refused_by_name() {
    run(&[], "reserved", &archive(), &[]);
}

#[test]
fn sanitizers_stay_quiet() {
    all(&[], &["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
}

#[test]
fn valgrind_stays_quiet() {
    if pintle_tools::is_installed("valgrind") {
        all(&["valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full", LEAKS], &[]);
    }
}

#[test]
fn the_shared_library_answers_too() {
    let folder = libpintle().folder.display().to_string();
    let shared = libpintle().shared.display().to_string();
    // It is recorded under the name that it has when it is installed.
    let installed = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(&shared, installed.path().join("libpintle.so.1")).unwrap();
    let path = format!("-Wl,-rpath,{}", installed.path().display());
    run(&[], "arguments", &[format!("-L{folder}"), "-l:libpintle.so".to_owned(), path], &[]);
}

#[test]
fn both_libraries_export_what_the_headers_declare() {
    let list = symbols("ffi/symbols.txt");
    let promised: BTreeSet<String> = &declared("host.h") | &declared("plugin.h");
    assert_eq!(list.iter().cloned().collect::<BTreeSet<_>>(), promised, "ffi/symbols.txt");
    assert_eq!(plugins::exports(&libpintle().shared), list);
    let mut defined = plugins::symbols(&libpintle().archive, &["--defined-only", "--extern-only"]);
    defined.retain(|name| name != "pintle.o:");
    assert_eq!(defined, list);
}
