//! A WebSocket transport without threads of its own. `README.md` describes its configuration and its frames.

mod config;
mod connection;
mod frame;
mod location;
mod rtt;
mod wire;
