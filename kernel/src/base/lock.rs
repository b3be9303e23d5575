//! The platform, its one short lock, and what waits behind it for the kernel thread.

use core::cell::Cell;
use core::ffi::c_void;
use core::sync::atomic::Ordering;

use pintle_abi_core::{Instance, Platform};

use crate::base::sync::AtomicU32;

/// Something is in the outbox.
pub(crate) const RESULTS: u32 = 1;

/// A task waits for the kernel thread.
pub(crate) const TASKS: u32 = 2;

/// A message came back.
pub(crate) const RETURNS: u32 = 4;

/// An instance said that it has stopped.
pub(crate) const STOPPED: u32 = 8;

/// A slow request or worker task waits for a worker.
pub(crate) const WORK: u32 = 16;

/// The platform with its lock, and the bits that tell the kernel thread what waits for it. Everything that goes
/// from one thread to another goes through this.
pub(crate) struct Shared {
    platform: Platform,
    /// What waits, as the constants above. Written under the lock, read without.
    news: AtomicU32,
}

/// The lock, held. What needs it takes a reference to this as a proof.
///
/// No function of the platform is called while the lock is held. A `wake` or `work` that is asked for meanwhile is
/// called after the lock is released, so a platform may take the same mutex in them.
pub(crate) struct Locked<'s> {
    shared: &'s Shared,
    wakes: Cell<bool>,
    calls_workers: Cell<bool>,
}

impl Drop for Locked<'_> {
    #[cfg_attr(target_os = "none", inline(never))]
    fn drop(&mut self) {
        self.shared.unlock();
        if self.wakes.get() {
            self.shared.wake();
        }
        if self.calls_workers.get() {
            self.shared.call_workers();
        }
    }
}

impl Locked<'_> {
    /// Notes that something waits for the kernel thread, and wakes it if nothing did.
    pub(crate) fn tell(&self, what: u32) {
        let before = self.shared.news.load(Ordering::Relaxed);
        self.shared.news.store(before | what, Ordering::Release);
        // If anything but `WORK` waited before, the kernel thread was woken already. `WORK` is for workers; where
        // the kernel thread works in their place, whoever submits the work wakes it.
        if before & !WORK == 0 {
            self.wake();
        }
    }

    /// Sets or clears what waits, after the queue that it stands for has changed.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn note(&self, what: u32, waits: bool) {
        let before = self.shared.news.load(Ordering::Relaxed);
        let after = if waits { before | what } else { before & !what };
        self.shared.news.store(after, Ordering::Release);
    }

    /// Releases the lock while `run` runs. What the lock guards may have changed afterwards.
    pub(crate) fn leave(&mut self, run: impl FnOnce()) {
        self.shared.unlock();
        run();
        self.shared.enter();
    }

    /// Wakes the kernel thread once the lock is released.
    pub(crate) fn wake(&self) {
        self.wakes.set(true);
    }

    /// Calls the workers once the lock is released.
    pub(crate) fn call_workers(&self) {
        self.calls_workers.set(true);
    }
}

impl Shared {
    pub(crate) fn new(platform: Platform) -> Self {
        Self { platform, news: AtomicU32::new(0) }
    }

    pub(crate) fn platform(&self) -> &Platform {
        &self.platform
    }

    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn lock(&self) -> Locked<'_> {
        self.enter();
        Locked { shared: self, wakes: Cell::new(false), calls_workers: Cell::new(false) }
    }

    fn enter(&self) {
        if let Some(lock) = self.platform.lock {
            // SAFETY: the platform's own function and context; the kernel never nests it.
            unsafe { lock(self.platform.context) };
        }
    }

    fn unlock(&self) {
        if let Some(unlock) = self.platform.unlock {
            // SAFETY: the platform's own function and context; this thread holds the lock.
            unsafe { unlock(self.platform.context) };
        }
    }

    /// Whether something of these kinds waits.
    #[inline(always)]
    pub(crate) fn has(&self, what: u32) -> bool {
        self.news.load(Ordering::Acquire) & what != 0
    }

    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn wake(&self) {
        if let Some(wake) = self.platform.wake {
            // SAFETY: the platform's own function and context; this thread does not hold the lock.
            unsafe { wake(self.platform.context) };
        }
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn call_workers(&self) {
        if let Some(work) = self.platform.work {
            // SAFETY: as in `wake`.
            unsafe { work(self.platform.context) };
        }
    }

    /// Says that an instance has ended.
    pub(crate) fn tell_ended(&self, instance: Instance) {
        if let Some(ended) = self.platform.ended {
            // SAFETY: as in `wake`.
            unsafe { ended(self.platform.context, instance) };
        }
    }

    /// The table of an interface that the program around the kernel has, or NULL.
    pub(crate) fn interface(&self, id: &[u8]) -> *const c_void {
        self.platform.extension.map_or(core::ptr::null(), |extension| {
            // SAFETY: as in `wake`; the id is readable during the call.
            unsafe { extension(self.platform.context, id.as_ptr().cast(), id.len()) }
        })
    }

    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn now(&self) -> u64 {
        // SAFETY: the platform's own function and context; `now` is required at start.
        self.platform.now.map_or(0, |now| unsafe { now(self.platform.context) })
    }
}
