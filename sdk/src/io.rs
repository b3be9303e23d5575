//! `pintle.io/1`: fds. An fd is what the operating system calls a file descriptor, a handle or a socket.

use core::ffi::c_void;
use core::ops::BitOr;
use core::ptr::NonNull;

use abi::status;
use pintle_abi_core as abi;

use crate::callbacks::{conjure, enter_checked};
use crate::executor::word;
use crate::{Error, Host, Plugin, Result, Status, Watch};

/// A set of conditions: those that an fd is watched for, or those that hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Readiness(pub u32);

impl Readiness {
    /// None: the watch stays, and its function is not called.
    pub const NONE: Readiness = Readiness(0);
    /// The fd can be read.
    pub const READABLE: Readiness = Readiness(abi::IO_READABLE);
    /// The fd can be written.
    pub const WRITABLE: Readiness = Readiness(abi::IO_WRITABLE);
    /// The other side hung up or the fd failed. Reported whether it is asked for or not.
    pub const HANGUP: Readiness = Readiness(abi::IO_HANGUP);

    /// Whether all conditions of `other` are in this set.
    #[must_use]
    pub const fn contains(self, other: Readiness) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Readiness {
    type Output = Readiness;

    fn bitor(self, other: Readiness) -> Readiness {
        Readiness(self.0 | other.0)
    }
}

/// Watches fds, level-triggered, on the kernel thread: `host.io()?`.
#[derive(Clone, Copy, Debug)]
pub struct Io<'h> {
    host: &'h Host,
    table: NonNull<abi::IoApi>,
}

impl Host {
    /// The watches on fds. Name `pintle.io/1` under `needs` in [`plugin`](crate::plugin).
    ///
    /// # Errors
    /// `E_UNSUPPORTED`: this host has none.
    pub fn io(&self) -> Result<Io<'_>> {
        // The id is a constant of the contract, and ASCII.
        let id = abi::IO_ID.to_str().unwrap_or_default();
        let table = self.extension(id)?.cast::<abi::IoApi>();
        // SAFETY: the host gives the table that the id names; it begins with its size.
        if unsafe { abi::covers!(table.as_ptr(), abi::IoApi, unwatch) } {
            Ok(Io { host: self, table })
        } else {
            Err(Error::new(Status(status::E_LAYOUT), "the host's pintle.io/1 table is too short"))
        }
    }
}

impl Io<'_> {
    /// Calls `run` (as for [`Executor`](crate::Executor): the instance's type named, nothing captured) whenever
    /// a condition of `interest` holds for `fd`. The fd remains the plugin's, which must unwatch it before closing it. It is
    /// as wide as a pointer, so that a `HANDLE` or `SOCKET` fits.
    ///
    /// # Errors
    /// `E_ARGUMENT`: no interest. `E_CAPACITY`: too many watches. `E_EXISTS`: watched already. `E_IO`: the operating
    /// system refused the fd.
    pub fn watch<T, F>(self, fd: isize, interest: Readiness, run: F, data: usize) -> Result<Watch>
    where
        T: Plugin,
        F: Fn(&T, &Host, Watch, Readiness, usize) -> Result + Copy + Send + 'static,
    {
        let _ = run;
        let mut watch = Watch::default();
        // SAFETY: `io` saw that the table covers 1.0; `watch` lives until the call returns.
        let code = unsafe {
            (self.table.as_ref().watch)(
                self.host.as_raw(),
                fd,
                interest.0,
                Some(ready::<T, F>),
                word(data),
                &raw mut watch,
            )
        };
        Status(code).check()?;
        Ok(watch)
    }

    /// Changes the conditions that are watched for; with [`Readiness::NONE`] the function is not called.
    ///
    /// # Errors
    /// `E_STALE`: it was ended. `E_NOT_OWNER`: another plugin's. `E_IO`.
    pub fn change(self, watch: Watch, interest: Readiness) -> Result {
        // SAFETY: as for `watch`.
        Status(unsafe { (self.table.as_ref().change)(self.host.as_raw(), watch, interest.0) }).check()
    }

    /// Ends a watch: its function is not called again, not even later in this turn.
    ///
    /// # Errors
    /// `E_STALE`: it was ended already. `E_NOT_OWNER`: another plugin's.
    pub fn unwatch(self, watch: Watch) -> Result {
        // SAFETY: as for `watch`.
        Status(unsafe { (self.table.as_ref().unwatch)(self.host.as_raw(), watch) }).check()
    }
}

unsafe extern "C" fn ready<T, F>(plugin: *mut abi::Plugin, data: *mut c_void, watch: Watch, ready: u32) -> i32
where
    T: Plugin,
    F: Fn(&T, &Host, Watch, Readiness, usize) -> Result + Copy + 'static,
{
    // SAFETY: only `watch` passes this function on, and it was given an `F`.
    let run: F = unsafe { conjure() };
    // SAFETY: the host runs watches of live instances only, on the kernel thread.
    unsafe {
        enter_checked::<T>(plugin, "watch", |plugin, host| {
            run(plugin, host, watch, Readiness(ready), data.addr())
        })
    }
}
