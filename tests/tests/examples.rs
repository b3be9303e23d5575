//! The examples, built with the lines that their README prints, print what it says, and are clean under the tools that
//! look for mistakes of memory.

use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use pintle_tests::artefacts::libpintle;
use pintle_tests::plugins::{self, printed_commands, root, said};
use tempfile::TempDir;

const PAGE: &str = "examples/README.md";
/// Where the lines of the hosts stand among the blocks of the page.
const HOSTS: [usize; 5] = [0, 1, 2, 3, 4];

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
    assert_eq!(shown.len(), 4, "{PAGE}");
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

/// A host that reads its input, built as the page says.
fn built(name: &str) -> (TempDir, PathBuf) {
    let folder = workshop();
    let commands = printed_commands(PAGE);
    let command = commands.iter().find(|command| command.contains(&format!("-o {name}"))).unwrap();
    plugins::run(folder.path(), command);
    let program = folder.path().join(name);
    (folder, program)
}

#[test]
fn a_last_line_without_an_end_is_not_lost() {
    for (name, plugin) in [("epoll-host", "stats"), ("mailbox-host", "echo")] {
        let (folder, _) = built(name);
        let command = format!("printf 'one\\ntwo' | ./{name} target/plugins/{plugin}.so");
        let output = Command::new("sh").args(["-ec", &command]).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success() && said(&output).contains("two\n"), "{name}: {}", said(&output));
    }
}

/// A program around a host, whose waits a signal interrupts again and again. It says when that has happened.
const INTERRUPTED: &str = r#"
    #include <signal.h>
    #include <string.h>
    #include <sys/time.h>
    #include <unistd.h>
    #undef main
    int host_main(int, char **);
    static void on_alarm(int number) {
        static int count;
        (void)number;
        if (++count == 100) { (void)!write(2, "x", 1); }
    }
    int main(int count, char **arguments) {
        const struct itimerval often = {{0, 100}, {0, 100}};
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_handler = on_alarm;
        sigaction(SIGALRM, &action, NULL);
        setitimer(ITIMER_REAL, &often, NULL);
        return host_main(count, arguments);
    }
"#;

#[test]
fn a_wait_that_is_interrupted_goes_on() {
    let folder = workshop();
    std::fs::write(folder.path().join("around.c"), INTERRUPTED).unwrap();
    let commands = printed_commands(PAGE);
    let command = commands.iter().find(|command| command.contains("-o epoll-host")).unwrap();
    let command = command.replace(" -std=c11", " -std=gnu11 -Dmain=host_main around.c");
    plugins::run(folder.path(), &command);
    let mut command = Command::new(folder.path().join("epoll-host"));
    let mut host =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut input, mut told) = (host.stdin.take().unwrap(), host.stderr.take().unwrap());
    input.write_all(b"one\n").unwrap();
    let mut word = [0];
    told.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"x");
    input.write_all(b"two\n").unwrap();
    drop(input);
    let output = host.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", output.status);
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("one\ntwo\n"), "{}", said(&output));
}

/// What plugin zero's calls and the host's are refused for is told in their words.
#[test]
fn a_host_says_why_it_cannot_go_on() {
    let (folder, program) = built("mailbox-host");
    let output = Command::new(&program).arg("absent.so").current_dir(folder.path()).output().unwrap();
    assert!(
        said(&output).contains("cannot load a plugin: status 1001 there is no such file (absent.so). "),
        "{}",
        said(&output)
    );
}

#[test]
fn with_address_and_undefined_behaviour_sanitizers() {
    check("-g -fsanitize=address,undefined -fno-sanitize-recover=all", "");
}

#[test]
fn under_valgrind() {
    if pintle_tools::is_installed("valgrind") {
        check(
            "-g",
            "valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect",
        );
    }
}

#[test]
fn installed() {
    if !pintle_tools::is_installed("pkg-config") || !pintle_tools::is_installed("cmake") {
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
