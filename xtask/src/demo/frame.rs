//! The frames of `plugins/websocket/README.md`, as a client sees them.

use anyhow::{Context, Result, bail};

/// The service of `echo`.
const SERVICE: u32 = 0x1000_0001;

const MESSAGE: u8 = 0;
const REQUEST: u8 = 1;
const RESULT: u8 = 3;
const EXCEPTION: u8 = 4;
const DONE: u8 = 5;

/// Asks `echo` for its payload.
pub fn request(id: u32, correlation: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![REQUEST, 0, 0, 0];
    frame.extend(SERVICE.to_le_bytes());
    frame.extend(id.to_le_bytes());
    frame.extend(correlation.to_le_bytes());
    frame.extend(payload);
    frame
}

/// Says something on a channel.
pub fn message(channel: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![MESSAGE, 0];
    frame.extend(channel.to_le_bytes());
    frame.extend(payload);
    frame
}

/// What the server says.
pub enum Answer<'f> {
    /// One result of a request.
    Result { correlation: u64, payload: &'f [u8] },
    /// A request failed.
    Exception { correlation: u64, code: i32, text: &'f [u8] },
    /// Nothing more comes for a request.
    Done { correlation: u64, code: i32 },
}

/// Reads a frame of the server.
pub fn answer(frame: &[u8]) -> Result<Answer<'_>> {
    let (head, rest) = frame.split_first_chunk::<4>().context("a frame of less than 4 bytes")?;
    let (correlation, rest) = rest.split_first_chunk().context("a frame without a correlation")?;
    let correlation = u64::from_le_bytes(*correlation);
    if head[0] == RESULT {
        return Ok(Answer::Result { correlation, payload: rest });
    }
    let (code, text) = rest.split_first_chunk().context("a frame without a code")?;
    let code = i32::from_le_bytes(*code);
    match head[0] {
        EXCEPTION => Ok(Answer::Exception { correlation, code, text }),
        DONE => Ok(Answer::Done { correlation, code }),
        other => bail!("a frame of type {other}"),
    }
}
