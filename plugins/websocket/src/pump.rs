//! The work on links: bounded rounds that move frames between connections and the host.

use pintle_sdk::{Host, Readiness, Result, Session, Status, address, debug, status, warn};
use tungstenite::{Bytes, protocol::frame::coding::CloseCode};

use crate::{
    frame::Head,
    link::{Act, Link, Stall},
    listener::Listener,
    transport::Transport,
};

/// Steps of one round; a link that could go on does so in the next turn.
const STEPS: usize = 64;
/// Payload bytes of one round.
const BYTES: usize = 1 << 20;
/// Connections that are accepted in one round.
const ACCEPTS: usize = 64;

impl Transport {
    /// Watches a listener.
    pub(crate) fn listen(&self, host: &Host, listener: Listener) -> Result {
        let descriptor = listener.descriptor();
        let key = self.state.borrow_mut().listeners.insert(listener);
        let accept = |transport: &Self, host: &Host, _, _, key| {
            transport.accept(host, key);
            Ok(())
        };
        let watch = host.io()?.watch(descriptor, Readiness::READABLE, accept, key);
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
            let Some(key) = state.listeners.iter().find(|(_, one)| fits(one)).map(|(key, _)| key) else { return };
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
                Err(std::io::Error::other("max_connections is reached"))
            };
            let (socket, path) = (listener.socket, listener.location().path.clone());
            drop(state);
            let outcome = match accepted {
                Ok(None) => return,
                Ok(Some((tcp, peer))) => self.greet(host, socket, &path, tcp, peer),
                Err(error) => {
                    debug!(host, "no connection is accepted for now: {error}");
                    return self.rest(host, key);
                }
            };
            if let Err(error) = outcome {
                warn!(host, "a connection was dropped: {error}");
            }
        }
    }
}
