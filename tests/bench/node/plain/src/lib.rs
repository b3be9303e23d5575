//! The calls that are measured, as the macros of napi-rs make them: functions on handles, the cheaper of their two shapes.

use std::cell::{Cell, OnceCell};

use napi::Result;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use pintle_host::abi::{MODE_RELIABLE, Message, Session};
use pintle_host::{Application, Calls, Error, Host, LoadOptions};

thread_local! {
    static HOST: OnceCell<&'static Host> = const { OnceCell::new() };
    static CREATED: Cell<Session> = const { Cell::new(Session { bits: 0 }) };
}

struct Listener;

impl Application for Listener {
    fn filters(&self) -> bool {
        false
    }

    fn session_created(&self, _: &Calls<'_>, session: Session) {
        CREATED.set(session);
    }
}

fn failed(error: Error) -> napi::Error {
    napi::Error::from_reason(error.to_string())
}

fn calls<T>(run: impl FnOnce(&Calls<'_>) -> std::result::Result<T, Error>) -> Result<T> {
    let host = HOST.with(|host| host.get().copied());
    let host = host.ok_or_else(|| napi::Error::from_reason("no host was started"))?;
    host.calls().and_then(|calls| run(&calls)).map_err(failed)
}

/// A handle, as a number of JavaScript.
fn number(bits: u64) -> f64 {
    bits as f64
}

/// Starts the host of this thread, which lives as long as the process, with these plugins. Gives the session that one of
/// them owns, and a message.
///
/// # Errors
/// The host's.
#[napi]
pub fn start(plugins: Vec<String>) -> Result<Vec<f64>> {
    let host: &'static Host =
        Box::leak(Box::new(Host::builder().application(Listener).start().map_err(failed)?));
    HOST.with(|place| *place.get_or_init(|| host));
    for plugin in plugins {
        // SAFETY: the bench compiled it.
        unsafe { host.load(&plugin, &LoadOptions::default()) }.map_err(failed)?;
    }
    calls(|calls| {
        calls.open(&[MODE_RELIABLE])?;
        let message = calls.message(&[0; 64])?;
        Ok(vec![number(CREATED.get().bits), number(message.bits)])
    })
}

/// # Errors
/// The host's.
#[napi]
pub fn client_id(session: f64) -> Result<i64> {
    calls(|calls| calls.client_id(Session { bits: session as u64 }))
}

/// # Errors
/// The host's.
#[napi]
pub fn channel_mode(session: f64, channel: u32) -> Result<u32> {
    calls(|calls| calls.channel_mode(Session { bits: session as u64 }, channel))
}

/// # Errors
/// The host's.
#[napi]
pub fn send(session: f64, data: Buffer) -> Result<()> {
    calls(|calls| calls.send(Session { bits: session as u64 }, 0, &data))
}

/// # Errors
/// The host's.
#[napi]
pub fn length(message: f64) -> Result<u32> {
    calls(|calls| calls.length(Message { bits: message as u64 })).map(|length| length as u32)
}
