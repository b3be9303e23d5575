//! The host: one kernel, its workers and its loop.

use std::os::fd::{AsFd, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pintle_abi_core::{Callbacks, Instance, LOG_ERROR, Limits, Plugin, status};
use pintle_kernel::{Inbound, Kernel};

use crate::application::Seat;
use crate::book::Book;
use crate::builder::Builder;
use crate::calls::Calls;
use crate::engine::Engine;
use crate::error::Error;
use crate::platform::monotonic;
use crate::receipt::Receipt;
use crate::waker::{Closing, Waker};
use crate::watchdog::Watchdog;
use crate::workers::Workers;

/// How long a plugin may take to stop when its host is dropped.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// A host with its plugins.
///
/// In a forked child a host is closed: each call returns `E_CLOSED`, and dropping the host leaves everything to the parent.
///
/// The thread that starts it, or that [adopts](Self::adopt) it later, is its kernel thread; calls from others are
/// refused with `E_WRONG_THREAD`, except where a [`Waker`] makes them. Dropping it stops and destroys its plugins.
pub struct Host {
    pub(crate) engine: Arc<Engine>,
    seat: Option<Box<Seat>>,
    workers: Mutex<Workers>,
    watchdog: Option<Watchdog>,
    polling: AtomicBool,
    stopping: Arc<AtomicBool>,
    ended: bool,
}

// SAFETY: the seat, which alone is neither, is only reached on the kernel thread, through the kernel, which checks.
unsafe impl Sync for Host {}
// SAFETY: an application is Send, and is only reached by the thread that has adopted the host.
unsafe impl Send for Host {}

impl Host {
    pub(crate) fn new(
        engine: Arc<Engine>,
        seat: Option<Box<Seat>>,
        workers: Workers,
        watchdog: Option<Watchdog>,
    ) -> Self {
        Self {
            engine,
            seat,
            workers: Mutex::new(workers),
            watchdog,
            polling: AtomicBool::new(false),
            stopping: Arc::default(),
            ended: false,
        }
    }

    /// A builder with every default.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The limits in force, with the defaults filled in; 0 for no inbox and for no workers.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.kernel().limits()
    }

    pub(crate) fn kernel(&self) -> &Kernel {
        self.engine.kernel()
    }

    pub(crate) fn book(&self) -> &Book {
        &self.engine.outside.book
    }

    fn workers(&self) -> MutexGuard<'_, Workers> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses calls from other threads than the kernel thread.
    pub(crate) fn begin_call(&self) -> Result<(), Error> {
        self.engine.check_process()?;
        if self.kernel().is_kernel_thread() { Ok(()) } else { Err(Error::plain(status::E_WRONG_THREAD)) }
    }

    /// Whether this is the kernel thread, and nothing of the host is on its stack.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.kernel().is_idle() && !self.polling.load(Ordering::Relaxed)
    }

    /// Does what is due when a call ends: sets the next deadline, and resumes a panic of the application.
    pub(crate) fn settle(&self) {
        if self.is_idle() {
            // If this fails, callers of `next_deadline` still get the right time.
            let _ = self.engine.outside.reactor.arm(self.kernel().next_deadline());
        }
        if let Some(seat) = &self.seat {
            seat.resume_panic();
        }
    }

    /// Plugin zero's calls.
    ///
    /// # Errors
    /// `E_WRONG_THREAD`.
    pub fn calls(&self) -> Result<Calls<'_>, Error> {
        self.begin_call()?;
        Ok(Calls::new(self.kernel(), self.seat.as_deref()))
    }

    /// The pointer of plugin zero, for calls through its tables. Valid as long as the host.
    #[must_use]
    pub fn zero(&self) -> *mut Plugin {
        self.kernel().zero()
    }

    /// The number from 1 to 1,023 that is in all handles of this host.
    #[must_use]
    pub fn tag(&self) -> u32 {
        self.engine.tag()
    }

    /// Sets the callbacks of plugin zero, in place of an [`Application`].
    ///
    /// # Errors
    /// `E_ARGUMENT`: NULL, or too small. `E_STATE`: the host has an application. `E_WRONG_THREAD`, `E_REENTRANT`.
    ///
    /// # Safety
    /// The table is readable for the size that it names, and its functions are what it says they are.
    pub unsafe fn set_callbacks(&self, callbacks: *const Callbacks) -> Result<(), Error> {
        if self.seat.is_some() {
            return Err(Error::plain(status::E_STATE));
        }
        // SAFETY: the caller's.
        unsafe { self.kernel().set_callbacks(callbacks) }.map_err(Error::plain)
    }

    /// Takes the oldest message of the inbox, which the limits must ask for; `None` if it is empty. The message carries
    /// a reference that is plugin zero's to release.
    ///
    /// # Errors
    /// `E_WRONG_THREAD`.
    pub fn take(&self) -> Result<Option<Inbound>, Error> {
        self.begin_call()?;
        match self.kernel().take() {
            Ok(inbound) => Ok(Some(inbound)),
            Err(status::E_NOT_FOUND) => Ok(None),
            Err(code) => Err(Error::plain(code)),
        }
    }

    /// An fd that is readable whenever [`poll`](Self::poll) has something to do, for another loop to wait on.
    #[must_use]
    pub fn pollable(&self) -> BorrowedFd<'_> {
        self.engine.outside.reactor.pollable()
    }

    /// The time at which the next timer is due, in monotonic nanoseconds; `None` if there is none.
    ///
    /// # Errors
    /// `E_WRONG_THREAD`.
    pub fn next_deadline(&self) -> Result<Option<u64>, Error> {
        self.begin_call()?;
        Ok(self.kernel().next_deadline())
    }

    /// Waits until there is something to do, at most `timeout` (`None`: without a limit), and takes one turn, which does it.
    /// Objects that were [posted](Waker::post) are closed before and after the turn.
    ///
    /// # Errors
    /// `E_REENTRANT`: from inside a callback. `E_WRONG_THREAD`. `E_IO`: the system refused to wait.
    ///
    /// # Panics
    /// If a callback of the application panicked: with the same payload.
    pub fn poll(&self, timeout: Option<Duration>) -> Result<(), Error> {
        self.begin_call()?;
        if !self.is_idle() {
            return Err(self.busy());
        }
        self.close_posted()?;
        self.polling.store(true, Ordering::Relaxed);
        let waited = self.turn(timeout);
        self.polling.store(false, Ordering::Relaxed);
        self.settle();
        self.close_posted()?;
        waited
    }

    /// Waits, and takes one turn.
    fn turn(&self, timeout: Option<Duration>) -> Result<(), Error> {
        let reactor = &self.engine.outside.reactor;
        let deadline = self.kernel().next_deadline();
        let timeout = if deadline.is_some_and(|deadline| deadline <= monotonic()) {
            Some(Duration::ZERO)
        } else {
            reactor.arm(deadline).map_err(|error| self.wait_failed(error))?;
            timeout
        };
        let waited = reactor.wait(timeout, |watch, ready| {
            // The call fails only if the watch has ended meanwhile.
            let _ = self.kernel().ready(watch, ready);
        });
        self.kernel().turn().map_err(Error::plain)?;
        waited.map_err(|error| self.wait_failed(error))
    }

    /// Polls until [`Waker::stop`] is called.
    ///
    /// # Errors
    /// As for [`poll`](Self::poll).
    ///
    /// # Panics
    /// As [`poll`](Self::poll) does.
    pub fn run(&self) -> Result<(), Error> {
        while !self.stopping.swap(false, Ordering::Acquire) {
            self.poll(None)?;
        }
        Ok(())
    }

    /// The calls that other threads may make to this host.
    #[must_use]
    pub fn waker(&self) -> Waker {
        Waker::new(&self.engine, &self.stopping, self.seat.is_some())
    }

    /// Closes the objects that were posted with [`Waker::post`].
    fn close_posted(&self) -> Result<(), Error> {
        while let Some(closing) = self.engine.posted.take() {
            let calls = self.calls()?;
            // An object that has ended already needs nothing.
            let _ = match closing {
                Closing::Socket(socket) => calls.close(socket),
                Closing::Session(session) => calls.destroy_session(session),
                Closing::Message(message) => calls.release(message),
            };
        }
        Ok(())
    }

    /// Makes the calling thread the kernel thread.
    ///
    /// # Errors
    /// `E_REENTRANT`: a callback runs.
    pub fn adopt(&mut self) -> Result<(), Error> {
        // SAFETY: nobody else uses the host now, and whatever was done with it before happened before this borrow began.
        unsafe { self.adopt_shared() }
    }

    /// As [`adopt`](Self::adopt), for a program that cannot borrow the host alone.
    ///
    /// # Errors
    /// `E_REENTRANT`: a callback runs.
    ///
    /// # Safety
    /// No other thread is inside the host, and all that was done with it happened before this call.
    pub unsafe fn adopt_shared(&self) -> Result<(), Error> {
        // SAFETY: the caller's.
        unsafe { self.engine.adopt() }
    }

    /// A call of a plugin still runs and may never return, so the memory is not freed and the workers are not waited for.
    fn abandon(&self) {
        self.workers().abandon();
        std::mem::forget(self.engine.clone());
    }

    /// Ends the host and returns the receipts of its plugins with their names. The plugins stop one after the other, the last
    /// loaded first, and have `timeout` to stop all together. When a host is dropped, each of them has five seconds.
    ///
    /// From inside a callback a host cannot end: it remains as it is, and its memory is never freed. See
    /// [`is_idle`](Self::is_idle).
    #[must_use]
    pub fn close(self, timeout: Duration) -> Vec<(String, Receipt)> {
        let mut receipts = Vec::new();
        self.close_with(timeout, |name, receipt| receipts.push((name.to_owned(), *receipt)));
        receipts
    }

    /// As [`close`](Self::close), and tells each receipt as soon as its plugin has ended.
    pub fn close_with(mut self, timeout: Duration, ended: impl FnMut(&str, &Receipt)) {
        let deadline = monotonic().saturating_add(u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX));
        self.end(|| Duration::from_nanos(deadline.saturating_sub(monotonic())), ended);
    }

    /// Unloads a plugin when the host ends.
    fn end_plugin(&self, instance: Instance, timeout: Duration) -> Option<Receipt> {
        loop {
            // A panic of the application is dropped here, because the end of a host has no caller in which it could continue.
            if let Ok(ended) = catch_unwind(AssertUnwindSafe(|| self.unload(instance, timeout))) {
                return ended.ok();
            }
        }
    }

    fn end(&mut self, timeout: impl Fn() -> Duration, mut ended: impl FnMut(&str, &Receipt)) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        if self.engine.check_process().is_err() {
            self.workers().forget();
            std::mem::forget(self.engine.clone());
            std::mem::forget((self.seat.take(), self.watchdog.take()));
            return;
        }
        if !self.kernel().is_kernel_thread() && self.adopt().is_err() || !self.is_idle() {
            let text = "it was dropped inside one of its own callbacks; its memory is never freed";
            self.engine.outside.log(LOG_ERROR, "", text);
            self.abandon();
            std::mem::forget(self.seat.take());
            return;
        }
        self.engine.posted.end();
        for plugin in self.list().into_iter().rev() {
            match self.end_plugin(plugin.instance, timeout()) {
                Some(receipt) => ended(&plugin.name, &receipt),
                None => self.abandon(),
            }
        }
        if self.book().has_abandoned() {
            self.abandon();
        }
        self.engine.outside.work.end();
        self.workers().join();
        self.watchdog = None;
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.end(|| LAST_WAIT, |_, _| ());
    }
}

impl AsFd for Host {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pollable()
    }
}
