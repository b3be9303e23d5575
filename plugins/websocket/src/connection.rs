//! One connection, from the opening handshake to the last byte. It uses the socket and frames, and not the host.

use std::{
    io::{self, ErrorKind, Read},
    mem,
    net::{SocketAddr, TcpStream},
    sync::Arc,
};

use data_encoding::BASE64URL_NOPAD;
use socket2::{Domain, Protocol, Socket, Type};
use tungstenite::{
    Bytes, ClientHandshake, Error, HandshakeError, Message, ServerHandshake, WebSocket,
    client::IntoClientRequest,
    error::ProtocolError,
    handshake::{
        MidHandshake,
        server::{Callback, ErrorResponse, Request, Response},
    },
    http::{HeaderValue, StatusCode, header},
    protocol::{
        CloseFrame, WebSocketConfig,
        frame::{Utf8Bytes, coding::CloseCode},
    },
};

use crate::{
    frame::{HEAD_MAX, Head, Malformed},
    location::Location,
    wire::Wire,
};

/// Bytes of a connection's reading buffer.
const READ_BUFFER: usize = 32 << 10;
/// The longest reason of a close frame, in bytes.
const REASON_MAX: usize = 123;

/// The result of one step on a connection.
#[derive(Debug)]
pub enum Step {
    /// The opening handshake is complete.
    Opened,
    /// A frame: its head and its payload.
    Frame(Head, Bytes),
    /// The answer to a ping, with the ping's data.
    Pong(Bytes),
    /// Something that needs no answer; there may be more.
    Other,
    /// Nothing to read now.
    Wait,
    /// The conversation is over. `fault`: the peer broke the protocol.
    Ended {
        /// A sentence.
        why: String,
        /// Whether an operator should know.
        fault: bool,
    },
    /// The closing is complete too.
    Closed,
}

/// Refuses a handshake for another path than the one that is served.
struct Guard {
    path: String,
}

impl Callback for Guard {
    fn on_request(self, request: &Request, response: Response) -> Result<Response, ErrorResponse> {
        let served = self.path.split('?').next();
        if served == Some(request.uri().path()) {
            return Ok(response);
        }
        let mut refusal = ErrorResponse::new(None);
        *refusal.status_mut() = StatusCode::NOT_FOUND;
        refusal.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        refusal.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        Err(refusal)
    }
}

enum Phase {
    /// The TCP connection is being made.
    Connecting(Box<Request>),
    /// As a server, in the opening handshake.
    Accepting(Box<MidHandshake<ServerHandshake<Wire, Guard>>>),
    /// As a client, in the opening handshake.
    Asking(Box<MidHandshake<ClientHandshake<Wire>>>),
    Open(Box<WebSocket<Wire>>),
    /// The close frame is queued or sent; what still comes in is dropped.
    Closing(Wire),
    Closed,
}

/// One connection.
///
/// Its fd stays open until it is dropped, so that its watch can be ended first.
pub struct Connection {
    tcp: Arc<TcpStream>,
    phase: Phase,
    max_payload: usize,
}

impl Connection {
    /// Begins as the server of an accepted stream, which serves `path`.
    ///
    /// # Errors
    /// The operating system refuses the non-blocking mode.
    pub fn accept(tcp: TcpStream, path: &str, max_payload: usize) -> io::Result<Self> {
        tcp.set_nonblocking(true)?;
        tcp.set_nodelay(true)?;
        let guard = Guard { path: path.to_owned() };
        let tcp = Arc::new(tcp);
        let handshake = ServerHandshake::start(Wire::new(tcp.clone()), guard, Some(limits(max_payload)));
        Ok(Self { tcp, phase: Phase::Accepting(Box::new(handshake)), max_payload })
    }

