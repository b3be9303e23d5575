//! What calls plugins: crossings, filters, requests and results on their way, turns, ends, stops.

pub(crate) mod caller;
pub(crate) mod crossing;
pub(crate) mod ends;
pub(crate) mod error;
pub(crate) mod extensible;
pub(crate) mod filter;
pub(crate) mod inbox;
pub(crate) mod log;
pub(crate) mod message;
pub(crate) mod offer;
pub(crate) mod request;
pub(crate) mod result;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod socket;
pub(crate) mod stop;
pub(crate) mod task;
pub(crate) mod timer;
pub(crate) mod trace;
pub(crate) mod turn;
pub(crate) mod watch;
pub(crate) mod work;
