//! What an owner tells of a session when it creates it, and the slots that read it later.

use core::ffi::c_void;

use pintle_abi_core::{
    Address, FAMILY_NAMED, FAMILY_NONE, Plugin, Session, SessionOptions, Text, end_of,
    rules::session as rule, status,
};

use crate::guard::{Answer, answer, enter, out};
use crate::text;

/// What is kept of `SessionOptions`, besides the owner's pointer. The texts stay the owner's, which keeps them readable
/// for as long as the session can be found.
#[derive(Clone, Copy)]
pub(crate) struct About {
    pub(crate) client_id: i64,
    address: Address,
    user: Text,
    protocol: Text,
}

/// How much of a struct a `size` covers. Whole words, so that no pointer is cut in two; `E_ARGUMENT` if it is not the
/// first two members.
fn covered(size: u32) -> Answer<usize> {
    let covered = size as usize & !7;
    if covered == 0 { Err(status::E_ARGUMENT) } else { Ok(covered) }
}

/// How much of an address its family needs.
fn needed(family: u16) -> usize {
    match family {
        FAMILY_NONE => 8,
        FAMILY_NAMED => size_of::<Address>(),
        _ => end_of!(Address, ip),
    }
}

/// Copies what a struct covers over its defaults; how much that was.
///
/// # Safety
/// `from` begins with its `size`, and is readable for that; any bytes there are a value of `T`.
unsafe fn read<T: Copy>(from: *const T, mut over: T) -> Answer<(T, usize)> {
    // SAFETY: `size` is the first member.
    let size = covered(unsafe { from.cast::<u32>().read() })?.min(size_of::<T>());
    // SAFETY: readable there for its size and writable here for the smaller of both.
    unsafe { core::ptr::copy_nonoverlapping(from.cast::<u8>(), (&raw mut over).cast::<u8>(), size) };
    Ok((over, size))
}

impl About {
    /// Checks the options; the owner's pointer comes apart.
    ///
    /// # Safety
    /// `options` is NULL or, like the address in it, readable for the size that it names; the texts are readable.
    pub(crate) unsafe fn read(options: *const SessionOptions) -> Answer<(Self, *mut c_void)> {
        let mut given = SessionOptions::none();
        if !options.is_null() {
            // SAFETY: not NULL, so as the caller says.
            given = unsafe { read(options, given) }?.0;
        }
        let mut address = Address::none();
        if !given.address.is_null() {
            // SAFETY: as above.
            let (told, size) = unsafe { read(given.address, address) }?;
            if told.family > FAMILY_NAMED || size < needed(told.family) {
                return Err(status::E_ARGUMENT);
            }
            let name = if told.family == FAMILY_NAMED { told.name } else { Text::EMPTY };
            address = Address { reserved: 0, name, ..told };
        }
        // What is shown later has a pointer also where there is no text.
        // SAFETY: the caller's texts are readable.
        let [name, user, protocol] = [address.name, given.user, given.protocol]
            .map(|told| unsafe { text::utf8(told.data, told.length) }.map(text::view));
        address.name = name?;
        if address.family == FAMILY_NAMED && address.name.length == 0 {
            return Err(status::E_ARGUMENT);
        }
        Ok((Self { client_id: given.client_id, address, user: user?, protocol: protocol? }, given.data))
    }
}

pub(crate) unsafe extern "C" fn client_id(plugin: *mut Plugin, session: Session, to: *mut i64) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::CLIENT_ID) }?;
        let to = out(to)?;
        let index = caller.kernel.sessions.find(session)?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(caller.kernel.sessions.at(index).about.get().client_id) };
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn address(plugin: *mut Plugin, session: Session, to: *mut Address) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::ADDRESS) }?;
        let to = out(to)?;
        // SAFETY: not NULL, so its `size` at least is readable.
        let size = covered(unsafe { (*to).size })?.min(size_of::<Address>());
        let index = caller.kernel.sessions.find(session)?;
        let mut address = caller.kernel.sessions.at(index).about.get().address;
        if size < needed(address.family) {
            return Err(status::E_ARGUMENT);
        }
        address.size = size as u32;
        // SAFETY: writable for the size that it names.
        unsafe { core::ptr::copy_nonoverlapping((&raw const address).cast::<u8>(), to.cast(), size) };
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn user(plugin: *mut Plugin, session: Session, to: *mut Text) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::USER) }?;
        let to = out(to)?;
        let index = caller.kernel.sessions.find(session)?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(caller.kernel.sessions.at(index).about.get().user) };
        Ok(())
    })
}

pub(crate) unsafe extern "C" fn protocol(plugin: *mut Plugin, session: Session, to: *mut Text) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::PROTOCOL) }?;
        let to = out(to)?;
        let index = caller.kernel.sessions.find(session)?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(caller.kernel.sessions.at(index).about.get().protocol) };
        Ok(())
    })
}
