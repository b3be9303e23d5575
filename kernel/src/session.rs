//! Sessions: their slots, and what begins, suspends, resumes and ends them.

use core::cell::Cell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use pintle_abi_core::{Limits, Session, rules::callback, status};

use crate::about::About;
use crate::cell::Counter;
use crate::features::SERVICES;
use crate::guard::{Answer, Caller};
use crate::handle::{self, KIND_SESSION};
use crate::kernel::Kernel;
use crate::plugin::Record;
use crate::region::{Cursor, Slice};
use crate::shared::Ring;
use crate::slab::{FreeList, Live, NIL, Slab, Wrap, Zeroed};

/// The owner was refused a request for a full queue.
pub(crate) const REQUEST_REFUSED: u8 = 1;
/// The owner was refused a message: the inbox was full, or the session paused.
pub(crate) const INBOX_REFUSED: u8 = 2;
/// Somebody's `send` was refused.
pub(crate) const SEND_REFUSED: u8 = 4;
/// The owner can take no more for now.
pub(crate) const SUSPENDED: u8 = 8;
/// In the list of sessions whose next request can start.
pub(crate) const READY: u8 = 16;
/// `session_destroyed` has run; the slot waits for a request that still runs.
pub(crate) const TOLD: u8 = 32;

/// The application takes nothing from it for now.
pub(crate) const PAUSED: u8 = 64;

/// One session.
pub(crate) struct Peer {
    pub(crate) owner: Counter,
    pub(crate) socket: Cell<u32>,
    pub(crate) channels: Cell<u16>,
    pub(crate) flags: Cell<u8>,
    pub(crate) about: Cell<About>,
    /// The owner's pointer.
    data: AtomicPtr<c_void>,
    /// Requests that wait, oldest first.
    pub(crate) first: Cell<u32>,
    pub(crate) last: Cell<u32>,
    pub(crate) waiting: Cell<u32>,
    /// The request that runs.
    pub(crate) active: Cell<u32>,
    /// Results that are held back, oldest first.
    pub(crate) held_first: Cell<u32>,
    pub(crate) held_last: Cell<u32>,
    pub(crate) next_ready: Cell<u32>,
    pub(crate) next_end: Cell<u32>,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Peer {}

impl Peer {
    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags.get() & flag != 0
    }

    pub(crate) fn set(&self, flag: u8) {
        self.flags.set(self.flags.get() | flag);
    }

    /// Whether the flag was set.
    pub(crate) fn clear(&self, flag: u8) -> bool {
        let had = self.has(flag);
        self.flags.set(self.flags.get() & !flag);
        had
    }

    /// Whether results go straight to the owner.
    pub(crate) fn is_flowing(&self) -> bool {
        !self.has(SUSPENDED) && self.held_first.get() == NIL
    }
}

/// A message in the application's inbox.
#[derive(Clone, Copy)]
pub(crate) struct Waiting {
    pub(crate) session: Session,
    pub(crate) channel: u32,
    pub(crate) message: u32,
}

/// All sessions of a host.
pub(crate) struct Sessions {
    pub(crate) slab: Slab<Peer, KIND_SESSION>,
    pub(crate) free: FreeList,
    modes: Slice<Cell<u8>>,
    /// The pointers of instances that keep data on sessions of others, a column for each.
    data: Slice<AtomicPtr<c_void>>,
    columns: u32,
    channels: u32,
    pub(crate) inbox: Ring<Waiting>,
    /// There is an inbox.
    pub(crate) has_inbox: bool,
    inbox_refused: Cell<bool>,
    inbox_has_room: Cell<bool>,
    ready_first: Cell<u32>,
    ready_last: Cell<u32>,
}

impl Sessions {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u16) -> Self {
        let columns = limits.plugins + 1;
        Self {
            slab: Slab::take(cursor, limits.sessions, handle::low_half(tag), Wrap::Retire),
            free: FreeList::new(0, limits.sessions),
            modes: cursor.take(limits.sessions * limits.channels),
            data: cursor.take(limits.sessions * columns),
            columns,
            channels: limits.channels,
            inbox: Ring::new(cursor.take(limits.inbox)),
            has_inbox: limits.inbox > 0,
            inbox_refused: Cell::new(false),
            inbox_has_room: Cell::new(false),
            ready_first: Cell::new(NIL),
            ready_last: Cell::new(NIL),
        }
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn find(&self, session: Session) -> Answer<u32> {
        self.slab.find(session.bits, &self.free)
    }

    #[inline(always)]
    pub(crate) fn at(&self, index: u32) -> &Peer {
        self.slab.at(index)
    }

    pub(crate) fn handle(&self, index: u32) -> Session {
        Session { bits: self.slab.bits(index) }
    }

    pub(crate) fn is_live(&self, index: u32) -> bool {
        self.slab.slot(index).is_live()
    }

