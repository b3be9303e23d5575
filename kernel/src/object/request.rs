//! A request and its states.

mod slots;

use core::cell::UnsafeCell;
use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core as abi;
use pintle_abi_core::{Plugin, REQUEST_SLOW, RequestInfo, status};

use crate::base::answer::Answer;
use crate::base::cell::Counter;
use crate::base::domain::{Domain, KERNEL};
use crate::base::lock::Locked;
use crate::base::slab::{NIL, Zeroed};
use crate::base::sync::{AtomicBool, AtomicU8, Cell};
use crate::base::text::{self, KEPT};
use crate::object::error::ErrorText;

pub(crate) use slots::{Asked, Requests};

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

/// `drop_current` was called inside `slow_arrive`.
const DROPPED: u8 = 2;

/// `done` came before the handler returned.
const DONE: u8 = 4;

/// One request, its text last: what is read most lies together.
#[repr(C)]
pub(crate) struct Request {
    /// Of the session, at the time of asking.
    session_handle: Cell<abi::Session>,
    correlation: Cell<u64>,
    session: Cell<u32>,
    service: Cell<u32>,
    id: Cell<u32>,
    /// The pinned payload, or `NIL`.
    payload: Cell<u32>,
    /// The instance that serves it.
    instance: Counter,
    state: AtomicU8,
    flags: Cell<u8>,
    cancelled: AtomicBool,
    /// The exception was delivered; only the end is left.
    told_exception: Cell<bool>,
    /// The worker's thread domain while it runs there.
    domain: Cell<Domain>,
    /// The handler of a slow one. Empty once a worker has found that it must not run.
    handler: Cell<Option<Handler>>,
    waiting_link: Counter,
    link: Counter,
    /// The exception's code, or 0.
    exception: Cell<i32>,
    status: Cell<i32>,
    /// Counts the requests that this slot was freed of: whether one is over shows in it, whatever came after.
    lives: Cell<u32>,
    text_length: Cell<u32>,
    text: UnsafeCell<[u8; KEPT]>,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Request {}

impl Request {
    #[cfg_attr(not(target_os = "none"), inline(always))]
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

    #[inline(always)]
    fn enter(&self, state: State) {
        self.state.store(state as u8, Relaxed);
    }

    #[inline(always)]
    pub(crate) fn session(&self) -> u32 {
        self.session.get()
    }

    /// The handle that the session had at the time of asking.
    #[inline(always)]
    pub(crate) fn session_handle(&self) -> abi::Session {
        self.session_handle.get()
    }

    /// The instance that serves it.
    #[inline(always)]
    pub(crate) fn instance(&self) -> u32 {
        self.instance.get()
    }

    pub(crate) fn has_correlation(&self, correlation: u64) -> bool {
        self.correlation.get() == correlation
    }

    /// The pinned payload, or `NIL`.
    #[inline(always)]
    pub(crate) fn payload(&self) -> u32 {
        self.payload.get()
    }

    /// Takes the payload away with its pin, or `NIL`.
    #[inline(always)]
    pub(crate) fn take_payload(&self) -> u32 {
        self.payload.replace(NIL)
    }

    /// A copy, with its pin, stands for the payload from now on.
    pub(crate) fn replace_payload(&self, copy: u32) {
        self.payload.set(copy);
    }

    /// Differs once the request is over and its slot free.
    pub(crate) fn life(&self) -> u32 {
        self.lives.get()
    }

    pub(crate) fn is_slow(&self) -> bool {
        self.flags.get() & SLOW != 0
    }

    fn set(&self, flag: u8) {
        self.flags.set(self.flags.get() | flag);
    }

    /// The link of its session's queue.
    #[inline(always)]
    pub(crate) fn waiting_link(&self) -> &Counter {
        &self.waiting_link
    }

    /// The link of what waits for a worker, then of results on their way.
    #[inline(always)]
    pub(crate) fn link(&self) -> &Counter {
        &self.link
    }

    /// The filters let it pass with this payload: it waits for its turn.
    #[inline(always)]
    pub(crate) fn wait(&self, payload: u32) {
        self.payload.set(payload);
        self.enter(State::Waiting);
    }

    /// `request` is about to be called.
    #[inline(always)]
    pub(crate) fn run(&self) {
        self.enter(State::Fast);
    }

    /// `slow_arrive` is about to be called.
    pub(crate) fn arrive(&self) {
        self.enter(State::Arriving);
    }

    /// Inside `slow_arrive`: it is to end without running.
    pub(crate) fn drop_current(&self) -> Answer {
        if self.state() != State::Arriving {
            return Err(status::E_STATE);
        }
        self.set(DROPPED);
        Ok(())
    }

    pub(crate) fn is_dropped(&self) -> bool {
        self.flags.get() & DROPPED != 0
    }

    /// It is about to be given to the workers.
    pub(crate) fn queue(&self, handler: Handler) {
        self.handler.set(Some(handler));
        self.enter(State::Queued);
    }

