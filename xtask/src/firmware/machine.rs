//! Runs an image: in QEMU, with a dialogue over its serial line, or as it is.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::image::Image;
use crate::command::output;

/// An image that hangs is ended after so many seconds.
const HANGS: &str = "120";
/// What is said over the serial line: `>` into it, `<` out of it.
const DIALOGUE: &str = "firmware/dialogue.txt";

/// The machine's clock goes on by 64 nanoseconds with each instruction and not otherwise, so that its timers count
/// instructions: a tick of 25 MHz is less than one.
const COUNTING: [&str; 2] = ["-icount", "shift=6,align=off,sleep=off"];

/// What an image says on its console.
pub fn run(root: &Path, image: &Image, file: &Path) -> Result<String> {
    if image.is_whole() {
        return emulate(image, file, &[], &fs::read_to_string(root.join(DIALOGUE))?);
    }
    let said = output(Command::new("timeout").arg(HANGS).arg(file))?;
    ensure!(said.status.success(), "{}: {}", file.display(), said.status);
    Ok(String::from_utf8(said.stdout)?)
}

/// The same where time is counted in instructions, and nothing comes over the serial line.
pub fn count(image: &Image, file: &Path) -> Result<String> {
    emulate(image, file, &COUNTING, "")
}

fn emulate(image: &Image, file: &Path, options: &[&str], dialogue: &str) -> Result<String> {
    let console = file.with_extension("console");
    let mut command = Command::new("timeout");
    command.args([HANGS, "qemu-system-arm", "-display", "none", "-monitor", "none", "-M", image.board.name]);
    command.args(options);
    command.args(["-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line"]);
    command.arg("-chardev").arg(format!("file,id=console,path={}", console.display()));
    command.args(["-semihosting-config", "enable=on,target=native,chardev=console"]);
    command.arg("-kernel").arg(file).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut machine = command.spawn().context("cannot start qemu-system-arm")?;
    let spoken = speak(&mut machine, dialogue);
    if spoken.is_err() {
        // Not the machine itself, but who ends it.
        kill_process(Pid::from_child(&machine), Signal::TERM)?;
    }
    let status = machine.wait()?;
    let said = fs::read_to_string(&console).unwrap_or_default();
    let context = || format!("{}, which said:\n{}", file.display(), end_of(&said));
    spoken.with_context(context)?;
    ensure!(status.success(), "{status}: {}", context());
    Ok(said)
}

/// Says what is in the dialogue, and hears that it is answered so.
fn speak(machine: &mut Child, dialogue: &str) -> Result<()> {
    let mut into = machine.stdin.take().context("no way in")?;
    let mut out = BufReader::new(machine.stdout.take().context("no way out")?).lines();
    for line in dialogue.lines() {
        if let Some(frame) = line.strip_prefix("> ") {
            writeln!(into, "{frame}")?;
        } else if let Some(expected) = line.strip_prefix("< ") {
            let heard = out.next().with_context(|| format!("nothing came where {expected:?} was due"))??;
            ensure!(heard == expected, "over the serial line came {heard:?}, and not {expected:?}");
        }
    }
    // The line is open until the machine has ended: one that nobody listens on takes no byte.
    ensure!(out.next().is_none(), "over the serial line came more than is in the dialogue");
    Ok(())
}

/// The last lines of a long text.
fn end_of(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
