//! Sessions.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::time::Duration;

use pintle_abi_core as abi;
use pintle_abi_core::{Message, RequestOptions, Session, SessionOptions, Socket, Text};

use super::texts::{Peer, view};
use super::{Calls, text};
use crate::address::Address;
use crate::error::Error;

impl Calls<'_> {
    /// Creates a session that plugin zero owns. The texts of `peer` are kept until the application's
    /// `session_destroyed` has returned, or the host is dropped.
    ///
    /// # Errors
    /// `E_STATE`: the socket is stopped, or the peer has texts and the host has no application to keep them.
    /// `E_CAPACITY`; the errors of handles.
    pub fn create_session(
        &self,
        socket: Socket,
        client_id: i64,
        peer: Option<Peer>,
    ) -> Result<Session, Error> {
        let peer = peer.unwrap_or_default();
        let address = peer.address.told();
        let (user, protocol) = (view(&peer.user), view(&peer.protocol));
        // The views stay valid when `peer` moves, as a `String` keeps its bytes elsewhere.
        let data = if peer.has_texts() { self.texts()?.keep_peer(peer) } else { null_mut() };
        let options = SessionOptions {
            client_id,
            address: &raw const address,
            data,
            user,
            protocol,
            ..SessionOptions::none()
        };
        let mut session = Session::default();
        let created = call!(self, session.create(socket, &raw const options, &raw mut session));
        if created.is_err() {
            self.take_peer(data);
        }
        created.map(|()| session)
    }

    /// Takes back the texts that are kept for the session with this data, if there are any.
    pub(crate) fn take_peer(&self, data: *const c_void) -> Option<Box<Peer>> {
        self.seat?.texts.take_peer(data)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The errors of handles.
    pub fn destroy_session(&self, session: Session) -> Result<(), Error> {
        call!(self, session.destroy(session))
    }

    /// Asks the owner of a session to end it.
    ///
    /// # Errors
    /// `E_UNSUPPORTED`: the owner cannot; the errors of handles.
    pub fn disconnect(&self, session: Session) -> Result<(), Error> {
        call!(self, session.disconnect(session))
    }

    /// Sends bytes to a peer.
    ///
    /// # Errors
    /// `E_AGAIN`: try again after `session_writable`. `E_NOT_FOUND`: no such channel. Or the error with which a filter
    /// refused it.
    pub fn send(&self, session: Session, channel: u32, bytes: &[u8]) -> Result<(), Error> {
        self.with_message(bytes, |message| self.send_message(session, channel, message))
    }

    /// Sends a message to a peer. It is sealed by that.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub fn send_message(&self, session: Session, channel: u32, message: Message) -> Result<(), Error> {
        call!(self, session.send(session, channel, message))
    }

    /// Hands in bytes as if they came from the peer.
    ///
    /// # Errors
    /// `E_AGAIN`: the application takes no more now. `E_NOT_FOUND`: no such channel. Or the error with which a filter
    /// refused it.
    pub fn receive(&self, session: Session, channel: u32, bytes: &[u8]) -> Result<(), Error> {
        self.with_message(bytes, |message| self.receive_message(session, channel, message))
    }

    /// Hands in a message as if it came from the peer. It is sealed by that.
    ///
    /// # Errors
    /// As for [`receive`](Self::receive).
    pub fn receive_message(&self, session: Session, channel: u32, message: Message) -> Result<(), Error> {
        call!(self, session.receive(session, channel, message))
    }

    /// Hands in a service request as if it came from the peer. The answers come to the session's owner with the same
    /// `correlation`.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: no such service. `E_AGAIN`, `E_CAPACITY`. Or the error with which a filter refused it.
    pub fn request(
        &self,
        session: Session,
        service: u32,
        id: u32,
        correlation: u64,
        bytes: &[u8],
    ) -> Result<(), Error> {
        let message = self.message(bytes)?;
        let requested = self.request_message(session, service, id, correlation, message);
        if requested.is_err() {
            self.give_up(message);
        }
        requested
    }

    /// Hands in a service request with a message, of which it spends one reference if it is accepted.
    ///
    /// # Errors
    /// As for [`request`](Self::request).
    pub fn request_message(
        &self,
        session: Session,
        service: u32,
        id: u32,
        correlation: u64,
        message: Message,
    ) -> Result<(), Error> {
        let size = size_of::<RequestOptions>() as u32;
        let options = RequestOptions { size, service, id, flags: 0, correlation, message };
        call!(self, session.request(session, &raw const options))
    }

    /// Cancels a request that is not done.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: there is none with this `correlation`; the errors of handles.
    pub fn cancel(&self, session: Session, correlation: u64) -> Result<(), Error> {
        call!(self, session.cancel(session, correlation))
    }

    /// Says that the owner of a session can take no more for now: `send` is `E_AGAIN` before any filter runs, and results
    /// are held back, until [`resume`](Self::resume).
    ///
    /// # Errors
    /// The errors of handles.
    pub fn suspend(&self, session: Session) -> Result<(), Error> {
        call!(self, session.suspend(session))
    }

    /// Says that the owner of a session can take more.
    ///
    /// # Errors
    /// The errors of handles.
    pub fn resume(&self, session: Session) -> Result<(), Error> {
        call!(self, session.resume(session))
    }

    /// The number that its owner gave a peer.
    ///
    /// # Errors
    /// The errors of handles.
    pub fn client_id(&self, session: Session) -> Result<i64, Error> {
        let mut id = 0;
        call!(self, session.client_id(session, &raw mut id))?;
        Ok(id)
    }

    /// The address of a peer.
    ///
    /// # Errors
    /// The errors of handles.
    pub fn address(&self, session: Session) -> Result<Address, Error> {
        let mut address = abi::Address::none();
        call!(self, session.address(session, &raw mut address))?;
        // SAFETY: the name is readable while the session can be found.
        Ok(unsafe { Address::heard(&address) })
    }

    /// Who a peer says, or proved, to be; empty if its owner did not tell.
    ///
    /// # Errors
    /// The errors of handles.
    pub fn user(&self, session: Session) -> Result<String, Error> {
        let mut user = Text::EMPTY;
        call!(self, session.user(session, &raw mut user))?;
        // SAFETY: the text is readable while the session can be found.
        Ok(unsafe { text(user.data, user.length) }.to_owned())
    }

    /// The sub-protocol that was agreed on with a peer; empty if there is none.
    ///
    /// # Errors
    /// The errors of handles.
    pub fn protocol(&self, session: Session) -> Result<String, Error> {
        let mut protocol = Text::EMPTY;
        call!(self, session.protocol(session, &raw mut protocol))?;
        // SAFETY: as for `user`.
        Ok(unsafe { text(protocol.data, protocol.length) }.to_owned())
    }

    /// The mode of one channel of a session.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: no such channel; the errors of handles.
    pub fn channel_mode(&self, session: Session, channel: u32) -> Result<u32, Error> {
        let mut mode = 0;
        call!(self, session.channel_mode(session, channel, &raw mut mode))?;
        Ok(mode)
    }

    /// Changes the mode of one channel of a session.
    ///
    /// # Errors
    /// `E_ARGUMENT`: unknown mode. `E_NOT_FOUND`: no such channel. Or the error with which the owner refused it.
    pub fn set_channel_mode(&self, session: Session, channel: u32, mode: u32) -> Result<(), Error> {
        call!(self, session.set_channel_mode(session, channel, mode))
    }

    /// While `paused`, messages that come in on a session are refused with `E_AGAIN` before any filter runs, because the
    /// application can take no more. When it is no longer, `session_writable` of an owner that was refused is called.
    ///
    /// # Errors
    /// The errors of handles.
    pub fn pause(&self, session: Session, paused: bool) -> Result<(), Error> {
        self.kernel.pause(session, paused).map_err(Error::plain)
    }

    /// The socket that a session arose on.
    ///
    /// # Errors
    /// The errors of handles.
    pub fn socket(&self, session: Session) -> Result<Socket, Error> {
        let mut socket = Socket::default();
        call!(self, session.socket(session, &raw mut socket))?;
        Ok(socket)
    }

    /// The round-trip time as the owner knows it: its mean, and its mean deviation from that.
    ///
    /// # Errors
    /// `E_UNSUPPORTED`: the owner does not know it; the errors of handles.
    pub fn rtt(&self, session: Session) -> Result<(Duration, Duration), Error> {
        let (mut mean, mut deviation) = (0, 0);
        call!(self, session.rtt(session, &raw mut mean, &raw mut deviation))?;
        Ok((Duration::from_nanos(mean), Duration::from_nanos(deviation)))
    }
}
