//! Sockets.

use std::ptr;

use pintle_abi_core::{Socket, Text};

use super::{Answer, Caller, LONGEST, Passed, number, out, seen, slot, socket, when_ok};
use crate::{
    data::pattern,
    event::{Kind, Value},
    kernel::side::{limits, name},
    op::SocketOp,
};

pub(super) fn call(caller: Caller, op: &SocketOp) -> Answer {
    use SocketOp as O;
    match *op {
        O::Open { modes, count, null } => {
            let modes: Vec<u32> = modes.iter().cycle().take(LONGEST).map(|mode| mode.0).collect();
            let mut made = Socket::default();
            let status = slot!(caller, socket.open(modes.as_ptr(), count.0, out(null.0, &mut made)));
            when_ok(status, || vec![name(Kind::Socket, made.bits)])
        }
        O::Listen { socket: it, address } => {
            let text = Passed::new(address);
            (slot!(caller, socket.listen(socket(it), text.pointer(), text.bytes.len())), vec![])
        }
        O::Connect { socket: it, address, token } => {
            let text = Passed::new(address);
            let length = token.bytes(&limits());
            let token: Vec<u8> = pattern(length.min(LONGEST)).collect();
            let status = slot!(
                caller,
                socket.connect(socket(it), text.pointer(), text.bytes.len(), token.as_ptr(), length)
            );
            (status, vec![])
        }
        O::Stop { socket: it } => (slot!(caller, socket.stop(socket(it))), vec![]),
        O::Close { socket: it } => (slot!(caller, socket.close(socket(it))), vec![]),
        O::ChannelCount { socket: it, null } => {
            let mut count = 0_u32;
            let status = slot!(caller, socket.channel_count(socket(it), out(null.0, &mut count)));
            when_ok(status, || vec![number(count)])
        }
        O::ChannelMode { socket: it, channel, null } => {
            let mut mode = 0;
            let status = slot!(caller, socket.channel_mode(socket(it), channel.0, out(null.0, &mut mode)));
            when_ok(status, || vec![number(mode)])
        }
        O::Attach { socket: it, address } => {
            let text = Passed::new(address);
            (slot!(caller, socket.attach(socket(it), text.pointer(), text.bytes.len())), vec![])
        }
        O::Detach { socket: it } => (slot!(caller, socket.detach(socket(it))), vec![]),
        O::Time { socket: it, null } => {
            let mut time = 0_u64;
            let status = slot!(caller, socket.time(socket(it), out(null.0, &mut time)));
            when_ok(status, || vec![number(time)])
        }
        O::Address { socket: it, null } => {
            let mut text = Text { data: ptr::null(), length: 0 };
            let status = slot!(caller, socket.address(socket(it), out(null.0, &mut text)));
            when_ok(status, || vec![Value::Bytes(seen(text.data.cast(), text.length))])
        }
        O::State { socket: it, null } => {
            let mut state = 0;
            let status = slot!(caller, socket.state(socket(it), out(null.0, &mut state)));
            when_ok(status, || vec![number(state)])
        }
    }
}
