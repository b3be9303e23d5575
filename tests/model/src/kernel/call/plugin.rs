//! What a plugin says of itself.

use std::{ffi::c_void, ptr};

use pintle_abi_core::{Error, IO_ID};

use super::{Answer, Caller, Passed, number, out, pointer, slot, when_ok};
use crate::{event::Value, kernel::host::TARGET, op::PluginOp};

pub(super) fn call(caller: Caller, op: &PluginOp) -> Answer {
    use PluginOp as O;
    let (api, plugin) = (caller.api, caller.plugin);
    match *op {
        O::Extension { known, null_id, null_out } => {
            let id = if known { IO_ID } else { c"org.example.none/1" };
            let mut table = ptr::null();
            let pointer = if null_id.0 { ptr::null() } else { id.as_ptr() };
            let to = out(null_out.0, &mut table);
            // SAFETY: the pointers are NULL or point to live text and a variable of this function.
            (unsafe { ((*api).extension)(plugin, pointer, id.count_bytes(), to) }, vec![])
        }
        // SAFETY: no pointer is passed but the plugin's.
        O::Stopped => (unsafe { ((*api).stopped)(plugin) }, vec![]),
        O::DataSet { data: to } => (slot!(caller, data.set(pointer(to))), vec![]),
        O::DataGet { null } => {
            let mut data = ptr::null_mut::<c_void>();
            let status = slot!(caller, data.get(out(null.0, &mut data)));
            when_ok(status, || vec![number(data.addr() as u64)])
        }
        O::LogWrite { level, text } => {
            let (target, text) = (TARGET, Passed::new(text));
            let status = slot!(
                caller,
                log.write(level.0, target.as_ptr().cast(), target.len(), text.pointer(), text.bytes.len())
            );
            (status, vec![])
        }
        O::ErrorSet { code, text } => {
            let text = Passed::new(text);
            let status = slot!(caller, error.set(code.0.cast_signed(), text.pointer(), text.bytes.len()));
            (status, vec![])
        }
        O::ErrorLast { null, short } => {
            let size = if short.0 { 8 } else { u32::try_from(size_of::<Error>()).expect("a small struct") };
            let mut error = Error { size, code: 0, length: 0, reserved: 0, text: [0; 240] };
            let status = slot!(caller, error.last(out(null.0, &mut error)));
            when_ok(status, || {
                let text = error.text[..error.length as usize].to_vec();
                vec![number(error.code), Value::Bytes(text)]
            })
        }
    }
}
