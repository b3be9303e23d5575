//! `pintle._pintle`: what the Python package `pintle` is made of that touches the host.
//!
//! Everything here lives under the interpreter's lock, and gives it up only where a call can wait. Objects of a host
//! hold a reference to it; closing the host empties it, whatever else is still referred to.

mod application;
mod asyncio;
mod bytes;
mod call;
mod close;
mod error;
mod exit;
mod gil;
mod host;
mod inspect;
mod lease;
mod limits;
mod log;
mod message;
mod news;
mod offer;
mod plugin;
mod receipt;
mod request;
mod session;
mod setting;
mod socket;
mod timer;
mod turn;
mod unload;

use pyo3::prelude::*;

/// The native part of the package `pintle`. Import that one.
#[pymodule]
mod _pintle {
    #[pymodule_export]
    use crate::close::{_end_hosts, _forget_hosts};
    #[pymodule_export]
    use crate::error::{install_crash_handler, status_name, status_text};
    #[pymodule_export]
    use crate::host::Host;
    #[pymodule_export]
    use crate::inspect::{Finding, Inspection, inspect};
    #[pymodule_export]
    use crate::message::Message;
    #[pymodule_export]
    use crate::offer::Offer;
    #[pymodule_export]
    use crate::plugin::{Descriptor, Plugin};
    #[pymodule_export]
    use crate::receipt::Receipt;
    #[pymodule_export]
    use crate::request::{Request, RequestInfo};
    #[pymodule_export]
    use crate::session::Session;
    #[pymodule_export]
    use crate::setting::Setting;
    #[pymodule_export]
    use crate::socket::Socket;
    #[pymodule_export]
    use crate::timer::Timer;
}
