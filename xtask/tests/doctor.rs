//! `cargo xtask doctor` and `test` on machines that lack a tool.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use pintle_tools::{Cure, TOOLS};

/// The program by which a tool is found, and a part of the arguments with which it is asked for it; without one, all.
fn disguise(tool: &str) -> (&str, &str) {
    match tool {
        "python" => ("python3", ""),
        "Python.h" => ("python3", "Python.h"),
        "clippy" => ("cargo", "clippy"),
        "-m32" => ("cc", "-m32"),
        "c++ -m32" => ("c++", "-m32"),
        "nightly" => ("rustup", "nightly"),
        "cargo-fuzz" => ("rustup", "fuzz"),
        "thumbv7em-none-eabihf" | "thumbv6m-none-eabi" => ("rustc", tool),
        name => (name, ""),
    }
}

/// Runs xtask on a machine that is like this one, but has no such tool.
fn without(tool: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let (program, asked) = disguise(tool);
    let path = std::env::var("PATH").unwrap();
    let real = path.split(':').map(|folder| Path::new(folder).join(program)).find(|file| file.exists());
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *{asked}*) exit 1;; esac\nexec {} \"$@\"\n",
        real.unwrap_or_default().display()
    );
    let file = folder.path().join(program);
    fs::write(&file, script).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .env_remove("PYTHON")
        .env_remove(pintle_tools::ALL)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

#[test]
fn the_table_has_a_row_for_each_tool_that_is_absent() {
    for tool in &TOOLS {
        // Debian's compiler, which is named by its path, can stand in for a target.
        if tool.name.starts_with("thumb") && Path::new("/usr/bin/cargo").exists() {
            continue;
        }
        let output = without(tool.name, &["doctor"]);
        let said = said(&output);
        assert!(output.status.success(), "{said}");
        let row = said.lines().find(|line| line.starts_with(&format!("{} ", tool.name)));
        let row = row.unwrap_or_else(|| panic!("no row for {}: {said}", tool.name));
        assert!(row.contains(tool.untested) && row.contains(&tool.cure.to_string()), "{row}");
        let line = said.lines().last().unwrap();
        match tool.cure {
            Cure::Apt(words) | Cure::Run(words) => assert!(line.contains(words), "{line}"),
            Cure::Page(_) => assert!(!line.contains("http"), "{line}"),
        }
    }
}

#[test]
fn what_needs_an_absent_tool_is_skipped_and_fails_if_all_is_asked_for() {
    let some = without("valgrind", &["test", "instructions"]);
    let text = said(&some);
    assert!(some.status.success(), "{text}");
    assert!(text.contains("SKIPPED: valgrind is not installed") && text.contains("ABSENT"), "{text}");
    let all = without("valgrind", &["test", "--all", "instructions"]);
    assert!(!all.status.success() && said(&all).contains("failed: instructions"), "{}", said(&all));
}
