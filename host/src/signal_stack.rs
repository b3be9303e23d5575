//! Stacks for signal handlers: when a thread has used up its own stack, a handler has no room left there.

use std::cell::RefCell;
use std::ffi::c_void;
use std::io;
use std::mem::MaybeUninit;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// In bytes. The report takes about 4 KiB, and the frame of a signal up to 12 KiB where registers are large.
const SIZE: usize = 1 << 16;

/// Whether threads of hosts get one.
static WANTED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static OWN: RefCell<Option<SignalStack>> = const { RefCell::new(None) };
}

/// The signal stack of one thread.
struct SignalStack {
    start: NonNull<c_void>,
}

/// From now on each thread that begins to run a host, or to work for one, gets a signal stack; so does the caller.
///
/// # Errors
/// The operating system refused.
pub(crate) fn want() -> io::Result<()> {
    WANTED.store(true, Ordering::Relaxed);
    give_to_this_thread()
}

/// Gives the calling thread a signal stack, if they are wanted and it has none of that size. One that it cannot have leaves everything as it was: it
/// matters only in a crash.
pub(crate) fn offer() {
    if WANTED.load(Ordering::Relaxed) {
        let _ = give_to_this_thread();
    }
}

fn give_to_this_thread() -> io::Result<()> {
    if has_room()? {
        return Ok(());
    }
    let stack = SignalStack::map()?;
    let given = libc::stack_t { ss_sp: stack.start.as_ptr(), ss_flags: 0, ss_size: SIZE };
    set(&given)?;
    OWN.set(Some(stack));
    Ok(())
}

/// Whether the thread has a signal stack on which a report and the handler after it have room. The one of Rust's library, which has
/// 8 KiB, is too small if that handler raises a signal.
fn has_room() -> io::Result<bool> {
    let mut now = MaybeUninit::<libc::stack_t>::zeroed();
    // SAFETY: the place can be written to.
    if unsafe { libc::sigaltstack(null_mut(), now.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has filled it in.
    let now = unsafe { now.assume_init() };
    Ok(now.ss_flags & libc::SS_DISABLE == 0 && now.ss_size >= SIZE)
}

fn set(stack: &libc::stack_t) -> io::Result<()> {
    // SAFETY: what the struct names is memory that nothing else uses, for as long as the thread has it.
    if unsafe { libc::sigaltstack(stack, null_mut()) } == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

impl SignalStack {
    fn map() -> io::Result<Self> {
        // SAFETY: new memory, at an address that the system chooses.
        let start = unsafe {
            mmap_anonymous(null_mut(), SIZE, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
        }?;
        NonNull::new(start).map(|start| Self { start }).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
    }
}

impl Drop for SignalStack {
    /// The thread ends.
    fn drop(&mut self) {
        let none = libc::stack_t { ss_sp: null_mut(), ss_flags: libc::SS_DISABLE, ss_size: SIZE };
        if set(&none).is_ok() {
            // SAFETY: mapped by `map`, and no handler uses it any more.
            let _ = unsafe { munmap(self.start.as_ptr(), SIZE) };
        }
    }
}
