//! A TCP stream that never blocks when it is written to: bytes that the operating system does not take yet are queued.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    sync::Arc,
};

use bytes::{Buf, BytesMut};

/// Up to this many bytes are gathered while corked.
const CORK: usize = 32 << 10;

/// A non-blocking TCP stream and what waits to be sent on it.
#[derive(Debug)]
pub struct Wire {
    tcp: Arc<TcpStream>,
    queue: BytesMut,
    corked: bool,
    broken: bool,
}

impl Wire {
    /// `tcp` must be non-blocking.
    pub fn new(tcp: Arc<TcpStream>) -> Self {
        Self { tcp, queue: BytesMut::new(), corked: false, broken: false }
    }

    /// Bytes that wait.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// While corked, small writes are gathered, so that many frames share one system call.
    pub fn cork(&mut self, corked: bool) {
        self.corked = corked;
        if !corked {
            self.drain();
        }
    }

    /// Gives the operating system as much as it takes.
    ///
    /// After an error nothing can be sent any more and the queue is dropped; the reader meets the error in its turn,
    /// behind what the peer had sent before.
    pub fn drain(&mut self) {
        while !self.queue.is_empty() {
            match self.put(None) {
                Some(0) => return,
                Some(count) => self.queue.advance(count),
                None => break,
            }
        }
        self.queue = BytesMut::new();
    }

    /// Says that nothing more will be sent. What is queued must have gone.
    pub fn finish(&mut self) {
        // If the peer has closed the connection already, this fails, and nothing is to be done.
        let _ = self.tcp.shutdown(Shutdown::Write);
    }

    /// Writes `bytes`, or else the queue, once: how many bytes went, or `None` if the stream is broken.
    fn put(&mut self, bytes: Option<&[u8]>) -> Option<usize> {
        while !self.broken {
            match (&*self.tcp).write(bytes.unwrap_or(&self.queue)) {
                Ok(0) => self.broken = true,
                Ok(count) => return Some(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Some(0),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.broken = true,
            }
        }
        None
    }
}

impl Read for Wire {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            match (&*self.tcp).read(bytes) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !(self.corked && self.queue.len() + bytes.len() <= CORK) {
            self.drain();
        }
        let gone = match () {
            () if self.broken => bytes.len(),
            () if self.corked && bytes.len() <= CORK || !self.queue.is_empty() => 0,
            () => self.put(Some(bytes)).unwrap_or(bytes.len()),
        };
        self.queue.extend_from_slice(&bytes[gone..]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use super::*;

    fn pair() -> (Wire, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tcp = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        tcp.set_nonblocking(true).unwrap();
        (Wire::new(Arc::new(tcp)), listener.accept().unwrap().0)
    }

    #[test]
    fn what_the_system_does_not_take_is_queued_and_nothing_is_lost() {
        let (mut wire, mut peer) = pair();
        let block: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
        let mut sent = Vec::new();
        while wire.queued() < 300_000 {
            assert_eq!(wire.write(&block).unwrap(), block.len());
            sent.extend_from_slice(&block);
        }
        let reader = thread::spawn(move || {
            let mut got = Vec::new();
            peer.read_to_end(&mut got).unwrap();
            got
        });
        while wire.queued() > 0 {
            wire.drain();
            thread::yield_now();
        }
        wire.finish();
        assert!(reader.join().unwrap() == sent);
    }

    #[test]
    fn a_corked_wire_keeps_small_writes_in_order() {
        let (mut wire, mut peer) = pair();
        wire.cork(true);
        wire.write_all(b"one ").unwrap();
        wire.write_all(b"two ").unwrap();
        assert_eq!(wire.queued(), 8);
        let large = vec![b'x'; CORK + 1];
        wire.write_all(&large).unwrap();
        wire.write_all(b" end").unwrap();
        wire.cork(false);
        wire.finish();
        let mut got = Vec::new();
        peer.read_to_end(&mut got).unwrap();
        assert!(got == [b"one two ", &*large, b" end"].concat());
    }

    #[test]
    fn a_broken_wire_drops_what_is_written() {
        let (mut wire, peer) = pair();
        drop(peer);
        let block = [0; 1 << 16];
        while !wire.broken {
            wire.write_all(&block).unwrap();
        }
        wire.write_all(&block).unwrap();
        assert_eq!(wire.queued(), 0);
    }
}
