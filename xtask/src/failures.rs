//! Repeats the output of failed tests at the end of a test run, because in a long log it is hard to find.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::command::show;

/// At most this many bytes are repeated, so that they are kept where a log is cut off at its beginning.
const LIMIT: usize = 6 * 1024;

/// Runs cargo's test command with its output on the terminal; its error repeats the failed tests and their messages.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{shown}`"))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (mut failures, errors) = std::thread::scope(|scope| {
        let errors = scope.spawn(|| pass_on(stderr, std::io::stderr(), of_cargo));
        let failures = pass_on(stdout, std::io::stdout(), of_libtest);
        (failures, errors.join().unwrap_or_default())
    });
    let status = child.wait()?;
    if !status.success() {
        failures.truncate(failures.floor_char_boundary(LIMIT));
        bail!("`{shown}` failed: {status}\n{failures}{errors}");
    }
    Ok(())
}

/// Copies lines from `from` to `to`, and returns those that `keep` chooses; `keep` is told whether it chose the line
/// before.
fn pass_on(from: Option<impl Read>, mut to: impl Write, keep: fn(&str, bool) -> bool) -> String {
    let mut kept = String::new();
    let mut keeping = false;
    let mut line = Vec::new();
    let Some(mut from) = from.map(BufReader::new) else { return kept };
    while from.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
        // The tests go on even if the terminal is closed.
        _ = to.write_all(&line).and_then(|()| to.flush());
        let text = String::from_utf8_lossy(&line);
        keeping = keep(text.trim_end(), keeping);
        if keeping && !is_frame(&text) {
            kept.push_str(&text);
        }
        line.clear();
    }
    kept
}

/// Whether a line belongs to a backtrace. Those of tests are long and of little use.
fn is_frame(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("at ") || line.split_once(": ").is_some_and(|(number, _)| number.parse::<u32>().is_ok())
}

/// libtest prints the failed tests' output between these two lines.
fn of_libtest(line: &str, keeping: bool) -> bool {
    line == "failures:" || keeping && !line.starts_with("test result:")
}

/// At the end, cargo names the targets that failed, and the signal if one was killed.
fn of_cargo(line: &str, keeping: bool) -> bool {
    // The next target's name is indented too, by more.
    let goes_on =
        line.starts_with(' ') && !line.starts_with("     ") || line.is_empty() || line == "Caused by:";
    line.starts_with("error:") || keeping && goes_on
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_of_failed_tests_is_kept_and_everything_is_passed_on() {
        let log = "running 2 tests\ntest a ... FAILED\ntest b ... ok\n\nfailures:\n\n---- a stdout ----\nwhy\n   0: frame\n             at file\n\n\
                   failures:\n    a\n\ntest result: FAILED. 1 passed\n\nrunning 0 tests\n";
        let mut passed = Vec::new();
        let kept = pass_on(Some(log.as_bytes()), &mut passed, of_libtest);
        assert_eq!(kept, "failures:\n\n---- a stdout ----\nwhy\n\nfailures:\n    a\n\n");
        assert_eq!(passed, log.as_bytes());
    }

    #[test]
    fn targets_that_cargo_names_are_kept() {
        let log = "     Running tests/a.rs\nerror: test failed, to rerun pass `-p x --test a`\n\nCaused by:\n  \
                   process didn't exit successfully: (signal: 6)\n     Running tests/b.rs\nerror: 1 target failed:\n    `-p x --test a`\n";
        let kept = pass_on(Some(log.as_bytes()), std::io::sink(), of_cargo);
        assert!(
            kept.contains("signal: 6")
                && !kept.contains("Running")
                && kept.ends_with("1 target failed:\n    `-p x --test a`\n"),
            "{kept}"
        );
    }
}
