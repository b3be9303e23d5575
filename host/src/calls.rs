//! What plugin zero calls, without raw pointers.

use std::ffi::c_char;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use pintle_abi_core as abi;
use pintle_abi_core::{Address, Api, Bytes, ERROR_TEXT_MAX, Message, Plugin, Session, Socket, Text, status};

use crate::application::Seat;
use crate::error::Error;

/// The calls of plugin zero: the host's tables with lengths, lifetimes and errors taken care of.
///
/// It lives on the kernel thread. Messages are handles: what a callback is given lives until that callback returns, and
/// what [`message`](Self::message) gives outside a callback lives until [`release`](Self::release).
///
/// Every call may run callbacks of plugins, and of the application, before it returns.
pub struct Calls<'h> {
    plugin: *mut Plugin,
    seat: Option<&'h Seat>,
    host: PhantomData<&'h Plugin>,
}

/// Asks for a call that is `$table->$slot(plugin, …)`, and makes a result of its status.
macro_rules! call {
    ($self:ident, $table:ident . $slot:ident ( $($argument:expr),* )) => {{
        // SAFETY: plugin zero's tables live as long as the host, whose borrow `Calls` holds, and are whole: they belong
        // to the kernel that this crate was built with. What the arguments point to outlives the call.
        let status = unsafe { ((*$self.api().$table).$slot)($self.plugin $(, $argument)*) };
        $self.end(status)
    }};
}

impl<'h> Calls<'h> {
    /// # Safety
    /// `plugin` is plugin zero of a kernel that lives for `'h`, and this thread is its kernel thread.
    pub(crate) unsafe fn new(plugin: *mut Plugin, seat: Option<&'h Seat>) -> Self {
        Self { plugin, seat, host: PhantomData }
    }

