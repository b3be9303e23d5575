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

pub use transport::Transport;

pintle_sdk::plugin! {
    type: Transport,
    name: websocket,
    id: "org.pintle.websocket",
    vendor: "Pintle",
    needs: "pintle.io/1",
    flags: [MULTI_INSTANCE],
    on: [
        socket_listening, socket_connecting, socket_stopped, socket_destroyed, socket_attached, socket_detached,
        session_destroyed, session_send, session_writable, session_disconnect, session_result, session_get_rtt,
        session_set_mode,
    ],
}
