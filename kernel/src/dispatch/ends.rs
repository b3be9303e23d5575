//! What has ended but may still be on somebody's stack: settled when the outermost dispatch is over.

use crate::kernel::Kernel;

impl Kernel {
    /// At depth 0: tells everybody what is gone, sweeps up after poisoned instances, and carries stops on. What the
    /// callbacks end meanwhile is settled too.
    #[cold]
    pub(crate) fn settle_ends(&self) {
        self.dispatches.open();
        while self.dispatches.take_ends() {
            loop {
                if let Some(session) = self.sessions.pop_ended() {
                    self.settle_session(session);
                } else if let Some(socket) = self.sockets.pop_ended() {
                    self.settle_socket(socket);
                } else {
                    break;
                }
            }
            if self.dispatches.take_poisoned() {
                self.sweep_poisoned();
            }
            self.advance_stops();
        }
        self.dispatches.close();
    }
}
