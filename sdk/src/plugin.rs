//! What a plugin implements.

use core::time::Duration;

use pintle_abi_core as abi;

use crate::{
    Error, Host, Message, MessageInfo, Mode, OfferInfo, Request, RequestInfo, Result, ResultInfo, Rtt,
    Session, Socket, Status, status,
};

/// What `create` is told.
#[derive(Clone, Copy, Debug)]
pub struct CreateArgs<'a> {
    /// The name of this instance, unique in its host.
    pub instance: &'a str,
    /// The configuration, in whatever form the plugin documents; may be empty.
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
    /// It is unloaded.
    pub const UNLOAD: StopReason = StopReason(abi::STOP_UNLOAD);
    /// Another version of the plugin takes its place. Reserved.
    pub const RELOAD: StopReason = StopReason(abi::STOP_RELOAD);
    /// The host goes down for maintenance. Reserved.
    pub const MAINTENANCE: StopReason = StopReason(abi::STOP_MAINTENANCE);
}

/// What `request_stop` is told.
#[derive(Clone, Copy, Debug)]
pub struct StopArgs {
    /// Why.
    pub reason: StopReason,
    /// When the host waits no longer, on the clock that [`Sockets::time`](crate::Sockets::time) tells too; `None` if it
    /// waits as long as it takes.
    pub deadline: Option<Duration>,
}

/// How a filter answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// The message goes on.
    On,
    /// The filter took it: the chain stops, and the caller sees success.
    Consumed,
}

/// How far a request or a stop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is over.
    Done,
    /// It goes on: a request until [`Services::done`](crate::Services::done), a stop until [`Host::stopped`].
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

