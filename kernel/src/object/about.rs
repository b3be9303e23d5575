//! What the owner of a session tells about its peer.

use pintle_abi_core::{Address, FAMILY_NAMED, SessionOptions, Text, status};

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

impl About {
    /// Checks what an owner tells; its own pointer stays in the options.
    ///
    /// # Safety
    /// The texts are readable.
    pub(crate) unsafe fn check(given: &SessionOptions, mut address: Address) -> Answer<Self> {
        if address.family > FAMILY_NAMED {
            return Err(status::E_ARGUMENT);
        }
        if given.reserved != 0 || address.reserved != 0 {
            return Err(status::E_UNSUPPORTED);
        }
        if address.family != FAMILY_NAMED {
            address.name = Text::EMPTY;
        }
        let mut texts = [address.name, given.user, given.protocol];
        for told in &mut texts {
            // A text that is shown later has a pointer even if it is empty.
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
        Ok(Self { client_id: given.client_id, family, port, scope, place, user, protocol })
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