    /// A worker of this domain takes it; its handler, if it is to run.
    pub(crate) fn begin_work(
        &self,
        _locked: &Locked<'_>,
        domain: Domain,
        instance_is_live: bool,
    ) -> Option<Handler> {
        let handler = self.handler.get().filter(|_| instance_is_live && !self.is_cancelled());
        self.handler.set(handler);
        self.domain.set(domain);
        self.enter(State::Running);
        handler
    }

    /// The worker is through with it. What it said of an error becomes an exception's text when the kernel thread hears of it,
    /// unless the request is cancelled by then.
    pub(crate) fn end_work(&self, _locked: &Locked<'_>, status: i32, said: &str) {
        if status::is_error(status) && self.exception.get() == 0 {
            self.keep_text(said.as_bytes());
        }
        self.status.set(status);
        self.enter(State::Returned);
    }

    /// The kernel thread hears that a worker is through with it: what the handler returned, and whether it ran.
    pub(crate) fn hear_of_return(&self) -> (i32, bool) {
        let status = self.status.get();
        if status::is_error(status) && self.may_fail() {
            self.exception.set(status);
        }
        (status, self.handler.get().is_some())
    }

    /// The handler returned `PENDING`.
    pub(crate) fn pend(&self) {
        self.enter(State::Pending);
    }

    /// `done` came while the handler runs; whether it is the first.
    pub(crate) fn note_done(&self) -> bool {
        let is_first = !self.is_done();
        self.set(DONE);
        is_first
    }

    /// As [`note_done`](Self::note_done), where a worker may run the request and return meanwhile.
    pub(crate) fn note_done_beside_worker(&self, _locked: &Locked<'_>) -> bool {
        let may = match self.state() {
            State::Running => true,
            State::Returned => self.status.get() == status::PENDING,
            _ => false,
        };
        may && self.note_done()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.flags.get() & DONE != 0
    }

    /// Whether a caller in this domain may answer for it, by a result or an exception.
    ///
    /// The state is the caller's, who has decided by it whether the lock is needed: a worker may change it at any moment.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn may_answer(&self, domain: Domain, state: State) -> Answer {
        let may = match state {
            State::Fast | State::Arriving | State::Pending => domain == KERNEL,
            State::Running => domain == KERNEL || self.domain.get() == domain,
            State::Returned => domain == KERNEL && self.status.get() == status::PENDING,
            State::Over | State::Waiting | State::Queued => false,
        };
        if !may || self.exception.get() != 0 {
            return Err(status::E_STATE);
        }
        if self.is_cancelled() { Err(status::E_CANCELLED) } else { Ok(()) }
    }

    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    #[inline(always)]
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Relaxed)
    }

    /// Whether an error would become its exception: it has none, and its asker still wants to know.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn may_fail(&self) -> bool {
        self.exception.get() == 0 && !self.is_cancelled()
    }

    /// It ends with an exception, as its handler says. Under the lock while a worker runs it, which any of its plugin's
    /// threads may fail then.
    pub(crate) fn set_exception(&self, code: i32, text: &[u8]) {
        self.exception.set(code);
        self.keep_text(text::cut(text, KEPT));
    }

    /// Its handler returned an error, which becomes its exception if it has none.
    pub(crate) fn fail(&self, code: i32, said: impl FnOnce() -> ErrorText) {
        if self.may_fail() {
            self.exception.set(code);
            self.keep_text(said().about(code).as_bytes());
        }
    }

    fn keep_text(&self, text: &[u8]) {
        self.text_length.set(text.len() as u32);
        // SAFETY: under the lock or on the kernel thread alone, as above, and no reference to it is kept.
        unsafe {
            core::ptr::copy_nonoverlapping(text.as_ptr(), self.text.get().cast::<u8>(), text.len());
        }
    }

    /// The exception's code, or 0, and its text.
    ///
    /// # Safety
    /// The request is over, and its slot does not begin another life during `'a`.
    pub(crate) unsafe fn exception<'a>(&self) -> (i32, &'a [u8]) {
        // SAFETY: whoever ran the request is through with it, and nobody else writes.
        let text =
            unsafe { core::slice::from_raw_parts(self.text.get().cast(), self.text_length.get() as usize) };
        (self.exception.get(), text)
    }

    /// Whether its asker is still to be told of its exception.
    #[inline(always)]
    pub(crate) fn owes_exception(&self) -> bool {
        self.exception.get() != 0 && !self.told_exception.get()
    }

    pub(crate) fn note_exception_told(&self) {
        self.told_exception.set(true);
    }

    /// What it ended with.
    #[inline(always)]
    pub(crate) fn status(&self) -> i32 {
        self.status.get()
    }

    /// What a handler is told, with the handle of the payload.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn info(&self, message: abi::Message) -> RequestInfo {
        RequestInfo {
            size: size_of::<RequestInfo>() as u32,
            service: self.service.get(),
            id: self.id.get(),
            flags: self.public_flags(),
            session: self.session_handle.get(),
            correlation: self.correlation.get(),
            message,
        }
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn public_flags(&self) -> u32 {
        if self.is_slow() { REQUEST_SLOW } else { 0 }
    }
}
