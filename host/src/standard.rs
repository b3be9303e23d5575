//! The standard streams, which are the fds 0 to 2. A program may run without one of them, and then the system gives its number
//! to the next fd: a file, or a connection. Whatever is written to standard error would go there.

use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::file::FileId;

/// What standard error was when this process last had reason to look; NULL: it has not looked yet. It is never given back,
/// because a signal handler may be reading it.
static KNOWN: AtomicPtr<Known> = AtomicPtr::new(null_mut());

type Known = Option<FileId>;

/// What is under the number of standard error now, and whether that is a socket. A signal handler may call this.
fn now() -> (Known, bool) {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: a place for the answer, which is read only if the system has filled it.
    unsafe {
        if libc::fstat(libc::STDERR_FILENO, stat.as_mut_ptr()) != 0 {
            return (None, false);
        }
        let stat = stat.assume_init();
        (
            Some(FileId { device: stat.st_dev, inode: stat.st_ino }),
            stat.st_mode & libc::S_IFMT == libc::S_IFSOCK,
        )
    }
}

/// Remembers what standard error is. A program may redirect it meanwhile, but a socket that was not there from the beginning is
/// a connection.
pub(crate) fn learn() {
    let known = KNOWN.load(Ordering::Acquire);
    let (found, is_socket) = now();
    // SAFETY: NULL, or given out below and never freed.
    let is_news =
        unsafe { known.as_ref() }.is_none_or(|known| *known != found && found.is_some() && !is_socket);
    if is_news {
        KNOWN.store(Box::into_raw(Box::new(found)), Ordering::Release);
    }
}

/// Standard error, as it was when a host was started last or the crash handler was installed. If something else has its number
/// now, what is written is dropped: it would reach a peer, or end in a file of the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct StandardError;

impl StandardError {
    /// Writes all of `bytes` at once. A signal handler may call this. A failure cannot be reported.
    pub(crate) fn say(bytes: &[u8]) {
        // SAFETY: as in `learn`.
        let known = unsafe { KNOWN.load(Ordering::Acquire).as_ref() };
        let (found, _) = now();
        if found.is_some() && known.is_none_or(|known| *known == found) {
            // SAFETY: the bytes are readable.
            unsafe { libc::write(libc::STDERR_FILENO, bytes.as_ptr().cast(), bytes.len()) };
        }
    }
}

impl Write for StandardError {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Self::say(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives an fd of the host another number if it has one of the standard streams', whose reader or writer would be the host.
pub(crate) fn clear<F: From<OwnedFd> + Into<OwnedFd>>(fd: F) -> io::Result<F> {
    let fd = fd.into();
    if fd.as_raw_fd() > libc::STDERR_FILENO {
        return Ok(F::from(fd));
    }
    // SAFETY: it has no conditions.
    let moved = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, libc::STDERR_FILENO + 1) };
    if moved < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system has just given out the number.
    Ok(F::from(unsafe { OwnedFd::from_raw_fd(moved) }))
}
