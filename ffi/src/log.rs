//! The destination of log lines.

use std::ffi::{c_char, c_void};
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use pintle_abi_core::LOG_WARN;
use pintle_host::{Line, StandardError};

use crate::host::Host;
use crate::wall::beside;

/// Takes a line: level, instance (empty: the host itself), target, text.
type Sink = unsafe extern "C" fn(
    context: *mut c_void,
    level: u32,
    instance: *const c_char,
    instance_length: usize,
    target: *const c_char,
    target_length: usize,
    text: *const c_char,
    text_length: usize,
);

#[derive(Clone, Copy)]
enum Way {
    /// The default: warnings and errors go to standard error.
    Default,
    Sink(Sink, *mut c_void),
    Nowhere,
}

// SAFETY: whoever gives a sink says that it may be called with its context on any thread.
unsafe impl Send for Way {}

/// The destination of one host's log lines.
pub(crate) struct Outlet(Mutex<Way>);

impl Default for Outlet {
    fn default() -> Self {
        Self(Mutex::new(Way::Default))
    }
}

impl Outlet {
    fn set(&self, way: Way) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = way;
    }

    pub(crate) fn write(&self, line: &Line<'_>) {
        // Not held while the sink runs: a sink may write a line itself.
        let way = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match way {
            Way::Nowhere => {}
            Way::Default if line.level > LOG_WARN => {}
            Way::Default => {
                let name = if line.plugin.is_empty() { "host" } else { line.plugin };
                // As one piece. There is nowhere to report a failure.
                let _ = StandardError.write_all(format!("pintle: {name}: {}\n", line.text).as_bytes());
            }
            // SAFETY: the sink and its context are what pintle_host_log_sink was given; the texts live until it returns.
            Way::Sink(sink, context) => unsafe {
                sink(
                    context,
                    line.level,
                    line.plugin.as_ptr().cast(),
                    line.plugin.len(),
                    line.target.as_ptr().cast(),
                    line.target.len(),
                    line.text.as_ptr().cast(),
                    line.text.len(),
                );
            },
        }
    }
}

/// Sets the destination of the log: `write` is called on any thread with the level, instance (empty: the host itself),
/// target and text of a line `[call]`, and may not call the host. If it is NULL, nothing is logged. Until this is called,
/// errors and warnings go to standard error.
///
/// A line that another thread is writing may still be passed to the function set before, so every function and context must
/// remain valid until the host is freed.
///
/// `E_ARGUMENT`: `host` is NULL.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `host` is NULL or a host that was not freed; `write` is NULL or a function that may be called with `context` on any
/// thread until the host is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_host_log_sink(
    host: *mut Host,
    write: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            level: u32,
            instance: *const c_char,
            instance_length: usize,
            target: *const c_char,
            target_length: usize,
            text: *const c_char,
            text_length: usize,
        ),
    >,
    context: *mut c_void,
) -> i32 {
    // SAFETY: the caller's; not NULL inside.
    unsafe {
        beside(host, || {
            (*host).outlet.set(write.map_or(Way::Nowhere, |sink| Way::Sink(sink, context)));
            Ok(())
        })
    }
}
