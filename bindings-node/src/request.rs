//! Requests that were made, by their numbers.

use std::rc::Rc;

use napi::sys;
use pintle_host::mailbox::Reply;

use crate::class::Methods;
use crate::failure::Failure;
use crate::function::{Call, add};
use crate::host::Host;
use crate::value::{self, Raw};

/// The number of a request, which the addon gave as it takes it back.
fn number(call: &Call) -> Result<u64, Failure> {
    Ok(call.get::<f64>(0)? as u64)
}

/// Functions that are called for every result are bound to the host.
pub(crate) fn add_functions(
    env: sys::napi_env,
    object: sys::napi_value,
    host: &Rc<Host>,
) -> Result<(), Failure> {
    // Undefined: none waits. True: a result, which is on the slip. A number: done, with that status. An array: an
    // exception, its code and its text.
    add(env, object, "reply", host, |host, call| {
        let number = number(call)?;
        // An exception of a callback is thrown first: a reply that was taken before would be lost.
        host.calls(|calls| {
            host.desk.mailbox.make_room_for_replies(calls, number);
            Ok(())
        })?;
        let reply = host.calls(|calls| {
            let reply = host.desk.mailbox.reply(calls, number);
            if let Some(Reply::Result(message)) = reply {
                host.slip.fill(message, 0, calls.length(message)?);
            }
            Ok(reply)
        })?;
        let env = call.env;
        match reply {
            None => Ok(Raw(value::of(env, ())?)),
            Some(Reply::Result(_)) => Ok(Raw(value::of(env, true)?)),
            Some(Reply::Done(code)) => Ok(Raw(value::of(env, code)?)),
            Some(Reply::Exception(code, text)) => {
                value::array(env, &[value::of(env, code)?, value::of(env, text)?])
            }
        }
    })
}

pub(crate) fn add_methods(methods: &mut Methods<Host>) {
    methods.add(c"isDone", |host, call| Ok(host.desk.mailbox.is_done(number(call)?)));
    methods.add(c"cancel", |host, call| {
        let number = number(call)?;
        host.calls(|calls| host.desk.mailbox.cancel(calls, number))
    });
    methods.add(c"forget", |host, call| {
        let number = number(call)?;
        host.calls(|calls| {
            host.desk.mailbox.forget(calls, number);
            Ok(())
        })
    });
}
