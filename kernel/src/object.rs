//! The objects of a host, each with its state. They know neither plugins nor the kernel.

pub(crate) mod about;
pub(crate) mod descriptor;
pub(crate) mod dispatches;
pub(crate) mod error;
pub(crate) mod frame;
pub(crate) mod instance;
pub(crate) mod message;
pub(crate) mod offer;
pub(crate) mod request;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod socket;
pub(crate) mod stop;
pub(crate) mod task;
pub(crate) mod timer;
pub(crate) mod watch;
pub(crate) mod worker;
