//! Sessions. What is called often is bound to a session of its own; the rest takes the session's handle.

use std::rc::Rc;

use napi::bindgen_prelude::{ToNapiValue, i64n};
use napi::sys;
use pintle_host::abi::{Session, Socket};
use pintle_host::{Address, Peer};

use crate::class::Methods;
use crate::failure::Failure;
use crate::function::{Call, function};
use crate::host::Host;
use crate::payload::{Payload, payload};
use crate::value::{self, Raw};

/// A session of a host, for functions that are bound to it.
pub(crate) struct Bound {
    host: Rc<Host>,
    session: Session,
}

fn session(call: &Call) -> Result<Session, Failure> {
    Ok(Session { bits: call.u64(0)? })
}

pub(crate) fn add_methods(methods: &mut Methods<Host>) {
    methods.add(c"bindSend", |host, call| bind::<2, _, _>(host, call, "send", send));
    methods.add(c"bindReceive", |host, call| bind::<2, _, _>(host, call, "receive", receive));
    methods.add(c"bindRequest", |host, call| bind::<3, _, _>(host, call, "request", request));
    methods.add(c"bindTake", |host, call| bind::<0, _, _>(host, call, "take", take));
    methods.add(c"bindClientId", |host, call| bind::<0, _, _>(host, call, "clientId", client_id));
    methods.add(c"bindChannelMode", |host, call| bind::<1, _, _>(host, call, "channelMode", channel_mode));
    methods.add(c"createSession", |host, call| {
        let (socket, id) = (Socket { bits: call.u64(0)? }, identity(call, 1)?);
        let address = call.get::<String>(2)?.parse::<Address>()?;
        let peer = Peer { address, user: call.get(3)?, protocol: call.get(4)? };
        host.calls(|calls| {
            let session = calls.create_session(socket, id, Some(peer))?;
            host.desk.mailbox.begin_own(calls, session);
            Ok(session.bits)
        })
    });
    methods.add(c"destroySession", |host, call| {
        let session = session(call)?;
        host.calls(|calls| calls.destroy_session(session))
    });
    methods.add(c"disconnect", |host, call| {
        let session = session(call)?;
        host.calls(|calls| calls.disconnect(session))
    });
    methods.add(c"sessions", |host, _| {
        host.with(|_| {
            let sessions = host.desk.mailbox.sessions();
            Ok(sessions.into_iter().map(|session| session.bits).collect::<Vec<_>>())
        })
    });
    methods.add(c"isLive", |host, call| Ok(host.desk.mailbox.is_live(session(call)?)));
    methods.add(c"isOwn", |host, call| Ok(host.desk.mailbox.is_own(session(call)?)));
    methods.add(c"address", |host, call| {
        let session = session(call)?;
        host.calls(|calls| Ok(calls.address(session)?.to_string()))
    });
    methods.add(c"user", |host, call| {
        let session = session(call)?;
        host.calls(|calls| calls.user(session))
    });
    methods.add(c"protocol", |host, call| {
        let session = session(call)?;
        host.calls(|calls| calls.protocol(session))
    });
    methods.add(c"socketOf", |host, call| {
        let session = session(call)?;
        host.calls(|calls| Ok(calls.socket(session)?.bits))
    });
    methods.add(c"rtt", |host, call| {
        let session = session(call)?;
        let (mean, deviation) = host.calls(|calls| calls.rtt(session))?;
        Ok([mean, deviation].map(|time| time.as_secs_f64() * 1e3).to_vec())
    });
    methods.add(c"setChannelMode", |host, call| {
        let (session, channel, mode) = (session(call)?, call.u32(1)?, call.u32(2)?);
        host.calls(|calls| calls.set_channel_mode(session, channel, mode))
    });
}

/// A function of `N` arguments that is bound to the session that the first argument names.
fn bind<const N: usize, R, F>(host: &Rc<Host>, call: &Call, name: &str, run: F) -> Result<Raw, Failure>
where
    R: ToNapiValue,
    F: Fn(&Rc<Bound>, &Call) -> Result<R, Failure> + Copy + 'static,
{
    let bound = Bound { host: host.clone(), session: session(call)? };
    function::<N, _, _, _>(call.env, name, Rc::new(bound), run).map(Raw)
}

fn send(bound: &Rc<Bound>, call: &Call) -> Result<(), Failure> {
    let (payload, channel) = (payload(call.env, call.value(0))?, call.u32_or_0(1)?);
    bound.host.calls(|calls| match payload {
        Payload::Bytes(bytes) => calls.send(bound.session, channel, bytes),
        Payload::Message(message) => calls.send_message(bound.session, channel, message),
    })
}

fn receive(bound: &Rc<Bound>, call: &Call) -> Result<(), Failure> {
    let (payload, channel) = (payload(call.env, call.value(0))?, call.u32_or_0(1)?);
    bound.host.calls(|calls| match payload {
        Payload::Bytes(bytes) => calls.receive(bound.session, channel, bytes),
        Payload::Message(message) => calls.receive_message(bound.session, channel, message),
    })
}

/// Asks a service; returns the number of the request.
fn request(bound: &Rc<Bound>, call: &Call) -> Result<f64, Failure> {
    let (service, id, payload) = (call.u32(0)?, call.u32(1)?, payload(call.env, call.value(2))?);
    bound.host.calls(|calls| {
        let ask = |number| match payload {
            Payload::Bytes(bytes) => calls.request(bound.session, service, id, number, bytes),
            Payload::Message(message) => calls.request_message(bound.session, service, id, number, message),
        };
        Ok(bound.host.desk.mailbox.request(bound.session, ask)? as f64)
    })
}

/// Takes the next message; says whether there was one, and leaves it on the slip.
fn take(bound: &Rc<Bound>, _: &Call) -> Result<bool, Failure> {
    let Bound { host, session } = &**bound;
    // An exception of a callback is thrown first: a message that was taken before would be lost.
    host.calls(|calls| {
        host.desk.mailbox.make_room(calls, *session);
        Ok(())
    })?;
    host.calls(|calls| {
        let Some(taken) = host.desk.mailbox.take(calls, *session) else { return Ok(false) };
        host.slip.fill(taken.message, taken.channel, calls.length(taken.message)?);
        Ok(true)
    })
}

fn client_id(bound: &Rc<Bound>, call: &Call) -> Result<Raw, Failure> {
    let id = bound.host.calls(|calls| calls.client_id(bound.session))?;
    let is_safe = id.unsigned_abs() < 1 << f64::MANTISSA_DIGITS;
    Ok(Raw(if is_safe { value::of(call.env, id as f64)? } else { value::of(call.env, i64n(id))? }))
}

fn channel_mode(bound: &Rc<Bound>, call: &Call) -> Result<u32, Failure> {
    let channel = call.u32(0)?;
    bound.host.calls(|calls| calls.channel_mode(bound.session, channel))
}

/// A number with a sign that may need all of its 64 bits: a number, or a bigint.
fn identity(call: &Call, index: usize) -> Result<i64, Failure> {
    if value::kind(call.env, call.value(index)) == sys::ValueType::napi_bigint {
        return value::i64(call.env, call.value(index));
    }
    let id: f64 = call.get(index)?;
    let whole = id.trunc() == id && id.abs() < (1_u64 << f64::MANTISSA_DIGITS) as f64;
    if whole {
        Ok(id as i64)
    } else {
        Err(Failure::argument(format!("{id} is not a client id: a whole number")))
    }
}