    fn api(&self) -> &'h Api {
        // SAFETY: plugin zero lives for 'h, and points to its tables.
        unsafe { &*(*self.plugin).api }
    }

    fn end(&self, code: i32) -> Result<(), Error> {
        if let Some(seat) = self.seat {
            seat.resume_panic();
        }
        if code == status::OK { Ok(()) } else { Err(self.error(code)) }
    }

    /// The words that the host left for a status, or what the status means.
    pub(crate) fn error(&self, code: i32) -> Error {
        let mut last = abi::Error {
            size: size_of::<abi::Error>() as u32,
            code: status::OK,
            length: 0,
            reserved: 0,
            text: [0; ERROR_TEXT_MAX],
        };
        // SAFETY: as in `call`; `last` is writable.
        let read = unsafe { ((*self.api().error).last)(self.plugin, &raw mut last) };
        let text = last.text.get(..last.length as usize).unwrap_or_default();
        if read == status::OK && last.code == code && !text.is_empty() {
            return Error::new(code, String::from_utf8_lossy(text));
        }
        Error::plain(code)
    }

    /// A message that holds `bytes`.
    ///
    /// # Errors
    /// `E_CAPACITY`: too long, or no message is free.
    pub fn message(&self, bytes: &[u8]) -> Result<Message, Error> {
        let mut message = Message::default();
        call!(self, message.acquire(bytes.len(), &raw mut message))?;
        call!(self, message.write(message, bytes.as_ptr(), bytes.len()))?;
        Ok(message)
    }

    /// A copy of what a message holds.
    ///
    /// # Errors
    /// `E_STALE` and the other errors of handles.
    pub fn bytes(&self, message: Message) -> Result<Vec<u8>, Error> {
        let mut view = Bytes { data: std::ptr::null(), length: 0 };
        call!(self, message.view(message, &raw mut view))?;
        if view.length == 0 {
            return Ok(Vec::new());
        }
        // SAFETY: the view is good until the next call with this message, and nothing is called before it is copied.
        Ok(unsafe { std::slice::from_raw_parts(view.data, view.length) }.to_vec())
    }

    /// Adds a reference, so that a message outlives the callback that it was given to.
    ///
    /// # Errors
    /// `E_STALE` and the other errors of handles; `E_CAPACITY`.
    pub fn retain(&self, message: Message) -> Result<(), Error> {
        call!(self, message.retain(message))
    }

    /// Gives back a reference.
    ///
    /// # Errors
    /// `E_STALE` and the other errors of handles; `E_STATE`: plugin zero holds none.
    pub fn release(&self, message: Message) -> Result<(), Error> {
        call!(self, message.release(message))
    }

    /// Opens a socket whose channels have these modes (`CHANNEL_` constants).
    ///
    /// # Errors
    /// `E_ARGUMENT`: no channel, or an unknown mode. `E_CAPACITY`.
    pub fn open(&self, modes: &[u32]) -> Result<Socket, Error> {
        let mut socket = Socket::default();
        call!(self, socket.open(modes.as_ptr(), modes.len(), &raw mut socket))?;
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
        let mut address = Text { data: std::ptr::null(), length: 0 };
        call!(self, socket.address(socket, &raw mut address))?;
        // SAFETY: the view is good until the next call with this socket.
        Ok(unsafe { text(address.data, address.length) }.to_owned())
    }

    /// Creates a session that plugin zero owns.
    ///
    /// # Errors
    /// `E_STATE`: the socket is stopped. `E_CAPACITY`; the errors of handles.
    pub fn create_session(
        &self,
        socket: Socket,
        client_id: i64,
        address: Option<&Address>,
    ) -> Result<Session, Error> {
        let mut session = Session::default();
        let address = address.map_or(std::ptr::null(), std::ptr::from_ref);
        call!(self, session.create(socket, client_id, address, &raw mut session))?;
        Ok(session)
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
    /// `E_AGAIN`: try again after `session_writable`. `E_NOT_FOUND`: no such channel. What a filter refused with.
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
    /// `E_AGAIN`: the inbox is full. `E_NOT_FOUND`: no such channel. What a filter refused with.
    pub fn receive(&self, session: Session, channel: u32, bytes: &[u8]) -> Result<(), Error> {
        self.with_message(bytes, |message| call!(self, session.receive(session, channel, message)))
    }

    /// Hands in a service request as if it came from the peer. The answers come to the session's owner with the same
    /// `correlation`.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: no such service. `E_AGAIN`, `E_CAPACITY`. What a filter refused with.
    pub fn request(
        &self,
        session: Session,
        service: u32,
        id: u32,
        correlation: u64,
        bytes: &[u8],
    ) -> Result<(), Error> {
        let message = self.message(bytes)?;
        let requested = call!(self, session.request(session, service, id, correlation, message));
        if requested.is_err() {
            self.give_up(message);
        }
        requested
    }

    /// Cancels a request that is not done.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: there is none with this `correlation`; the errors of handles.
    pub fn cancel(&self, session: Session, correlation: u64) -> Result<(), Error> {
        call!(self, session.cancel(session, correlation))
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

    /// Where a peer is.
    ///
    /// # Errors
    /// The errors of handles.
    pub fn address(&self, session: Session) -> Result<Address, Error> {
        let mut address = MaybeUninit::zeroed();
        call!(self, session.address(session, address.as_mut_ptr()))?;
        // SAFETY: all-zero bytes are an address, and the call wrote one over them.
        Ok(unsafe { address.assume_init() })
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
    /// `E_ARGUMENT`: unknown mode. `E_NOT_FOUND`: no such channel. What the owner refused with.
    pub fn set_channel_mode(&self, session: Session, channel: u32, mode: u32) -> Result<(), Error> {
        call!(self, session.set_channel_mode(session, channel, mode))
    }

    fn with_message<R>(
        &self,
        bytes: &[u8],
        work: impl FnOnce(Message) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let message = self.message(bytes)?;
        let done = work(message);
        self.give_up(message);
        done
    }

    /// Gives back a message that was made here.
    fn give_up(&self, message: Message) {
        // It can only be gone already, which is as well.
        let _ = self.release(message);
    }
}

/// # Safety
/// `length` bytes of UTF-8 are readable for `'a`; with none, any pointer does.
pub(crate) unsafe fn text<'a>(data: *const c_char, length: usize) -> &'a str {
    if length == 0 {
        return "";
    }
    // SAFETY: the caller's.
    std::str::from_utf8(unsafe { std::slice::from_raw_parts(data.cast(), length) }).unwrap_or_default()
}
