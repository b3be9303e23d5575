//! Watches over fds.

use pintle_abi_core::{IO_ID, IoApi, Watch};

use super::{Answer, Caller, extension, out, pointer, when_ok};
use crate::{
    event::Kind,
    kernel::{
        side::{bits, name},
        work,
    },
    op::IoOp,
};

pub(super) fn call(caller: Caller, op: &IoOp) -> Answer {
    let io: *const IoApi = extension(IO_ID);
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
