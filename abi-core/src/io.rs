//! `pintle.io/1`: watches of fds. The operating system calls an fd a file descriptor, a handle or a socket.

use core::ffi::c_void;

use crate::{Plugin, Watch};

/// The id of [`IoApi`], for `extension`.
pub const IO_ID: &core::ffi::CStr = c"pintle.io/1";

/// Interest in, or readiness for, reading.
pub const IO_READABLE: u32 = 1;
/// Interest in, or readiness for, writing.
pub const IO_WRITABLE: u32 = 2;
/// Readiness only: the other side hung up, or the fd failed. It is reported whatever the interest is.
pub const IO_HANGUP: u32 = 4;

/// Watches fds, level-triggered, on the kernel thread. Hosts on an operating system have this table, as
/// `extension(plugin, "pintle.io/1")`.
#[repr(C)]
pub struct IoApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Calls `run` whenever `fd` is ready for one of `interest`. The fd belongs to the plugin, which must end the watch
    /// before it closes the fd. It is as wide as a pointer, so that a `HANDLE` or `SOCKET` fits.
    ///
    /// `E_ARGUMENT`: `run` or `out` is NULL, or `interest` is 0 or unknown. `E_CAPACITY`: too many watches. `E_EXISTS`:
    /// the fd is watched already. `E_IO`: the operating system refused the fd.
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
    /// Changes the interest of a watch; while it is 0, the watch is not called.
    ///
    /// `E_ARGUMENT`: unknown interest. `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`, `E_NOT_OWNER`, `E_IO`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub change: unsafe extern "C" fn(plugin: *mut Plugin, watch: Watch, interest: u32) -> i32,
    /// Ends a watch. It is not called again, not even later in this turn.
    ///
    /// `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`, `E_NOT_OWNER`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub unwatch: unsafe extern "C" fn(plugin: *mut Plugin, watch: Watch) -> i32,
}
