//! `cargo xtask demo`: everything at once, with real files and two processes.
//!
//! `pintle run` serves the four plugins in a process of its own. This one is the client: it knows nothing of Pintle but the
//! frames that `plugins/websocket/README.md` documents.

mod client;
mod files;
mod frame;
mod server;
mod verdict;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use self::client::Traffic;
use self::files::{Chunk, Files};
use self::server::Server;
use crate::build::plugins;
use crate::command::{cargo, run, target};

/// How many connections there are at a time.
const SESSIONS: usize = 4;

/// Streams files through `echo`, compares what comes back, and what the plugins say of it. `verbose` prints each file's hash.
pub fn demo(root: &Path, named: &[PathBuf], verbose: bool) -> Result<()> {
    println!("building the host and its plugins");
    run(cargo(root).args(["build", "--quiet", "--release", "--package", "pintle-cli"]))?;
    let plugins = plugins::build(root)?;
    let files = if named.is_empty() { Files::usual(root)? } else { Files::named(named)? };
    let server = Server::start(&target(root).join("release/pintle"), &plugins)?;
    let address = server.address().to_owned();
    let start = Instant::now();
    let traffic = stream(&files, &address)?;
    let seconds = start.elapsed().as_secs_f64();
    let ended = server.stop()?;
    let mut faults = Vec::new();
    for file in files.compare()? {
        if verbose {
            println!("{} {:>10}  {}", file.digest, file.length, file.name);
        }
        faults.extend(file.fault);
    }
    faults.extend(verdict::faults(&ended, &traffic, plugins.len()));
    let bytes = HumanBytes(files.bytes());
    let per_second = |amount: f64| amount / seconds.max(f64::EPSILON);
    row("server", &format!("pintle run, {} plugins, {address}", plugins.len()));
    row(
        "files",
        &format!("{}, {bytes}, each sent in parts through echo and compared by SHA-256", files.count()),
    );
    row("sessions", &format!("{SESSIONS} WebSocket connections at a time"));
    row(
        "throughput",
        &format!(
            "{}/s each way, {:.0} requests/s, for {seconds:.1} s",
            HumanBytes(per_second(files.bytes() as f64) as u64),
            per_second(files.chunks().count() as f64)
        ),
    );
    row(
        "messages",
        &format!(
            "{} ({}) sent, {} ({}) received",
            traffic.sent.messages,
            HumanBytes(traffic.sent.bytes),
            traffic.received.messages,
            HumanBytes(traffic.received.bytes)
        ),
    );
    row("plugins", &ended.receipts.join(&format!("\n{:INDENT$}", "")));
    if !faults.is_empty() {
        row("verdict", "not everything came back as it went");
        bail!("{}", faults.join("\n       "));
    }
    row("verdict", "everything came back as it went, and the plugins counted the same");
    Ok(())
}

/// Where the second column begins.
const INDENT: usize = 13;

fn row(name: &str, text: &str) {
    println!("{name:INDENT$}{text}");
}

/// Sends every chunk through one of the sessions; each takes the next one when it has room.
fn stream(files: &Files, address: &str) -> Result<Traffic> {
    let bar = ProgressBar::new(files.bytes());
    bar.set_style(ProgressStyle::with_template("{bar:50} {bytes}/{total_bytes} {bytes_per_sec} {eta}")?);
    let chunks = Mutex::new(files.chunks());
    let next = || -> Option<Chunk> { chunks.lock().ok()?.next() };
    let sessions = std::thread::scope(|scope| {
        let session = || client::transfer(address, files, &next, &bar);
        let threads: Vec<_> = (0..SESSIONS).map(|_| scope.spawn(session)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| bail!("a session panicked")))
            .collect::<Result<Vec<Traffic>>>()
    });
    bar.finish_and_clear();
    Ok(sessions.context("streaming")?.into_iter().sum())
}
