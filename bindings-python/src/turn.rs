//! Waiting and turns.

use std::time::{Duration, Instant};

use pintle_host::Error;
use pintle_host::abi::status;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::error::{closed, raise, refuse};
use crate::host::Host;

/// How long a wait goes on without a look at what signals have left behind: one that comes right before the wait does
/// not interrupt it.
const SLICE: Duration = Duration::from_millis(500);

/// A time that a caller gives.
pub(crate) fn seconds(seconds: f64) -> PyResult<Duration> {
    // More than can be expressed is for ever.
    if seconds > 1e9 {
        return Ok(Duration::from_secs(1_000_000_000));
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        PyValueError::new_err(format!("{seconds} is not a time in seconds: it must be at least 0"))
    })
}

/// The result of a wait.
enum Waited {
    Ready,
    OutOfTime,
    Interrupted,
}

/// Waits until the host has something to do, at most `timeout`.
fn wait(host: &pintle_host::Host, timeout: Duration) -> Result<Waited, Error> {
    match poll(&mut [PollFd::new(host, PollFlags::IN)], Timespec::try_from(timeout).ok().as_ref()) {
        Ok(0) => Ok(Waited::OutOfTime),
        Ok(_) => Ok(Waited::Ready),
        Err(Errno::INTR) => Ok(Waited::Interrupted),
        Err(error) => Err(error.into()),
    }
}

impl Host {
    /// Waits until there is something to do, and does it: one turn. Without a wait it keeps the interpreter's lock.
    pub(crate) fn turn(&self, py: Python<'_>, timeout: Option<Duration>) -> PyResult<()> {
        let call = self.enter(py)?;
        if !call.running.host.is_idle() {
            return Err(refuse(py, status::E_REENTRANT, "poll was called from inside a callback"));
        }
        if timeout == Some(Duration::ZERO) {
            let done = call.running.host.poll(timeout);
            return call.finish(done);
        }
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let slice = left.map_or(SLICE, |left| left.min(SLICE));
            let waited = call.detached(|host| wait(host, slice));
            py.check_signals()?;
            match waited {
                Ok(Waited::Ready) => break,
                Ok(Waited::OutOfTime) if left == Some(slice) => break,
                Ok(_) => {}
                Err(error) => return call.finish(Err(error)),
            }
        }
        let done = call.detached(|host| host.poll(Some(Duration::ZERO)));
        call.finish(done)
    }

    /// Turns until `done` says so, at most until `timeout` is over. Whether it did.
    pub(crate) fn turn_until(
        &self,
        py: Python<'_>,
        timeout: Option<Duration>,
        mut done: impl FnMut() -> PyResult<bool>,
    ) -> PyResult<bool> {
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        while !done()? {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(false);
            }
            self.turn(py, left)?;
        }
        Ok(true)
    }

    /// Makes the calling thread the kernel thread.
    pub(crate) fn adopt_here(&self, py: Python<'_>) -> PyResult<()> {
        let state = self.state.get(py);
        self.running(py)?;
        if state.users.get() > 0 {
            let text =
                "the host is in use on its kernel thread; let that call return first, with stop() or wake()";
            return Err(refuse(py, status::E_REENTRANT, text));
        }
        // SAFETY: under the lock, and no call is on a stack, so there is no other reference.
        let running = unsafe { &mut *state.running.get() };
        match running {
            Some(running) => running.host.adopt().map_err(|error| raise(py, &error)),
            None => Err(closed(py, "host")),
        }
    }
}
