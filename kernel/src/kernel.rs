//! The kernel: everything of one host, at the beginning of its region.

use core::cell::Cell;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use pintle_abi_core::{Callbacks, Limits, Message, Platform, Plugin, STATE_RUNNING, Session, status};

use crate::cell::Counter;
use crate::crossing::Frame;
use crate::ends::Ends;
use crate::error::Errors;
use crate::executor::Executor;
use crate::guard::Answer;
use crate::handle::{self, TAG_MAX};
use crate::io::Watches;
use crate::limits;
use crate::message::Messages;
use crate::offer::Offers;
use crate::plugin::Record;
use crate::region::{Cursor, Slice};
use crate::request::Requests;
use crate::service::Services;
use crate::session::Sessions;
use crate::shared::Shared;
use crate::socket::Sockets;
use crate::thread;
use crate::timer::Timers;
use crate::trace::Crossings;
use crate::work::Workers;

/// One message of the application's inbox.
#[derive(Clone, Copy, Debug)]
pub struct Inbound {
    /// Where it came from; the session may have ended meanwhile.
    pub session: Session,
    /// The channel that it came on.
    pub channel: u32,
    /// The message, with a reference that is plugin zero's now.
    pub message: Message,
}

/// One host's engine. Lives in the region that it was started in. What is read most comes first: it lies in a line or two
/// of the cache, and within the reach of the shortest instructions.
#[repr(C)]
pub struct Kernel {
    /// The kernel thread's identity; 0 while no thread is, or it runs a slow request.
    pub(crate) thread: AtomicUsize,
    /// As `thread`, also inside a slow request that runs from `poll`, where `thread` is 0.
    pub(crate) home: AtomicUsize,
    pub(crate) depth: Counter,
    pub(crate) dispatching: Cell<u32>,
    pub(crate) records: Slice<Record>,
    pub(crate) frames: Slice<Frame>,
    /// Instances with `message_in`, and with `message_out`.
    pub(crate) filters_in: Cell<u32>,
    pub(crate) filters_out: Cell<u32>,
    pub(crate) born: Cell<usize>,
    /// The last instance in priority order.
    pub(crate) last: Cell<*const Record>,
    pub(crate) has_ends: Cell<bool>,
    pub(crate) has_poisoned: Cell<bool>,
    pub(crate) turning: Cell<bool>,
    /// A slow request runs on the kernel thread.
    pub(crate) cooperative: Cell<bool>,
    tag: u8,
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
    pub(crate) ends: Ends,
    /// Instances that are being stopped.
    pub(crate) stopping: Cell<u32>,
    pub(crate) closings: Cell<usize>,
    pub(crate) limits: Limits,
    pub(crate) trace: Crossings,
}

// SAFETY: other threads reach only atomics and what `shared` locks; the guard of every slot sees to it.
unsafe impl Sync for Kernel {}
// SAFETY: as above; which thread is the kernel thread is a word that `adopt` changes.
unsafe impl Send for Kernel {}

struct Pieces {
    kernel: Slice<Kernel>,
    frames: Slice<Frame>,
    records: Slice<Record>,
}

fn pieces(cursor: &mut Cursor, limits: &Limits) -> Pieces {
    Pieces {
        kernel: cursor.take(1),
        frames: cursor.take(limits.depth),
        records: cursor.take(limits.plugins + 1),
    }
}

impl Kernel {
    /// Bytes of memory that a kernel with these limits takes, to be aligned to 64.
    ///
    /// # Errors
    /// `E_ARGUMENT`: a limit is out of range.
    pub fn region_size(limits: &Limits) -> Result<usize, i32> {
        let limits = limits::resolve(limits)?;
        let mut cursor = Cursor::measure();
        pieces(&mut cursor, &limits);
        Messages::take(&mut cursor, &limits, 0);
        Sockets::take(&mut cursor, &limits, 0);
        Sessions::take(&mut cursor, &limits, 0);
        Services::take(&mut cursor, &limits);
        Requests::take(&mut cursor, &limits, 0);
        Executor::take(&mut cursor, &limits);
        Timers::take(&mut cursor, &limits, 0);
        Watches::take(&mut cursor, &limits, 0);
        Offers::take(&mut cursor, &limits, 0);
        Workers::take(&mut cursor, &limits);
        Errors::take(&mut cursor, &limits);
        Ok(cursor.size())
    }

