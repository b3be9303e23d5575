//! The slots of sessions: how one begins and ends, and which have something to do.

use core::ffi::c_void;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use pintle_abi_core as abi;
use pintle_abi_core::{Limits, status};

use crate::base::answer::Answer;
use crate::base::batch::Batch;
use crate::base::cell::Counter;
use crate::base::handle::{self, KIND_SESSION};
use crate::base::pool::Pool;
use crate::base::queue::Queue;
use crate::base::region::{Cursor, Slice};
use crate::base::slab::{Head, Live, NIL, Wrap};
use crate::base::sync::{AtomicPtr, Cell};
use crate::object::about::About;
use crate::object::instance::Instance;
use crate::object::session::inbox::Inbox;
use crate::object::session::{DUE, READY, Session, TOLD};

/// All sessions of a host.
pub(crate) struct Sessions {
    pool: Pool<Session, KIND_SESSION>,
    modes: Slice<Cell<u8>>,
    /// The pointers of instances that keep data on sessions of others, a column for each.
    data: Slice<AtomicPtr<c_void>>,
    columns: u32,
    channels: u32,
    pub(super) inbox: Inbox,
    /// Sessions whose next request could start, or whose owners were to be told something, when they came here.
    ready: Batch,
    /// How many of them have something to do now.
    due: Counter,
    /// Sessions that have ended, and of which everybody is still to hear.
    ended: Queue,
}

