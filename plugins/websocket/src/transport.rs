//! The plugin: what the host calls.

use std::{cell::RefCell, collections::HashSet, io, net::SocketAddr};

use pintle_sdk::{
    Answer, CreateArgs, Host, Message, Mode, Plugin, Progress, Result, ResultInfo, Rtt, Session, Socket,
    StopArgs, plugin, status,
};
use slab::Slab;
use tungstenite::protocol::frame::coding::CloseCode;

use crate::{
    config::Config,
    connection::Connection,
    frame::Head,
    link::{Link, Sent, Stall},
    listener::Listener,
    location::Location,
    timer::{Clock, STOP},
};

/// An instance of the transport. Nothing of its state is borrowed across a call to the host.
pub struct Transport {
    pub(crate) config: Config,
    pub(crate) state: RefCell<State>,
}

/// What changes.
#[derive(Default)]
pub(crate) struct State {
    pub listeners: Slab<Listener>,
    pub links: Slab<Link>,
    /// Sockets that another transport serves.
    pub foreign: HashSet<Socket>,
    /// The client id that was given last.
    pub clients: i64,
    pub clock: Clock,
    /// The host waits for `stopped`, which is called when the last link has ended.
    pub stopping: bool,
}

impl Transport {
    /// Works on a link, if it is still there.
    pub(crate) fn link<R>(&self, key: usize, work: impl FnOnce(&mut Link) -> R) -> Option<R> {
        self.state.borrow_mut().links.get_mut(key).map(work)
    }

    /// The links that are there now and fit.
    pub(crate) fn keys(&self, fits: impl Fn(&Link) -> bool) -> Vec<usize> {
        let state = self.state.borrow();
        state.links.iter().filter(|(_, link)| fits(link)).map(|(key, _)| key).collect()
    }

    /// The link of a session, which was created with its key.
    fn key(&self, host: &Host, session: Session) -> Result<usize> {
        host.session().data(session)
    }

    /// The address, if it is for this transport.
    fn own(&self, host: &Host, socket: Socket, address: &str) -> Result<Option<Location>> {
        if self.state.borrow().foreign.contains(&socket) {
            return Ok(None);
        }
        let location = Location::parse(address).transpose();
        location.map_err(|why| host.error(status::E_ARGUMENT, format_args!("{why}")))
    }

    fn connect(&self, location: &Location, token: &[u8]) -> io::Result<(SocketAddr, Connection)> {
        let mut last = None;
        for peer in location.resolve()? {
            match Connection::connect(location, peer, token, self.config.max_payload) {
                Ok(connection) => return Ok((peer, connection)),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| io::Error::other("the name has no address")))
    }

    fn send(&self, host: &Host, session: Session, head: Head, payload: &[u8]) -> Result {
        let key = self.key(host, session)?;
        let sent = self.link(key, |link| link.send(head, payload, &self.config));
        self.settle(host, key);
        match sent {
            Some(Sent::Yes) => Ok(()),
            Some(Sent::Full) => host.session().suspend(session),
            Some(Sent::Closed) | None => {
                Err(host.error(status::E_CLOSED, format_args!("the connection is closed")))
            }
        }
    }

    /// Ends the links that fit, and their sessions.
    pub(crate) fn end_all(&self, host: &Host, reason: &str, fits: impl Fn(&Link) -> bool) {
        for key in self.keys(fits) {
            self.end(host, key, CloseCode::Away, reason);
        }
    }
}

#[plugin(
    name = "websocket",
    id = "org.pintle.websocket",
    vendor = "Pintle",
    needs = "pintle.io/1",
    settings = [
        "max_connections int 1..1048576 =1000 Connections that are open at a time",
        "high_water int 1..1073741824 =1048576 Bytes that wait on one connection when sending is refused",
        "low_water int 0..1073741824 Bytes that wait when sending is resumed, else a quarter of high_water",
        "max_payload int 1..1073741824 The longest payload in bytes, else the longest message of the host",
        "handshake_seconds int 1..3600 =10 How long the opening and the closing handshake may each take",
        "ping_seconds int 0..86400 =20 Time between two pings, 0 for none",
    ],
    flags = [MULTI_INSTANCE]
)]
impl Plugin for Transport {
    fn create(host: &Host, args: CreateArgs<'_>) -> Result<Self> {
        let mut config = Config::parse(args.config)
            .map_err(|why| host.error(status::E_ARGUMENT, format_args!("in the configuration: {why}")))?;
        let largest = largest_message(host);
        if largest == 0 {
            return Err(host.error(status::E_CAPACITY, format_args!("no message of the host is free")));
        }
        if config.max_payload > largest {
            let asked = config.max_payload;
            return Err(host.error(
                status::E_ARGUMENT,
                format_args!("max_payload ({asked}) is over the largest message of this host ({largest})"),
            ));
        }
        if config.max_payload == 0 {
            config.max_payload = largest;
        }
        // Asked once here, so that a host without it is refused before anything is open.
        host.io()?;
        Ok(Self { config, state: RefCell::default() })
    }

    fn request_stop(&self, host: &Host, _: StopArgs) -> Result<Progress> {
        self.stop_listening(host, |_| true);
        self.end_all(host, "the transport stops", |_| true);
        self.stop_clock(host);
        let mut state = self.state.borrow_mut();
        if state.links.is_empty() {
            return Ok(Progress::Done);
        }
        for (_, link) in &mut state.links {
            link.hurry(STOP);
        }
        state.stopping = true;
        Ok(Progress::Pending)
    }