    /// Starts a kernel in a region. The calling thread becomes its kernel thread.
    ///
    /// # Errors
    /// `E_ARGUMENT`: a limit is out of range, the tag is not 1 to 15, the platform has no clock, or the region is not
    /// aligned to 64. `E_CAPACITY`: the region is smaller than [`region_size`](Self::region_size). `E_WRONG_THREAD`: from an
    /// interrupt handler, where that can be told.
    ///
    /// # Safety
    /// The region is writable, nobody else touches it while the kernel lives, and the platform's functions may be
    /// called with its context for as long. Kernels of one process have different tags.
    pub unsafe fn start<'k>(
        region: NonNull<u8>,
        length: usize,
        limits: &Limits,
        platform: &Platform,
        tag: u8,
    ) -> Result<&'k Self, i32> {
        let needed = Self::region_size(limits)?;
        let limits = limits::resolve(limits)?;
        if thread::is_handler() {
            return Err(status::E_WRONG_THREAD);
        }
        if tag == 0 || tag > TAG_MAX || platform.now.is_none() || region.align_offset(64) != 0 {
            return Err(status::E_ARGUMENT);
        }
        if length < needed {
            return Err(status::E_CAPACITY);
        }
        // SAFETY: aligned and large enough, as just checked.
        let mut cursor = unsafe { Cursor::carve(region) };
        let pieces = pieces(&mut cursor, &limits);
        let place = pieces.kernel.base();
        macro_rules! begin {
            ($($member:ident: $value:expr,)*) => {
                $({
                    let value = $value;
                    // SAFETY: a member of the kernel's own place, which nobody else knows yet.
                    unsafe { (&raw mut (*place.as_ptr()).$member).write(value) };
                })*
            };
        }
        // Each member in its place, lest all of them lie on the stack at once; of the others, zero bytes are the first value.
        // SAFETY: the place is the kernel's own.
        unsafe { place.write_bytes(0, 1) };
        begin! {
            limits: limits,
            tag: tag,
            shared: Shared::new(*platform),
            last: Cell::new(pieces.records.pointer(0).cast_const()),
            frames: pieces.frames.fill(|_| Frame::default()),
            records: pieces.records,
            messages: Messages::take(&mut cursor, &limits, tag),
            sockets: Sockets::take(&mut cursor, &limits, tag),
            sessions: Sessions::take(&mut cursor, &limits, tag),
            services: Services::take(&mut cursor, &limits),
            requests: Requests::take(&mut cursor, &limits, tag),
            executor: Executor::take(&mut cursor, &limits),
            timers: Timers::take(&mut cursor, &limits, tag),
            watches: Watches::take(&mut cursor, &limits, tag),
            offers: Offers::take(&mut cursor, &limits, tag),
            workers: Workers::take(&mut cursor, &limits).begin(),
            errors: Errors::take(&mut cursor, &limits).begin(),
            ends: Ends::new(),
        }
        for index in 0..pieces.records.length() {
            // SAFETY: the record's own place, which nobody else knows yet.
            unsafe { Record::begin(pieces.records.pointer(index), place, index) };
        }
        // SAFETY: all of it is written; from here on only shared references to it exist.
        let kernel = unsafe { pieces.kernel.get(0) };
        let zero = kernel.zero_record();
        zero.generation.set(1);
        zero.set_name("host");
        zero.state.store(STATE_RUNNING, Relaxed);
        kernel.settle_in(kernel.this_thread());
        Ok(kernel)
    }

    /// Plugin zero: the application as a plugin. Never NULL; lives as long as the kernel.
    pub fn zero(&self) -> *mut Plugin {
        self.zero_record().pointer()
    }

    /// Gives plugin zero its callbacks; what the table does not cover is absent. They may be called from then on.
    ///
    /// # Errors
    /// `E_ARGUMENT`: NULL, or a size under 8. `E_WRONG_THREAD`. `E_REENTRANT`: from inside a callback.
    ///
    /// # Safety
    /// The table is readable for the size that it names, and its functions are what it says they are.
    pub unsafe fn set_callbacks(&self, callbacks: *const Callbacks) -> Result<(), i32> {
        self.on_kernel_thread()?;
        self.at_depth_zero()?;
        // SAFETY: not NULL, so readable as the caller says.
        if callbacks.is_null() || unsafe { (*callbacks).size } < 8 {
            return Err(status::E_ARGUMENT);
        }
        self.count_filters(self.zero_record(), -1);
        // SAFETY: readable for its size, and no crossing runs.
        unsafe { self.zero_record().learn(callbacks) };
        self.count_filters(self.zero_record(), 1);
        if self.zero_record().callbacks().message_in.is_some() {
            self.sessions.inbox_taken();
        }
        Ok(())
    }

    /// Makes the calling thread the kernel thread.
    ///
    /// # Errors
    /// `E_REENTRANT`: a callback runs. `E_WRONG_THREAD`: from an interrupt handler, where that can be told.
    ///
    /// # Safety
    /// The thread that was the kernel thread is not inside the kernel, and everything that it did there happened
    /// before this call.
    pub unsafe fn adopt(&self) -> Result<(), i32> {
        self.at_depth_zero()?;
        if thread::is_handler() {
            return Err(status::E_WRONG_THREAD);
        }
        self.settle_in(self.this_thread());
        Ok(())
    }

    /// Gives up being the kernel thread: until another one adopts the kernel, every thread is a stranger. A thread
    /// that ends must have done so. Does nothing on another thread.
    pub fn resign(&self) {
        if self.home.load(Relaxed) == self.this_thread() {
            self.settle_in(0);
        }
    }

    fn settle_in(&self, thread: usize) {
        self.home.store(thread, Relaxed);
        self.thread.store(thread, Relaxed);
    }

    /// Ends the wait of the kernel thread. Any thread.
    pub fn wake(&self) {
        self.shared.wake();
    }

    /// Takes the oldest message of the application's inbox.
    ///
    /// # Errors
    /// `E_NOT_FOUND`: it is empty. `E_WRONG_THREAD`.
    pub fn take(&self) -> Result<Inbound, i32> {
        self.on_kernel_thread()?;
        let inbound = self.sessions.inbox.pop().ok_or(status::E_NOT_FOUND)?;
        self.sessions.inbox_taken();
        if self.sessions.has_ready() {
            self.hurry();
        }
        self.messages.at(inbound.message).position.set(0);
        self.adopt_pin(self.zero_record(), inbound.message);
        Ok(Inbound {
            session: inbound.session,
            channel: inbound.channel,
            message: self.messages.handle(inbound.message),
        })
    }

    /// The limits in force, defaults filled in.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    #[cfg_attr(target_os = "none", inline(never))]
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) fn this_thread(&self) -> usize {
        if cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))) {
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

    pub(crate) fn low(&self, kind: u32) -> u32 {
        handle::low_half(kind, self.tag)
    }

    pub(crate) fn on_kernel_thread(&self) -> Answer {
        if self.this_thread() == self.thread.load(Relaxed) { Ok(()) } else { Err(status::E_WRONG_THREAD) }
    }

    pub(crate) fn at_depth_zero(&self) -> Answer {
        if self.depth.get() == 0 && self.dispatching.get() == 0 { Ok(()) } else { Err(status::E_REENTRANT) }
    }

    /// Whether this is the kernel thread, outside a slow request.
    pub fn is_kernel_thread(&self) -> bool {
        self.on_kernel_thread().is_ok()
    }

    /// There is something to do sooner than before. Whoever drives the kernel looks again after each turn; outside one
    /// it is told.
    pub(crate) fn hurry(&self) {
        if !self.turning.get() {
            self.shared.wake();
        }
    }

    /// Whether nothing of the kernel is on any stack.
    pub fn is_idle(&self) -> bool {
        self.at_depth_zero().is_ok()
    }
}