impl Sessions {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u16) -> Self {
        let columns = limits.plugins + 1;
        Self {
            pool: Pool::take(cursor, limits.sessions, handle::low_half(tag), Wrap::Retire),
            modes: cursor.take(limits.sessions * limits.channels),
            data: cursor.take(limits.sessions * columns),
            columns,
            channels: limits.channels,
            inbox: Inbox::new(cursor.take(limits.inbox)),
            ready: Batch::new(),
            due: Counter::new(0),
            ended: Queue::new(),
        }
    }

    /// A new session on a socket with so many channels, of these modes.
    pub(crate) fn begin(
        &self,
        owner: u32,
        socket: u32,
        channels: u32,
        mode: impl Fn(u32) -> u8,
        about: About,
        data: *mut c_void,
    ) -> Answer<u32> {
        let index = self.pool.allocate().ok_or(status::E_CAPACITY)?;
        let session = self.at(index);
        self.pool.renew();
        session.owner.set(owner);
        session.socket.set(socket);
        session.flags.set(0);
        session.about.set(about);
        session.data.store(data, Relaxed);
        session.active.set(NIL);
        session.requests.clear();
        session.held.clear();
        session.channels.set(channels as u16);
        for channel in 0..channels {
            self.set_mode(index, channel, mode(channel));
        }
        Ok(index)
    }

    /// All of a new session is there: its handle names it.
    pub(crate) fn open(&self, index: u32) -> abi::Session {
        self.pool.begin(index);
        self.handle(index)
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn find(&self, session: abi::Session) -> Answer<u32> {
        self.pool.find(session.bits)
    }

    /// The session that a handle names.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn get(&self, session: abi::Session) -> Answer<&Session> {
        Ok(self.at(self.find(session)?))
    }

    /// Whether a handle names the session still, after something of it was read on another thread.
    pub(crate) fn find_still(&self, session: abi::Session) -> Answer {
        self.pool.find_still(session.bits)
    }

    #[inline(always)]
    pub(crate) fn at(&self, index: u32) -> &Session {
        self.pool.at(index)
    }

    /// The head of a session's slot, in which it shows whether the session lives still.
    #[inline(always)]
    pub(crate) fn slot(&self, index: u32) -> &Head {
        self.pool.slot(index)
    }

    pub(crate) fn handle(&self, index: u32) -> abi::Session {
        abi::Session { bits: self.pool.bits(index) }
    }

    /// The handle of a session that has ended, until its slot is free.
    pub(crate) fn ended_handle(&self, index: u32) -> abi::Session {
        abi::Session { bits: self.pool.ended_bits(index) }
    }

    pub(crate) fn is_live(&self, index: u32) -> bool {
        self.pool.slot(index).is_live()
    }

    /// The live sessions.
    pub(crate) fn live(&self) -> Live<'_> {
        self.pool.live()
    }

    pub(crate) fn mode(&self, index: u32, channel: u32) -> u8 {
        // SAFETY: written for all channels of the session when it began.
        unsafe { self.modes.get(index * self.channels + channel) }.get()
    }

    pub(crate) fn set_mode(&self, index: u32, channel: u32, mode: u8) {
        self.modes.write(index * self.channels + channel, Cell::new(mode));
    }

    fn place_of_data(&self, index: u32, instance: &Instance) -> Answer<&AtomicPtr<c_void>> {
        let session = self.at(index);
        if session.owner.get() == instance.index() {
            Ok(&session.data)
        } else if instance.has_session_data() {
            // SAFETY: written for every instance that has the flag, when the session or the instance began.
            Ok(unsafe { self.data.get(index * self.columns + instance.index()) })
        } else {
            Err(status::E_PERMISSION)
        }
    }

    /// The pointer that an instance keeps on a session.
    pub(crate) fn data(&self, index: u32, instance: &Instance) -> Answer<*mut c_void> {
        self.place_of_data(index, instance).map(|data| data.load(Acquire))
    }

    pub(crate) fn set_data(&self, index: u32, instance: &Instance, data: *mut c_void) -> Answer {
        self.place_of_data(index, instance)?.store(data, Release);
        Ok(())
    }

    /// The pointer that an instance will keep on a session: none yet. A thread of the instance may be reading what was
    /// there for the session before.
    pub(crate) fn clear_data(&self, index: u32, instance: u32) {
        // SAFETY: carved for an `AtomicPtr`, of which any bytes may be stored over, and only ever accessed as one.
        let data = unsafe { self.data.get(index * self.columns + instance) };
        data.store(core::ptr::null_mut(), Relaxed);
    }

    /// Empties an instance's column, before it begins.
    pub(crate) fn begin_column(&self, instance: u32) {
        for index in self.pool.used() {
            self.clear_data(index, instance);
        }
    }

    /// There is something to do for a live session in the next turn; whether that is new.
    pub(crate) fn mark_ready(&self, index: u32) -> bool {
        let session = self.at(index);
        let is_new = !session.has(DUE) && self.is_live(index);
        if is_new {
            session.set(DUE);
            self.due.add(1);
            if !session.has(READY) {
                session.set(READY);
                self.ready.push(index, |index| &self.at(index).next_ready);
            }
        }
        is_new
    }

    /// There is nothing to do for a session for now. It keeps its place among those that are ready.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn unmark_ready(&self, index: u32) {
        if self.at(index).clear(DUE) {
            self.due.sub(1);
        }
    }

    /// A turn begins with the sessions that are ready now.
    pub(crate) fn begin_ready(&self) {
        self.ready.begin();
    }

    /// The next one of them.
    pub(crate) fn pop_ready(&self) -> Option<u32> {
        let index = self.ready.pop(|index| &self.at(index).next_ready)?;
        self.at(index).clear(READY);
        self.unmark_ready(index);
        Some(index)
    }

    /// Whether a turn has something to do for sessions.
    pub(crate) fn has_ready(&self) -> bool {
        self.due.get() > 0 || self.inbox.has_room()
    }

    /// Makes the handle stale; everybody is to hear of the end.
    pub(crate) fn end(&self, index: u32) {
        self.pool.end(index);
        self.unmark_ready(index);
        if self.at(index).clear(READY) {
            self.ready.remove(index, |index| &self.at(index).next_ready);
        }
        self.forget_refused(index);
        self.ended.push(index, |index| &self.at(index).next_ended);
    }

    pub(crate) fn pop_ended(&self) -> Option<u32> {
        self.ended.pop(|index| &self.at(index).next_ended)
    }

    /// Everybody has heard of the end.
    pub(crate) fn note_told(&self, index: u32) {
        self.at(index).set(TOLD);
    }

    /// Frees an ended session once everybody has heard of it and none of its requests runs.
    pub(crate) fn free_if_quiet(&self, index: u32) {
        let session = self.at(index);
        if session.has(TOLD) && session.active.get() == NIL {
            session.clear(TOLD);
            self.pool.free(index);
        }
    }
}
