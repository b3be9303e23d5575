//! The platform functions of the kernel, on top of an operating system.

use std::borrow::Cow;
use std::ffi::{c_char, c_void};
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use lock_api::RawMutex as _;
use parking_lot::RawMutex;
use pintle_abi_core::{Instance, Platform, status};
use pintle_kernel::Kernel;
use rustix::time::{ClockId, clock_gettime};

use crate::book::Book;
use crate::dialects::Dialects;
use crate::fork::Process;
use crate::interfaces::Interfaces;
use crate::log::{Line, Log};
use crate::reactor::Reactor;
use crate::receipt::Receipt;
use crate::standard;

/// The context of the platform functions. It is at one address as long as the kernel is used.
pub(crate) struct Outside {
    pub(crate) reactor: Reactor,
    pub(crate) work: Work,
    pub(crate) book: Book,
    /// Whether receipts tell what has changed in the process.
    pub(crate) watches_process: bool,
    pub(crate) dialects: Dialects,
    kernel: AtomicPtr<Kernel>,
    interfaces: Interfaces,
    pub(crate) process: Process,
    lock: RawMutex,
    log: Log,
}

/// How workers learn that there is work.
#[derive(Default)]
pub(crate) struct Work {
    state: Mutex<Calls>,
    called: Condvar,
}

#[derive(Default)]
struct Calls {
    waiting: usize,
    ended: bool,
}

impl Work {
    fn update(&self, update: impl FnOnce(&mut Calls)) {
        update(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn call(&self) {
        self.update(|calls| calls.waiting += 1);
        self.called.notify_one();
    }

    /// Lets every worker end once it has nothing more to do.
    pub(crate) fn end(&self) {
        self.update(|calls| calls.ended = true);
        self.called.notify_all();
    }

    /// Waits for a call. `false`: there will be none.
    pub(crate) fn wait(&self) -> bool {
        let calls = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut calls = self
            .called
            .wait_while(calls, |calls| calls.waiting == 0 && !calls.ended)
            .unwrap_or_else(PoisonError::into_inner);
        calls.waiting = calls.waiting.saturating_sub(1);
        !calls.ended
    }
}

impl Outside {
    pub(crate) fn new(log: Log, interfaces: Interfaces) -> std::io::Result<Self> {
        standard::learn();
        Ok(Self {
            reactor: Reactor::new()?,
            work: Work::default(),
            book: Book::default(),
            watches_process: false,
            dialects: Dialects::default(),
            kernel: AtomicPtr::default(),
            interfaces,
            process: Process::this(),
            lock: RawMutex::INIT,
            log,
        })
    }

    /// Takes the kernel's lock. A forked child has one thread, and needs none.
    pub(crate) fn lock(&self) {
        if self.process.is_this() {
            self.lock.lock();
        }
    }

    /// Ends [`lock`](Self::lock).
    pub(crate) fn unlock(&self) {
        if self.process.is_this() {
            // SAFETY: whoever calls this has locked it.
            unsafe { self.lock.unlock() };
        }
    }

    /// In a forked child: the host is the parent's, and nothing that is done with it here reaches that.
    pub(crate) fn forsake(&self) {
        // SAFETY: it is NULL until `serve`, and then a kernel that lives as long as this context.
        if let Some(kernel) = unsafe { self.kernel.load(Ordering::Acquire).as_ref() } {
            kernel.forsake();
        }
        self.reactor.renew();
    }

    /// The kernel has started. It lives as long as this is used.
    pub(crate) fn serve(&self, kernel: &Kernel) {
        self.kernel.store(std::ptr::from_ref(kernel).cast_mut(), Ordering::Release);
    }

    /// The functions that the kernel calls.
    pub(crate) fn platform(&self) -> Platform {
        Platform {
            size: size_of::<Platform>() as u32,
            reserved: 0,
            context: std::ptr::from_ref(self).cast_mut().cast(),
            now: Some(now),
            lock: Some(lock),
            unlock: Some(unlock),
            thread: Some(thread),
            wake: Some(wake),
            work: Some(work),
            log: Some(write),
            watch: Some(watch),
            change: Some(change),
            unwatch: Some(unwatch),
            fatal: None,
            ended: Some(ended),
            extension: Some(interface),
        }
    }

    /// Writes a line of the host's own to the log.
    pub(crate) fn log(&self, level: u32, plugin: &str, text: &str) {
        self.log.write(&Line { level, plugin, target: "", text });
    }
}

/// Monotonic nanoseconds.
pub(crate) fn monotonic() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// # Safety
/// `context` is what [`Outside::platform`] gave out, and lives.
unsafe fn outside<'a>(context: *mut c_void) -> &'a Outside {
    // SAFETY: the caller's.
    unsafe { &*context.cast::<Outside>() }
}

unsafe extern "C" fn now(_: *mut c_void) -> u64 {
    monotonic()
}

unsafe extern "C" fn lock(context: *mut c_void) {
    // SAFETY: the kernel passes on the context that it was given.
    unsafe { outside(context) }.lock();
}

unsafe extern "C" fn unlock(context: *mut c_void) {
    // SAFETY: as above.
    unsafe { outside(context) }.unlock();
}

unsafe extern "C" fn thread(_: *mut c_void) -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    // The address of a thread-local differs for every live thread. Zero: the thread is about to end.
    HERE.try_with(|here| std::ptr::from_ref(here).addr()).unwrap_or(usize::MAX)
}

unsafe extern "C" fn wake(context: *mut c_void) {
    // SAFETY: the kernel passes on the context that it was given.
    unsafe { outside(context) }.reactor.wake();
}

unsafe extern "C" fn work(context: *mut c_void) {
    // SAFETY: as above.
    let outside = unsafe { outside(context) };
    // A forked child has no workers, and one of them may have held the lock.
    if outside.process.is_this() {
        outside.work.call();
    }
}

unsafe extern "C" fn write(
    context: *mut c_void,
    level: u32,
    instance: *const c_char,
    instance_length: usize,
    target: *const c_char,
    target_length: usize,
    text: *const c_char,
    text_length: usize,
) {
    // SAFETY: the kernel gives three views that live until this returns, and passes on its context.
    unsafe {
        let line = Line {
            level,
            plugin: &words(instance, instance_length),
            target: &words(target, target_length),
            text: &words(text, text_length),
        };
        outside(context).log.write(&line);
    }
}

/// # Safety
/// `length` bytes are readable for `'a`; with none, any pointer does.
unsafe fn words<'a>(data: *const c_char, length: usize) -> Cow<'a, str> {
    if length == 0 {
        return Cow::Borrowed("");
    }
    // SAFETY: the caller's.
    String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(data.cast(), length) })
}

