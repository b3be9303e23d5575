//! A session: its flags, its queues and its flow control.

use core::ffi::c_void;
use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core as abi;
use pintle_abi_core::{Limits, status};

use crate::base::answer::Answer;
use crate::base::cell::Counter;
use crate::base::handle::{self, KIND_SESSION};
use crate::base::queue::Queue;
use crate::base::region::{Cursor, Slice};
use crate::base::ring::Ring;
use crate::base::slab::{FreeList, Live, Slab, Wrap, Zeroed};
use crate::base::sync::{AtomicPtr, Cell};
use crate::object::about::About;
use crate::object::instance::Instance;

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
pub(crate) struct Session {
    pub(crate) owner: Counter,
    pub(crate) socket: Cell<u32>,
    pub(crate) channels: Cell<u16>,
    pub(crate) flags: Cell<u8>,
    pub(crate) about: Cell<About>,
    /// The owner's pointer.
    pub(crate) data: AtomicPtr<c_void>,
    /// Requests that wait, oldest first, and how many.
    pub(crate) requests: Queue,
    pub(crate) waiting: Cell<u32>,
    /// The request that runs.
    pub(crate) active: Cell<u32>,
    /// Results that are held back, oldest first.
    pub(crate) held: Queue,
    next_ready: Counter,
    next_ended: Counter,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Session {}

impl Session {
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
        !self.has(SUSPENDED) && self.held.is_empty()
    }
}

/// A message in the application's inbox.
#[derive(Clone, Copy)]
pub(crate) struct Waiting {
    pub(crate) session: abi::Session,
    pub(crate) channel: u32,
    pub(crate) message: u32,
}

/// All sessions of a host.
pub(crate) struct Sessions {
    pub(crate) slab: Slab<Session, KIND_SESSION>,
    pub(crate) free: FreeList,
    modes: Slice<Cell<u8>>,
    /// The pointers of instances that keep data on sessions of others, a column for each.
    pub(crate) data: Slice<AtomicPtr<c_void>>,
    pub(crate) columns: u32,
    channels: u32,
    pub(crate) inbox: Ring<Waiting>,
    /// There is an inbox.
    pub(crate) has_inbox: bool,
    pub(crate) inbox_refused: Cell<bool>,
    pub(crate) inbox_has_room: Cell<bool>,
    /// Sessions whose next request can start, or whose owners are to hear something.
    pub(crate) ready: Queue,
    /// Sessions that have ended, and of which everybody is still to hear.
    ended: Queue,
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
            ready: Queue::new(),
            ended: Queue::new(),
        }
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn find(&self, session: abi::Session) -> Answer<u32> {
        self.slab.find(session.bits, &self.free)
    }

    /// Whether a handle names the session still, after something of it was read on another thread.
    pub(crate) fn find_still(&self, session: abi::Session) -> Answer {
        self.slab.find_still(session.bits, &self.free)
    }

    #[inline(always)]
    pub(crate) fn at(&self, index: u32) -> &Session {
        self.slab.at(index)
    }

    pub(crate) fn handle(&self, index: u32) -> abi::Session {
        abi::Session { bits: self.slab.bits(index) }
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

    pub(crate) fn set_mode(&self, index: u32, channel: u32, mode: u8) {
        self.modes.write(index * self.channels + channel, Cell::new(mode));
    }

    /// The pointer that an instance keeps on a session.
    pub(crate) fn data(&self, index: u32, instance: &Instance) -> Answer<&AtomicPtr<c_void>> {
        let session = self.at(index);
        if session.owner.get() == instance.index {
            Ok(&session.data)
        } else if instance.has_session_data() {
            // SAFETY: written for every instance that has the flag, when the session or the instance began.
            Ok(unsafe { self.data.get(index * self.columns + instance.index) })
        } else {
            Err(status::E_PERMISSION)
        }
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
        for index in self.free.used() {
            self.clear_data(index, instance);
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

    pub(crate) fn push_ready(&self, index: u32) {
        self.ready.push(index, |index| &self.at(index).next_ready);
    }

    pub(crate) fn pop_ready(&self) -> Option<u32> {
        self.ready.pop(|index| &self.at(index).next_ready)
    }

    /// Makes the handle stale.
    pub(crate) fn end(&self, index: u32) {
        self.slab.end(index);
        self.ended.push(index, |index| &self.at(index).next_ended);
    }

    pub(crate) fn pop_ended(&self) -> Option<u32> {
        self.ended.pop(|index| &self.at(index).next_ended)
    }

    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty() || self.inbox_has_room.get()
    }
}
