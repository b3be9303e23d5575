//! A TCP listener.

use std::{
    io::{self, ErrorKind},
    net::{SocketAddr, TcpListener, TcpStream},
    os::fd::AsRawFd,
};

use pintle_sdk::{Socket, Watch};

use crate::location::Location;

/// A listening socket of the operating system, and the Pintle socket that it serves.
pub struct Listener {
    /// The socket that it serves.
    pub socket: Socket,
    /// The watch over the fd.
    pub watch: Option<Watch>,
    /// It is not watched for now, as there is no room for another connection.
    pub rests: bool,
    location: Location,
    tcp: TcpListener,
}

impl Listener {
    /// Binds to `location`.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn bind(socket: Socket, mut location: Location) -> io::Result<Self> {
        let addresses: Vec<SocketAddr> = location.resolve()?.collect();
        let tcp = TcpListener::bind(&*addresses)?;
        tcp.set_nonblocking(true)?;
        location.port = tcp.local_addr()?.port();
        Ok(Self { socket, watch: None, rests: false, location, tcp })
    }

    /// Where it really listens.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The fd to watch.
    pub fn fd(&self) -> isize {
        self.tcp.as_raw_fd() as isize
    }

    /// The next peer; nothing if none waits.
    ///
    /// # Errors
    /// The operating system cannot give one now, as too many fds are open.
    pub fn accept(&self) -> io::Result<Option<(TcpStream, SocketAddr)>> {
        loop {
            match self.tcp.accept() {
                Ok(accepted) => return Ok(Some(accepted)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                // The peer gave up meanwhile.
                Err(error)
                    if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
