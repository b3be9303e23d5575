//! Messages. JavaScript names them by the two halves of their handles: a pair of small numbers costs less than a BigInt.

use std::ffi::c_void;
use std::ptr::{copy, null_mut};
use std::rc::Rc;

use napi::sys;
use pintle_host::Closing;
use pintle_host::abi::Message;

use crate::class::Methods;
use crate::failure::Failure;
use crate::function::{Call, add};
use crate::host::Host;
use crate::payload::{bytes, room};
use crate::value::{self, Raw};

/// The halves of a handle: the less significant one first.
pub(crate) fn halves(message: Message) -> (u32, u32) {
    (message.bits as u32, (message.bits >> 32) as u32)
}

/// The message that the first two arguments name.
fn named(call: &Call) -> Result<Message, Failure> {
    Ok(Message { bits: u64::from(call.u32(0)?) | u64::from(call.u32(1)?) << 32 })
}

/// Functions that are called for every message are bound to the host, because that costs less than a method.
pub(crate) fn add_functions(
    env: sys::napi_env,
    object: sys::napi_value,
    host: &Rc<Host>,
) -> Result<(), Failure> {
    value::set(env, object, "slip", host.slip.array())?;
    add(env, object, "copyMessage", host, |host, call| {
        let (message, (room, length)) = (named(call)?, room(call.env, call.value(2))?);
        host.calls(|calls| {
            let view = calls.view(message)?;
            // SAFETY: that many bytes are readable at one place and writable at the other, which may be a view of the same.
            unsafe { copy(view.cast::<u8>(), room, length.min(view.len())) };
            Ok(())
        })
    })?;
    add(env, object, "releaseMessage", host, |host, call| {
        let message = named(call)?;
        host.calls(|calls| calls.release(message))
    })
}

pub(crate) fn add_methods(methods: &mut Methods<Host>) {
    methods.add(c"message", |host, call| {
        let (data, capacity) = (bytes(call.env, call.value(0))?, call.u32(1)? as usize);
        host.calls(|calls| {
            let message = calls.acquire(capacity.max(data.len()))?;
            if let Err(error) = calls.write(message, data) {
                calls.release(message)?;
                return Err(error);
            }
            host.slip.fill(message, 0, data.len());
            Ok(())
        })
    });
    methods.add(c"writeMessage", |host, call| {
        let (message, data) = (named(call)?, bytes(call.env, call.value(2))?);
        host.calls(|calls| {
            calls.write(message, data)?;
            Ok(calls.length(message)? as f64)
        })
    });
    methods.add(c"viewMessage", |host, call| {
        let message = named(call)?;
        let view = host.calls(|calls| calls.view(message))?;
        view_of(call.env, view)
    });
    methods.add(c"retainMessage", |host, call| {
        let message = named(call)?;
        host.calls(|calls| calls.retain(message))
    });
    // For finalizers, which must not call what calls back.
    methods.add(c"postMessage", |host, call| {
        let message = named(call)?;
        host.glance(|host| host.waker().post(Closing::Message(message)));
        Ok(())
    });
}

/// An array buffer over memory of the host. JavaScript detaches it before it gives the message back.
fn view_of(env: sys::napi_env, view: *const [u8]) -> Result<Raw, Failure> {
    let (mut buffer, data) = (null_mut(), view.cast::<c_void>().cast_mut());
    // SAFETY: the place is writable; the memory stays while the message is held, which is for as long as the view is.
    let made = unsafe {
        if view.is_empty() {
            sys::napi_create_arraybuffer(env, 0, null_mut(), &raw mut buffer)
        } else {
            sys::napi_create_external_arraybuffer(env, data, view.len(), None, null_mut(), &raw mut buffer)
        }
    };
    value::check(made, "no memory for a view")?;
    Ok(Raw(buffer))
}
