//! Forked children. A host belongs to the process that started it: its threads are not in a child, and its fds are shared with
//! the parent. So in a child every host of the parent is closed.

use std::any::Any;
use std::cell::RefCell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use pintle_abi_core::status;

use crate::error::Error;
use crate::platform::Outside;
use crate::{cache, process, single, threads};

/// How many forks are between the first process that had a host and this one.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// The process that something belongs to.
pub(crate) struct Process {
    forks: u32,
    has_told: AtomicBool,
}

impl Process {
    /// This process, whose children are told apart from here on.
    pub(crate) fn this() -> Self {
        static WATCHED: Once = Once::new();
        // SAFETY: the handlers are there as long as this library, with which the system takes them out.
        WATCHED.call_once(|| unsafe {
            // Without memory for them a child is not recognised, as if it had been made without fork.
            libc::pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child));
        });
        Self { forks: FORKS.load(Ordering::Relaxed), has_told: AtomicBool::new(false) }
    }

    pub(crate) fn is_this(&self) -> bool {
        self.forks == FORKS.load(Ordering::Relaxed)
    }

    /// Whether this is the first time that somebody asks.
    pub(crate) fn tell(&self) -> bool {
        !self.has_told.swap(true, Ordering::Relaxed)
    }

    /// What a call in a forked child is refused with.
    pub(crate) fn refusal() -> Error {
        let text = "the host belongs to the process that started it, and this is a forked child: start another host here";
        Error::new(status::E_CLOSED, text)
    }
}

/// The hosts of this process. A host is in it from its start until it is dropped.
static HOSTS: Mutex<Vec<Started>> = Mutex::new(Vec::new());

#[derive(PartialEq)]
struct Started(NonNull<Outside>);

// SAFETY: what it points to is Sync, and stays where it is while it is in the list.
unsafe impl Send for Started {}

thread_local! {
    /// The locks of the process, while this thread forks. So a child finds none locked by a thread that it does not have, and
    /// nothing half changed behind them.
    static HELD: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

fn hosts() -> MutexGuard<'static, Vec<Started>> {
    HOSTS.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn enlist(outside: &Outside) {
    hosts().push(Started(NonNull::from(outside)));
}

pub(crate) fn delist(outside: &Outside) {
    hosts().retain(|started| *started != Started(NonNull::from(outside)));
}

fn each(hosts: &[Started], act: impl Fn(&Outside)) {
    // SAFETY: it lives as long as it is in the list, which is locked.
    hosts.iter().for_each(|started| act(unsafe { started.0.as_ref() }));
}

unsafe extern "C" fn before() {
    // Images come first, because whoever holds their lock takes others.
    let images = cache::hold().map(|images| Box::new(images) as Box<dyn Any>);
    let mut held: Vec<Box<dyn Any>> = images.into_iter().collect();
    held.push(Box::new(single::hold()));
    held.push(Box::new(process::hold()));
    held.push(Box::new(threads::hold()));
    let hosts = hosts();
    each(&hosts, Outside::lock);
    held.push(Box::new(hosts));
    HELD.set(held);
}

/// Does `act` with the hosts, and lets go of the locks.
fn after(act: impl FnOnce(&mut Vec<Started>)) {
    let mut held = HELD.take();
    if let Some(hosts) =
        held.last_mut().and_then(|last| last.downcast_mut::<MutexGuard<'static, Vec<Started>>>())
    {
        act(hosts);
    }
}

unsafe extern "C" fn after_in_parent() {
    after(|hosts| each(hosts, Outside::unlock));
}

/// Runs on the only thread of the child before `fork` returns.
unsafe extern "C" fn after_in_child() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    after(|hosts| {
        each(hosts, Outside::forsake);
        hosts.clear();
    });
}
