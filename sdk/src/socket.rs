//! Sockets.

use core::time::Duration;

use abi::status;
use pintle_abi_core as abi;

use crate::host::call;
use crate::{Error, Host, Result, Socket, Status, Text};

/// Sockets: `host.socket()`. All of it is for the kernel thread.
///
/// Errors common to all: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN` for the socket, `E_WRONG_THREAD`.
#[derive(Clone, Copy, Debug)]
pub struct Sockets<'h>(pub(crate) &'h Host);

impl Host {
    /// Sockets.
    #[must_use]
    pub const fn socket(&self) -> Sockets<'_> {
        Sockets(self)
    }
}

/// What a channel promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Mode(pub u32);

impl Mode {
    /// A message may be lost, doubled or overtaken.
    pub const UNRELIABLE: Mode = Mode(abi::MODE_UNRELIABLE);
    /// A message may be lost; an older one never comes after a newer one.
    pub const SEQUENCED: Mode = Mode(abi::MODE_SEQUENCED);
    /// Every message comes, once, in order.
    pub const RELIABLE: Mode = Mode(abi::MODE_RELIABLE);
}

/// The state of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct SocketState(pub u32);

impl SocketState {
    /// Opened, not started.
    pub const OPEN: SocketState = SocketState(abi::SOCKET_OPEN);
    /// Listening.
    pub const LISTENING: SocketState = SocketState(abi::SOCKET_LISTENING);
    /// Connecting, or connected as a client.
    pub const CONNECTING: SocketState = SocketState(abi::SOCKET_CONNECTING);
    /// Stopped; it can be started again.
    pub const STOPPED: SocketState = SocketState(abi::SOCKET_STOPPED);
}

impl Sockets<'_> {
    /// Opens a socket with one channel for each mode.
    ///
    /// # Errors
    /// `E_ARGUMENT`: no channel, an unknown mode. `E_CAPACITY`: too many. `E_PERMISSION`: the descriptor lacks
    /// `OPENS_SOCKETS`.
    pub fn open(self, modes: &[Mode]) -> Result<Socket> {
        // So many channels no host has: whatever is cut off here is refused there.
        let count = u32::try_from(modes.len()).unwrap_or(u32::MAX);
        let mut socket = Socket::default();
        call!(self.0, socket.open(modes.as_ptr().cast(), count, &raw mut socket))?;
        Ok(socket)
    }

    /// Opener: listens at `address`, which a transport of that scheme serves.
    ///
    /// # Errors
    /// `E_ARGUMENT`: no address. `E_CAPACITY`: over 240 bytes. `E_STATE`: started already. `E_UNSUPPORTED`: no plugin
    /// attached to it. `E_PERMISSION`: not the opener. Whatever a transport refused with.
    pub fn listen(self, socket: Socket, address: &str) -> Result {
        call!(self.0, socket.listen(socket, address.as_ptr().cast(), address.len()))
    }

    /// Opener: connects to `address` as a client. The token may be empty.
    ///
    /// # Errors
    /// As for [`listen`](Sockets::listen). `E_CAPACITY`: the token is over 2048 bytes.
    pub fn connect(self, socket: Socket, address: &str, token: &[u8]) -> Result {
        let (text, length) = (address.as_ptr().cast(), address.len());
        call!(self.0, socket.connect(socket, text, length, token.as_ptr(), token.len()))
    }

    /// Opener: stops a started socket.
    ///
    /// # Errors
    /// `E_STATE`: not started. `E_PERMISSION`: not the opener.
    pub fn stop(self, socket: Socket) -> Result {
        call!(self.0, socket.stop(socket))
    }

    /// Opener: stops the socket if need be and ends it. The handle is stale at once.
    ///
    /// # Errors
    /// `E_PERMISSION`: not the opener.
    pub fn close(self, socket: Socket) -> Result {
        call!(self.0, socket.close(socket))
    }

    /// How many channels it has.
    ///
    /// # Errors
    /// Those common to all calls.
    pub fn channel_count(self, socket: Socket) -> Result<u32> {
        let mut count = 0;
        call!(self.0, socket.channel_count(socket, &raw mut count))?;
        Ok(count)
    }

    /// The mode that sessions of this socket begin with on `channel`.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: no such channel.
    pub fn channel_mode(self, socket: Socket, channel: u32) -> Result<Mode> {
        let mut mode = 0;
        call!(self.0, socket.channel_mode(socket, channel, &raw mut mode))?;
        Ok(Mode(mode))
    }

    /// Transport: says that this plugin serves the socket, and at what address; an empty one leaves it as it is.
    ///
    /// # Errors
    /// `E_STATE`: the socket is not started. `E_EXISTS`: attached already. `E_CAPACITY`: over 240 bytes.
    pub fn attach(self, socket: Socket, address: &str) -> Result {
        call!(self.0, socket.attach(socket, address.as_ptr().cast(), address.len()))
    }

    /// Transport: says that this plugin serves the socket no longer.
    ///
    /// # Errors
    /// `E_STATE`: not attached.
    pub fn detach(self, socket: Socket) -> Result {
        call!(self.0, socket.detach(socket))
    }

    /// The socket's clock while it is started, else 0.
    ///
    /// # Errors
    /// Those common to all calls.
    pub fn time(self, socket: Socket) -> Result<Duration> {
        let mut nanoseconds = 0;
        call!(self.0, socket.time(socket, &raw mut nanoseconds))?;
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// The address that is served, or was asked for, copied to `buffer`; empty before the first start.
    ///
    /// # Errors
    /// Those common to all calls.
    pub fn address(self, socket: Socket, buffer: &mut [u8; abi::ADDRESS_MAX]) -> Result<&str> {
        let mut text = Text { data: core::ptr::null(), length: 0 };
        call!(self.0, socket.address(socket, &raw mut text))?;
        let length = text.length.min(buffer.len());
        if length > 0 {
            // SAFETY: the host shows `length` bytes until the next call with this socket.
            let shown = unsafe { core::slice::from_raw_parts(text.data.cast::<u8>(), length) };
            buffer[..length].copy_from_slice(shown);
        }
        str::from_utf8(&buffer[..length])
            .map_err(|_| Error::new(Status(status::E_ARGUMENT), "the socket's address is not UTF-8"))
    }

    /// Its state.
    ///
    /// # Errors
    /// Those common to all calls.
    pub fn state(self, socket: Socket) -> Result<SocketState> {
        let mut state = 0;
        call!(self.0, socket.state(socket, &raw mut state))?;
        Ok(SocketState(state))
    }
}
