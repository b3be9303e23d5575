//! Services.

use std::ptr;

use super::{Answer, Caller, Passed, message, request, slot};
use crate::op::ServiceOp;

pub(super) fn call(caller: Caller, op: &ServiceOp) -> Answer {
    use ServiceOp as O;
    match *op {
        O::Declare { service, slow, count, null } => {
            let slow = slow.map(|id| id.0);
            let ids = if null.0 { ptr::null() } else { slow.as_ptr() };
            let count = count.0.min(2) as usize;
            (slot!(caller, service.declare(service.0, ids, count)), vec![])
        }
        O::Result { request: it, message: sent } => {
            (slot!(caller, service.result(request(it), message(sent))), vec![])
        }
        O::Exception { request: it, code, text } => {
            let text = Passed::new(text);
            let status =
                slot!(caller, service.exception(request(it), code.0, text.pointer(), text.bytes.len()));
            (status, vec![])
        }
        O::Done { request: it } => (slot!(caller, service.done(request(it))), vec![]),
        O::IsCancelled { request: it } => (slot!(caller, service.is_cancelled(request(it))), vec![]),
        O::DropCurrent { request: it } => (slot!(caller, service.drop_current(request(it))), vec![]),
    }
}
