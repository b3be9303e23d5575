//! A session: its flags, its queues and its flow control.

mod inbox;
mod slots;

use core::ffi::c_void;

use pintle_abi_core::{Address, Text, status};

use crate::base::answer::Answer;
use crate::base::cell::Counter;
use crate::base::queue::Queue;
use crate::base::slab::{NIL, Zeroed};
use crate::base::sync::{AtomicPtr, Cell};
use crate::object::about::About;

pub(crate) use inbox::Waiting;
pub(crate) use slots::Sessions;

/// The owner was refused a request for a full queue.
const REQUEST_REFUSED: u8 = 1;

/// The owner was refused a message: the inbox was full, or the session paused.
const MESSAGE_REFUSED: u8 = 2;

/// Somebody's `send` was refused.
const SEND_REFUSED: u8 = 4;

/// The owner can take no more for now.
const SUSPENDED: u8 = 8;

/// It has a place in the list of those that a turn looks at, which it keeps while it has nothing to do.
const READY: u8 = 16;

/// There is something to do for it in the next turn.
const DUE: u8 = 128;

/// `session_destroyed` has run; the slot waits for a request that still runs.
const TOLD: u8 = 32;

/// The application takes nothing from it for now.
const PAUSED: u8 = 64;

/// One session.
pub(crate) struct Session {
    owner: Counter,
    socket: Cell<u32>,
    channels: Cell<u16>,
    flags: Cell<u8>,
    about: Cell<About>,
    /// The owner's pointer.
    data: AtomicPtr<c_void>,
    /// Requests that wait, oldest first, and how many.
    requests: Queue,
    waiting: Cell<u32>,
    /// The request that runs, or `NIL`.
    active: Cell<u32>,
    /// Results that are held back, oldest first.
    held: Queue,
    next_ready: Counter,
    next_ended: Counter,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Session {}

impl Session {
    #[inline(always)]
    fn has(&self, flag: u8) -> bool {
        self.flags.get() & flag != 0
    }

    #[inline(always)]
    fn set(&self, flag: u8) {
        self.flags.set(self.flags.get() | flag);
    }

    /// Whether the flag was set.
    fn clear(&self, flag: u8) -> bool {
        let had = self.has(flag);
        self.flags.set(self.flags.get() & !flag);
        had
    }

    #[inline(always)]
    pub(crate) fn owner(&self) -> u32 {
        self.owner.get()
    }

    pub(crate) fn socket(&self) -> u32 {
        self.socket.get()
    }

    pub(crate) fn client_id(&self) -> i64 {
        self.about.get().client_id
    }

    /// All that is known of where the peer is.
    pub(crate) fn address(&self) -> Address {
        self.about.get().address()
    }

    pub(crate) fn user(&self) -> Text {
        self.about.get().user
    }

    pub(crate) fn protocol(&self) -> Text {
        self.about.get().protocol
    }

    #[inline(always)]
    pub(crate) fn check_channel(&self, channel: u32) -> Answer {
        if channel < self.channels.get().into() { Ok(()) } else { Err(status::E_NOT_FOUND) }
    }

    /// Whether something can be sent now. If not, whoever tried hears of it when the owner resumes.
    #[inline(always)]
    pub(crate) fn admit_send(&self) -> Answer {
        if self.has(SUSPENDED) {
            self.set(SEND_REFUSED);
            return Err(status::E_AGAIN);
        }
        Ok(())
    }

    /// The owner refused what was sent: it can take no more.
    pub(crate) fn refuse_send(&self) {
        self.set(SUSPENDED | SEND_REFUSED);
    }

    /// Whether somebody's `send` was refused, who is to hear that it may try again.
    pub(crate) fn take_send_refused(&self) -> bool {
        self.clear(SEND_REFUSED)
    }

    /// The owner can take no more for now.
    pub(crate) fn suspend(&self) {
        self.set(SUSPENDED);
    }

