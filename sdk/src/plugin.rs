//! The trait that a plugin implements.

use core::time::Duration;

use pintle_abi_core as abi;

use crate::{
    Error, Host, Message, MessageInfo, Mode, OfferInfo, Request, RequestInfo, Result, ResultInfo, Rtt,
    Session, Socket, Status, status,
};

/// The arguments of `create`.
#[derive(Clone, Copy, Debug)]
pub struct CreateArgs<'a> {
    /// The name of this instance, unique in its host.
    pub instance: &'a str,
    /// The configuration, in the form that the plugin documents; may be empty.
    pub config: &'a str,
    /// The ABI minor version that host and plugin agreed on.
    pub abi_minor: u32,
    /// The ABI minor version of the host.
    pub host_minor: u32,
}

/// Why an instance stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct StopReason(pub u32);

impl StopReason {
    /// The plugin is unloaded.
    pub const UNLOAD: StopReason = StopReason(abi::STOP_UNLOAD);
    /// Another version of the plugin takes its place. Reserved.
    pub const RELOAD: StopReason = StopReason(abi::STOP_RELOAD);
    /// The host goes down for maintenance. Reserved.
    pub const MAINTENANCE: StopReason = StopReason(abi::STOP_MAINTENANCE);
}

/// The arguments of `request_stop`.
#[derive(Clone, Copy, Debug)]
pub struct StopArgs {
    /// Why the instance stops.
    pub reason: StopReason,
    /// When the host stops waiting, on the clock of [`Sockets::time`](crate::Sockets::time); `None` if it waits without a
    /// limit.
    pub deadline: Option<Duration>,
}

/// The result of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// The message goes on.
    On,
    /// The filter took the message: no other filter gets it, and the caller's call succeeds.
    Consumed,
}

/// Whether a request or a stop is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is complete.
    Done,
    /// It is not complete: a request until [`Services::done`](crate::Services::done), a stop until [`Host::stopped`].
    Pending,
}

/// An answer to a request that this plugin handed in with [`Sessions::request`](crate::Sessions::request).
#[derive(Debug)]
pub enum Answer<'a, 'h> {
    /// One result.
    Result(&'a mut Message<'h>),
    /// The request failed; the message holds the text, if there is one.
    Exception(Status, Option<&'a mut Message<'h>>),
    /// Nothing more will come. The status is `OK`, `E_CANCELLED`, or what the handler returned.
    Done(Status),
}

