//! How connections come and go: listeners, accepting, watching, removing.

use std::{
    io,
    net::{SocketAddr, TcpStream},
};

use pintle_sdk::{Host, Readiness, Result, Socket, Watch, debug, warn};

use crate::{connection::Connection, link::Link, listener::Listener, transport::Transport};

/// Connections that are accepted in one round.
const ACCEPTS: usize = 64;

impl Transport {
    /// Watches a listener.
    pub(crate) fn listen(&self, host: &Host, listener: Listener) -> Result {
        let fd = listener.fd();
        let key = self.state.borrow_mut().listeners.insert(listener);
        let accept = |transport: &Self, host: &Host, _, _, key| {
            transport.accept(host, key);
            Ok(())
        };
        let watch = host.io().and_then(|io| io.watch(fd, Readiness::READABLE, accept, key));
        let mut state = self.state.borrow_mut();
        match watch {
            Ok(watch) => state.listeners[key].watch = Some(watch),
            Err(_) => drop(state.listeners.remove(key)),
        }
        watch.map(drop)
    }

    /// Closes the listeners that fit.
    pub(crate) fn stop_listening(&self, host: &Host, fits: impl Fn(&Listener) -> bool) {
        loop {
            let mut state = self.state.borrow_mut();
            let Some(key) = state.listeners.iter().find(|(_, one)| fits(one)).map(|(key, _)| key) else {
                return;
            };
            let listener = state.listeners.remove(key);
            drop(state);
            self.unwatch(host, listener.watch);
        }
    }

    fn accept(&self, host: &Host, key: usize) {
        for _ in 0..ACCEPTS {
            let state = self.state.borrow();
            let Some(listener) = state.listeners.get(key) else { return };
            let accepted = if state.links.len() < self.config.max_connections {
                listener.accept()
            } else {
                Err(io::Error::other("max_connections is reached"))
            };
            let (socket, path) = (listener.socket, listener.location().path.clone());
            drop(state);
            match accepted {
                Ok(None) => return,
                Ok(Some((tcp, peer))) => self.greet(host, socket, &path, tcp, peer),
                Err(error) => {
                    debug!(host, "no connection is accepted for now: {error}");
                    return self.rest(host, key);
                }
            }
        }
    }

    fn greet(&self, host: &Host, socket: Socket, path: &str, tcp: TcpStream, peer: SocketAddr) {
        let link = match Connection::accept(tcp, path, self.config.max_payload) {
            Ok(connection) => Link::new(socket, peer, connection, &self.config),
            Err(error) => return warn!(host, "the connection from {peer} was dropped: {error}"),
        };
        if let Err(error) = self.begin(host, link) {
            warn!(host, "the connection from {peer} cannot be watched and was dropped: {error}");
        }
    }

    /// Takes a link in and watches it.
    pub(crate) fn begin(&self, host: &Host, link: Link) -> Result<usize> {
        let fd = link.fd();
        let interest = link.wanted(&self.config);
        let key = self.state.borrow_mut().links.insert(link);
        let ready = |transport: &Self, host: &Host, _, _, key| {
            transport.pump(host, key);
            Ok(())
        };
        match host.io().and_then(|io| io.watch(fd, interest, ready, key)) {
            Ok(watch) => {
                self.link(key, |link| {
                    link.watch = Some(watch);
                    link.interest = interest;
                });
                self.tick(host);
                Ok(key)
            }
            Err(error) => {
                drop(self.state.borrow_mut().links.remove(key));
                Err(error)
            }
        }
    }

    /// Lets go of a link that is closed.
    pub(crate) fn remove(&self, host: &Host, key: usize) {
        let link = self.state.borrow_mut().links.remove(key);
        self.unwatch(host, link.watch);
        if link.attached {
            // The socket may have been stopped, which detaches by itself.
            let _ = host.socket().detach(link.socket);
        }
        // The fd closes here, behind the end of its watch.
        drop(link);
        self.welcome(host);
        self.stop_clock(host);
        let mut state = self.state.borrow_mut();
        if state.stopping && state.links.is_empty() {
            state.stopping = false;
            drop(state);
            if let Err(error) = host.stopped() {
                warn!(host, "the host does not take the end of the stop: {error}");
            }
        }
    }

    /// Accepts no connection for now.
    fn rest(&self, host: &Host, key: usize) {
        let mut state = self.state.borrow_mut();
        let Some(listener) = state.listeners.get_mut(key) else { return };
        listener.rests = true;
        let watch = listener.watch;
        drop(state);
        self.change(host, watch, Readiness::NONE);
        self.tick(host);
    }

    /// Accepts again, as there may be room.
    pub(crate) fn welcome(&self, host: &Host) {
        loop {
            let mut state = self.state.borrow_mut();
            let Some((_, listener)) = state.listeners.iter_mut().find(|(_, one)| one.rests) else { return };
            listener.rests = false;
            let watch = listener.watch;
            drop(state);
            self.change(host, watch, Readiness::READABLE);
        }
    }

    /// Changes what an fd is watched for.
    pub(crate) fn change(&self, host: &Host, watch: Option<Watch>, interest: Readiness) {
        if let Some(watch) = watch
            && let Err(error) = host.io().and_then(|io| io.change(watch, interest))
        {
            warn!(host, "an fd cannot be watched any more: {error}");
        }
    }

    fn unwatch(&self, host: &Host, watch: Option<Watch>) {
        if let Some(watch) = watch
            && let Err(error) = host.io().and_then(|io| io.unwatch(watch))
        {
            debug!(host, "a watch was gone already: {error}");
        }
    }
}
