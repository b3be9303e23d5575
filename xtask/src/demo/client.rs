//! One session: a WebSocket connection with a bounded number of requests on their way.

use std::collections::HashMap;
use std::iter::Sum;
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use indicatif::ProgressBar;
use tungstenite::{Message, WebSocket};

use super::files::{Chunk, Files};
use super::frame::{self, Answer};

/// Requests on their way. With chunks of 48 KiB they are less than what a connection buffers, so that a client that
/// writes and reads in turn never blocks its server.
const WINDOW: usize = 16;
/// After this long without an answer something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);
/// The channel that `shout` listens on, and what is said there.
pub const CHANNEL: u16 = 0;
const GREETING: &[u8] = b"hello from the demo";

/// Messages and the bytes in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub messages: u64,
    pub bytes: u64,
}

impl Count {
    fn add(&mut self, bytes: usize) {
        self.messages += 1;
        self.bytes += bytes as u64;
    }
}

/// What went there and came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    pub sent: Count,
    pub received: Count,
}

impl Sum for Traffic {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        let add = |a: Count, b: Count| Count { messages: a.messages + b.messages, bytes: a.bytes + b.bytes };
        all.fold(Self::default(), |a, b| Self {
            sent: add(a.sent, b.sent),
            received: add(a.received, b.received),
        })
    }
}

/// A request on its way.
struct Pending {
    chunk: Chunk,
    is_answered: bool,
}

/// Takes chunks until there are no more, and files what comes back.
pub fn transfer(
    address: &str,
    files: &Files,
    next: &impl Fn() -> Option<Chunk>,
    bar: &ProgressBar,
) -> Result<Traffic> {
    let mut socket = connect(address)?;
    let mut traffic = Traffic::default();
    socket.send(Message::binary(frame::message(CHANNEL, GREETING)))?;
    traffic.sent.add(GREETING.len());
    let mut pending: HashMap<u64, Pending> = HashMap::new();
    loop {
        while pending.len() < WINDOW
            && let Some(chunk) = next()
        {
            let payload = files.read(&chunk)?;
            // Echo's requests are 1, on the kernel thread, and 2, on a worker.
            let id = 1 + (chunk.number % 2) as u32;
            traffic.sent.add(payload.len());
            socket.send(Message::binary(frame::request(id, chunk.number, &payload)))?;
            pending.insert(chunk.number, Pending { chunk, is_answered: false });
        }
        if pending.is_empty() {
            break;
        }
        let message = socket.read().context("waiting for an answer")?;
        let Message::Binary(bytes) = message else {
            ensure!(!message.is_close(), "the server closed the connection: {message}");
            continue;
        };
        receive(&bytes, files, &mut pending, &mut traffic, bar)?;
    }
    close(socket)?;
    Ok(traffic)
}

fn receive(
    frame: &[u8],
    files: &Files,
    pending: &mut HashMap<u64, Pending>,
    traffic: &mut Traffic,
    bar: &ProgressBar,
) -> Result<()> {
    let unknown = |correlation| format!("an answer to request {correlation}, which is not on its way");
    match frame::answer(frame)? {
        Answer::Result { correlation, payload } => {
            let request = pending.get_mut(&correlation).with_context(|| unknown(correlation))?;
            ensure!(!request.is_answered, "two results for request {correlation}");
            request.is_answered = true;
            traffic.received.add(payload.len());
            files.write(&request.chunk, payload)?;
            bar.inc(payload.len() as u64);
        }
        Answer::Done { correlation, code } => {
            let request = pending.remove(&correlation).with_context(|| unknown(correlation))?;
            ensure!(code == 0, "request {correlation} ended with status {code}");
            ensure!(request.is_answered, "request {correlation} ended without a result");
        }
        Answer::Exception { correlation, code, text } => {
            bail!("request {correlation} failed with {code}: {}", String::from_utf8_lossy(text))
        }
    }
    Ok(())
}

fn connect(address: &str) -> Result<WebSocket<TcpStream>> {
    let authority = address.trim_start_matches("ws://").split('/').next().unwrap_or_default();
    let stream = TcpStream::connect(authority).with_context(|| format!("cannot connect to {address}"))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    match tungstenite::client(address, stream) {
        Ok((socket, _)) => Ok(socket),
        Err(error) => bail!("no WebSocket at {address}: {error}"),
    }
}

/// Ends the connection as RFC 6455 asks: a close frame each way.
fn close(mut socket: WebSocket<TcpStream>) -> Result<()> {
    socket.close(None)?;
    loop {
        match socket.read() {
            Ok(_) => {}
            Err(tungstenite::Error::ConnectionClosed) => return Ok(()),
            Err(error) => return Err(error).context("waiting for the end of the connection"),
        }
    }
}