    /// The live sessions.
    pub(crate) fn live(&self) -> Live<'_> {
        self.slab.live(&self.free)
    }

    pub(crate) fn mode(&self, index: u32, channel: u32) -> &Cell<u8> {
        // SAFETY: written for all channels of the session when it began.
        unsafe { self.modes.get(index * self.channels + channel) }
    }

    fn set_mode(&self, index: u32, channel: u32, mode: u8) {
        self.modes.write(index * self.channels + channel, Cell::new(mode));
    }

    /// The pointer that an instance keeps on a session.
    pub(crate) fn data(&self, index: u32, record: &Record) -> Answer<&AtomicPtr<c_void>> {
        let peer = self.at(index);
        if peer.owner.get() == record.index {
            Ok(&peer.data)
        } else if record.has_session_data() {
            // SAFETY: written for every instance that has the flag, when the session or the instance began.
            Ok(unsafe { self.data.get(index * self.columns + record.index) })
        } else {
            Err(status::E_PERMISSION)
        }
    }

    /// Empties an instance's column, before it begins.
    pub(crate) fn begin_column(&self, record: u32) {
        for index in self.free.used() {
            self.data.write(index * self.columns + record, AtomicPtr::new(core::ptr::null_mut()));
        }
    }

    /// The inbox has room, or is no longer in the way: whoever was refused is to hear of it.
    pub(crate) fn inbox_taken(&self) {
        if self.inbox_refused.get() {
            self.inbox_has_room.set(true);
        }
    }

    pub(crate) fn refuse_inbox(&self, index: u32) {
        self.at(index).set(INBOX_REFUSED);
        self.inbox_refused.set(true);
    }

    fn push_ready(&self, index: u32) {
        self.at(index).next_ready.set(NIL);
        if self.ready_first.get() == NIL {
            self.ready_first.set(index);
        } else {
            self.at(self.ready_last.get()).next_ready.set(index);
        }
        self.ready_last.set(index);
    }

    fn pop_ready(&self) -> Option<u32> {
        let index = self.ready_first.get();
        if index == NIL {
            return None;
        }
        self.ready_first.set(self.at(index).next_ready.get());
        Some(index)
    }

    pub(crate) fn has_ready(&self) -> bool {
        self.ready_first.get() != NIL || self.inbox_has_room.get()
    }
}

impl Kernel {
    pub(crate) fn begin_session(
        &self,
        owner: &Record,
        socket: u32,
        about: About,
        data: *mut c_void,
    ) -> Answer<Session> {
        let sessions = &self.sessions;
        let index = sessions.slab.allocate(&sessions.free).ok_or(status::E_CAPACITY)?;
        let peer = sessions.at(index);
        let place = self.sockets.at(socket);
        peer.owner.set(owner.index);
        peer.socket.set(socket);
        peer.channels.set(place.channels.get() as u16);
        peer.flags.set(0);
        peer.about.set(about);
        peer.data.store(data, Relaxed);
        for link in [&peer.first, &peer.active, &peer.held_first] {
            link.set(NIL);
        }
        for channel in 0..place.channels.get() {
            sessions.set_mode(index, channel, self.sockets.mode(socket, channel).get());
        }
        for record in 0..self.records.length() {
            if self.record(record).has_session_data() {
                sessions.data.write(index * sessions.columns + record, AtomicPtr::new(core::ptr::null_mut()));
            }
        }
        place.sessions.set(place.sessions.get() + 1);
        sessions.slab.begin(index);
        Ok(sessions.handle(index))
    }

    /// Tells everybody but the owner.
    pub(crate) fn tell_created(&self, owner: &Record, session: Session) {
        for record in self.hearers(callback::SESSION_CREATED) {
            if record.index != owner.index
                && let Some(run) = record.callbacks().session_created
            {
                // SAFETY: the instance's own callback with its own pointer.
                self.tell(record, callback::SESSION_CREATED, |plugin| unsafe { run(plugin, session) });
            }
        }
    }

    /// Makes the handle stale and cancels what runs; the rest happens at depth 0.
    pub(crate) fn end_session(&self, index: u32) {
        self.sessions.slab.end(index);
        let active = self.sessions.at(index).active.get();
        if SERVICES && active != NIL {
            self.requests.at(active).cancel();
        }
        self.ends.add_session(self, index);
    }

    /// At depth 0: ends what waits, tells everybody, and frees the slot if nothing of it runs any more.
    pub(crate) fn settle_session(&self, index: u32) {
        let peer = self.sessions.at(index);
        let handle = Session { bits: self.sessions.slab.ended_bits(index) };
        while SERVICES && peer.first.get() != NIL {
            let request = peer.first.get();
            self.requests.at(request).cancel();
            self.end_waiting(index, request, status::E_CANCELLED);
        }
        self.drop_held(index);
        for record in self.hearers(callback::SESSION_DESTROYED) {
            if let Some(run) = record.callbacks().session_destroyed {
                let data = self.sessions.data(index, record);
                let data = data.map_or(core::ptr::null_mut(), |word| word.load(Relaxed));
                // SAFETY: the instance's own callback with its own pointer.
                self.tell(record, callback::SESSION_DESTROYED, |plugin| unsafe { run(plugin, handle, data) });
            }
        }
        let place = self.sockets.at(peer.socket.get());
        place.sessions.set(place.sessions.get() - 1);
        self.free_socket_if_quiet(peer.socket.get());
        peer.set(TOLD);
        self.free_session_if_quiet(index);
    }

