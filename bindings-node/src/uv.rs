//! The part of libuv that lets Node's loop drive a host. Node exports these functions as a part of its stable ABI.
//!
//! `uv_poll` waits for a descriptor; `uv_prepare` runs once before each wait of the loop.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ffi::{c_int, c_void};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::rc::Rc;

use napi::sys;

/// A handle of libuv, whatever its kind. Its size is libuv's to know.
#[repr(C)]
struct Handle {
    opaque: [u8; 0],
}

/// `UV_POLL` of `uv_handle_type`.
const POLL: c_int = 8;
/// `UV_PREPARE` of `uv_handle_type`.
const PREPARE: c_int = 9;
/// `UV_READABLE` of `uv_poll_event`.
const READABLE: c_int = 1;

unsafe extern "C" {
    fn uv_handle_size(kind: c_int) -> usize;
    fn uv_handle_get_type(handle: *const Handle) -> c_int;
    fn uv_handle_get_data(handle: *const Handle) -> *mut c_void;
    fn uv_handle_set_data(handle: *mut Handle, data: *mut c_void);
    fn uv_poll_init(uv: *mut sys::uv_loop_s, handle: *mut Handle, descriptor: c_int) -> c_int;
    fn uv_poll_start(
        handle: *mut Handle,
        events: c_int,
        run: unsafe extern "C" fn(*mut Handle, c_int, c_int),
    ) -> c_int;
    fn uv_prepare_init(uv: *mut sys::uv_loop_s, handle: *mut Handle) -> c_int;
    fn uv_prepare_start(handle: *mut Handle, run: unsafe extern "C" fn(*mut Handle)) -> c_int;
    fn uv_ref(handle: *mut Handle);
    fn uv_unref(handle: *mut Handle);
    fn uv_close(handle: *mut Handle, closed: unsafe extern "C" fn(*mut Handle));
}

/// The function that the loop calls. It is dropped when the loop has closed its watch.
pub(crate) trait Driven {
    /// The descriptor is readable.
    fn ready(&self);
    /// The loop is about to wait.
    fn about_to_wait(&self);
}

/// A descriptor in a loop. It does not keep the loop alive by default.
pub(crate) struct Watch {
    poll: NonNull<Handle>,
    prepare: NonNull<Handle>,
}

impl Watch {
    /// Begins to watch.
    ///
    /// # Errors
    /// A negative error number of libuv.
    ///
    /// # Safety
    /// `uv` is the live loop of this thread, and runs on until `driven` has been dropped. The descriptor stays open as
    /// long as the watch.
    pub(crate) unsafe fn start(
        uv: *mut sys::uv_loop_s,
        descriptor: BorrowedFd<'_>,
        driven: Box<dyn Driven>,
    ) -> Result<Self, c_int> {
        let poll = allocate(POLL);
        // SAFETY: the handle has the size of its kind, and the loop is live.
        let begun = unsafe { uv_poll_init(uv, poll.as_ptr(), descriptor.as_raw_fd()) };
        if begun != 0 {
            // SAFETY: libuv does not know it.
            unsafe { free(poll, POLL) };
            return Err(begun);
        }
        let (prepare, driven) = (allocate(PREPARE), Rc::new(driven));
        // SAFETY: as above. None of this can fail.
        unsafe {
            uv_prepare_init(uv, prepare.as_ptr());
            for handle in [poll, prepare] {
                uv_handle_set_data(handle.as_ptr(), Rc::into_raw(driven.clone()).cast_mut().cast());
                uv_unref(handle.as_ptr());
            }
            uv_poll_start(poll.as_ptr(), READABLE, ready);
            uv_prepare_start(prepare.as_ptr(), about_to_wait);
        }
        Ok(Self { poll, prepare })
    }

    /// Whether the loop stays alive for this.
    pub(crate) fn keep_alive(&self, keep: bool) {
        // SAFETY: the handle is not closed before the watch is dropped.
        unsafe {
            if keep {
                uv_ref(self.poll.as_ptr());
            } else {
                uv_unref(self.poll.as_ptr());
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // SAFETY: both were started and are closed once; what they hold is freed when libuv says so.
        unsafe {
            uv_close(self.poll.as_ptr(), closed);
            uv_close(self.prepare.as_ptr(), closed);
        }
    }
}

/// A share in what a handle drives, so that it outlives its own call.
///
/// # Safety
/// The handle was started, and is not closed.
unsafe fn driven(handle: *mut Handle) -> Rc<Box<dyn Driven>> {
    // SAFETY: its data is a reference that it owns.
    unsafe {
        let data = uv_handle_get_data(handle).cast_const().cast::<Box<dyn Driven>>();
        Rc::increment_strong_count(data);
        Rc::from_raw(data)
    }
}

unsafe extern "C" fn ready(handle: *mut Handle, _status: c_int, _events: c_int) {
    // SAFETY: the loop calls this for a started handle.
    unsafe { driven(handle) }.ready();
}

unsafe extern "C" fn about_to_wait(handle: *mut Handle) {
    // SAFETY: as above.
    unsafe { driven(handle) }.about_to_wait();
}

unsafe extern "C" fn closed(handle: *mut Handle) {
    // SAFETY: the loop has let go of the handle, and with it goes the reference in its data.
    unsafe {
        drop(Rc::from_raw(uv_handle_get_data(handle).cast_const().cast::<Box<dyn Driven>>()));
        let kind = uv_handle_get_type(handle);
        free(NonNull::new_unchecked(handle), kind);
    }
}

fn layout(kind: c_int) -> Layout {
    // SAFETY: any number will do.
    let size = unsafe { uv_handle_size(kind) };
    Layout::from_size_align(size, align_of::<u128>()).unwrap_or(Layout::new::<u128>())
}

fn allocate(kind: c_int) -> NonNull<Handle> {
    let layout = layout(kind);
    // SAFETY: no handle is of size 0.
    NonNull::new(unsafe { alloc_zeroed(layout) }).unwrap_or_else(|| handle_alloc_error(layout)).cast()
}

/// # Safety
/// The handle was allocated for this kind, and is not used any more.
unsafe fn free(handle: NonNull<Handle>, kind: c_int) {
    // SAFETY: the caller's.
    unsafe { dealloc(handle.as_ptr().cast(), layout(kind)) };
}
