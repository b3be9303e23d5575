//! The sources of events that the loop waits for: watched fds, a wake-up from any thread, and the next deadline. All of them
//! are behind one fd, on which another loop can wait.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pintle_abi_core::{IO_HANGUP, IO_READABLE, IO_WRITABLE, status};
use rustix::buffer::spare_capacity;
use rustix::event::{EventfdFlags, Timespec, epoll, eventfd};
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};

use crate::standard::clear;

/// The number that the wake-up reports; no watch has this handle.
const WAKE: u64 = 0;
/// The number that the deadline reports; no watch has this handle.
const DEADLINE: u64 = u64::MAX;
/// No deadline is set.
const NEVER: u64 = u64::MAX;
/// How many events one turn takes; level-triggered, the rest comes in the next.
const EVENTS: usize = 256;

/// The fds of one host's loop.
pub(crate) struct Reactor {
    epoll: OwnedFd,
    wake: OwnedFd,
    timer: OwnedFd,
    /// The time to which the timer is set.
    armed: AtomicU64,
    /// Which watch is the last that began with a number. The system forgets an fd that is closed, and says nothing.
    watches: Mutex<HashMap<i32, u64>>,
}

impl Reactor {
    pub(crate) fn new() -> io::Result<Self> {
        let this = Self {
            epoll: new_epoll()?,
            wake: new_wake()?,
            timer: new_timer()?,
            armed: AtomicU64::new(NEVER),
            watches: Mutex::default(),
        };
        this.watch_own()?;
        Ok(this)
    }

    fn watch_own(&self) -> io::Result<()> {
        let readable = epoll::EventFlags::IN;
        epoll::add(&self.epoll, &self.wake, epoll::EventData::new_u64(WAKE), readable)?;
        epoll::add(&self.epoll, &self.timer, epoll::EventData::new_u64(DEADLINE), readable)?;
        Ok(())
    }

    /// In a forked child: puts fds of its own in place of those that the parent has too. They watch nothing, and the loop is
    /// readable for ever, so that whoever waits for it calls the host and hears that it is closed.
    pub(crate) fn renew(&self) {
        replace(&self.epoll, new_epoll);
        replace(&self.wake, new_wake);
        replace(&self.timer, new_timer);
        let _ = self.watch_own();
        self.wake();
    }

    /// Readable whenever there is something to do.
    pub(crate) fn pollable(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }

    /// Ends the wait that runs, or the next one. Any thread, and a signal handler.
    pub(crate) fn wake(&self) {
        // A counter that is full is as readable as one that is not.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }

    /// Makes the loop readable at `deadline`, in monotonic nanoseconds; `None` for never.
    pub(crate) fn arm(&self, deadline: Option<u64>) -> Result<(), Errno> {
        // An absolute time of zero would disarm the timer.
        let deadline = deadline.map_or(NEVER, |deadline| deadline.clamp(1, NEVER - 1));
        if self.armed.swap(deadline, Ordering::Relaxed) == deadline {
            return Ok(());
        }
        let at = if deadline == NEVER { Duration::ZERO } else { Duration::from_nanos(deadline) };
        let spec = Itimerspec { it_interval: timespec(Duration::ZERO), it_value: timespec(at) };
        timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &spec).map(drop)
    }

    /// Waits until something is ready, at most `timeout`, and hands each watch that is to `ready`.
    pub(crate) fn wait(
        &self,
        timeout: Option<Duration>,
        mut ready: impl FnMut(u64, u32),
    ) -> Result<(), Errno> {
        let mut events = Vec::with_capacity(EVENTS);
        let timeout = timeout.map(timespec);
        match epoll::wait(&self.epoll, spare_capacity(&mut events), timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        for event in events {
            let mut number = [0; 8];
            match event.data.u64() {
                WAKE => {
                    let _ = rustix::io::read(&self.wake, &mut number);
                }
                DEADLINE => {
                    let _ = rustix::io::read(&self.timer, &mut number);
                    self.armed.store(NEVER, Ordering::Relaxed);
                }
                watch => ready(watch, readiness(event.flags)),
            }
        }
        Ok(())
    }

    fn watches(&self) -> MutexGuard<'_, HashMap<i32, u64>> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to watch an fd. Beside the answer: another watch that had the number, and whose fd was closed.
    pub(crate) fn watch(&self, fd: BorrowedFd<'_>, interest: u32, watch: u64) -> (i32, Option<u64>) {
        let added = epoll::add(&self.epoll, fd, epoll::EventData::new_u64(watch), flags(interest));
        let before = if added.is_ok() { self.watches().insert(fd.as_raw_fd(), watch) } else { None };
        (answer(added), before.filter(|before| *before != watch))
    }

    /// Changes the interest of a watch. With 0 the fd is taken out of the set, because a hang-up would be reported otherwise.
    pub(crate) fn change(&self, fd: BorrowedFd<'_>, interest: u32, watch: u64) -> i32 {
        if interest == 0 {
            let _ = epoll::delete(&self.epoll, fd);
            return status::OK;
        }
        let data = epoll::EventData::new_u64(watch);
        match epoll::modify(&self.epoll, fd, data, flags(interest)) {
            Err(Errno::NOENT) => self.watch(fd, interest, watch).0,
            other => answer(other),
        }
    }

    /// Ends a watch. An fd that rests, or was closed first, is not in the set any more.
    pub(crate) fn unwatch(&self, fd: BorrowedFd<'_>) {
        let _ = epoll::delete(&self.epoll, fd);
        self.watches().remove(&fd.as_raw_fd());
    }
}

fn new_epoll() -> io::Result<OwnedFd> {
    clear(epoll::create(epoll::CreateFlags::CLOEXEC)?)
}

fn new_wake() -> io::Result<OwnedFd> {
    clear(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)
}

fn new_timer() -> io::Result<OwnedFd> {
    clear(timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?)
}

/// Puts another fd under the number of `old`. If the system has none, the number names nothing afterwards.
fn replace(old: &OwnedFd, new: impl FnOnce() -> io::Result<OwnedFd>) {
    let number = old.as_raw_fd();
    // SAFETY: the process has no other thread. It is closed first, so that there is room for the other one.
    unsafe { libc::close(number) };
    if let Ok(new) = new() {
        let new = new.into_raw_fd();
        if new != number {
            // SAFETY: `number` is free, and `new` has no owner.
            unsafe {
                libc::dup3(new, number, libc::O_CLOEXEC);
                libc::close(new);
            }
        }
    }
}

fn answer(result: Result<(), Errno>) -> i32 {
    match result {
        Ok(()) => status::OK,
        Err(Errno::EXIST) => status::E_EXISTS,
        Err(_) => status::E_IO,
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}

fn flags(interest: u32) -> epoll::EventFlags {
    let mut flags = epoll::EventFlags::empty();
    flags.set(epoll::EventFlags::IN | epoll::EventFlags::RDHUP, interest & IO_READABLE != 0);
    flags.set(epoll::EventFlags::OUT, interest & IO_WRITABLE != 0);
    flags
}

fn readiness(flags: epoll::EventFlags) -> u32 {
    let mut ready = 0;
    // A peer that sends no more is told by a read of length 0.
    if flags.intersects(epoll::EventFlags::IN | epoll::EventFlags::RDHUP) {
        ready |= IO_READABLE;
    }
    if flags.contains(epoll::EventFlags::OUT) {
        ready |= IO_WRITABLE;
    }
    if flags.intersects(epoll::EventFlags::HUP | epoll::EventFlags::ERR) {
        ready |= IO_HANGUP;
    }
    ready
}
