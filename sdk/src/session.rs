//! Sessions.

use core::time::Duration;

use pintle_abi_core as abi;

use crate::host::call;
use crate::peer::{text, view};
use crate::{Address, Host, Message, Mode, Result, Session, SessionOptions, Socket, Text};

/// Sessions: `host.session()`. All of it is for the kernel thread, except [`data`](Sessions::data).
///
/// Errors common to all: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN` for the session, `E_WRONG_THREAD`.
#[derive(Clone, Copy, Debug)]
pub struct Sessions<'h>(pub(crate) &'h Host);

impl Host {
    /// Sessions.
    #[must_use]
    pub const fn session(&self) -> Sessions<'_> {
        Sessions(self)
    }
}

/// A round-trip time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rtt {
    /// Its mean.
    pub mean: Duration,
    /// The mean deviation from the mean.
    pub deviation: Duration,
}

/// A request to a service.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestOptions {
    /// The service.
    pub service: u32,
    /// The request's number within the service.
    pub id: u32,
    /// The asker's own number for the request, which its answers carry.
    pub correlation: u64,
}

impl RequestOptions {
    /// A plain request.
    #[must_use]
    pub const fn new(service: u32, id: u32, correlation: u64) -> Self {
        Self { service, id, correlation }
    }
}

impl<'h> Sessions<'h> {
    /// Creates a session on a socket, with this plugin as its owner. Every other plugin hears of it before this returns,
    /// and may send at once: [`SessionOptions::data`] is there by then.
    ///
    /// # Errors
    /// `E_ARGUMENT`: an empty name for an address. `E_STATE`: the socket is stopped. `E_CAPACITY`.
    pub fn create(self, socket: Socket, options: SessionOptions<'static>) -> Result<Session> {
        // SAFETY: the texts live for ever.
        unsafe { self.create_borrowing(socket, options) }
    }

    /// As [`create`](Sessions::create), with texts that the plugin keeps itself. The host does not copy them.
    ///
    /// # Errors
    /// As for [`create`](Sessions::create).
    ///
    /// # Safety
    /// `user`, `protocol` and the name of the address stay where they are, unchanged, until the plugin's
    /// `session_destroyed` for this session has returned, or its `destroy` if it does not implement that.
    pub unsafe fn create_borrowing(self, socket: Socket, options: SessionOptions<'_>) -> Result<Session> {
        let address = options.address.told();
        let told = abi::SessionOptions {
            client_id: options.client_id,
            address: &raw const address,
            data: core::ptr::without_provenance_mut(options.data),
            user: view(options.user),
            protocol: view(options.protocol),
            ..abi::SessionOptions::none()
        };
        let mut session = Session::default();
        call!(self.0, session.create(socket, &raw const told, &raw mut session))?;
        Ok(session)
    }

    /// Owner: ends a session. The handle is stale at once.
    ///
    /// # Errors
    /// `E_NOT_OWNER`.
    pub fn destroy(self, session: Session) -> Result {
        call!(self.0, session.destroy(session))
    }

    /// Owner: hands in a message that came from the peer.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: no such channel. `E_NOT_OWNER`. `E_AGAIN`: try again after `session_writable`. Whatever a filter
    /// refused with.
    #[inline]
    pub fn receive(self, session: Session, channel: u32, message: &mut Message<'_>) -> Result {
        call!(self.0, session.receive(session, channel, message.handle()))
    }

    /// Sends a message to the peer.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: no such channel. `E_UNSUPPORTED`, `E_POISONED`, `E_CLOSED`: the owner cannot. `E_AGAIN`: try
    /// again after `session_writable`. Whatever a filter refused with.
    #[inline]
    pub fn send(self, session: Session, channel: u32, message: &mut Message<'_>) -> Result {
        call!(self.0, session.send(session, channel, message.handle()))
    }

    /// Owner: hands in a service request that came from the peer. Its answers come through `session_result` with the
    /// same `correlation`. On success the message is spent; on an error it can be tried again.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: no such service. `E_NOT_OWNER`. `E_AGAIN`: try again after `session_writable`. `E_CAPACITY`: no
    /// request or message is free. Whatever a filter refused with.
    pub fn request(self, session: Session, options: &RequestOptions, message: &mut Message<'_>) -> Result {
        message.hand_over(|message| {
            let request = abi::RequestOptions {
                size: size_of::<abi::RequestOptions>() as u32,
                service: options.service,
                id: options.id,
                flags: 0,
                correlation: options.correlation,
                message,
            };
            call!(self.0, session.request(session, &raw const request))
        })
    }

    /// Owner: cancels the oldest request of this session with this `correlation` that is not done.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: no such request. `E_NOT_OWNER`.
    pub fn cancel(self, session: Session, correlation: u64) -> Result {
        call!(self.0, session.cancel(session, correlation))
    }

