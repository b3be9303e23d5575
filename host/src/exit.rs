//! What a process writes when a plugin calls `exit`.

use std::io::{self, Write};
use std::sync::{Mutex, Once, PoisonError};

use pintle_kernel::Kernel;

use crate::cache;
use crate::engine::each_kernel;
use crate::threads;

/// The kernel thread that ended last. `exit` runs the destructors of its thread's variables first, so by the time of [`tell`] this
/// thread is no host's any more.
static LAST: Mutex<Option<Ended>> = Mutex::new(None);

struct Ended {
    thread: u32,
    /// The plugin and callback that it was inside.
    inside: Option<(String, String)>,
}

/// Has [`tell`] called at the end of the process. If this library is unloaded earlier, the system calls it then.
pub(crate) fn watch() {
    static WATCHED: Once = Once::new();
    // SAFETY: the handler does not unwind. Without memory for it nothing is said.
    WATCHED.call_once(|| unsafe {
        libc::atexit(tell);
    });
}

/// The kernel thread of a host ends: this is called on it, while it still is the kernel thread.
pub(crate) fn note_end(kernel: &Kernel) {
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let thread = threads::own();
    let before = last.take().filter(|ended| ended.thread == thread).and_then(|ended| ended.inside);
    *last = Some(Ended { thread, inside: before.or_else(|| inside(kernel)) });
}

fn inside(kernel: &Kernel) -> Option<(String, String)> {
    let mut found = None;
    kernel.inside(|plugin, callback| found = Some((plugin.to_owned(), callback.to_owned())));
    found
}

/// Says which plugin has called `exit` on this thread, if one has.
extern "C" fn tell() {
    let text = match LAST.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(ended) if ended.thread == threads::own() => match ended.inside {
            Some((plugin, callback)) => ended_by(&plugin, &callback),
            None => return,
        },
        _ => {
            let mut found = None;
            each_kernel(|kernel| found = found.take().or_else(|| inside(kernel)));
            match (found, cache::on_this_stack()) {
                (Some((plugin, callback)), _) => ended_by(&plugin, &callback),
                (None, Some(plugin)) => {
                    format!("pintle: exit ends the process, called on a thread of plugin {plugin}\n")
                }
                (None, None) => return,
            }
        }
    };
    // Nobody is left to be told of a failure.
    let _ = io::stderr().write_all(text.as_bytes());
}

fn ended_by(plugin: &str, callback: &str) -> String {
    format!("pintle: exit ends the process, called in plugin {plugin}, callback {callback}\n")
}
