//! The root table.

use core::ffi::{c_char, c_void};

use pintle_abi_core::{ABI_MINOR, Api, IO_ID, OFFER_ID, status};

use crate::base::answer::Answer;
use crate::base::features::{IO, OFFERS};
use crate::base::text;
use crate::dispatch::caller::Caller;
use crate::kernel::Kernel;
use crate::table::guard::{out, slots};
use crate::table::{data, error, executor, io, log, message, offer, service, session, socket};

/// The tables of all minor versions that can be agreed on.
struct Tables([Api; ABI_MINOR as usize + 1]);

// SAFETY: nobody writes them, nor the tables that they point to.
unsafe impl Sync for Tables {}

static TABLES: Tables = {
    let mut tables = [const { table(0) }; ABI_MINOR as usize + 1];
    let mut minor = 0;
    while minor < tables.len() {
        tables[minor] = table(minor as u32);
        minor += 1;
    }
    Tables(tables)
};

/// The table for an agreed minor version.
pub(crate) const fn agreed(minor: u16) -> &'static Api {
    &TABLES.0[minor as usize]
}

const fn table(abi_minor: u32) -> Api {
    slots! {
        api:
        extension(id: *const c_char, id_length: usize, to: *mut *const c_void) = EXTENSION;
        stopped() = STOPPED;
    }
    Api {
        size: size_of::<Api>() as u32,
        abi_minor,
        data: &data::TABLE,
        message: &message::TABLE,
        socket: &socket::TABLE,
        session: &session::TABLE,
        service: &service::TABLE,
        executor: &executor::TABLE,
        log: &log::TABLE,
        error: &error::TABLE,
        extension,
        stopped,
    }
}

fn extension(caller: &Caller<'_>, id: *const c_char, id_length: usize, to: *mut *const c_void) -> Answer {
    let to = out(to)?;
    // SAFETY: the plugin's text is readable.
    let id = unsafe { text::bytes(id.cast(), id_length) }?;
    let found = caller.kernel.interface(id);
    to.write(found);
    if found.is_null() { Err(refuse(caller, id)) } else { Ok(()) }
}

/// What begins an id of the contract's own.
pub(crate) const OWN: &[u8] = b"pintle.";

#[cold]
fn refuse(caller: &Caller<'_>, id: &[u8]) -> i32 {
    let status = if id.starts_with(OWN) { status::E_UNSUPPORTED } else { status::E_NOT_FOUND };
    let name = core::str::from_utf8(id).unwrap_or("the interface");
    let words = [name, ": this host does not have it"];
    caller.kernel.set_error_in(caller.domain, caller.instance, status, &words);
    status
}

impl Kernel {
    /// Whether an id is one of the contract's own, of an interface that no kernel of this version has. Another id may be of an
    /// offer that a plugin publishes later.
    #[must_use]
    pub fn lacks(id: &[u8]) -> bool {
        id.starts_with(OWN) && ![IO_ID, OFFER_ID].iter().any(|known| known.to_bytes() == id)
    }

    /// The table of an interface that this host has, the kernel or the program around it; or NULL.
    pub(crate) fn interface(&self, id: &[u8]) -> *const c_void {
        if IO && id == IO_ID.to_bytes() && self.shared.platform().watch.is_some() {
            (&raw const io::TABLE).cast()
        } else if OFFERS && id == OFFER_ID.to_bytes() {
            (&raw const offer::TABLE).cast()
        } else {
            self.shared.interface(id)
        }
    }
}

fn stopped(caller: &Caller<'_>) -> Answer {
    let locked = caller.kernel.shared.lock();
    if caller.instance.stop().answer(&locked) { Ok(()) } else { Err(status::E_STATE) }
}