    fn socket_listening(&self, host: &Host, socket: Socket, address: &str) -> Result {
        let Some(location) = self.own(host, socket, address)? else { return Ok(()) };
        let listener = Listener::bind(socket, location)
            .map_err(|error| host.error(status::E_IO, format_args!("cannot listen at {address}: {error}")))?;
        let served = listener.location().to_string();
        let outcome = self.listen(host, listener).and_then(|()| host.socket().attach(socket, &served));
        if outcome.is_err() {
            self.stop_listening(host, |listener| listener.socket == socket);
        }
        outcome
    }

    fn socket_connecting(&self, host: &Host, socket: Socket, address: &str, token: &[u8]) -> Result {
        let Some(location) = self.own(host, socket, address)? else { return Ok(()) };
        let (peer, connection) = self.connect(&location, token).map_err(|error| {
            host.error(status::E_IO, format_args!("cannot connect to {address}: {error}"))
        })?;
        let key = self.begin(host, Link::new(socket, peer, connection, &self.config))?;
        let outcome = host.socket().attach(socket, address);
        if outcome.is_ok() {
            self.link(key, |link| link.attached = true);
        } else {
            self.end(host, key, CloseCode::Away, "the socket could not be attached to");
        }
        outcome
    }

    fn socket_stopped(&self, host: &Host, socket: Socket) -> Result {
        self.stop_listening(host, |listener| listener.socket == socket);
        self.end_all(host, "the socket was stopped", |link| link.socket == socket);
        Ok(())
    }

    fn socket_destroyed(&self, _: &Host, socket: Socket) -> Result {
        self.state.borrow_mut().foreign.remove(&socket);
        Ok(())
    }

    fn socket_attached(&self, _: &Host, socket: Socket, _: &str) -> Result {
        let mut state = self.state.borrow_mut();
        let own = state.listeners.iter().any(|(_, listener)| listener.socket == socket)
            || state.links.iter().any(|(_, link)| link.socket == socket);
        if !own {
            state.foreign.insert(socket);
        }
        Ok(())
    }

    fn socket_detached(&self, _: &Host, socket: Socket) -> Result {
        self.state.borrow_mut().foreign.remove(&socket);
        Ok(())
    }

    fn session_send(&self, host: &Host, session: Session, channel: u32, message: &mut Message<'_>) -> Result {
        let channel = u16::try_from(channel).map_err(|_| {
            host.error(status::E_NOT_FOUND, format_args!("{channel} is no channel of a frame"))
        })?;
        self.send(host, session, Head::Message { channel }, message.view()?)
    }

    fn session_result(&self, host: &Host, info: &ResultInfo, answer: Answer<'_, '_>) -> Result {
        let &ResultInfo { session, correlation, .. } = info;
        match answer {
            Answer::Result(message) => {
                self.send(host, session, Head::Result { correlation }, message.view()?)
            }
            Answer::Exception(code, text) => {
                let head = Head::Exception { correlation, code: code.0 };
                match text {
                    Some(text) => self.send(host, session, head, text.view()?),
                    None => self.send(host, session, head, b""),
                }
            }
            Answer::Done(code) => self.send(host, session, Head::Done { correlation, code: code.0 }, b""),
        }
    }

    fn session_writable(&self, host: &Host, session: Session) -> Result {
        let key = self.key(host, session)?;
        self.link(key, |link| link.stall = Stall::None);
        self.pump(host, key);
        Ok(())
    }

    fn session_disconnect(&self, host: &Host, session: Session) -> Result {
        let key = self.key(host, session)?;
        // It may not have its session yet, if it is being created.
        let known = self.link(key, |link| link.session.is_some()).unwrap_or(false);
        self.end(host, key, CloseCode::Normal, "");
        if known { Ok(()) } else { host.session().destroy(session) }
    }

    fn session_destroyed(&self, host: &Host, session: Session, _: usize) -> Result {
        for key in self.keys(|link| link.session == Some(session)) {
            self.link(key, |link| link.end(CloseCode::Normal, "", self.config.handshake));
            self.settle(host, key);
        }
        Ok(())
    }

    fn session_get_rtt(&self, host: &Host, session: Session) -> Result<Rtt> {
        let key = self.key(host, session)?;
        match self.link(key, |link| link.rtt()).flatten() {
            Some((mean, deviation)) => Ok(Rtt { mean, deviation }),
            None => Err(host.error(status::E_UNSUPPORTED, format_args!("no ping has been answered yet"))),
        }
    }

    fn session_set_mode(&self, _: &Host, _: Session, _: u32, _: Mode) -> Result {
        // TCP keeps the strictest promise, and so all of them.
        Ok(())
    }
}

/// The capacity of the largest message that the host gives, found by asking.
fn largest_message(host: &Host) -> usize {
    let fits = |length: usize| host.message().acquire(length).is_ok();
    let (mut fit, mut over) = (0, 1 << 31);
    while over - fit > 1 {
        let middle = fit + (over - fit) / 2;
        if fits(middle) { fit = middle } else { over = middle }
    }
    fit
}
