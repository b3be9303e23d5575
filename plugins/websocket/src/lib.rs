//! A WebSocket transport without threads of its own