    /// Frees an ended session once none of its requests runs.
    pub(crate) fn free_session_if_quiet(&self, index: u32) {
        let peer = self.sessions.at(index);
        if peer.has(TOLD) && peer.active.get() == NIL && !peer.has(READY) {
            peer.clear(TOLD);
            self.sessions.slab.free(index, &self.sessions.free);
        }
    }

    /// Whether the session's next request can start.
    fn can_start(&self, index: u32) -> bool {
        let peer = self.sessions.at(index);
        SERVICES && peer.first.get() != NIL && peer.active.get() == NIL && peer.is_flowing()
    }

    /// Whether the owner was refused a request that there is room for now.
    fn owes_word(&self, index: u32) -> bool {
        let peer = self.sessions.at(index);
        peer.has(REQUEST_REFUSED) && peer.waiting.get() < self.limits.requests_per_session
    }

    /// Notes that there is something to do for the session in the next turn, if there is.
    pub(crate) fn mark_ready(&self, index: u32) {
        let peer = self.sessions.at(index);
        let is_due = SERVICES && (self.can_start(index) || self.owes_word(index));
        if is_due && !peer.has(READY) && self.sessions.is_live(index) {
            peer.set(READY);
            self.sessions.push_ready(index);
            self.hurry();
        }
    }

    /// Starts at most one request for each session that was ready before the turn, and tells owners that were refused.
    pub(crate) fn start_ready(&self) {
        if self.sessions.inbox_has_room.replace(false) {
            self.sessions.inbox_refused.set(false);
            for index in self.sessions.live() {
                let _dispatch = self.dispatch();
                let peer = self.sessions.at(index);
                if !peer.has(PAUSED) && peer.clear(INBOX_REFUSED) {
                    self.tell_writable(index, self.record(peer.owner.get()));
                }
            }
        }
        let last = self.sessions.ready_last.get();
        while SERVICES && let Some(index) = self.sessions.pop_ready() {
            let _dispatch = self.dispatch();
            let peer = self.sessions.at(index);
            peer.clear(READY);
            if !self.sessions.is_live(index) {
                self.free_session_if_quiet(index);
            } else {
                let handle = self.sessions.handle(index);
                if self.can_start(index) {
                    self.start_next(index);
                }
                if self.sessions.find(handle).is_ok() && self.owes_word(index) {
                    peer.clear(REQUEST_REFUSED);
                    self.tell_writable(index, self.record(peer.owner.get()));
                }
                self.mark_ready(index);
            }
            if index == last {
                break;
            }
        }
    }

    pub(crate) fn tell_writable(&self, index: u32, record: &Record) {
        let handle = self.sessions.handle(index);
        if record.is_live()
            && let Some(run) = record.callbacks().session_writable
        {
            // SAFETY: the instance's own callback with its own pointer.
            self.tell(record, callback::SESSION_WRITABLE, |plugin| unsafe { run(plugin, handle) });
        }
    }

    /// What was held back goes out; then whoever was refused hears of it.
    pub(crate) fn resume_session(&self, index: u32) {
        let peer = self.sessions.at(index);
        let handle = self.sessions.handle(index);
        peer.clear(SUSPENDED);
        self.deliver_held(index);
        if self.sessions.find(handle).is_err() || !peer.is_flowing() {
            return;
        }
        if peer.clear(SEND_REFUSED) {
            let owner = peer.owner.get();
            for record in self.hearers(callback::SESSION_WRITABLE) {
                if self.sessions.find(handle).is_err() {
                    break;
                }
                if record.index != owner {
                    self.tell_writable(index, record);
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
    pub fn pause(&self, session: Session, paused: bool) -> Result<(), i32> {
        self.on_kernel_thread()?;
        let peer = self.sessions.at(self.sessions.find(session)?);
        if paused {
            peer.set(PAUSED);
        } else if peer.clear(PAUSED) && peer.has(INBOX_REFUSED) {
            self.sessions.inbox_has_room.set(true);
            self.hurry();
        }
        Ok(())
    }

    /// The session, if the caller may act for its owner.
    pub(crate) fn owned_session(&self, caller: &Caller<'_>, session: Session) -> Answer<u32> {
        let index = self.sessions.find(session)?;
        self.acts_for(caller, index)?;
        Ok(index)
    }

    /// Whether the caller may act for the session's owner.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn acts_for(&self, caller: &Caller<'_>, index: u32) -> Answer {
        let owner = self.sessions.at(index).owner.get();
        if owner == caller.record.index || caller.record.is_zero() {
            Ok(())
        } else {
            Err(status::E_NOT_OWNER)
        }
    }
}
