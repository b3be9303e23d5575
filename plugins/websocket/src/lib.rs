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
    settings: [
        "max_connections int 1..1048576 =1000 Connections that are open at a time",
        "high_water int 1..1073741824 =1048576 Bytes that wait on one connection when sending is refused",
        "low_water int 0..1073741824 Bytes that wait when sending is resumed, else a quarter of high_water",
        "max_payload int 1..1073741824 The longest payload in bytes, else the longest message of the host",
        "handshake_seconds int 1..3600 =10 How long the opening and the closing handshake may each take",
        "ping_seconds int 0..86400 =20 Time between two pings, 0 for none",
    ],
    flags: [MULTI_INSTANCE],
    on: [
        socket_listening, socket_connecting, socket_stopped, socket_destroyed, socket_attached, socket_detached,
        session_destroyed, session_send, session_writable, session_disconnect, session_result, session_get_rtt,
        session_set_mode,
    ],
}
