//! What has ended but may still be on somebody's stack: settled when the outermost dispatch is over.

use core::cell::Cell;

use crate::kernel::Kernel;
use crate::slab::NIL;

/// Two queues of ended objects, through links in their slots.
pub(crate) struct Ends {
    session_first: Cell<u32>,
    session_last: Cell<u32>,
    socket_first: Cell<u32>,
    socket_last: Cell<u32>,
}

impl Ends {
    pub(crate) const fn new() -> Self {
        Self {
            session_first: Cell::new(NIL),
            session_last: Cell::new(NIL),
            socket_first: Cell::new(NIL),
            socket_last: Cell::new(NIL),
        }
    }

    pub(crate) fn add_session(&self, kernel: &Kernel, index: u32) {
        kernel.sessions.at(index).next_end.set(NIL);
        if self.session_first.get() == NIL {
            self.session_first.set(index);
        } else {
            kernel.sessions.at(self.session_last.get()).next_end.set(index);
        }
        self.session_last.set(index);
        kernel.has_ends.set(true);
    }

    pub(crate) fn add_socket(&self, kernel: &Kernel, index: u32) {
        kernel.sockets.at(index).next_end.set(NIL);
        if self.socket_first.get() == NIL {
            self.socket_first.set(index);
        } else {
            kernel.sockets.at(self.socket_last.get()).next_end.set(index);
        }
        self.socket_last.set(index);
        kernel.has_ends.set(true);
    }
}

impl Kernel {
    /// At depth 0: tells everybody what is gone, sweeps up after poisoned instances, and carries stops on. What the
    /// callbacks end meanwhile is settled too.
    #[cold]
    pub(crate) fn settle_ends(&self) {
        self.dispatching.set(self.dispatching.get() + 1);
        while self.has_ends.replace(false) {
            loop {
                let session = self.ends.session_first.get();
                if session != NIL {
                    self.ends.session_first.set(self.sessions.at(session).next_end.get());
                    self.settle_session(session);
                    continue;
                }
                let socket = self.ends.socket_first.get();
                if socket != NIL {
                    self.ends.socket_first.set(self.sockets.at(socket).next_end.get());
                    self.settle_socket(socket);
                    continue;
                }
                break;
            }
            if self.has_poisoned.replace(false) {
                self.sweep_poisoned();
            }
            self.advance_stops();
        }
        self.dispatching.set(self.dispatching.get() - 1);
    }
}
