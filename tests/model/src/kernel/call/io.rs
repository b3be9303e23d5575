//! Watches over fds.

use std::ptr;

use pintle_abi_core::{
    IO_ID, IoApi, Watch,
    status::{E_NOT_FOUND, OK},
};

use super::{Answer, Caller, number, out, pointer, when_ok};
use crate::{
    event::Kind,
    kernel::{
        side::{bits, name, with},
        work,
    },
    op::IoOp,
};

pub(super) fn call(caller: Caller, op: &IoOp) -> Answer {
    let mut table = ptr::null();
    // SAFETY: plugin zero's pointer and tables live as long as the kernel.
    let status = unsafe {
        let zero = with(|side| side.plugins[0]);
        ((*(*zero).api).extension)(zero, IO_ID.as_ptr(), IO_ID.count_bytes(), &mut table)
    };
    if status != OK {
        return (E_NOT_FOUND, vec![number(status)]);
    }
    let io = table.cast::<IoApi>();
    let plugin = caller.plugin;
    match *op {
        IoOp::Watch { fd, interest, data, null_run, null_out } => {
            let run: Option<work::Watch> = if null_run.0 { None } else { Some(work::watch) };
            let mut made = Watch::default();
            let (fd, to) = (fd.0 as isize, out(null_out.0, &mut made));
            // SAFETY: the table is `[instance]`; `to` is NULL or points to a variable of this function.
            let status = unsafe { ((*io).watch)(plugin, fd, interest.0, run, pointer(data), to) };
            when_ok(status, || vec![name(Kind::Watch, made.bits)])
        }
        IoOp::Change { watch, interest } => {
            let watch = Watch { bits: bits(Kind::Watch, watch) };
            // SAFETY: the table is `[instance]`; no pointer is passed.
            (unsafe { ((*io).change)(plugin, watch, interest.0) }, vec![])
        }
        IoOp::Unwatch { watch } => {
            let watch = Watch { bits: bits(Kind::Watch, watch) };
            // SAFETY: the table is `[instance]`; no pointer is passed.
            (unsafe { ((*io).unwatch)(plugin, watch) }, vec![])
        }
    }
}