/// An fd that a plugin named. Numbers that are negative, or too large, name none.
///
/// # Safety
/// The plugin keeps it open until this call returns; one that is not open only makes the system answer so.
unsafe fn named<'a>(fd: isize) -> Option<BorrowedFd<'a>> {
    let fd = i32::try_from(fd).ok()?;
    // SAFETY: the caller's; -1, which a borrowed fd cannot be, is negative.
    (fd >= 0).then(|| unsafe { BorrowedFd::borrow_raw(fd) })
}

unsafe extern "C" fn watch(context: *mut c_void, fd: isize, interest: u32, watch: u64) -> i32 {
    // SAFETY: the kernel passes on its context, and the fd of the plugin that calls it.
    let (outside, fd) = unsafe { (outside(context), named(fd)) };
    let Some(fd) = fd else { return status::E_IO };
    let (status, lost) = outside.reactor.watch(fd, interest, watch);
    // SAFETY: it is NULL until `serve`, and then a kernel that lives as long as this context.
    if let (Some(lost), Some(kernel)) = (lost, unsafe { outside.kernel.load(Ordering::Acquire).as_ref() }) {
        kernel.lose(lost);
    }
    status
}

unsafe extern "C" fn change(context: *mut c_void, fd: isize, interest: u32, watch: u64) -> i32 {
    // SAFETY: as above.
    unsafe { named(fd).map_or(status::E_IO, |fd| outside(context).reactor.change(fd, interest, watch)) }
}

unsafe extern "C" fn unwatch(context: *mut c_void, fd: isize) {
    // SAFETY: as above.
    unsafe {
        if let Some(fd) = named(fd) {
            outside(context).reactor.unwatch(fd);
        }
    }
}

unsafe extern "C" fn ended(context: *mut c_void, instance: Instance) {
    // SAFETY: the kernel passes on its context.
    let outside = unsafe { outside(context) };
    // SAFETY: it is NULL until `serve`, and then a kernel that lives as long as this context.
    let Some(kernel) = (unsafe { outside.kernel.load(Ordering::Acquire).as_ref() }) else { return };
    if let Ok(receipt) = kernel.receipt(instance) {
        outside.book.end(instance, Receipt(receipt));
    }
}

unsafe extern "C" fn interface(context: *mut c_void, id: *const c_char, length: usize) -> *const c_void {
    // SAFETY: the kernel passes on its context, and an id that is readable.
    unsafe { outside(context).interfaces.find(id, length) }
}
