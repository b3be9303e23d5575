//! A WebSocket transport without threads of its own. `README.md` describes its configuration and its frames.

mod config;
mod connection;
pub mod frame;
mod lifecycle;
mod link;
mod listener;
mod location;
mod ping;
mod pump;
mod timer;
mod transport;
mod wire;

pub use transport::{ENTRY, Transport};
