//! The tables that plugins call: the guard, the arguments, one call into `dispatch` or `object`.

pub(crate) mod about;
pub(crate) mod api;
pub(crate) mod data;
pub(crate) mod error;
pub(crate) mod executor;
pub(crate) mod guard;
pub(crate) mod io;
pub(crate) mod log;
pub(crate) mod message;
pub(crate) mod offer;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod socket;
