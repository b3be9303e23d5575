//! Sessions.

use std::{ffi::c_void, ptr};

use pintle_abi_core::{
    Address, FAMILY_NAMED, FAMILY_NONE, RequestOptions, Session, SessionOptions, Socket, Text,
};

use super::{Answer, Caller, lasting, message, number, out, pointer, seen, session, slot, socket, when_ok};
use crate::{
    argument::Words,
    event::{Kind, Value},
    kernel::{entry::size, side::name},
    op::SessionOp,
};

pub(super) fn call(caller: Caller, op: &SessionOp) -> Answer {
    use SessionOp as O;
    match *op {
        O::Create { socket: on, client_id, family, data, user, protocol, null } => {
            let family = u16::try_from(family.0).ok();
            let (user, protocol) = (text(user), text(protocol));
            let address = Address {
                family: family.unwrap_or(FAMILY_NONE),
                port: 5,
                ip: [9; 16],
                // Of another family it is not looked at.
                name: if family == Some(FAMILY_NAMED) { user } else { text(Words::Null) },
                ..Address::none()
            };
            let options = SessionOptions {
                client_id,
                address: if family.is_some() { &raw const address } else { ptr::null() },
                data: pointer(data),
                user,
                protocol,
                ..SessionOptions::none()
            };
            let mut made = Session::default();
            let status =
                slot!(caller, session.create(socket(on), &raw const options, out(null.0, &mut made)));
            when_ok(status, || vec![name(Kind::Session, made.bits)])
        }
        O::Destroy { session: it } => (slot!(caller, session.destroy(session(it))), vec![]),
        O::Receive { session: it, channel, message: sent } => {
            (slot!(caller, session.receive(session(it), channel.0, message(sent))), vec![])
        }
        O::Send { session: it, channel, message: sent } => {
            (slot!(caller, session.send(session(it), channel.0, message(sent))), vec![])
        }
        O::Request { session: it, service, id, correlation, message: sent, null, short, flag } => {
            let asked = RequestOptions {
                size: size::<RequestOptions>() - u32::from(short.0),
                service: service.0,
                id: id.0,
                flags: u32::from(flag.0),
                correlation: u64::from(correlation.0),
                message: message(sent),
            };
            let asked = if null.0 { ptr::null() } else { &raw const asked };
            (slot!(caller, session.request(session(it), asked)), vec![])
        }
        O::Cancel { session: it, correlation } => {
            (slot!(caller, session.cancel(session(it), u64::from(correlation.0))), vec![])
        }
        O::Suspend { session: it } => (slot!(caller, session.suspend(session(it))), vec![]),
        O::Resume { session: it } => (slot!(caller, session.resume(session(it))), vec![]),
        O::Disconnect { session: it } => (slot!(caller, session.disconnect(session(it))), vec![]),
        O::SetData { session: it, data } => {
            (slot!(caller, session.set_data(session(it), pointer(data))), vec![])
        }
        O::Data { session: it, null } => {
            let mut data = ptr::null_mut::<c_void>();
            let status = slot!(caller, session.data(session(it), out(null.0, &mut data)));
            when_ok(status, || vec![number(data.addr() as u64)])
        }
        O::ClientId { session: it, null } => {
            let mut id = 0_i64;
            let status = slot!(caller, session.client_id(session(it), out(null.0, &mut id)));
            when_ok(status, || vec![number(id)])
        }
        O::Address { session: it, null } => {
            let mut address = Address::none();
            let status = slot!(caller, session.address(session(it), out(null.0, &mut address)));
            when_ok(status, || vec![number(address.family)])
        }
        O::Socket { session: it, null } => {
            let mut on = Socket::default();
            let status = slot!(caller, session.socket(session(it), out(null.0, &mut on)));
            when_ok(status, || vec![name(Kind::Socket, on.bits)])
        }
        O::Rtt { session: it, null } => {
            let (mut mean, mut deviation) = (0_u64, 0_u64);
            let status =
                slot!(caller, session.rtt(session(it), out(null.0, &mut mean), out(null.0, &mut deviation)));
            when_ok(status, || vec![number(mean), number(deviation)])
        }
        O::ChannelMode { session: it, channel, null } => {
            let mut mode = 0;
            let status = slot!(caller, session.channel_mode(session(it), channel.0, out(null.0, &mut mode)));
            when_ok(status, || vec![number(mode)])
        }
        O::SetChannelMode { session: it, channel, mode } => {
            (slot!(caller, session.set_channel_mode(session(it), channel.0, mode.0)), vec![])
        }
        O::User { session: it, null } => {
            let mut user = Text::EMPTY;
            let status = slot!(caller, session.user(session(it), out(null.0, &mut user)));
            when_ok(status, || vec![Value::Bytes(seen(user.data.cast(), user.length))])
        }
        O::Protocol { session: it, null } => {
            let mut protocol = Text::EMPTY;
            let status = slot!(caller, session.protocol(session(it), out(null.0, &mut protocol)));
            when_ok(status, || vec![Value::Bytes(seen(protocol.data.cast(), protocol.length))])
        }
    }
}

/// A text that outlives every session.
fn text(words: Words) -> Text {
    let bytes = lasting(words.bytes());
    let data = if words == Words::Null { ptr::null() } else { bytes.as_ptr().cast() };
    Text { data, length: bytes.len() }
}
