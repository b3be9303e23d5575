//! What the owner of a session tells about its peer.

use core::ffi::c_void;

use pintle_abi_core::{Address, FAMILY_NAMED, FAMILY_NONE, SessionOptions, Text, end_of, status};

use crate::base::answer::Answer;
use crate::base::text;

/// What is kept of `SessionOptions`, besides the owner's pointer. The texts stay the owner's, which keeps them readable
/// for as long as the session can be found.
#[derive(Clone, Copy)]
pub(crate) struct About {
    pub(crate) client_id: i64,
    family: u16,
    port: u16,
    scope: u32,
    place: Place,
    pub(crate) user: Text,
    pub(crate) protocol: Text,
}

/// An IP address, or the name of a named one: memory for both would be a fifth of a session.
#[derive(Clone, Copy)]
union Place {
    ip: [u8; 16],
    name: Text,
}

/// How much of a struct a `size` covers. Whole words, so that no pointer is cut in two; `E_ARGUMENT` if it is not the
/// first two members.
pub(crate) fn covered(size: u32) -> Answer<usize> {
    let covered = size as usize & !7;
    if covered == 0 { Err(status::E_ARGUMENT) } else { Ok(covered) }
}

/// How much of an address its family needs.
pub(crate) fn needed(family: u16) -> usize {
    match family {
        FAMILY_NONE => 8,
        FAMILY_NAMED => size_of::<Address>(),
        _ => end_of!(Address, ip),
    }
}

/// Copies what a struct covers over its defaults; how much that was.
///
/// # Safety
/// `from` begins with its `size`, and is readable for that; `over` is writable for `most` bytes, where any are a value.
#[cfg_attr(target_os = "none", inline(never))]
unsafe fn read(from: *const u8, over: *mut u8, most: usize) -> Answer<usize> {
    // SAFETY: `size` is the first member.
    let size = covered(unsafe { from.cast::<u32>().read() })?.min(most);
    // SAFETY: readable there for its size and writable here for the smaller of both.
    unsafe { core::ptr::copy_nonoverlapping(from, over, size) };
    Ok(size)
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
            unsafe { read(options.cast(), (&raw mut given).cast(), size_of::<SessionOptions>()) }?;
        }
        let mut address = Address::none();
        if !given.address.is_null() {
            // SAFETY: as above.
            let size =
                unsafe { read(given.address.cast(), (&raw mut address).cast(), size_of::<Address>()) }?;
            if address.family > FAMILY_NAMED || size < needed(address.family) {
                return Err(status::E_ARGUMENT);
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
    pub(crate) fn address(&self) -> Address {
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
