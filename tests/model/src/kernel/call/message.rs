//! Messages.

use std::ptr;

use pintle_abi_core::{Bytes, Message, status::OK};

use super::{Answer, Caller, LONGEST, message, number, out, seen, slot, when_ok};
use crate::{
    data::{overwritten, pattern},
    event::{Kind, Value},
    kernel::side::{limits, name},
    op::MessageOp,
};

pub(super) fn call(caller: Caller, op: &MessageOp) -> Answer {
    use MessageOp as O;
    let limits = limits();
    let given = |status, made: Message| when_ok(status, || vec![name(Kind::Message, made.bits)]);
    let mut made = Message::default();
    match *op {
        O::Acquire { capacity, null } => {
            let capacity = capacity.bytes(&limits);
            let status = slot!(caller, message.acquire(capacity, out(null.0, &mut made)));
            given(status, made)
        }
        O::Retain { message: it } => (slot!(caller, message.retain(message(it))), vec![]),
        O::Release { message: it } => (slot!(caller, message.release(message(it))), vec![]),
        O::Write { message: it, length, null } => {
            let length = length.bytes(&limits);
            let data: Vec<u8> = pattern(length.min(LONGEST)).collect();
            let data = if null.0 { ptr::null() } else { data.as_ptr() };
            (slot!(caller, message.write(message(it), data, length)), vec![])
        }
        O::Read { message: it, length, null } => {
            let length = length.bytes(&limits);
            let mut data = vec![0; length.min(LONGEST)];
            let to = if null.0 { ptr::null_mut() } else { data.as_mut_ptr() };
            let status = slot!(caller, message.read(message(it), to, length));
            when_ok(status, || vec![Value::Bytes(data)])
        }
        O::Rewind { message: it } => (slot!(caller, message.rewind(message(it))), vec![]),
        O::Length { message: it, null } => {
            let mut length = 0_usize;
            let status = slot!(caller, message.length(message(it), out(null.0, &mut length)));
            when_ok(status, || vec![number(length as u64)])
        }
        O::View { message: it, null } => {
            let mut view = Bytes { data: ptr::null(), length: 0 };
            let status = slot!(caller, message.view(message(it), out(null.0, &mut view)));
            when_ok(status, || vec![Value::Bytes(seen(view.data, view.length))])
        }
        O::Reserve { message: it, length, null } => {
            let length = length.bytes(&limits);
            let mut room = ptr::null_mut();
            let status = slot!(caller, message.reserve(message(it), length, out(null.0, &mut room)));
            if status == OK {
                let bytes: Vec<u8> = pattern(length).collect();
                // SAFETY: the kernel just gave room for so many bytes.
                unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), room, length) };
            }
            (status, vec![])
        }
        O::Commit { message: it, length } => {
            (slot!(caller, message.commit(message(it), length.bytes(&limits))), vec![])
        }
        O::Edit { message: it, null } => {
            let status = slot!(caller, message.edit(message(it), out(null.0, &mut made)));
            given(status, made)
        }
        O::ViewMut { message: it, null } => {
            let (mut data, mut length) = (ptr::null_mut(), 0);
            let status = slot!(
                caller,
                message.view_mut(message(it), out(null.0, &mut data), out(null.0, &mut length))
            );
            when_ok(status, || {
                let bytes = seen(data, length);
                let changed = overwritten(&bytes);
                // SAFETY: the kernel just gave these bytes for overwriting.
                unsafe { ptr::copy_nonoverlapping(changed.as_ptr(), data, length) };
                vec![Value::Bytes(bytes)]
            })
        }
        O::Clear { message: it } => (slot!(caller, message.clear(message(it))), vec![]),
        O::Clone { message: it, capacity, null } => {
            let capacity = capacity.bytes(&limits);
            let status = slot!(caller, message.clone(message(it), capacity, out(null.0, &mut made)));
            given(status, made)
        }
    }
}
