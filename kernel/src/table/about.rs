//! The slots of the `session` table that tell about a peer.

use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::{Address, SessionOptions, Text};

use crate::base::answer::Answer;
use crate::dispatch::caller::Caller;
use crate::object::about::About;
use crate::table::guard::out;

/// What an owner tells about a session's peer, and its own pointer.
///
/// # Safety
/// `options` is NULL or, like the address in it, readable for the size that it names; the texts are readable.
pub(crate) unsafe fn read(
    caller: &Caller<'_>,
    options: *const SessionOptions,
) -> Answer<(About, *mut c_void)> {
    let given = if options.is_null() {
        SessionOptions::none()
    } else {
        // SAFETY: not NULL, so as the caller says.
        unsafe { caller.read(options) }?
    };
    let address = if given.address.is_null() {
        Address::none()
    } else {
        // SAFETY: as above.
        unsafe { caller.read(given.address) }?
    };
    // SAFETY: the caller's texts are readable.
    Ok((unsafe { About::check(&given, address) }?, given.data))
}

pub(crate) fn client_id(caller: &Caller<'_>, session: abi::Session, to: *mut i64) -> Answer {
    let to = out(to)?;
    to.write(caller.kernel.sessions.get(session)?.client_id());
    Ok(())
}

pub(crate) fn address(caller: &Caller<'_>, session: abi::Session, to: *mut Address) -> Answer {
    // SAFETY: an out-pointer is NULL, or as writable as its size says.
    let room = unsafe { caller.room(to) }?;
    room.write(&caller.kernel.sessions.get(session)?.address());
    Ok(())
}

pub(crate) fn user(caller: &Caller<'_>, session: abi::Session, to: *mut Text) -> Answer {
    let to = out(to)?;
    to.write(caller.kernel.sessions.get(session)?.user());
    Ok(())
}

pub(crate) fn protocol(caller: &Caller<'_>, session: abi::Session, to: *mut Text) -> Answer {
    let to = out(to)?;
    to.write(caller.kernel.sessions.get(session)?.protocol());
    Ok(())
}
