//! What the event loop's side of a host hears of when nothing of the host is on the stack any more.

use pintle_host::abi::Instance;
use pintle_host::mailbox::News;
use pyo3::prelude::*;

/// Tells `listener` what has changed. It is Python's own code and raises nothing that a caller should see.
pub(crate) fn deliver(py: Python<'_>, listener: &Bound<'_, PyAny>, news: &[News], ended: &[Instance]) {
    let changed = news.iter().map(|news| match *news {
        News::Session(session) => ("session", session.bits),
        News::Request(number) => ("request", number),
    });
    let ended = ended.iter().map(|instance| ("plugin", instance.bits));
    for (kind, key) in changed.chain(ended) {
        tell(py, listener, kind, key);
    }
}

/// Tells `listener` that the host is closed.
pub(crate) fn deliver_close(py: Python<'_>, listener: &Bound<'_, PyAny>) {
    tell(py, listener, "host", 0);
}

fn tell(py: Python<'_>, listener: &Bound<'_, PyAny>, kind: &str, key: u64) {
    if let Err(error) = listener.call1((kind, key)) {
        error.write_unraisable(py, Some(listener));
    }
}
