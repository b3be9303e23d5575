//! The examples, built with the lines that their README prints, print what it says, and are clean under the tools that
//! look for mistakes of memory.

use std::os::unix::fs::symlink;
use std::process::Command;

use pintle_tests::artefacts::libpintle;
use pintle_tests::plugins::{self, printed_commands, root, said};
use tempfile::TempDir;

const PAGE: &str = "examples/README.md";
/// Where the lines of the hosts stand among the blocks of the page.
const HOSTS: [usize; 4] = [0, 1, 2, 3];

/// A folder that looks like the top of the source tree after everything was built.
fn workshop() -> TempDir {
    let folder = plugins::workshop();
    let at = |path: &str| folder.path().join(path);
    for name in ["examples", "packaging", "Cargo.toml"] {
        symlink(root().join(name), at(name)).unwrap();
    }
    std::fs::create_dir_all(at("target/plugins")).unwrap();
    symlink(&libpintle().folder, at("target/lib")).unwrap();
    symlink(plugins::build(folder.path(), "stats"), at("target/plugins/stats.so")).unwrap();
    symlink(plugins::build_library("pintle-echo", "so"), at("target/plugins/echo.so")).unwrap();
    folder
}

/// The commands that the page shows with what they print.
fn shown() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join(PAGE)).unwrap();
    let blocks = text.split("```text\n$ ").skip(1).filter_map(|block| block.split("```").next());
    let shown: Vec<_> = blocks
        .map(|block| block.split_once('\n').unwrap())
        .map(|(command, printed)| (command.to_owned(), printed.to_owned()))
        .collect();
    assert_eq!(shown.len(), 3, "{PAGE}");
    shown
}

/// Runs a command of the page and compares what it prints.
fn prints(folder: &TempDir, command: &str, expected: &str) {
    let output = Command::new("sh").args(["-ec", command]).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{command}: {}\n{}", output.status, said(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{command}");
}

/// Builds the hosts with `options` more, and runs them, each behind `before`.
fn check(options: &str, before: &str) {
    let folder = workshop();
    let commands = printed_commands(PAGE);
    for at in HOSTS {
        plugins::run(folder.path(), &commands[at].replacen(" -std", &format!(" {options} -std"), 1));
    }
    for (command, expected) in shown() {
        let command = command.replace("./", &format!("{before} ./"));
        prints(&folder, &command, &expected);
        prints(&folder, &command.replace("./c-host", "./cpp-host"), &expected);
    }
}

#[test]
fn as_printed() {
    check("-Wall -Wextra -pedantic -Werror", "");
}

#[test]
fn with_address_and_undefined_behaviour_sanitizers() {
    check("-g -fsanitize=address,undefined -fno-sanitize-recover=all", "");
}

#[test]
fn under_valgrind() {
    if plugins::is_installed("valgrind") {
        check(
            "-g",
            "valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect",
        );
    }
}

#[test]
fn installed() {
    if !plugins::is_installed("pkg-config") || !plugins::is_installed("cmake") {
        return;
    }
    let folder = workshop();
    for command in printed_commands(PAGE).iter().skip(HOSTS.len()) {
        plugins::run(folder.path(), command);
    }
    let (command, expected) = &shown()[0];
    for host in ["./pc-host", "build/cmake-c-host", "build/cmake-cpp-host"] {
        prints(&folder, &command.replace("./c-host", host), expected);
    }
    let needed = Command::new("readelf").arg("-d").arg(folder.path().join("pc-host")).output().unwrap();
    assert!(said(&needed).contains("[libpintle.so.1]"), "{}", said(&needed));
}
