//! How sockets start, stop and end.

use pintle_abi_core as abi;
use pintle_abi_core::rules::callback;
use pintle_abi_core::{Callbacks, Plugin, status};

use crate::base::answer::{Answer, check};
use crate::dispatch::caller::Caller;
use crate::kernel::Kernel;
use crate::object::instance::Instance;

/// A callback that is told something about a socket.
type Told = unsafe extern "C" fn(*mut Plugin, abi::Socket) -> i32;

impl Kernel {
    /// Tells every instance that hears it something about a socket, through the callback that `offer` finds.
    pub(crate) fn broadcast(&self, kind: u8, socket: abi::Socket, offer: fn(&Callbacks) -> Option<Told>) {
        for instance in self.instances.hearers(kind) {
            if let Some(run) = offer(instance.callbacks()) {
                // SAFETY: the instance's own callback with its own pointer.
                self.tell(instance, kind, |plugin| unsafe { run(plugin, socket) });
            }
        }
    }

    /// The socket, if the caller opened it or is plugin zero.
    pub(crate) fn opened_socket(&self, caller: &Caller<'_>, socket: abi::Socket) -> Answer<u32> {
        let index = self.sockets.find(socket)?;
        if !self.sockets.at(index).is_opened_by(caller.instance.index()) && !caller.instance.is_zero() {
            return Err(status::E_PERMISSION);
        }
        Ok(index)
    }

    /// Begins to listen at an address, or to connect to it with a token: tells everybody, and somebody must attach, and
    /// nobody may refuse.
    pub(crate) fn start_socket(
        &self,
        caller: &Caller<'_>,
        handle: abi::Socket,
        address: &str,
        token: Option<(*const u8, usize)>,
    ) -> Answer {
        let index = self.opened_socket(caller, handle)?;
        let socket = self.sockets.at(index);
        socket.start(token.is_some(), address)?;
        let _dispatch = self.dispatch();
        let told = if token.is_some() { callback::SOCKET_CONNECTING } else { callback::SOCKET_LISTENING };
        for instance in self.instances.hearers(told) {
            let (text, length) = (address.as_ptr().cast(), address.len());
            let status = match (token, instance.callbacks()) {
                (None, Callbacks { socket_listening: Some(run), .. }) => {
                    // SAFETY: the instance's own callback with its own pointer; the text is the caller's.
                    self.cross(instance, told, |plugin| unsafe { run(plugin, handle, text, length) })
                }
                (Some((token, size)), Callbacks { socket_connecting: Some(run), .. }) => {
                    // SAFETY: as above, and so is the token.
                    self.cross(instance, told, |plugin| unsafe {
                        run(plugin, handle, text, length, token, size)
                    })
                }
                _ => continue,
            };
            if status::is_error(status) {
                return self.refuse_socket(caller, handle, instance, status);
            }
            self.sockets.find(handle)?;
        }
        if !socket.is_started() {
            return Err(status::E_STATE);
        }
        if !socket.has_attached() {
            self.stop_socket(index);
            self.set_error(
                caller.instance,
                status::E_UNSUPPORTED,
                &["no plugin serves ", address, ": load a transport for its scheme"],
            );
            return Err(status::E_UNSUPPORTED);
        }
        Ok(())
    }

    /// An instance refuses that a socket starts: it stops, and the caller gets the words.
    #[cold]
    fn refuse_socket(&self, caller: &Caller<'_>, socket: abi::Socket, by: &Instance, status: i32) -> Answer {
        let refused = check(status);
        // Callbacks of the stop may set texts of their own.
        let error = self.error_of_last_crossing(by);
        if let Ok(index) = self.sockets.find(socket)
            && self.sockets.at(index).is_started()
        {
            self.stop_socket(index);
        }
        self.repeat_words(caller.instance, by, refused.err().unwrap_or(status), &error);
        refused
    }

    /// Stops a started socket and ends what is left on it.
    pub(crate) fn stop_socket(&self, index: u32) {
        let socket = self.sockets.at(index);
        let handle = self.sockets.handle(index);
        socket.stop();
        self.broadcast(callback::SOCKET_STOPPED, handle, |callbacks| callbacks.socket_stopped);
        self.end_sessions_on(index);
        for instance in 0..self.instances.length() {
            self.detach(index, handle, instance);
        }
    }

    fn end_sessions_on(&self, index: u32) {
        for session in self.sessions.live() {
            if self.sessions.at(session).socket() == index {
                self.end_session(session);
            }
        }
    }

    /// Takes an attachment away, if there is one, and tells everybody.
    pub(crate) fn detach(&self, index: u32, handle: abi::Socket, instance: u32) -> bool {
        let was_attached = self.sockets.at(index).detach(instance);
        if was_attached {
            self.broadcast(callback::SOCKET_DETACHED, handle, |callbacks| callbacks.socket_detached);
        }
        was_attached
    }

    /// Stops a socket if need be and makes its handle stale; the rest happens at depth 0.
    pub(crate) fn close_socket(&self, index: u32) {
        let handle = self.sockets.handle(index);
        if self.sockets.at(index).is_started() {
            self.stop_socket(index);
        }
        if self.sockets.find(handle).is_err() {
            // A callback closed it meanwhile.
            return;
        }
        // Sessions that were made on a socket that never started.
        self.end_sessions_on(index);
        self.sockets.end(index);
        self.dispatches.note_end();
    }

    /// At depth 0: tells everybody that a closed socket is gone.
    pub(crate) fn settle_socket(&self, index: u32) {
        let handle = self.sockets.ended_handle(index);
        self.broadcast(callback::SOCKET_DESTROYED, handle, |callbacks| callbacks.socket_destroyed);
        self.sockets.note_told(index);
        self.sockets.free_if_quiet(index);
    }
}