    /// The owner can take more: first what is held back.
    pub(crate) fn resume(&self) {
        self.clear(SUSPENDED);
    }

    pub(crate) fn is_suspended(&self) -> bool {
        self.has(SUSPENDED)
    }

    /// Whether results go straight to the owner.
    #[inline(always)]
    pub(crate) fn is_flowing(&self) -> bool {
        !self.has(SUSPENDED) && self.held.is_empty()
    }

    /// Holds back a result, or the end of a request, behind all others.
    pub(crate) fn hold<'l>(&self, node: u32, link: impl Fn(u32) -> &'l Counter) {
        self.held.push(node, link);
    }

    /// The owner refused a result, or the end of a request: it is the first that the owner gets when it resumes.
    pub(crate) fn hold_refused<'l>(&self, node: u32, link: impl Fn(u32) -> &'l Counter) {
        self.set(SUSPENDED);
        self.held.push_front(node, link);
    }

    pub(crate) fn pop_held<'l>(&self, link: impl Fn(u32) -> &'l Counter) -> Option<u32> {
        self.held.pop(link)
    }

    /// Whether a request has to wait for others, or for the owner to take results.
    #[inline(always)]
    pub(crate) fn must_wait(&self) -> bool {
        self.active.get() != NIL || !self.requests.is_empty() || !self.is_flowing()
    }

    /// Whether one more request may wait. If not, the owner hears of it when one may.
    pub(crate) fn admit_request(&self, limit: u32) -> Answer {
        if self.waiting.get() >= limit {
            self.set(REQUEST_REFUSED);
            return Err(status::E_AGAIN);
        }
        Ok(())
    }

    /// Whether the owner was refused a request that may wait now, and is to hear so.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn owes_room(&self, limit: u32) -> bool {
        self.has(REQUEST_REFUSED) && self.waiting.get() < limit
    }

    /// The owner is about to hear that a request may wait.
    pub(crate) fn note_room_told(&self) {
        self.clear(REQUEST_REFUSED);
    }

    /// A request waits, behind all others.
    pub(crate) fn queue<'l>(&self, request: u32, link: impl Fn(u32) -> &'l Counter) {
        self.requests.push(request, link);
        self.waiting.set(self.waiting.get() + 1);
    }

    /// A request that waits ends without running.
    pub(crate) fn unqueue<'l>(&self, request: u32, link: impl Fn(u32) -> &'l Counter) {
        self.requests.remove(request, link);
        self.waiting.set(self.waiting.get() - 1);
    }

    /// The oldest request that waits.
    pub(crate) fn first_waiting(&self) -> Option<u32> {
        (!self.requests.is_empty()).then(|| self.requests.first())
    }

    /// The oldest request that waits and that `is_it` says yes to.
    pub(crate) fn find_waiting<'l>(
        &self,
        link: impl Fn(u32) -> &'l Counter,
        is_it: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        self.requests.find(link, is_it)
    }

    /// Whether a request waits that may run now.
    pub(crate) fn can_start(&self) -> bool {
        !self.requests.is_empty() && self.active.get() == NIL && self.is_flowing()
    }

    /// The oldest request that waits runs from now on. One waits.
    pub(crate) fn start_next<'l>(&self, link: impl Fn(u32) -> &'l Counter) -> u32 {
        let request = self.requests.first();
        self.unqueue(request, link);
        self.active.set(request);
        request
    }

    /// A request that need not wait runs from now on.
    #[inline(always)]
    pub(crate) fn start(&self, request: u32) {
        self.active.set(request);
    }

    /// The request that runs, if one does.
    pub(crate) fn active(&self) -> Option<u32> {
        let active = self.active.get();
        (active != NIL).then_some(active)
    }

    /// A request is over, which may be the one that ran.
    #[inline(always)]
    pub(crate) fn finish(&self, request: u32) {
        if self.active.get() == request {
            self.active.set(NIL);
        }
    }
}
