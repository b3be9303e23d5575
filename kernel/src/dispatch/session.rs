//! How sessions begin, start their next request, and end.

use core::ffi::c_void;
use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core as abi;
use pintle_abi_core::rules::callback;
use pintle_abi_core::status;

use crate::base::answer::Answer;
use crate::base::features::SERVICES;
use crate::base::slab::NIL;
use crate::dispatch::caller::Caller;
use crate::kernel::Kernel;
use crate::object::about::About;
use crate::object::instance::Instance;
use crate::object::session::{INBOX_REFUSED, PAUSED, READY, REQUEST_REFUSED, SEND_REFUSED, SUSPENDED, TOLD};

impl Kernel {
    pub(crate) fn begin_session(
        &self,
        owner: &Instance,
        socket_index: u32,
        about: About,
        data: *mut c_void,
    ) -> Answer<abi::Session> {
        let sessions = &self.sessions;
        let index = sessions.slab.allocate(&sessions.free).ok_or(status::E_CAPACITY)?;
        let session = sessions.at(index);
        let socket = self.sockets.at(socket_index);
        sessions.slab.renew();
        session.owner.set(owner.index);
        session.socket.set(socket_index);
        session.channels.set(socket.channels.get() as u16);
        session.flags.set(0);
        session.about.set(about);
        session.data.store(data, Relaxed);
        session.active.set(NIL);
        session.requests.clear();
        session.held.clear();
        for channel in 0..socket.channels.get() {
            sessions.set_mode(index, channel, self.sockets.mode(socket_index, channel).get());
        }
        for column in 0..self.instances.length() {
            if self.instance(column).has_session_data() {
                sessions.clear_data(index, column);
            }
        }
        socket.sessions.set(socket.sessions.get() + 1);
        sessions.slab.begin(index);
        Ok(sessions.handle(index))
    }

    /// Tells everybody but the owner.
    pub(crate) fn tell_created(&self, owner: &Instance, session: abi::Session) {
        for instance in self.hearers(callback::SESSION_CREATED) {
            if instance.index != owner.index
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
        self.has_ends.set(true);
        let active = self.sessions.at(index).active.get();
        if SERVICES && active != NIL {
            self.requests.at(active).cancel();
        }
    }

    /// At depth 0: ends what waits, tells everybody, and frees the slot if nothing of it runs any more.
    pub(crate) fn settle_session(&self, index: u32) {
        let session = self.sessions.at(index);
        let handle = abi::Session { bits: self.sessions.slab.ended_bits(index) };
        while SERVICES && !session.requests.is_empty() {
            let request = session.requests.first();
            self.requests.at(request).cancel();
            self.end_waiting(index, request, status::E_CANCELLED);
        }
        self.drop_held(index);
        for instance in self.hearers(callback::SESSION_DESTROYED) {
            if let Some(run) = instance.callbacks().session_destroyed {
                let data = self.sessions.data(index, instance);
                let data = data.map_or(core::ptr::null_mut(), |word| word.load(Relaxed));
                // SAFETY: the instance's own callback with its own pointer.
                self.tell(instance, callback::SESSION_DESTROYED, |plugin| unsafe {
                    run(plugin, handle, data)
                });
            }
        }
        let socket = self.sockets.at(session.socket.get());
        socket.sessions.set(socket.sessions.get() - 1);
        self.free_socket_if_quiet(session.socket.get());
        session.set(TOLD);
        self.free_session_if_quiet(index);
    }

    /// Frees an ended session once none of its requests runs.
    pub(crate) fn free_session_if_quiet(&self, index: u32) {
        let session = self.sessions.at(index);
        if session.has(TOLD) && session.active.get() == NIL && !session.has(READY) {
            session.clear(TOLD);
            self.sessions.slab.free(index, &self.sessions.free);
        }
    }

    /// Whether the session's next request can start.
    fn can_start(&self, index: u32) -> bool {
        let session = self.sessions.at(index);
        SERVICES && !session.requests.is_empty() && session.active.get() == NIL && session.is_flowing()
    }

    /// Whether the owner was refused a request that there is room for now.
    fn must_hear_writable(&self, index: u32) -> bool {
        let session = self.sessions.at(index);
        session.has(REQUEST_REFUSED) && session.waiting.get() < self.limits.requests_per_session
    }

    /// Notes that there is something to do for the session in the next turn, if there is.
    pub(crate) fn mark_ready(&self, index: u32) {
        let session = self.sessions.at(index);
        let is_due = SERVICES && (self.can_start(index) || self.must_hear_writable(index));
        if is_due && !session.has(READY) && self.sessions.is_live(index) {
            session.set(READY);
            self.sessions.push_ready(index);
            self.wake_outside_turn();
        }
    }

    /// Starts at most one request for each session that was ready before the turn, and tells owners that were refused.
    pub(crate) fn start_ready(&self) {
        if self.sessions.inbox_has_room.replace(false) {
            self.sessions.inbox_refused.set(false);
            for index in self.sessions.live() {
                let _dispatch = self.dispatch();
                let session = self.sessions.at(index);
                if !session.has(PAUSED) && session.clear(INBOX_REFUSED) {
                    self.tell_writable(index, self.instance(session.owner.get()));
                }
            }
        }
        let last = self.sessions.ready.last();
        while SERVICES && let Some(index) = self.sessions.pop_ready() {
            let _dispatch = self.dispatch();
            let session = self.sessions.at(index);
            session.clear(READY);
            if !self.sessions.is_live(index) {
                self.free_session_if_quiet(index);
            } else {
                let handle = self.sessions.handle(index);
                if self.can_start(index) {
                    self.start_next(index);
                }
                if self.sessions.find(handle).is_ok() && self.must_hear_writable(index) {
                    session.clear(REQUEST_REFUSED);
                    self.tell_writable(index, self.instance(session.owner.get()));
                }
                self.mark_ready(index);
            }
            if index == last {
                break;
            }
        }
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
        session.clear(SUSPENDED);
        self.deliver_held(index);
        if self.sessions.find(handle).is_err() || !session.is_flowing() {
            return;
        }
        if session.clear(SEND_REFUSED) {
            let owner = session.owner.get();
            for instance in self.hearers(callback::SESSION_WRITABLE) {
                if self.sessions.find(handle).is_err() {
                    break;
                }
                if instance.index != owner {
                    self.tell_writable(index, instance);
                }
            }
        }
        if self.sessions.find(handle).is_ok() {
            self.mark_ready(index);
        }
    }

    /// Lets `receive` on a session be `E_AGAIN`, before any filter runs: the application can take no more. Once it can,
    /// an owner that was refused hears `session_writable` in the next turn.
    ///
    /// # Errors
    /// `E_WRONG_THREAD`; the errors of handles.
    pub fn pause(&self, handle: abi::Session, paused: bool) -> Result<(), i32> {
        self.on_kernel_thread()?;
        let session = self.sessions.at(self.sessions.find(handle)?);
        if paused {
            session.set(PAUSED);
        } else if session.clear(PAUSED) && session.has(INBOX_REFUSED) {
            self.sessions.inbox_has_room.set(true);
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
        let owner = self.sessions.at(index).owner.get();
        if owner == caller.instance.index || caller.instance.is_zero() {
            Ok(())
        } else {
            Err(status::E_NOT_OWNER)
        }
    }
}
