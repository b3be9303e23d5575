//! The kernel: everything of one host, at the beginning of its region.

use pintle_abi_core::{Limits, Plugin, status};

use crate::base::answer::Answer;
use crate::base::lock::Shared;
use crate::base::thread::{self, KernelThread};
use crate::base::trace::Crossings;
use crate::object::dispatches::Dispatches;
use crate::object::error::Errors;
use crate::object::frame::Frames;
use crate::object::instance::{Instance, Instances};
use crate::object::message::Messages;
use crate::object::offer::Offers;
use crate::object::request::Requests;
use crate::object::service::Services;
use crate::object::session::Sessions;
use crate::object::socket::Sockets;
use crate::object::task::Executor;
use crate::object::timer::Timers;
use crate::object::watch::Watches;
use crate::object::worker::Workers;

/// One host's engine. Lives in the region that it was started in. What is read most comes first: it lies in a line or two
/// of the cache, and within the reach of the shortest instructions.
#[repr(C)]
pub struct Kernel {
    pub(crate) thread: KernelThread,
    pub(crate) frames: Frames,
    pub(crate) dispatches: Dispatches,
    pub(crate) instances: Instances,
    pub(crate) shared: Shared,
    pub(crate) messages: Messages,
    pub(crate) sessions: Sessions,
    pub(crate) sockets: Sockets,
    pub(crate) requests: Requests,
    pub(crate) services: Services,
    pub(crate) executor: Executor,
    pub(crate) workers: Workers,
    pub(crate) timers: Timers,
    pub(crate) watches: Watches,
    pub(crate) offers: Offers,
    pub(crate) errors: Errors,
    pub(crate) limits: Limits,
    pub(crate) trace: Crossings,
}

// SAFETY: other threads reach only atomics and what `shared` locks; the guard of every slot sees to it.
unsafe impl Sync for Kernel {}

// SAFETY: as above; which thread is the kernel thread is a word that `adopt` changes.
unsafe impl Send for Kernel {}

impl Kernel {
    /// Plugin zero: the application as a plugin. Never NULL; lives as long as the kernel.
    pub fn zero(&self) -> *mut Plugin {
        self.zero_instance().pointer()
    }

    /// Ends the wait of the kernel thread. Any thread.
    pub fn wake(&self) {
        self.shared.wake();
    }

    /// The limits in force, defaults filled in.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    #[cfg_attr(target_os = "none", inline(never))]
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn this_thread(&self) -> usize {
        if cfg!(all(not(loom), target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))) {
            return thread::own();
        }
        if thread::is_handler() {
            return thread::HANDLER;
        }
        let platform = self.shared.platform();
        // SAFETY: the platform's own function and context.
        platform
            .thread
            .map_or_else(thread::own, |thread| thread::numbered(unsafe { thread(platform.context) }))
    }

    #[inline(always)]
    pub(crate) fn instance(&self, index: u32) -> &Instance {
        self.instances.at(index)
    }

    pub(crate) fn zero_instance(&self) -> &Instance {
        self.instances.zero()
    }

    pub(crate) fn on_kernel_thread(&self) -> Answer {
        if self.thread.is(self.this_thread()) { Ok(()) } else { Err(status::E_WRONG_THREAD) }
    }

    pub(crate) fn at_depth_zero(&self) -> Answer {
        if self.frames.depth() == 0 && !self.dispatches.is_open() { Ok(()) } else { Err(status::E_REENTRANT) }
    }

    /// Whether this is the kernel thread, outside a slow request.
    pub fn is_kernel_thread(&self) -> bool {
        self.on_kernel_thread().is_ok()
    }

    /// To be called when something is due earlier than `next_deadline` has said. Inside a turn nothing is done:
    /// whoever drives the kernel asks for the next deadline after each turn.
    pub(crate) fn wake_outside_turn(&self) {
        if !self.dispatches.is_turning() {
            self.shared.wake();
        }
    }

    /// Whether this is the kernel thread, and nothing of the kernel is on its stack.
    pub fn is_idle(&self) -> bool {
        self.is_kernel_thread() && self.at_depth_zero().is_ok()
    }
}
