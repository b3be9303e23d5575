//! The `pintle` command, built once for each run of the tests.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use rustix::process::{Pid, Signal, kill_process};

use crate::plugins::{root, said};

/// The command's file.
fn file() -> &'static PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let output = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--bin", "pintle", "--message-format", "json", "-p", "pintle-cli"])
            .current_dir(root())
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{}", said(&output));
        let mut messages = output.stdout.split(|byte| *byte == b'\n').filter_map(|line| {
            let message: serde_json::Value = serde_json::from_slice(line).ok()?;
            message["executable"].as_str().map(PathBuf::from)
        });
        messages.next().expect("cargo built the command")
    })
}

/// `pintle` with these arguments.
#[must_use]
pub fn pintle<S: AsRef<OsStr>>(arguments: &[S]) -> Command {
    let mut command = Command::new(file());
    command.args(arguments);
    command
}

/// `pintle run` that is up.
#[derive(Debug)]
pub struct Server {
    child: Child,
    lines: BufReader<ChildStdout>,
    /// Where it listens.
    pub address: String,
}

/// What a server has said until its end.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it printed after the address.
    pub lines: Vec<String>,
    /// What it logged.
    pub log: String,
}

impl Server {
    /// Starts `pintle run` with these arguments, and waits until it says where it listens.
    ///
    /// # Panics
    /// If it ends before that.
    #[must_use]
    pub fn start<S: AsRef<OsStr>>(arguments: &[S]) -> Self {
        let mut command = pintle(&["run"]);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command runs");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        lines.read_line(&mut line).expect("text");
        let Some(address) = line.trim_end().strip_prefix("listening on ") else {
            let output = child.wait_with_output().expect("it ends");
            panic!("it printed {line:?} and said {}", said(&output));
        };
        Self { child, lines, address: address.to_owned() }
    }

    /// Sends SIGTERM, and waits for the end.
    ///
    /// # Panics
    /// If it is gone already.
    #[must_use]
    pub fn stop(mut self) -> Ended {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("the server is gone");
        let lines = self.lines.by_ref().lines().map(|line| line.expect("text")).collect();
        let mut log = String::new();
        self.child.stderr.take().expect("it is piped").read_to_string(&mut log).expect("text");
        Ended { code: self.child.wait().expect("it ends").code(), lines, log }
    }
}
