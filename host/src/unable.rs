//! Why a host cannot do what it is asked for.

use pintle_abi_core::status;
use rustix::io::Errno;

use crate::error::Error;
use crate::host::Host;

impl Host {
    /// What a call is refused with that must not be made while a callback runs ([`is_idle`](Self::is_idle)).
    #[must_use]
    pub fn busy(&self) -> Error {
        let mut inside = None;
        self.kernel().running(|plugin, callback| {
            inside.get_or_insert_with(|| format!("{callback} of {plugin} has not returned"));
        });
        let text = format!(
            "{}: the call comes from inside a callback, or longjmp or an exception has left one; then the host is lost, and \
             its process has to end",
            inside.as_deref().unwrap_or("a call of the host has not returned")
        );
        Error::new(status::E_REENTRANT, text)
    }

    /// Why the system refused to wait, which it does if somebody has closed the fds of the loop.
    pub(crate) fn wait_failed(&self, error: Errno) -> Error {
        // A number that was closed names nothing, or something that cannot be waited on in this way.
        if !matches!(error, Errno::BADF | Errno::INVAL) {
            return error.into();
        }
        let mut recent = Vec::new();
        self.kernel().recent(|plugin, callback| recent.push(format!("{plugin}.{callback}")));
        recent.truncate(4);
        let text = format!(
            "somebody closed the fds of the host, which cannot wait any more and has to be ended: look for a close of fds \
             that are not the caller's own. Last callbacks before this was noticed, newest first: {}",
            if recent.is_empty() { "none".to_owned() } else { recent.join(" ") }
        );
        Error::new(status::E_IO, text)
    }
}
