//! A request and its states.

use core::cell::UnsafeCell;
use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core as abi;
use pintle_abi_core::{Limits, Plugin, REQUEST_SLOW, RequestInfo};

use crate::base::answer::Answer;
use crate::base::cell::Counter;
use crate::base::domain::Domain;
use crate::base::handle::{self, KIND_REQUEST};
use crate::base::region::Cursor;
use crate::base::slab::{FreeList, Slab, Wrap, Zeroed};
use crate::base::sync::{AtomicBool, AtomicU8, Cell};
use crate::base::text::KEPT;

/// Where a request is in its life.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Over, or not asked yet; its end may still have to be delivered.
    Over,
    /// In its session's queue.
    Waiting,
    /// Inside `request`.
    Fast,
    /// Inside `slow_arrive`.
    Arriving,
    /// With the workers, not begun.
    Queued,
    /// Inside `slow_request`.
    Running,
    /// `slow_request` has returned what `status` says; the kernel thread has not heard of it yet.
    Returned,
    /// Its handler returned `PENDING`.
    Pending,
}

impl State {
    /// Whether a worker may change it at any moment, or has and the kernel thread has not heard of it.
    pub(crate) fn is_with_worker(self) -> bool {
        matches!(self, Self::Running | Self::Returned)
    }
}

/// A handler, kept from the moment that a request is given to a worker.
pub(crate) type Handler = unsafe extern "C" fn(*mut Plugin, abi::Request, *const RequestInfo) -> i32;

const SLOW: u8 = 1;

pub(crate) const ARRIVED: u8 = 2;

pub(crate) const DROPPED: u8 = 4;

/// `done` came before the handler returned.
const DONE: u8 = 8;

/// One request, its text last: what is read most lies together.
#[repr(C)]
pub(crate) struct Request {
    /// Of the session, at the time of asking.
    pub(crate) session_handle: Cell<abi::Session>,
    pub(crate) correlation: Cell<u64>,
    pub(crate) session: Cell<u32>,
    pub(crate) service: Cell<u32>,
    pub(crate) id: Cell<u32>,
    /// The pinned payload, or `NIL`.
    pub(crate) message: Cell<u32>,
    /// The instance that serves it.
    pub(crate) instance: Counter,
    state: AtomicU8,
    pub(crate) flags: Cell<u8>,
    cancelled: AtomicBool,
    /// The exception was delivered; only the end is left.
    pub(crate) told_exception: Cell<bool>,
    /// The worker's thread domain while it runs there.
    pub(crate) domain: Cell<Domain>,
    pub(crate) handler: Cell<Option<Handler>>,
    /// The next one in the session's queue.
    pub(crate) next: Counter,
    /// The next one among results on their way.
    pub(crate) link: Counter,
    /// The exception's code, or 0.
    pub(crate) exception: Cell<i32>,
    pub(crate) status: Cell<i32>,
    /// Counts the requests that this slot was freed of: whether one is over shows in it, whatever came after.
    lives: Cell<u32>,
    text_length: Cell<u32>,
    text: UnsafeCell<[u8; KEPT]>,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Request {}

impl Request {
    pub(crate) fn state(&self) -> State {
        match self.state.load(Relaxed) {
            1 => State::Waiting,
            2 => State::Fast,
            3 => State::Arriving,
            4 => State::Queued,
            5 => State::Running,
            6 => State::Returned,
            7 => State::Pending,
            _ => State::Over,
        }
    }

    pub(crate) fn set_state(&self, state: State) {
        self.state.store(state as u8, Relaxed);
    }

    /// Differs once the request is over and its slot free.
    pub(crate) fn life(&self) -> u32 {
        self.lives.get()
    }

    pub(crate) fn is_slow(&self) -> bool {
        self.flags.get() & SLOW != 0
    }

    /// What plugins are told of it.
    pub(crate) fn public_flags(&self) -> u32 {
        if self.is_slow() { REQUEST_SLOW } else { 0 }
    }

    /// A slot begins a new life: filters look at the request first.
    pub(crate) fn begin(&self, is_slow: bool) {
        self.flags.set(if is_slow { SLOW } else { 0 });
        self.cancelled.store(false, Relaxed);
        self.exception.set(0);
        self.told_exception.set(false);
        self.set_state(State::Over);
    }

    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Relaxed)
    }

    pub(crate) fn drop_current(&self) {
        self.flags.set(self.flags.get() | DROPPED);
    }

    /// `done` came while the handler runs; whether it is the first.
    pub(crate) fn note_done(&self) -> bool {
        let flags = self.flags.replace(self.flags.get() | DONE);
        flags & DONE == 0
    }

    pub(crate) fn is_done(&self) -> bool {
        self.flags.get() & DONE != 0
    }

    /// Under the lock while a worker runs the request, which any of its plugin's threads may fail then.
    pub(crate) fn set_exception(&self, code: i32, text: &[u8]) {
        self.exception.set(code);
        self.keep_text(text);
    }

    /// The text of an exception that may follow; as [`set_exception`](Self::set_exception).
    pub(crate) fn keep_text(&self, text: &[u8]) {
        self.text_length.set(text.len() as u32);
        // SAFETY: under the lock or on the kernel thread alone, as above, and no reference to it is kept.
        unsafe {
            core::ptr::copy_nonoverlapping(text.as_ptr(), self.text.get().cast::<u8>(), text.len());
        }
    }

    /// The exception's text.
    ///
    /// # Safety
    /// The request is over, and its slot does not begin another life during `'a`.
    pub(crate) unsafe fn text<'a>(&self) -> &'a [u8] {
        // SAFETY: whoever ran the request is through with it, and nobody else writes.
        unsafe { core::slice::from_raw_parts(self.text.get().cast(), self.text_length.get() as usize) }
    }
}

/// All requests of a host.
pub(crate) struct Requests {
    pub(crate) slab: Slab<Request, KIND_REQUEST>,
    pub(crate) free: FreeList,
}

impl Requests {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u16) -> Self {
        Self {
            slab: Slab::take(cursor, limits.requests, handle::low_half(tag), Wrap::StartOver),
            free: FreeList::new(0, limits.requests),
        }
    }

    pub(crate) fn find(&self, request: abi::Request) -> Answer<u32> {
        self.slab.find(request.bits, &self.free)
    }

    /// Whether a handle names the request still, after something of it was read without the lock.
    pub(crate) fn find_still(&self, request: abi::Request) -> Answer {
        self.slab.find_still(request.bits, &self.free)
    }

    #[inline(always)]
    pub(crate) fn at(&self, index: u32) -> &Request {
        self.slab.at(index)
    }

    pub(crate) fn handle(&self, index: u32) -> abi::Request {
        abi::Request { bits: self.slab.bits(index) }
    }

    /// The handle that a request has or, when it is over and until its slot is free, had.
    pub(crate) fn named(&self, index: u32) -> abi::Request {
        let is_live = self.slab.slot(index).is_live();
        abi::Request { bits: if is_live { self.slab.bits(index) } else { self.slab.ended_bits(index) } }
    }

    pub(crate) fn free(&self, index: u32) {
        let lives = &self.at(index).lives;
        lives.set(lives.get().wrapping_add(1));
        self.slab.free(index, &self.free);
    }
}
