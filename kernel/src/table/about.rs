//! The slots of the `session` table that tell about a peer.

use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::rules::session as rule;
use pintle_abi_core::{Address, Plugin, Rule, SessionOptions, Text, status};

use crate::base::answer::Answer;
use crate::dispatch::caller::Caller;
use crate::object::about::About;
use crate::object::session::Session;
use crate::table::guard::{answer, enter};

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

/// The session that a plugin asks about, if there is a place for the answer.
///
/// # Safety
/// `plugin` is NULL or the caller's own pointer.
#[cfg_attr(target_os = "none", inline(never))]
unsafe fn look<'k>(
    plugin: *mut Plugin,
    rule: &Rule,
    session: abi::Session,
    to: *const (),
) -> Answer<&'k Session> {
    // SAFETY: as the caller says.
    let caller = unsafe { enter(plugin, rule) }?;
    if to.is_null() {
        return Err(status::E_ARGUMENT);
    }
    let index = caller.kernel.sessions.find(session)?;
    Ok(caller.kernel.sessions.at(index))
}

pub(crate) unsafe extern "C" fn client_id(plugin: *mut Plugin, session: abi::Session, to: *mut i64) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let session = unsafe { look(plugin, &rule::CLIENT_ID, session, to.cast()) }?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(session.client_id()) };
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn address(plugin: *mut Plugin, session: abi::Session, to: *mut Address) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::ADDRESS) }?;
        // SAFETY: an out-pointer is NULL, or as writable as its size says.
        let room = unsafe { caller.room(to) }?;
        let index = caller.kernel.sessions.find(session)?;
        room.write(&caller.kernel.sessions.at(index).address());
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn user(plugin: *mut Plugin, session: abi::Session, to: *mut Text) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let session = unsafe { look(plugin, &rule::USER, session, to.cast()) }?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(session.user()) };
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn protocol(plugin: *mut Plugin, session: abi::Session, to: *mut Text) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let session = unsafe { look(plugin, &rule::PROTOCOL, session, to.cast()) }?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(session.protocol()) };
        Ok(())
    })
}
