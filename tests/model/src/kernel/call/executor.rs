//! Tasks and timers.

use pintle_abi_core::{Message, Timer};

use super::{Answer, Caller, message, out, pointer, slot, when_ok};
use crate::{
    event::Kind,
    kernel::{
        side::{bits, name},
        work,
    },
    op::ExecutorOp,
};

pub(super) fn call(caller: Caller, op: &ExecutorOp) -> Answer {
    use ExecutorOp as O;
    match *op {
        O::Startup => (slot!(caller, executor.startup()), vec![]),
        O::Shutdown => (slot!(caller, executor.shutdown()), vec![]),
        O::Submit { message: sent, with, data, null } => {
            let run: Option<work::Task> = if null.0 { None } else { Some(work::task) };
            let sent = if with { message(sent) } else { Message::default() };
            (slot!(caller, executor.submit(run, pointer(data), sent)), vec![])
        }
        O::SubmitWorker { message: sent, with, data, null } => {
            let run: Option<work::Task> = if null.0 { None } else { Some(work::worker_task) };
            let sent = if with { message(sent) } else { Message::default() };
            (slot!(caller, executor.submit_worker(run, pointer(data), sent)), vec![])
        }
        O::StartTimer { delay, period, data, null_run, null_out } => {
            let run: Option<work::Timer> = if null_run.0 { None } else { Some(work::timer) };
            let mut made = Timer::default();
            let status = slot!(
                caller,
                executor.start_timer(delay.0, period.0, run, pointer(data), out(null_out.0, &mut made))
            );
            when_ok(status, || vec![name(Kind::Timer, made.bits)])
        }
        O::CancelTimer { timer } => {
            let timer = Timer { bits: bits(Kind::Timer, timer) };
            (slot!(caller, executor.cancel_timer(timer)), vec![])
        }
    }
}
