//! Sockets.

use std::ffi::c_char;
use std::ptr::null;

use pintle_abi_core::{Socket, Text};

use super::{Calls, text};
use crate::error::Error;

impl Calls<'_> {
    /// Opens a socket whose channels have these modes (`MODE_` constants).
    ///
    /// # Errors
    /// `E_ARGUMENT`: no channel, or an unknown mode. `E_CAPACITY`.
    pub fn open(&self, modes: &[u32]) -> Result<Socket, Error> {
        // So many channels no host has: whatever is cut off here is refused there.
        let count = u32::try_from(modes.len()).unwrap_or(u32::MAX);
        let mut socket = Socket::default();
        call!(self, socket.open(modes.as_ptr(), count, &raw mut socket))?;
        Ok(socket)
    }

    /// Listens: a plugin whose scheme the address has attaches to the socket.
    ///
    /// # Errors
    /// `E_UNSUPPORTED`: no plugin did. `E_STATE`, `E_CAPACITY`, or what the plugin answered.
    pub fn listen(&self, socket: Socket, address: &str) -> Result<(), Error> {
        call!(self, socket.listen(socket, address.as_ptr().cast::<c_char>(), address.len()))
    }

    /// Connects as a client, with a token that may be empty.
    ///
    /// # Errors
    /// As for [`listen`](Self::listen).
    pub fn connect(&self, socket: Socket, address: &str, token: &[u8]) -> Result<(), Error> {
        let (data, length) = (address.as_ptr().cast::<c_char>(), address.len());
        call!(self, socket.connect(socket, data, length, token.as_ptr(), token.len()))
    }

    /// Stops a started socket and ends its sessions.
    ///
    /// # Errors
    /// `E_STATE`: not started; the errors of handles.
    pub fn stop(&self, socket: Socket) -> Result<(), Error> {
        call!(self, socket.stop(socket))
    }

    /// Stops a socket if need be, and ends it.
    ///
    /// # Errors
    /// The errors of handles.
    pub fn close(&self, socket: Socket) -> Result<(), Error> {
        call!(self, socket.close(socket))
    }

    /// The address that a socket serves, or was asked to.
    ///
    /// # Errors
    /// The errors of handles.
    pub fn socket_address(&self, socket: Socket) -> Result<String, Error> {
        let mut address = Text { data: null(), length: 0 };
        call!(self, socket.address(socket, &raw mut address))?;
        // SAFETY: the view is good until the next call with this socket.
        Ok(unsafe { text(address.data, address.length) }.to_owned())
    }

    /// One of the `SOCKET_` states.
    ///
    /// # Errors
    /// The errors of handles.
    pub fn socket_state(&self, socket: Socket) -> Result<u32, Error> {
        let mut state = 0;
        call!(self, socket.state(socket, &raw mut state))?;
        Ok(state)
    }

    /// The socket's clock, in nanoseconds: 0 unless it is started.
    ///
    /// # Errors
    /// The errors of handles.
    pub fn socket_time(&self, socket: Socket) -> Result<u64, Error> {
        let mut time = 0;
        call!(self, socket.time(socket, &raw mut time))?;
        Ok(time)
    }

    /// The modes that sessions of this socket begin with, by channel.
    ///
    /// # Errors
    /// The errors of handles.
    pub fn socket_channels(&self, socket: Socket) -> Result<Vec<u32>, Error> {
        let mut count = 0;
        call!(self, socket.channel_count(socket, &raw mut count))?;
        let mode = |channel: u32| {
            let mut mode = 0;
            call!(self, socket.channel_mode(socket, channel, &raw mut mode)).map(|()| mode)
        };
        (0..count).map(mode).collect()
    }
}
