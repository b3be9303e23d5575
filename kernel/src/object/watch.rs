//! Watched fds.

use core::cell::Cell;
use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::{Limits, Plugin, status};

use crate::base::answer::Answer;
use crate::base::handle::{self, KIND_WATCH};
use crate::base::pool::Pool;
use crate::base::region::Cursor;
use crate::base::slab::{Live, Wrap, Zeroed};

/// What a watch runs.
pub(crate) type Run = unsafe extern "C" fn(*mut Plugin, *mut c_void, abi::Watch, u32) -> i32;

/// One watch.
pub(crate) struct Watch {
    instance: Cell<u32>,
    fd: Cell<isize>,
    run: Cell<Option<Run>>,
    data: Cell<*mut c_void>,
}

// SAFETY: numbers, flags, pointers and functions that may be absent; zero is a value of each.
unsafe impl Zeroed for Watch {}

impl Watch {
    pub(crate) fn instance(&self) -> u32 {
        self.instance.get()
    }

    pub(crate) fn fd(&self) -> isize {
        self.fd.get()
    }

    /// Its fd was closed, and the number names another one.
    pub(crate) fn lose(&self) {
        self.fd.set(-1);
        self.run.set(None);
    }

    /// What runs when it is ready, and with which pointer.
    pub(crate) fn run(&self) -> (Option<Run>, *mut c_void) {
        (self.run.get(), self.data.get())
    }
}

/// All watches of a host.
pub(crate) struct Watches {
    pool: Pool<Watch, KIND_WATCH>,
}

impl Watches {
    pub(crate) fn take(cursor: &mut Cursor, limits: &Limits, tag: u16) -> Self {
        Self { pool: Pool::take(cursor, limits.watches, handle::low_half(tag), Wrap::StartOver) }
    }

    pub(crate) fn begin(&self, instance: u32, fd: isize, run: Run, data: *mut c_void) -> Answer<u32> {
        let index = self.pool.allocate().ok_or(status::E_CAPACITY)?;
        let watch = self.pool.at(index);
        watch.instance.set(instance);
        watch.fd.set(fd);
        watch.run.set(Some(run));
        watch.data.set(data);
        self.pool.begin(index);
        Ok(index)
    }

    pub(crate) fn find(&self, watch: abi::Watch) -> Answer<u32> {
        self.pool.find(watch.bits)
    }

    /// The watch, if this instance began it.
    pub(crate) fn find_own(&self, watch: abi::Watch, instance: u32) -> Answer<u32> {
        let index = self.find(watch)?;
        if self.at(index).instance() == instance { Ok(index) } else { Err(status::E_NOT_OWNER) }
    }

    pub(crate) fn at(&self, index: u32) -> &Watch {
        self.pool.at(index)
    }

    pub(crate) fn handle(&self, index: u32) -> abi::Watch {
        abi::Watch { bits: self.pool.bits(index) }
    }

    pub(crate) fn live(&self) -> Live<'_> {
        self.pool.live()
    }

    pub(crate) fn end(&self, index: u32) {
        self.pool.remove(index);
    }
}
