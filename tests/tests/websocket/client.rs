//! A client that speaks the frames as the plugin's README describes them, and knows nothing of its code.

use std::net::TcpStream;
use std::time::Duration;

use tungstenite::protocol::frame::CloseFrame;
use tungstenite::{Message, WebSocket};

/// A wait that only a failing test reaches; shorter than the time between two pings.
const PATIENCE: Duration = Duration::from_secs(15);

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    Message(u16, Vec<u8>),
    Request { service: u32, id: u32, correlation: u64, payload: Vec<u8> },
    Cancel(u64),
    Result(u64, Vec<u8>),
    Exception(u64, i32, String),
    Done(u64, i32),
}

impl Frame {
    pub fn encode(&self) -> Vec<u8> {
        let head = |tag: u8, correlation: u64| [&[tag, 0, 0, 0][..], &correlation.to_le_bytes()].concat();
        match self {
            Self::Message(channel, payload) => [&[0, 0][..], &channel.to_le_bytes(), payload].concat(),
            Self::Request { service, id, correlation, payload } => [
                &[1, 0, 0, 0][..],
                &service.to_le_bytes(),
                &id.to_le_bytes(),
                &correlation.to_le_bytes(),
                payload,
            ]
            .concat(),
            Self::Cancel(correlation) => head(2, *correlation),
            Self::Result(correlation, payload) => [head(3, *correlation), payload.clone()].concat(),
            Self::Exception(correlation, code, text) => {
                [&head(4, *correlation)[..], &code.to_le_bytes(), text.as_bytes()].concat()
            }
            Self::Done(correlation, code) => [&head(5, *correlation)[..], &code.to_le_bytes()].concat(),
        }
    }

    fn decode(bytes: &[u8]) -> Self {
        let correlation = || u64::from_le_bytes(bytes[4..12].try_into().unwrap());
        let code = || i32::from_le_bytes(bytes[12..16].try_into().unwrap());
        match bytes[0] {
            0 => Self::Message(u16::from_le_bytes([bytes[2], bytes[3]]), bytes[4..].to_vec()),
            3 => Self::Result(correlation(), bytes[12..].to_vec()),
            4 => Self::Exception(correlation(), code(), String::from_utf8(bytes[16..].to_vec()).unwrap()),
            5 => {
                assert_eq!(bytes.len(), 16);
                Self::Done(correlation(), code())
            }
            tag => panic!("a server does not send frames of type {tag}"),
        }
    }
}

/// One connection.
pub struct Client(WebSocket<TcpStream>);

impl Client {
    pub fn connect(address: &str) -> Self {
        let authority = address.strip_prefix("ws://").unwrap().split('/').next().unwrap();
        let tcp = TcpStream::connect(authority).unwrap();
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        tcp.set_write_timeout(Some(PATIENCE)).unwrap();
        Self(tungstenite::client(address, tcp).unwrap().0)
    }

    pub fn send(&mut self, frame: &Frame) {
        self.send_all(std::slice::from_ref(frame));
    }

    /// Sends frames in one write, as far as they fit.
    pub fn send_all(&mut self, frames: &[Frame]) {
        for frame in frames {
            self.0.write(Message::binary(frame.encode())).unwrap();
        }
        self.0.flush().unwrap();
    }

    pub fn send_raw(&mut self, message: Message) {
        self.0.send(message).unwrap();
    }

    pub fn read(&mut self) -> Frame {
        loop {
            match self.0.read().unwrap() {
                Message::Binary(bytes) => return Frame::decode(&bytes),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("a frame should come, not {other:?}"),
            }
        }
    }

    /// Reads up to the close frame, and on until the server has closed.
    pub fn read_close(&mut self) -> (u16, String) {
        loop {
            match self.0.read().unwrap() {
                Message::Close(Some(CloseFrame { code, reason })) => {
                    while self.0.read().is_ok() {}
                    return (code.into(), reason.to_string());
                }
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("a close frame should come, not {other:?}"),
            }
        }
    }

    /// Closes, and waits until the server has closed too.
    pub fn close(mut self) {
        self.0.close(None).unwrap();
        while self.0.read().is_ok() {}
    }

    /// A second handle to the stream.
    pub fn tcp(&self) -> TcpStream {
        self.0.get_ref().try_clone().unwrap()
    }
}
