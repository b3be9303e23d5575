//! Starting a kernel in its region, and the thread that it runs on.

use core::ptr::NonNull;

use pintle_abi_core::{Callbacks, Limits, Platform, status};

use crate::base::handle::TAG_MAX;
use crate::base::lock::Shared;
use crate::base::region::{Cursor, IS_LAZY, Slice};
use crate::base::{limits, thread};
use crate::kernel::Kernel;
use crate::object::error::Errors;
use crate::object::frame::{Frame, Frames};
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
use crate::table::api;

struct Pieces {
    kernel: Slice<Kernel>,
    frames: Slice<Frame>,
    instances: Slice<Instance>,
}

fn pieces(cursor: &mut Cursor, limits: &Limits) -> Pieces {
    Pieces {
        kernel: cursor.take(1),
        frames: cursor.take(limits.depth),
        instances: cursor.take(limits.plugins + 1),
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
    /// `E_ARGUMENT`: a limit is out of range, the tag is not 1 to 1,023, the platform has no clock, or the region is not
    /// aligned to 64. `E_UNSUPPORTED`: a reserved member of the platform is set. `E_CAPACITY`: the region is smaller than
    /// [`region_size`](Self::region_size). `E_WRONG_THREAD`: from an interrupt handler, where that can be told.
    ///
    /// # Safety
    /// The region is writable, nobody else touches it while the kernel lives, and the platform's functions may be
    /// called with its context for as long. Kernels of one process have different tags.
    pub unsafe fn start<'k>(
        region: NonNull<u8>,
        length: usize,
        limits: &Limits,
        platform: &Platform,
        tag: u16,
    ) -> Result<&'k Self, i32> {
        let needed = Self::region_size(limits)?;
        let limits = limits::resolve(limits)?;
        if thread::is_handler() {
            return Err(status::E_WRONG_THREAD);
        }
        if tag == 0 || tag > TAG_MAX || platform.now.is_none() || region.align_offset(64) != 0 {
            return Err(status::E_ARGUMENT);
        }
        if platform.reserved != 0 {
            return Err(status::E_UNSUPPORTED);
        }
        if length < needed {
            return Err(status::E_CAPACITY);
        }
        // SAFETY: aligned and large enough, as just checked.
        let mut cursor = unsafe { Cursor::carve(region) };
        let pieces = pieces(&mut cursor, &limits);
        let socket = pieces.kernel.base();
        macro_rules! begin {
            ($($member:ident: $value:expr,)*) => {
                $({
                    let value = $value;
                    // SAFETY: a member of the kernel's own place, which nobody else knows yet.
                    unsafe { (&raw mut (*socket.as_ptr()).$member).write(value) };
                })*
            };
        }
        // Each member is written to its place, because a whole kernel would take much of the stack. The other
        // members begin as zero bytes.
        let zero = if IS_LAZY { size_of::<Self>() } else { needed };
        // SAFETY: the region begins with the kernel's own place, and is as long as that and as what it needs.
        unsafe { region.write_bytes(0, zero) };
        begin! {
            limits: limits,
            shared: Shared::new(*platform),
            frames: Frames::new(pieces.frames),
            instances: Instances::new(pieces.instances, tag),
            messages: Messages::take(&mut cursor, &limits, tag).begin_rows_of_threads(),
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
        }
        for index in 0..pieces.instances.length() {
            // SAFETY: the instance's own place, which nobody else knows yet.
            unsafe { Instance::begin(pieces.instances.pointer(index), socket.cast(), index, api::agreed(0)) };
        }
        // SAFETY: all of it is written; from here on only shared references to it exist.
        let kernel = unsafe { pieces.kernel.get(0) };
        kernel.instances.begin_zero("host");
        kernel.thread.adopt(kernel.this_thread());
        Ok(kernel)
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
        // SAFETY: readable for its size, and no crossing runs.
        unsafe { self.instances.teach_zero(callbacks) };
        if self.zero_instance().callbacks().message_in.is_some() {
            self.sessions.note_room();
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
        // Under the lock, because the thread before may be ending now, and resigns.
        let _locked = self.shared.lock();
        self.thread.adopt(self.this_thread());
        Ok(())
    }

    /// Closes the kernel without ending anything, in a process that is a copy of the one that the kernel belongs to: every slot
    /// answers `E_CLOSED`, and no callback is called any more. A callback that runs may still return. This is for the only thread
    /// of a forked child, and takes no lock, because a thread that is not in the child may have held it.
    pub fn forsake(&self) {
        self.instances.forsake();
        self.thread.resign();
    }

    /// Gives up being the kernel thread: until another one adopts the kernel, every thread is a stranger. A thread
    /// that ends must have done so. Does nothing on another thread.
    pub fn resign(&self) {
        let _locked = self.shared.lock();
        if self.thread.is_home(self.this_thread()) {
            self.thread.resign();
        }
    }
}