/// A plugin: one value for each instance. The attribute [`plugin`](crate::plugin) makes the exported objects from its
/// implementation; a callback that is not implemented is absent and costs nothing.
///
/// Callbacks run on the kernel thread (which may be another thread of the system after the application has moved the
/// host, hence `Send`), and they nest: a call to the host may call another callback of the same instance before it
/// returns. So they take `&self`, and state that changes stands in a `Cell` or `RefCell`; a `RefCell` must not be
/// borrowed across a call to the host. An error is logged, or passed on where the callback can refuse. A panic
/// poisons the instance: nothing but `destroy` is called any more.
///
/// `Sync` is needed only for what runs at the same time on workers: [`SlowService`] and
/// [`Executor::submit_worker`](crate::Executor::submit_worker).
#[allow(unused_variables)]
pub trait Plugin: Sized + Send + 'static {
    /// Begins an instance. No other callback of it runs before this returns.
    ///
    /// # Errors
    /// Any error: the instance is not created, and the host reports the text of the error.
    fn create(host: &Host, args: CreateArgs<'_>) -> Result<Self>;

    /// Asks the instance to end its threads and finish its work.
    ///
    /// # Errors
    /// Any error is logged; the stop goes on.
    fn request_stop(&self, host: &Host, args: StopArgs) -> Result<Progress> {
        Ok(Progress::Done)
    }

    /// Ends the instance. Its sessions, timers, tasks and watches have ended already. Called after a panic too.
    ///
    /// # Errors
    /// Any error is logged; the instance ends nevertheless.
    fn destroy(self, host: &Host) -> Result {
        Ok(())
    }

    /// A socket was opened.
    ///
    /// # Errors
    /// Any error; it is logged.
    fn socket_created(&self, host: &Host, socket: Socket) -> Result {
        Ok(())
    }

    /// A socket is to listen at `address`. The transport that knows its scheme begins to listen and attaches; all others return
    /// `Ok`.
    ///
    /// # Errors
    /// Any error refuses the call.
    fn socket_listening(&self, host: &Host, socket: Socket, address: &str) -> Result {
        Ok(())
    }

    /// A socket is to connect to `address` with `token`; as [`socket_listening`](Plugin::socket_listening).
    ///
    /// # Errors
    /// Any error refuses the call.
    fn socket_connecting(&self, host: &Host, socket: Socket, address: &str, token: &[u8]) -> Result {
        Ok(())
    }

    /// A socket stops. Its transport ends the sessions and frees what it holds for the socket.
    ///
    /// # Errors
    /// Any error; it is logged.
    fn socket_stopped(&self, host: &Host, socket: Socket) -> Result {
        Ok(())
    }

    /// A socket has ended; its handle is stale and serves as a key only.
    ///
    /// # Errors
    /// Any error; it is logged.
    fn socket_destroyed(&self, host: &Host, socket: Socket) -> Result {
        Ok(())
    }

    /// A plugin attached to the socket and serves it at `address`.
    ///
    /// # Errors
    /// Any error; it is logged.
    fn socket_attached(&self, host: &Host, socket: Socket, address: &str) -> Result {
        Ok(())
    }

    /// A plugin no longer serves the socket.
    ///
    /// # Errors
    /// Any error; it is logged.
    fn socket_detached(&self, host: &Host, socket: Socket) -> Result {
        Ok(())
    }

    /// Another plugin created a session.
    ///
    /// # Errors
    /// Any error; it is logged.
    fn session_created(&self, host: &Host, session: Session) -> Result {
        Ok(())
    }

    /// A session has ended; its handle is stale and serves as a key only. `data` is the word that this plugin stored with
    /// [`Sessions::set_data`](crate::Sessions::set_data) or created the session with.
    ///
    /// # Errors
    /// Any error; it is logged.
    fn session_destroyed(&self, host: &Host, session: Session, data: usize) -> Result {
        Ok(())
    }

    /// Filter: a message or a request comes in. `info` says which of them, and on which session. To alter the message, call
    /// [`Message::edit`] first.
    ///
    /// # Errors
    /// Any error refuses the message; the call that handed it in returns the error.
    fn message_in(&self, host: &Host, info: &MessageInfo, message: &mut Message<'_>) -> Result<Pass> {
        Ok(Pass::On)
    }

    /// Filter: a message or a result goes out; as [`message_in`](Plugin::message_in).
    ///
    /// # Errors
    /// Any error refuses the message; the call that sent it returns the error.
    fn message_out(&self, host: &Host, info: &MessageInfo, message: &mut Message<'_>) -> Result<Pass> {
        Ok(Pass::On)
    }

    /// Owner: send this to the peer.
    ///
    /// # Errors
    /// `E_AGAIN` refuses the message and suspends the session until [`Sessions::resume`](crate::Sessions::resume). Because the
    /// filters have seen the message already, it is better to take it and call [`Sessions::suspend`](crate::Sessions::suspend).
    fn session_send(&self, host: &Host, session: Session, channel: u32, message: &mut Message<'_>) -> Result {
        Err(UNSUPPORTED)
    }

    /// A call of this plugin on this session that returned `E_AGAIN` can be tried again.
    ///
    /// # Errors
    /// Any error; it is logged.
    fn session_writable(&self, host: &Host, session: Session) -> Result {
        Ok(())
    }

    /// Owner: end this session, now or later, with [`Sessions::destroy`](crate::Sessions::destroy).
    ///
    /// # Errors
    /// Any error refuses the call.
    fn session_disconnect(&self, host: &Host, session: Session) -> Result {
        Err(UNSUPPORTED)
    }

    /// Owner: an answer to a request, which `info` names.
    ///
    /// # Errors
    /// `E_AGAIN` holds it back until [`Sessions::resume`](crate::Sessions::resume).
    fn session_result(&self, host: &Host, info: &ResultInfo, answer: Answer<'_, '_>) -> Result {
        Ok(())
    }

    /// Owner: the round-trip time.
    ///
    /// # Errors
    /// `E_UNSUPPORTED`: the owner does not measure it.
    fn session_get_rtt(&self, host: &Host, session: Session) -> Result<Rtt> {
        Err(UNSUPPORTED)
    }

    /// Owner: change a channel's mode.
    ///
    /// # Errors
    /// Any error refuses the change, and the mode stays.
    fn session_set_mode(&self, host: &Host, session: Session, channel: u32, mode: Mode) -> Result {
        Err(UNSUPPORTED)
    }

    /// Service: handle a fast request.
    ///
    /// # Errors
    /// Any error becomes an exception with that code, unless an exception was sent already.
    fn request(
        &self,
        host: &Host,
        request: Request,
        info: &RequestInfo,
        payload: &mut Message<'_>,
    ) -> Result<Progress> {
        Err(UNSUPPORTED)
    }

    /// Service: a slow request arrived, on the kernel thread. It may be answered here, together with
    /// [`Services::drop_current`](crate::Services::drop_current).
    ///
    /// # Errors
    /// Any error ends the request.
    fn slow_arrive(
        &self,
        host: &Host,
        request: Request,
        info: &RequestInfo,
        payload: &mut Message<'_>,
    ) -> Result {
        Ok(())
    }

    /// Service: a request is over; `status` is the one that the asker was given.
    ///
    /// # Errors
    /// Any error; it is logged.
    fn request_done(&self, host: &Host, request: Request, info: &RequestInfo, status: Status) -> Result {
        Ok(())
    }

    /// Another instance published an interface. [`Offers::find`](crate::Offers::find) returns it with its type.
    ///
    /// # Errors
    /// Any error; it is logged.
    fn offer_published(&self, host: &Host, info: &OfferInfo, id: &str) -> Result {
        Ok(())
    }

    /// An offer of another instance has ended; its handle is stale.
    ///
    /// # Errors
    /// Any error; it is logged.
    fn offer_ended(&self, host: &Host, info: &OfferInfo, id: &str) -> Result {
        Ok(())
    }
}

/// A plugin that handles slow requests. Workers run them at the same time as callbacks of the plugin, hence `Sync`.
pub trait SlowService: Plugin + Sync {
    /// Handles a slow request. It may block, and should call
    /// [`Services::is_cancelled`](crate::Services::is_cancelled) from time to time. Calls that only the kernel thread may make
    /// return `E_WRONG_THREAD` here.
    ///
    /// # Errors
    /// Any error becomes an exception with that code, unless an exception was sent already.
    fn slow_request(
        &self,
        host: &Host,
        request: Request,
        info: &RequestInfo,
        payload: &mut Message<'_>,
    ) -> Result<Progress>;
}

const UNSUPPORTED: Error = Error::new(Status(status::E_UNSUPPORTED), "");

impl Pass {
    pub(crate) const fn code(self) -> i32 {
        match self {
            Pass::On => status::OK,
            Pass::Consumed => status::CONSUMED,
        }
    }
}

impl Progress {
    pub(crate) const fn code(self) -> i32 {
        match self {
            Progress::Done => status::OK,
            Progress::Pending => status::PENDING,
        }
    }
}
