//! What an owner tells of a session when it creates it, and the slots that read it later.

use core::cell::Cell;
use core::ffi::c_void;

use pintle_abi_core::{
    Address, FAMILY_NAMED, Plugin, Rule, Session, SessionOptions, Text, rules::session as rule, status,
};

use crate::guard::{Answer, Caller, answer, enter};
use crate::text;

/// What is kept of `SessionOptions`, besides the owner's pointer. The texts stay the owner's, which keeps them readable
/// for as long as the session can be found.
#[derive(Clone, Copy)]
pub(crate) struct About {
    client_id: i64,
    family: u16,
    port: u16,
    scope: u32,
    place: Place,
    user: Text,
    protocol: Text,
}

/// An IP address, or the name of a named one: memory for both would be a fifth of a session.
#[derive(Clone, Copy)]
union Place {
    ip: [u8; 16],
    name: Text,
}

impl About {
    /// Checks the options; the owner's pointer comes apart.
    ///
    /// # Safety
    /// `options` is NULL or, like the address in it, readable for the size that it names; the texts are readable.
    pub(crate) unsafe fn read(
        caller: &Caller<'_>,
        options: *const SessionOptions,
    ) -> Answer<(Self, *mut c_void)> {
        let given = if options.is_null() {
            SessionOptions::none()
        } else {
            // SAFETY: not NULL, so as the caller says.
            unsafe { caller.read(options) }?
        };
        if given.reserved != 0 {
            return Err(status::E_UNSUPPORTED);
        }
        let mut address = Address::none();
        if !given.address.is_null() {
            // SAFETY: as above.
            address = unsafe { caller.read(given.address) }?;
            if address.family > FAMILY_NAMED {
                return Err(status::E_ARGUMENT);
            }
            if address.reserved != 0 {
                return Err(status::E_UNSUPPORTED);
            }
        }
        if address.family != FAMILY_NAMED {
            address.name = Text::EMPTY;
        }
        let mut texts = [address.name, given.user, given.protocol];
        for told in &mut texts {
            // What is shown later has a pointer also where there is no text.
            // SAFETY: the caller's texts are readable.
            *told = text::view(unsafe { text::utf8(told.data, told.length) }?);
        }
        let [name, user, protocol] = texts;
        let place = if address.family != FAMILY_NAMED {
            Place { ip: address.ip }
        } else if name.length > 0 {
            Place { name }
        } else {
            return Err(status::E_ARGUMENT);
        };
        let Address { family, port, scope, .. } = address;
        let about = Self { client_id: given.client_id, family, port, scope, place, user, protocol };
        Ok((about, given.data))
    }

    /// All that is known of where the peer is.
    fn address(&self) -> Address {
        let Self { family, port, scope, .. } = *self;
        let mut address = Address { family, port, scope, name: text::view(""), ..Address::none() };
        if family == FAMILY_NAMED {
            // SAFETY: of this family it is a name.
            address.name = unsafe { self.place.name };
        } else {
            // SAFETY: of every other family it is an IP address, if only zeroes.
            address.ip = unsafe { self.place.ip };
        }
        address
    }
}

/// What is kept of a session, and the place for an answer.
///
/// # Safety
/// `plugin` is NULL or the caller's own pointer.
#[cfg_attr(target_os = "none", inline(never))]
unsafe fn look<'k>(
    plugin: *mut Plugin,
    rule: &Rule,
    session: Session,
    to: *const (),
) -> Answer<&'k Cell<About>> {
    // SAFETY: as the caller says.
    let caller = unsafe { enter(plugin, rule) }?;
    if to.is_null() {
        return Err(status::E_ARGUMENT);
    }
    let index = caller.kernel.sessions.find(session)?;
    Ok(&caller.kernel.sessions.at(index).about)
}

pub(crate) unsafe extern "C" fn client_id(plugin: *mut Plugin, session: Session, to: *mut i64) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let about = unsafe { look(plugin, &rule::CLIENT_ID, session, to.cast()) }?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(about.get().client_id) };
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn address(plugin: *mut Plugin, session: Session, to: *mut Address) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::ADDRESS) }?;
        // SAFETY: an out-pointer is NULL, or as writable as its size says.
        let room = unsafe { caller.room(to) }?;
        let index = caller.kernel.sessions.find(session)?;
        room.write(&caller.kernel.sessions.at(index).about.get().address());
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn user(plugin: *mut Plugin, session: Session, to: *mut Text) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let about = unsafe { look(plugin, &rule::USER, session, to.cast()) }?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(about.get().user) };
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn protocol(plugin: *mut Plugin, session: Session, to: *mut Text) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let about = unsafe { look(plugin, &rule::PROTOCOL, session, to.cast()) }?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(about.get().protocol) };
        Ok(())
    })
}
