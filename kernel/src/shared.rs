//! What other threads may touch, behind the platform's one short lock.

use core::cell::Cell;
use core::sync::atomic::{AtomicU32, Ordering};

use pintle_abi_core::Platform;

/// Something is in the outbox.
pub(crate) const RESULTS: u32 = 1;
/// A task waits for the kernel thread.
pub(crate) const TASKS: u32 = 2;
/// A message came back.
pub(crate) const RETURNS: u32 = 4;
/// An instance said that it has stopped.
pub(crate) const STOPPED: u32 = 8;

/// The door between the kernel thread and all others.
pub(crate) struct Shared {
    platform: Platform,
    /// What the kernel thread should look at. Written under the lock, read without.
    news: AtomicU32,
}

/// The lock, held.
pub(crate) struct Locked<'s>(&'s Shared);

impl Drop for Locked<'_> {
    #[cfg_attr(target_os = "none", inline(never))]
    fn drop(&mut self) {
        if let Some(unlock) = self.0.platform.unlock {
            // SAFETY: the platform's own function and context; this thread holds the lock.
            unsafe { unlock(self.0.platform.context) };
        }
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
        if let Some(lock) = self.platform.lock {
            // SAFETY: the platform's own function and context; the kernel never nests it.
            unsafe { lock(self.platform.context) };
        }
        Locked(self)
    }

    /// Leaves word for the kernel thread; whether it must be woken. Under the lock.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn leave_word(&self, what: u32) -> bool {
        let before = self.news.load(Ordering::Relaxed);
        self.news.store(before | what, Ordering::Release);
        before == 0
    }

    /// Takes word away. Under the lock.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn take_word(&self, what: u32) {
        let before = self.news.load(Ordering::Relaxed);
        self.news.store(before & !what, Ordering::Release);
    }

    #[inline(always)]
    pub(crate) fn has_word(&self, what: u32) -> bool {
        self.news.load(Ordering::Acquire) & what != 0
    }

    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn wake(&self) {
        if let Some(wake) = self.platform.wake {
            // SAFETY: the platform's own function and context.
            unsafe { wake(self.platform.context) };
        }
    }

    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn call_workers(&self) {
        if let Some(work) = self.platform.work {
            // SAFETY: the platform's own function and context.
            unsafe { work(self.platform.context) };
        }
    }

    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn now(&self) -> u64 {
        // SAFETY: the platform's own function and context; `now` is required at start.
        self.platform.now.map_or(0, |now| unsafe { now(self.platform.context) })
    }
}

/// A bounded first-in-first-out queue of plain values. Whoever shares it holds the lock.
pub(crate) struct Ring<T> {
    slots: crate::region::Slice<Cell<T>>,
    head: Cell<u32>,
    length: Cell<u32>,
}

impl<T: Copy> Ring<T> {
    pub(crate) fn new(slots: crate::region::Slice<Cell<T>>) -> Self {
        Self { slots, head: Cell::new(0), length: Cell::new(0) }
    }

    pub(crate) fn length(&self) -> u32 {
        self.length.get()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.length.get() == self.slots.length()
    }

    /// Appends; whether there was room.
    pub(crate) fn push(&self, value: T) -> bool {
        if self.is_full() {
            return false;
        }
        let at = self.head.get() + self.length.get();
        let capacity = self.slots.length();
        self.slots.write(if at >= capacity { at - capacity } else { at }, Cell::new(value));
        self.length.set(self.length.get() + 1);
        true
    }

    pub(crate) fn pop(&self) -> Option<T> {
        if self.length.get() == 0 {
            return None;
        }
        let head = self.head.get();
        // SAFETY: between head and head + length everything was written.
        let value = unsafe { self.slots.get(head) }.get();
        self.head.set(if head + 1 == self.slots.length() { 0 } else { head + 1 });
        self.length.set(self.length.get() - 1);
        Some(value)
    }

    /// Keeps, in order, what `keep` says.
    pub(crate) fn retain(&self, mut keep: impl FnMut(T) -> bool) {
        for _ in 0..self.length.get() {
            if let Some(value) = self.pop()
                && keep(value)
            {
                self.push(value);
            }
        }
    }
}
