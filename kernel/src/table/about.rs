//! The slots of the `session` table that tell about a peer.

use pintle_abi_core as abi;
use pintle_abi_core::rules::session as rule;
use pintle_abi_core::{Address, Plugin, Rule, Text, status};

use crate::base::answer::Answer;
use crate::base::sync::Cell;
use crate::object::about::{About, covered, needed};
use crate::table::guard::{answer, enter, out};

/// What is kept of a session, and the place for an answer.
///
/// # Safety
/// `plugin` is NULL or the caller's own pointer.
#[cfg_attr(target_os = "none", inline(never))]
unsafe fn look<'k>(
    plugin: *mut Plugin,
    rule: &Rule,
    session: abi::Session,
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

pub(crate) unsafe extern "C" fn client_id(plugin: *mut Plugin, session: abi::Session, to: *mut i64) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let about = unsafe { look(plugin, &rule::CLIENT_ID, session, to.cast()) }?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(about.get().client_id) };
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn address(plugin: *mut Plugin, session: abi::Session, to: *mut Address) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::ADDRESS) }?;
        let to = out(to)?;
        // SAFETY: not NULL, so its `size` at least is readable.
        let size = covered(unsafe { (*to).size })?.min(size_of::<Address>());
        let index = caller.kernel.sessions.find(session)?;
        let mut address = caller.kernel.sessions.at(index).about.get().address();
        if size < needed(address.family) {
            return Err(status::E_ARGUMENT);
        }
        address.size = size as u32;
        // SAFETY: writable for the size that it names.
        unsafe { core::ptr::copy_nonoverlapping((&raw const address).cast::<u8>(), to.cast(), size) };
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn user(plugin: *mut Plugin, session: abi::Session, to: *mut Text) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let about = unsafe { look(plugin, &rule::USER, session, to.cast()) }?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(about.get().user) };
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn protocol(plugin: *mut Plugin, session: abi::Session, to: *mut Text) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let about = unsafe { look(plugin, &rule::PROTOCOL, session, to.cast()) }?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(about.get().protocol) };
        Ok(())
    })
}
