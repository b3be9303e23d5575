//! The slots of requests, and how a request begins and ends in one.

use core::sync::atomic::Ordering::Relaxed;

use pintle_abi_core as abi;
use pintle_abi_core::{Limits, ResultInfo, status};

use crate::base::answer::Answer;
use crate::base::handle::{self, KIND_REQUEST};
use crate::base::pool::Pool;
use crate::base::region::Cursor;
use crate::base::slab::{Live, NIL, Wrap};
use crate::object::request::{Request, SLOW, State};

/// What somebody asks.
pub(crate) struct Asked {
    pub(crate) session: u32,
    pub(crate) session_handle: abi::Session,
    pub(crate) service: u32,
    pub(crate) id: u32,
    pub(crate) correlation: u64,
    /// The instance that serves it.
    pub(crate) instance: u32,
    pub(crate) is_slow: bool,
}

/// All requests of a host.
pub(crate) struct Requests {
    pool: Pool<Request, KIND_REQUEST>,
}

impl Requests {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u16) -> Self {
        Self { pool: Pool::take(cursor, limits.requests, handle::low_half(tag), Wrap::StartOver) }
    }

    /// A new request, which filters look at first.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn begin(&self, asked: &Asked) -> Answer<u32> {
        let index = self.pool.allocate().ok_or(status::E_CAPACITY)?;
        let request = self.pool.at(index);
        self.pool.renew();
        request.session.set(asked.session);
        request.session_handle.set(asked.session_handle);
        request.service.set(asked.service);
        request.id.set(asked.id);
        request.correlation.set(asked.correlation);
        request.payload.set(NIL);
        request.instance.set(asked.instance);
        request.flags.set(if asked.is_slow { SLOW } else { 0 });
        request.cancelled.store(false, Relaxed);
        request.exception.set(0);
        request.told_exception.set(false);
        request.enter(State::Over);
        self.pool.begin(index);
        Ok(index)
    }

    /// A filter refused it or took it: nothing of it was served, and its handle is stale. Its slot is not free yet.
    pub(crate) fn refuse(&self, index: u32, status: i32) {
        self.pool.end(index);
        self.at(index).status.set(status);
    }

    /// It is over: its handle is stale, and its slot waits until its asker knows. What it ends with: a cancelled one always
    /// with that, and an error that its handler did not explain becomes its exception.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn end(&self, index: u32, status: i32) -> i32 {
        let request = self.at(index);
        let end = if request.is_cancelled() { status::E_CANCELLED } else { status };
        if end != status::OK && request.may_fail() {
            request.exception.set(end);
            request.text_length.set(0);
        }
        request.status.set(end);
        request.enter(State::Over);
        self.pool.end(index);
        end
    }

    /// Its asker knows of its end.
    pub(crate) fn free(&self, index: u32) {
        let lives = &self.at(index).lives;
        lives.set(lives.get().wrapping_add(1));
        self.pool.free(index);
    }

    pub(crate) fn find(&self, request: abi::Request) -> Answer<u32> {
        self.pool.find(request.bits)
    }

    /// Whether a handle names the request still, after something of it was read without the lock.
    pub(crate) fn find_still(&self, request: abi::Request) -> Answer {
        self.pool.find_still(request.bits)
    }

    #[inline(always)]
    pub(crate) fn at(&self, index: u32) -> &Request {
        self.pool.at(index)
    }

    pub(crate) fn live(&self) -> Live<'_> {
        self.pool.live()
    }

    pub(crate) fn handle(&self, index: u32) -> abi::Request {
        abi::Request { bits: self.pool.bits(index) }
    }

    /// The handle that a request has or, when it is over and until its slot is free, had.
    pub(crate) fn named(&self, index: u32) -> abi::Request {
        let is_live = self.pool.slot(index).is_live();
        abi::Request { bits: if is_live { self.pool.bits(index) } else { self.pool.ended_bits(index) } }
    }

    /// What the asker is told.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn result_info(&self, index: u32, kind: u32, code: i32, message: abi::Message) -> ResultInfo {
        let request = self.at(index);
        ResultInfo {
            size: size_of::<ResultInfo>() as u32,
            kind,
            session: request.session_handle.get(),
            correlation: request.correlation.get(),
            code,
            flags: request.public_flags(),
            message,
            request: self.named(index),
        }
    }
}
