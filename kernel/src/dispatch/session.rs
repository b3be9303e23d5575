//! How sessions begin, start their next request, and end.

use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::rules::callback;
use pintle_abi_core::status;

use crate::base::answer::Answer;
use crate::base::features::SERVICES;
use crate::dispatch::caller::Caller;
use crate::kernel::Kernel;
use crate::object::about::About;
use crate::object::instance::Instance;

impl Kernel {
    pub(crate) fn begin_session(
        &self,
        owner: &Instance,
        socket: u32,
        about: About,
        data: *mut c_void,
    ) -> Answer<abi::Session> {
        let sessions = &self.sessions;
        let mode = |channel| self.sockets.mode(socket, channel);
        let channels = self.sockets.at(socket).channels();
        let index = sessions.begin(owner.index(), socket, channels, mode, about, data)?;
        for column in 0..self.instances.length() {
            if self.instance(column).has_session_data() {
                sessions.clear_data(index, column);
            }
        }
        self.sockets.at(socket).add_session();
        Ok(sessions.open(index))
    }

    /// Tells everybody but the owner.
    pub(crate) fn tell_created(&self, owner: &Instance, session: abi::Session) {
        for instance in self.instances.hearers(callback::SESSION_CREATED) {
            if instance.index() != owner.index()
                && let Some(run) = instance.callbacks().session_created
            {
                // SAFETY: the instance's own callback with its own pointer.
                self.tell(instance, callback::SESSION_CREATED, |plugin| unsafe { run(plugin, session) });
            }
        }
    }

    /// Makes the handle stale and cancels what runs; the rest happens at depth 0.
    pub(crate) fn end_session(&self, index: u32) {
        self.sessions.end(index);
        self.dispatches.note_end();
        if SERVICES && let Some(active) = self.sessions.at(index).active() {
            self.requests.at(active).cancel();
        }
    }

    /// At depth 0: ends what waits, tells everybody, and frees the slot if nothing of it runs any more.
    pub(crate) fn settle_session(&self, index: u32) {
        let session = self.sessions.at(index);
        let handle = self.sessions.ended_handle(index);
        while SERVICES && let Some(request) = session.first_waiting() {
            self.requests.at(request).cancel();
            self.end_waiting(index, request, status::E_CANCELLED);
        }
        self.drop_held(index);
        for instance in self.instances.hearers(callback::SESSION_DESTROYED) {
            if let Some(run) = instance.callbacks().session_destroyed {
                let data = self.sessions.data(index, instance).unwrap_or(core::ptr::null_mut());
                // SAFETY: the instance's own callback with its own pointer.
                self.tell(instance, callback::SESSION_DESTROYED, |plugin| unsafe {
                    run(plugin, handle, data)
                });
            }
        }
        self.sockets.at(session.socket()).drop_session();
        self.sockets.free_if_quiet(session.socket());
        self.sessions.note_told(index);
        self.sessions.free_if_quiet(index);
    }

    /// Notes whether there is something to do for the session in the next turn.
    pub(crate) fn update_ready(&self, index: u32) {
        let session = self.sessions.at(index);
        if SERVICES && (session.can_start() || session.owes_room(self.limits.requests_per_session)) {
            if self.sessions.mark_ready(index) {
                self.wake_outside_turn();
            }
        } else {
            self.sessions.unmark_ready(index);
        }
    }

    /// Starts at most one request for each session that was ready before the turn, and tells owners that were refused.
    pub(crate) fn start_ready(&self) {
        if self.sessions.take_room() {
            for index in self.sessions.live() {
                let _dispatch = self.dispatch();
                if self.sessions.take_message_refused(index) {
                    self.tell_owner_writable(index);
                }
            }
        }
        self.sessions.begin_ready();
        while SERVICES && let Some(index) = self.sessions.pop_ready() {
            let _dispatch = self.dispatch();
            let session = self.sessions.at(index);
            let handle = self.sessions.handle(index);
            if session.can_start() {
                self.start_next(index);
            }
            if self.sessions.find(handle).is_ok() && session.owes_room(self.limits.requests_per_session) {
                session.note_room_told();
                self.tell_owner_writable(index);
            }
            self.update_ready(index);
        }
    }

    fn tell_owner_writable(&self, index: u32) {
        self.tell_writable(index, self.instance(self.sessions.at(index).owner()));
    }

    pub(crate) fn tell_writable(&self, index: u32, instance: &Instance) {
        let handle = self.sessions.handle(index);
        if instance.is_live()
            && let Some(run) = instance.callbacks().session_writable
        {
            // SAFETY: the instance's own callback with its own pointer.
            self.tell(instance, callback::SESSION_WRITABLE, |plugin| unsafe { run(plugin, handle) });
        }
    }

    /// What was held back goes out; then whoever was refused hears of it.
    pub(crate) fn resume_session(&self, index: u32) {
        let session = self.sessions.at(index);
        let handle = self.sessions.handle(index);
        session.resume();
        self.deliver_held(index);
        if self.sessions.find(handle).is_err() || !session.is_flowing() {
            return;
        }
        if session.take_send_refused() {
            let owner = session.owner();
            for instance in self.instances.hearers(callback::SESSION_WRITABLE) {
                if self.sessions.find(handle).is_err() {
                    break;
                }
                if instance.index() != owner {
                    self.tell_writable(index, instance);
                }
            }
        }
        if self.sessions.find(handle).is_ok() {
            self.update_ready(index);
        }
    }

    /// Lets `receive` on a session be `E_AGAIN`, before any filter runs: the application can take no more. Once it can,
    /// an owner that was refused hears `session_writable` in the next turn.
    ///
    /// # Errors
    /// `E_WRONG_THREAD`; the errors of handles.
    pub fn pause(&self, handle: abi::Session, paused: bool) -> Result<(), i32> {
        self.on_kernel_thread()?;
        let index = self.sessions.find(handle)?;
        if paused {
            self.sessions.pause(index);
        } else if self.sessions.unpause(index) {
            self.wake_outside_turn();
        }
        Ok(())
    }

    /// The session, if the caller may act for its owner.
    pub(crate) fn owned_session(&self, caller: &Caller<'_>, session: abi::Session) -> Answer<u32> {
        let index = self.sessions.find(session)?;
        self.acts_for(caller, index)?;
        Ok(index)
    }

    /// Whether the caller may act for the session's owner.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn acts_for(&self, caller: &Caller<'_>, index: u32) -> Answer {
        let owner = self.sessions.at(index).owner();
        if owner == caller.instance.index() || caller.instance.is_zero() {
            Ok(())
        } else {
            Err(status::E_NOT_OWNER)
        }
    }
}
