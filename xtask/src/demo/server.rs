//! `pintle run`, as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::client::CHANNEL;

/// After this long without a word something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that listens. Dropped before it is stopped, it is killed.
pub struct Server {
    child: Child,
    address: String,
    lines: Receiver<String>,
    log: JoinHandle<Vec<String>>,
}

/// What a server said at its end.
pub struct Ended {
    /// How its process ended.
    pub status: ExitStatus,
    /// The line of `stats`.
    pub stats: Option<String>,
    /// A line for each plugin.
    pub receipts: Vec<String>,
}

impl Server {
    /// Starts it, and waits until it says where it listens.
    pub fn start(program: &Path, plugins: &[PathBuf]) -> Result<Self> {
        let mut command = Command::new(program);
        command
            .args(["run", "--listen", "ws://127.0.0.1:0", "--priority", "stats=-1"])
            .args(["--config", &format!("shout=channels={CHANNEL}")])
            .args(plugins)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            bail!("the pipes of the server are missing");
        };
        let (sender, lines) = channel();
        std::thread::spawn(move || said(stdout).try_for_each(|line| sender.send(line)));
        let log = std::thread::spawn(move || said(stderr).collect());
        let mut server = Self { child, address: String::new(), lines, log };
        while server.address.is_empty() {
            match server.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    server.address = line.strip_prefix("listening on ").unwrap_or_default().to_owned();
                }
                Err(RecvTimeoutError::Timeout) => bail!("pintle run has not said where it listens"),
                Err(RecvTimeoutError::Disconnected) => {
                    let log = std::mem::replace(&mut server.log, std::thread::spawn(Vec::new));
                    bail!("pintle run ended at once:\n{}", log.join().unwrap_or_default().join("\n"));
                }
            }
        }
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Asks it to stop, as an operator would, and waits for its last words.
    pub fn stop(mut self) -> Result<Ended> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).context("cannot signal pintle run")?;
        let mut receipts = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => receipts.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    bail!("pintle run does not stop; it said:\n{}", receipts.join("\n"))
                }
            }
        }
        let status = self.ended()?;
        let log = std::mem::replace(&mut self.log, std::thread::spawn(Vec::new));
        let log = log.join().unwrap_or_default();
        let stats = log.iter().find_map(|line| {
            let line = &line[line.find("Stats: ")?..];
            // What the log adds of its own stands behind the last parenthesis.
            Some(line[..=line.rfind(')')?].to_owned())
        });
        Ok(Ended { status, stats, receipts })
    }

    fn ended(&mut self) -> Result<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bail!("pintle run has said all and does not end")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // It may end by itself meanwhile.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn said(pipe: impl Read) -> impl Iterator<Item = String> {
    BufReader::new(pipe).lines().map_while(Result::ok)
}
