//! Offers. JavaScript gets tables and publishers as addresses, and needs another library to call the functions there.

use std::ffi::c_void;

use pintle_host::abi::{Offer, status};

use crate::class::Methods;
use crate::failure::Failure;
use crate::function::Call;
use crate::host::Host;
use crate::value;

fn offer(call: &Call) -> Result<Offer, Failure> {
    Ok(Offer { bits: call.u64(0)? })
}

pub(crate) fn add_methods(methods: &mut Methods<Host>) {
    methods.add(c"findOffer", |host, call| {
        let id = call.get::<String>(0)?;
        host.calls(|calls| Ok(calls.find_offer(&id)?.bits))
    });
    methods.add(c"publish", |host, call| {
        let (id, table) = (call.get::<String>(0)?, call.u64(1)? as usize as *const c_void);
        // SAFETY: the documentation of `Host.publish` demands of its caller that the address is valid.
        host.calls(|calls| Ok(unsafe { calls.publish_at(&id, table) }?.bits))
    });
    methods.add(c"isOffered", |host, call| {
        let (offer, id) = (offer(call)?, call.get::<String>(1)?);
        host.calls(|calls| calls.is_offered(offer, &id))
    });
    methods.add(c"callOffer", |host, call| {
        let (offer, env, function) = (offer(call)?, call.env, call.value(1));
        host.calls(|calls| {
            calls.call_offer(offer, |publisher, table| {
                let address = |address: usize| value::of(env, address as u64);
                let arguments =
                    || Ok([address(publisher.expose_provenance())?, address(table.expose_provenance())?]);
                host.desk.call(env, function, arguments()).unwrap_or(status::E_CANCELLED)
            })
        })
    });
    methods.add(c"withdraw", |host, call| {
        let offer = offer(call)?;
        host.calls(|calls| calls.withdraw(offer))
    });
}