/// A plugin: one value for each instance. [`plugin!`](crate::plugin!) makes the exported objects from it, and names
/// in `on: […]` the callbacks that it implements; one that is not listed there is absent and costs nothing.
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
    /// Any: the instance does not begin, and its text is shown.
    fn create(host: &Host, args: CreateArgs<'_>) -> Result<Self>;

    /// Asks the instance to come to rest: end its threads, finish its work.
    ///
    /// # Errors
    /// Any; the stop goes on.
    fn request_stop(&self, host: &Host, args: StopArgs) -> Result<Progress> {
        Ok(Progress::Done)
    }

    /// Ends the instance. Its sessions, timers, tasks and watches are gone already. Runs after a panic too.
    ///
    /// # Errors
    /// Any; the instance is gone all the same.
    fn destroy(self, host: &Host) -> Result {
        Ok(())
    }

    /// A socket was opened.
    ///
    /// # Errors
    /// Any.
    fn socket_created(&self, host: &Host, socket: Socket) -> Result {
        Ok(())
    }

    /// A socket is to listen at `address`. A transport whose scheme it is begins to, and attaches; others answer `Ok`.
    ///
    /// # Errors
    /// Any: it refuses.
    fn socket_listening(&self, host: &Host, socket: Socket, address: &str) -> Result {
        Ok(())
    }

    /// A socket is to connect to `address` with `token`; as [`socket_listening`](Plugin::socket_listening).
    ///
    /// # Errors
    /// Any: it refuses.
    fn socket_connecting(&self, host: &Host, socket: Socket, address: &str, token: &[u8]) -> Result {
        Ok(())
    }

    /// A socket stops. A transport ends its sessions and lets go of what it holds.
    ///
    /// # Errors
    /// Any.
    fn socket_stopped(&self, host: &Host, socket: Socket) -> Result {
        Ok(())
    }

    /// A socket is gone; its handle is stale and serves as a key only.
    ///
    /// # Errors
    /// Any.
    fn socket_destroyed(&self, host: &Host, socket: Socket) -> Result {
        Ok(())
    }

    /// A plugin attached to the socket and serves it at `address`.
    ///
    /// # Errors
    /// Any.
    fn socket_attached(&self, host: &Host, socket: Socket, address: &str) -> Result {
        Ok(())
    }

    /// A plugin no longer serves the socket.
    ///
    /// # Errors
    /// Any.
    fn socket_detached(&self, host: &Host, socket: Socket) -> Result {
        Ok(())
    }

    /// Another plugin created a session.
    ///
    /// # Errors
    /// Any.
    fn session_created(&self, host: &Host, session: Session) -> Result {
        Ok(())
    }

    /// A session is gone; its handle is stale and serves as a key only. `data` is what this plugin stored with
    /// [`Sessions::set_data`](crate::Sessions::set_data), or created it with.
    ///
    /// # Errors
    /// Any.
    fn session_destroyed(&self, host: &Host, session: Session, data: usize) -> Result {
        Ok(())
    }

    /// Filter: a message or a request comes in. `info` tells which, and on which session; the message is altered after
    /// [`Message::edit`].
    ///
    /// # Errors
    /// Any: it refuses, and whoever handed the message in sees it.
    fn message_in(&self, host: &Host, info: &MessageInfo, message: &mut Message<'_>) -> Result<Pass> {
        Ok(Pass::On)
    }

    /// Filter: a message or a result goes out; as [`message_in`](Plugin::message_in).
    ///
    /// # Errors
    /// Any: it refuses, and the sender sees it.
    fn message_out(&self, host: &Host, info: &MessageInfo, message: &mut Message<'_>) -> Result<Pass> {
        Ok(Pass::On)
    }

    /// Owner: send this to the peer.
    ///
    /// # Errors
    /// `E_AGAIN`: not now, and the session is suspended until [`Sessions::resume`](crate::Sessions::resume). Filters have
    /// seen the message by then, so better take it and call [`Sessions::suspend`](crate::Sessions::suspend).
    fn session_send(&self, host: &Host, session: Session, channel: u32, message: &mut Message<'_>) -> Result {
        Err(UNSUPPORTED)
    }

    /// What this plugin was refused with `E_AGAIN` on this session can be tried again.
    ///
    /// # Errors
    /// Any.
    fn session_writable(&self, host: &Host, session: Session) -> Result {
        Ok(())
    }

    /// Owner: end this session, now or later, with [`Sessions::destroy`](crate::Sessions::destroy).
    ///
    /// # Errors
    /// Any: it refuses.
    fn session_disconnect(&self, host: &Host, session: Session) -> Result {
        Err(UNSUPPORTED)
    }

    /// Owner: an answer to the request that `info` tells of.
    ///
    /// # Errors
    /// `E_AGAIN` holds it back until [`Sessions::resume`](crate::Sessions::resume).
    fn session_result(&self, host: &Host, info: &ResultInfo, answer: Answer<'_, '_>) -> Result {
        Ok(())
    }

    /// Owner: the round-trip time.
    ///
    /// # Errors
    /// `E_UNSUPPORTED`: it does not know.
    fn session_get_rtt(&self, host: &Host, session: Session) -> Result<Rtt> {
        Err(UNSUPPORTED)
    }

    /// Owner: change a channel's mode.
    ///
    /// # Errors
    /// Any: it refuses, and the mode stays.
    fn session_set_mode(&self, host: &Host, session: Session, channel: u32, mode: Mode) -> Result {
        Err(UNSUPPORTED)
    }

    /// Service: handle a fast request.
    ///
    /// # Errors
    /// Any: it becomes an exception with that code, unless one was sent.
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
    /// Any: it ends the request.
    fn slow_arrive(
        &self,
        host: &Host,
        request: Request,
        info: &RequestInfo,
        payload: &mut Message<'_>,
    ) -> Result {
        Ok(())
    }

    /// Service: a request is over, with what the asker was told.
    ///
    /// # Errors
    /// Any.
    fn request_done(&self, host: &Host, request: Request, info: &RequestInfo, status: Status) -> Result {
        Ok(())
    }

    /// Another instance published an interface. [`Offers::find`](crate::Offers::find) gives it with its type.
    ///
    /// # Errors
    /// Any.
    fn offer_published(&self, host: &Host, info: &OfferInfo, id: &str) -> Result {
        Ok(())
    }

    /// An offer of another instance has ended; its handle is stale.
    ///
    /// # Errors
    /// Any.
    fn offer_ended(&self, host: &Host, info: &OfferInfo, id: &str) -> Result {
        Ok(())
    }
}

/// A plugin that handles slow requests, on workers, at the same time as everything else that it does: hence `Sync`.
pub trait SlowService: Plugin + Sync {
    /// Handles a slow request. It may take its time, and asks
    /// [`Services::is_cancelled`](crate::Services::is_cancelled) now and then. Calls for the kernel thread are
    /// `E_WRONG_THREAD` here.
    ///
    /// # Errors
    /// Any: it becomes an exception with that code, unless one was sent.
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
