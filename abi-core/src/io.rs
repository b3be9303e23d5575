//! `pintle.io/1`: fds, which are what the operating system calls a file descriptor, a handle or a socket.

use core::ffi::c_void;

use crate::{Plugin, Watch};

/// The id of [`IoApi`], for `extension`.
pub const IO_ID: &core::ffi::CStr = c"pintle.io/1";

/// Interest in, or readiness for, reading.
pub const IO_READABLE: u32 = 1;
/// Interest in, or readiness for, writing.
pub const IO_WRITABLE: u32 = 2;
/// Readiness only: the other side hung up or the fd failed. Comes without being asked for.
pub const IO_HANGUP: u32 = 4;

/// Watches fds, level-triggered, on the kernel thread. Offered by hosts on an operating system, through
/// `extension(plugin, "pintle.io/1")`.
#[repr(C)]
pub struct IoApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Calls `run` whenever `fd` is ready for one of `interest`. It stays the plugin's, which unwatches it before
    /// closing it. As wide as a pointer, so that a `HANDLE` or `SOCKET` fits.
    ///
    /// `E_ARGUMENT`: `run` or `out` is NULL, unknown or no interest. `E_CAPACITY`: too many watches. `E_EXISTS`:
    /// watched already. `E_IO`: the operating system refused the fd.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub watch: unsafe extern "C" fn(
        plugin: *mut Plugin,
        fd: isize,
        interest: u32,
        run: Option<
            unsafe extern "C" fn(plugin: *mut Plugin, data: *mut c_void, watch: Watch, ready: u32) -> i32,
        >,
        data: *mut c_void,
        out: *mut Watch,
    ) -> i32,
    /// Changes what a watch is interested in; 0 rests it.
    ///
    /// `E_ARGUMENT`: unknown interest. `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`, `E_NOT_OWNER`, `E_IO`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub change: unsafe extern "C" fn(plugin: *mut Plugin, watch: Watch, interest: u32) -> i32,
    /// Ends a watch: it is not called again, not even later in this turn.
    ///
    /// `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`, `E_NOT_OWNER`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub unwatch: unsafe extern "C" fn(plugin: *mut Plugin, watch: Watch) -> i32,
}