    /// Begins as a client of `location`, which resolved to `peer`. A token that is not empty travels as
    /// `Authorization: Bearer`, in base64url without padding.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn connect(
        location: &Location,
        peer: SocketAddr,
        token: &[u8],
        max_payload: usize,
    ) -> io::Result<Self> {
        let mut request = location.to_string().into_client_request().map_err(io::Error::other)?;
        if !token.is_empty() {
            let bearer = format!("Bearer {}", BASE64URL_NOPAD.encode(token));
            let mut value = HeaderValue::try_from(bearer).map_err(io::Error::other)?;
            value.set_sensitive(true);
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        let socket = Socket::new(Domain::for_address(peer), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        match socket.connect(&peer.into()) {
            Err(error) if !in_progress(&error) => Err(error),
            _ => Ok(Self {
                tcp: Arc::new(socket.into()),
                phase: Phase::Connecting(Box::new(request)),
                max_payload,
            }),
        }
    }

    /// The stream underneath, for watching it.
    pub fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// Whether the TCP connection is still being made: then only writability says something.
    pub fn is_connecting(&self) -> bool {
        matches!(self.phase, Phase::Connecting(..))
    }

    /// Whether frames can be sent.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open(_))
    }

    /// Whether nothing is left.
    pub fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// Bytes that wait to be sent.
    pub fn queued(&self) -> usize {
        match &self.phase {
            Phase::Open(socket) => socket.get_ref().queued(),
            Phase::Closing(wire) => wire.queued(),
            _ => 0,
        }
    }

    /// Goes on with whatever this connection is at; brings at most one frame.
    pub fn step(&mut self) -> Step {
        match mem::replace(&mut self.phase, Phase::Closed) {
            Phase::Connecting(request) => self.step_connecting(request),
            Phase::Accepting(handshake) => match handshake.handshake() {
                Ok(socket) => self.open(socket),
                Err(HandshakeError::Interrupted(handshake)) => {
                    self.phase = Phase::Accepting(Box::new(handshake));
                    Step::Wait
                }
                Err(HandshakeError::Failure(error)) => refused(&error),
            },
            Phase::Asking(handshake) => match handshake.handshake() {
                Ok((socket, _)) => self.open(socket),
                Err(HandshakeError::Interrupted(handshake)) => {
                    self.phase = Phase::Asking(Box::new(handshake));
                    Step::Wait
                }
                Err(HandshakeError::Failure(error)) => refused(&error),
            },
            Phase::Open(socket) => self.step_open(socket),
            Phase::Closing(wire) => self.step_closing(wire),
            Phase::Closed => Step::Closed,
        }
    }

    fn step_connecting(&mut self, request: Box<Request>) -> Step {
        match self.tcp.take_error() {
            Ok(None) if self.tcp.peer_addr().is_err() => {
                self.phase = Phase::Connecting(request);
                Step::Wait
            }
            Ok(None) => {
                let wire = Wire::new(self.tcp.clone());
                match ClientHandshake::start(wire, *request, Some(limits(self.max_payload))) {
                    Ok(handshake) => {
                        self.phase = Phase::Asking(Box::new(handshake));
                        Step::Other
                    }
                    Err(error) => refused(&error),
                }
            }
            Ok(Some(error)) | Err(error) => Step::Ended { why: error.to_string(), fault: true },
        }
    }

    fn open(&mut self, socket: WebSocket<Wire>) -> Step {
        self.phase = Phase::Open(Box::new(socket));
        Step::Opened
    }

    fn step_open(&mut self, mut socket: Box<WebSocket<Wire>>) -> Step {
        let read = socket.read();
        self.phase = Phase::Open(socket);
        match read {
            Ok(Message::Binary(bytes)) => self.frame(bytes),
            Ok(Message::Pong(data)) => Step::Pong(data),
            Ok(Message::Ping(_) | Message::Frame(_)) => Step::Other,
            Ok(Message::Text(_)) => {
                self.violation(CloseCode::Unsupported, "a text message came; frames are binary messages")
            }
            Ok(Message::Close(frame)) => self.closed_by_peer(frame),
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Step::Wait,
            Err(Error::Capacity(error)) => self.violation(CloseCode::Size, &error.to_string()),
            Err(Error::Utf8(error)) => self.violation(CloseCode::Invalid, &error),
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
                self.phase = Phase::Closed;
                Step::Ended { why: "the peer went away without a close frame".to_owned(), fault: false }
            }
            Err(Error::Protocol(error)) => self.violation(CloseCode::Protocol, &error.to_string()),
            Err(error) => {
                self.phase = Phase::Closed;
                Step::Ended { why: error.to_string(), fault: false }
            }
        }
    }

    fn frame(&mut self, bytes: Bytes) -> Step {
        match Head::decode(&bytes) {
            Ok(head) => {
                let payload = bytes.slice(head.length()..);
                if payload.len() > self.max_payload {
                    let why = format!("a payload of {} bytes is over {}", payload.len(), self.max_payload);
                    return self.violation(CloseCode::Size, &why);
                }
                Step::Frame(head, payload)
            }
            Err(fault @ Malformed::Text) => self.violation(CloseCode::Invalid, &fault.to_string()),
            Err(fault) => self.violation(CloseCode::Protocol, &fault.to_string()),
        }
    }

    fn closed_by_peer(&mut self, frame: Option<CloseFrame>) -> Step {
        let why = match frame {
            Some(frame) => format!("the peer closed with {}", frame.code),
            None => "the peer closed".to_owned(),
        };
        if let Phase::Open(mut socket) = mem::replace(&mut self.phase, Phase::Closed) {
            // The reply is queued by the library; its error only repeats that the connection is closed.
            let _ = socket.flush();
            self.phase = Phase::Closing(socket.into_inner());
            self.drain();
        }
        Step::Ended { why, fault: false }
    }

    fn violation(&mut self, code: CloseCode, why: &str) -> Step {
        self.close(code, why);
        Step::Ended { why: why.to_owned(), fault: true }
    }

    fn step_closing(&mut self, mut wire: Wire) -> Step {
        let mut scratch = [0; 4096];
        match wire.read(&mut scratch) {
            Ok(1..) => {
                self.phase = Phase::Closing(wire);
                Step::Other
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.phase = Phase::Closing(wire);
                Step::Wait
            }
            _ => Step::Closed,
        }
    }

    /// Queues a frame. Nothing limits the queue here; see [`queued`](Self::queued).
    ///
    /// # Errors
    /// The connection is not open.
    pub fn send(&mut self, head: Head, payload: &[u8]) -> Result<(), Error> {
        self.write(Message::binary(head.encode(payload)))
    }

    /// Queues a ping.
    ///
    /// # Errors
    /// The connection is not open.
    pub fn ping(&mut self, data: &[u8]) -> Result<(), Error> {
        self.write(Message::Ping(Bytes::copy_from_slice(data)))
    }

    /// Gives the connection up as it is.
    pub fn abandon(&mut self) {
        self.phase = Phase::Closed;
    }

    fn write(&mut self, message: Message) -> Result<(), Error> {
        match &mut self.phase {
            Phase::Open(socket) => socket.write(message),
            _ => Err(Error::AlreadyClosed),
        }
    }

    /// Gathers small frames until it is called with `false`.
    pub fn cork(&mut self, corked: bool) {
        if let Phase::Open(socket) = &mut self.phase {
            socket.get_mut().cork(corked);
        }
    }

    /// Sends as much of the queue as the operating system takes.
    pub fn drain(&mut self) {
        match &mut self.phase {
            Phase::Open(socket) => socket.get_mut().drain(),
            Phase::Closing(wire) => {
                wire.drain();
                if wire.queued() == 0 {
                    wire.finish();
                }
            }
            _ => {}
        }
    }

    /// Queues a close frame behind what is queued already; nothing is read or sent after it. What has not been opened
    /// is dropped.
    pub fn close(&mut self, code: CloseCode, reason: &str) {
        self.phase = match mem::replace(&mut self.phase, Phase::Closed) {
            Phase::Open(mut socket) => {
                let reason = Utf8Bytes::from(&reason[..reason.floor_char_boundary(REASON_MAX)]);
                // Writing to a wire cannot fail, and whether the frame arrives is up to the peer.
                let _ = socket.close(Some(CloseFrame { code, reason }));
                let mut wire = socket.into_inner();
                wire.cork(false);
                Phase::Closing(wire)
            }
            Phase::Closing(wire) => Phase::Closing(wire),
            _ => Phase::Closed,
        };
        self.drain();
    }
}

fn limits(max_payload: usize) -> WebSocketConfig {
    let frame = Some(max_payload + HEAD_MAX);
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(frame)
        .max_frame_size(frame)
}

fn refused(error: &Error) -> Step {
    Step::Ended { why: format!("the handshake failed: {error}"), fault: true }
}

fn in_progress(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EINPROGRESS)
}

#[cfg(test)]
mod tests;
