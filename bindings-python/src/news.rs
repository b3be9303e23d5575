//! The changes of which the event loop's attachment is told when no call to the host is on the stack any more.

use pintle_host::abi::Instance;
use pintle_host::mailbox::News;
use pyo3::prelude::*;

/// Tells `listener` what has changed. It is Python's own code and raises nothing that a caller should see.
pub(crate) fn deliver(listener: &Bound<'_, PyAny>, news: &[News], ended: &[Instance]) {
    let changed = news.iter().map(|news| match *news {
        News::Session(session) => ("session", session.bits),
        News::Request(number) => ("request", number),
    });
    let ended = ended.iter().map(|instance| ("plugin", instance.bits));
    for (kind, key) in changed.chain(ended) {
        tell(listener, kind, key);
    }
}

/// Tells `listener` that the host is closed.
pub(crate) fn deliver_close(listener: &Bound<'_, PyAny>) {
    tell(listener, "host", 0);
}

fn tell(listener: &Bound<'_, PyAny>, kind: &str, key: u64) {
    if let Err(error) = listener.call1((kind, key)) {
        error.write_unraisable(listener.py(), Some(listener));
    }
}
