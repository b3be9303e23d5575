//! Texts of the application that the kernel refers to and does not copy. They are kept as long as the kernel may use
//! them.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ffi::c_void;

use pintle_abi_core::Text;

use crate::address::Address;

/// What plugins can read about the peer of a session, besides its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// The address of the peer.
    pub address: Address,
    /// The name that the peer gave, or proved to have; may be empty.
    pub user: String,
    /// The sub-protocol that was agreed on with the peer; may be empty.
    pub protocol: String,
}

impl Peer {
    /// Whether it has texts, which the kernel does not copy.
    pub(super) fn has_texts(&self) -> bool {
        let is_named = matches!(self.address, Address::Named(_));
        is_named || !self.user.is_empty() || !self.protocol.is_empty()
    }
}

/// A text as the contract passes it. The result is valid as long as `text` is.
pub(crate) fn view(text: &str) -> Text {
    Text { data: text.as_ptr().cast(), length: text.len() }
}

/// The texts that are kept for one host.
#[derive(Default)]
pub(crate) struct Texts {
    /// Each peer under the address of its box, which is the data of its session. No other data has this address while
    /// the box lives.
    peers: RefCell<HashMap<usize, Box<Peer>>>,
    /// The ids of offers. Each is kept once, until the host is dropped.
    ids: RefCell<HashSet<Box<str>>>,
}

impl Texts {
    /// Keeps the texts of a peer. Returns the data that its session must have.
    pub(super) fn keep_peer(&self, peer: Peer) -> *mut c_void {
        let peer = Box::new(peer);
        let data = std::ptr::from_ref(&*peer).cast_mut().cast::<c_void>();
        self.peers.borrow_mut().insert(data.addr(), peer);
        data
    }

    /// Takes back the texts that are kept for the session with this data, if there are any.
    pub(super) fn take_peer(&self, data: *const c_void) -> Option<Box<Peer>> {
        if data.is_null() { None } else { self.peers.borrow_mut().remove(&data.addr()) }
    }

    /// Keeps the id of an offer.
    pub(super) fn keep_id(&self, id: &str) -> Text {
        let mut ids = self.ids.borrow_mut();
        if !ids.contains(id) {
            ids.insert(id.into());
        }
        ids.get(id).map_or(Text::EMPTY, |id| view(id))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use pintle_abi_core::{MODE_RELIABLE, Session, status};

    use super::*;
    use crate::{Application, Calls, Host};

    struct Program;

    impl Application for Program {
        fn session_destroyed(&self, calls: &Calls<'_>, session: Session) {
            assert_eq!(calls.user(session).unwrap_err().code, status::E_STALE);
            panic!("the application's own");
        }
    }

    fn kept(calls: &Calls<'_>) -> usize {
        calls.texts().unwrap().peers.borrow().len()
    }

    #[test]
    fn a_peers_texts_are_kept_until_its_end_was_told() {
        let host = Host::builder().application(Program).start().unwrap();
        let calls = host.calls().unwrap();
        let socket = calls.open(&[MODE_RELIABLE]).unwrap();
        for (address, user, protocol) in [
            ("unix:/run/x.sock", "", ""),
            ("unix:/run/x.sock", "bob", "chat.2"),
            ("1.2.3.4:5", "bob", ""),
            ("", "", "chat.2"),
        ] {
            let told = Peer {
                address: address.parse().unwrap(),
                user: user.to_owned(),
                protocol: protocol.to_owned(),
            };
            let session = calls.create_session(socket, 7, Some(told.clone())).unwrap();
            assert_eq!(kept(&calls), 1, "{told:?}");
            assert_eq!(calls.address(session).unwrap(), told.address);
            assert_eq!(
                (calls.user(session).unwrap(), calls.protocol(session).unwrap()),
                (told.user, told.protocol)
            );
            let ended = catch_unwind(AssertUnwindSafe(|| calls.destroy_session(session)));
            assert!(ended.is_err(), "the application panicked");
            assert_eq!(kept(&calls), 0);
        }
    }

    #[test]
    fn nothing_is_kept_of_what_the_kernel_copies_or_refuses() {
        let host = Host::builder().application(Program).start().unwrap();
        let calls = host.calls().unwrap();
        let socket = calls.open(&[MODE_RELIABLE]).unwrap();
        let with_ip = Peer { address: "1.2.3.4:5".parse().unwrap(), ..Peer::default() };
        calls.create_session(socket, 7, Some(with_ip)).unwrap();
        assert_eq!(kept(&calls), 0);
        let unnamed = Peer { address: Address::Named(String::new()), ..Peer::default() };
        let error = calls.create_session(socket, 7, Some(unnamed)).unwrap_err();
        assert_eq!((error.code, kept(&calls)), (status::E_ARGUMENT, 0), "{error}");
    }

    #[test]
    fn without_an_application_nobody_would_keep_texts() {
        let host = Host::builder().start().unwrap();
        let calls = host.calls().unwrap();
        let socket = calls.open(&[MODE_RELIABLE]).unwrap();
        let named = Peer { user: "bob".to_owned(), ..Peer::default() };
        let error = calls.create_session(socket, 7, Some(named)).unwrap_err();
        assert_eq!(error.code, status::E_STATE);
        assert!(error.text.contains("application"), "{error}");
    }
}