    /// Owner: says that it can take no more for now: `send` is `E_AGAIN` and results are held back until
    /// [`resume`](Sessions::resume). A transport calls this when a message that it took crosses its high-water mark.
    ///
    /// # Errors
    /// `E_NOT_OWNER`.
    pub fn suspend(self, session: Session) -> Result {
        call!(self.0, session.suspend(session))
    }

    /// Owner: says that it can take more after [`suspend`](Sessions::suspend), or after it answered `E_AGAIN`.
    ///
    /// # Errors
    /// `E_NOT_OWNER`.
    pub fn resume(self, session: Session) -> Result {
        call!(self.0, session.resume(session))
    }

    /// Asks the owner to end the session now or later.
    ///
    /// # Errors
    /// `E_UNSUPPORTED`: the owner cannot.
    pub fn disconnect(self, session: Session) -> Result {
        call!(self.0, session.disconnect(session))
    }

    /// Stores this plugin's own word for the session: an index, a key.
    ///
    /// # Errors
    /// `E_PERMISSION`: not the owner, and the descriptor lacks `SESSION_DATA`.
    pub fn set_data(self, session: Session, data: usize) -> Result {
        call!(self.0, session.set_data(session, core::ptr::without_provenance_mut(data)))
    }

    /// This plugin's own word for the session; 0 until it is set. Any thread.
    ///
    /// # Errors
    /// `E_PERMISSION`: as for [`set_data`](Sessions::set_data).
    pub fn data(self, session: Session) -> Result<usize> {
        let mut data = core::ptr::null_mut();
        call!(self.0, session.data(session, &raw mut data))?;
        Ok(data.addr())
    }

    /// The number that the owner gave the peer.
    ///
    /// # Errors
    /// Those common to all calls.
    pub fn client_id(self, session: Session) -> Result<i64> {
        let mut id = 0;
        call!(self.0, session.client_id(session, &raw mut id))?;
        Ok(id)
    }

    /// The address of the peer.
    ///
    /// # Errors
    /// Those common to all calls.
    pub fn address(self, session: Session) -> Result<Address<'h>> {
        let mut address = abi::Address::none();
        call!(self.0, session.address(session, &raw mut address))?;
        // SAFETY: a session that ends is told of when the outermost crossing has returned, so its texts outlive the
        // callback that the host is lent to; other threads get `E_WRONG_THREAD`.
        Ok(unsafe { Address::heard(&address) })
    }

    /// Who the peer says, or proved, to be; empty if the owner did not tell.
    ///
    /// # Errors
    /// Those common to all calls.
    pub fn user(self, session: Session) -> Result<&'h str> {
        let mut user = Text::EMPTY;
        call!(self.0, session.user(session, &raw mut user))?;
        // SAFETY: as for `address`.
        Ok(unsafe { text(&user) })
    }

    /// The sub-protocol that was agreed on with the peer; empty if there is none.
    ///
    /// # Errors
    /// Those common to all calls.
    pub fn protocol(self, session: Session) -> Result<&'h str> {
        let mut protocol = Text::EMPTY;
        call!(self.0, session.protocol(session, &raw mut protocol))?;
        // SAFETY: as for `address`.
        Ok(unsafe { text(&protocol) })
    }

    /// The socket that the session arose on.
    ///
    /// # Errors
    /// Those common to all calls.
    pub fn socket(self, session: Session) -> Result<Socket> {
        let mut socket = Socket::default();
        call!(self.0, session.socket(session, &raw mut socket))?;
        Ok(socket)
    }

    /// The round-trip time as the owner knows it.
    ///
    /// # Errors
    /// `E_UNSUPPORTED`: the owner does not know.
    pub fn rtt(self, session: Session) -> Result<Rtt> {
        let (mut mean, mut deviation) = (0, 0);
        call!(self.0, session.rtt(session, &raw mut mean, &raw mut deviation))?;
        Ok(Rtt { mean: Duration::from_nanos(mean), deviation: Duration::from_nanos(deviation) })
    }

    /// The mode of one channel of this session.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: no such channel.
    pub fn channel_mode(self, session: Session, channel: u32) -> Result<Mode> {
        let mut mode = 0;
        call!(self.0, session.channel_mode(session, channel, &raw mut mode))?;
        Ok(Mode(mode))
    }

    /// Changes the mode of one channel of this session. The owner is asked through `session_set_mode`.
    ///
    /// # Errors
    /// `E_ARGUMENT`: unknown mode. `E_NOT_FOUND`: no such channel. Whatever the owner refused with.
    pub fn set_channel_mode(self, session: Session, channel: u32, mode: Mode) -> Result {
        call!(self.0, session.set_channel_mode(session, channel, mode.0))
    }
}
