//! The host, as one instance sees it.

use core::ffi::c_void;
use core::ptr::NonNull;

use abi::status;
use pintle_abi_core as abi;

use crate::{Error, Result, Status};

/// Calls a slot of one of the host's tables and turns its status into a `Result`.
macro_rules! call {
    ($host:expr, $table:ident.$slot:ident($($argument:expr),*)) => {
        $crate::Status({
            let host: &$crate::Host = $host;
            let table = host.api().$table;
            // SAFETY: `Host::from_raw` promises that the tables stand, and `create` saw that they cover 1.0. Pointers
            // among the arguments come from references that live until the call returns; the host checks the rest.
            unsafe { ((*table).$slot)(host.as_raw(), $($argument),*) }
        })
        .check()
    };
}
pub(crate) use call;

/// The calls that a plugin can make to its host, grouped by noun: `host.session().send(…)`. Every callback and task is given
/// a reference to it.
///
/// It may be lent to other threads (`std::thread::scope`): the host answers `E_WRONG_THREAD` to a call that is not allowed
/// on the thread.
#[derive(Debug)]
#[repr(transparent)]
pub struct Host(NonNull<abi::Plugin>);

// SAFETY: the host checks the thread of every call itself; the pointer is valid on every thread.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

impl Host {
    /// The host behind a raw pointer.
    ///
    /// # Safety
    /// `plugin` came from a host whose tables cover ABI 1.0, and the result is not used after the instance's
    /// `destroy` has returned.
    #[must_use]
    pub const unsafe fn from_raw(plugin: *mut abi::Plugin) -> Self {
        // SAFETY: a host passes no NULL instance.
        Host(unsafe { NonNull::new_unchecked(plugin) })
    }

    /// The raw pointer, for calls that this crate does not wrap.
    #[must_use]
    pub const fn as_raw(&self) -> *mut abi::Plugin {
        self.0.as_ptr()
    }

    /// A host for a thread that the plugin starts itself and that outlives the callback.
    ///
    /// # Safety
    /// The thread has ended (was joined) before `request_stop` is answered with `Done` or, after `Pending`, before
    /// [`stopped`](Host::stopped) is called; at the latest before `destroy` returns.
    #[must_use]
    pub const unsafe fn for_thread(&self) -> Host {
        Host(self.0)
    }

    /// The ABI minor version that the host and this instance agreed on.
    #[must_use]
    pub fn abi_minor(&self) -> u32 {
        self.api().abi_minor
    }

    /// Tells the host that the stop to which `request_stop` answered `Pending` is complete. Any thread.
    ///
    /// # Errors
    /// `E_STATE`: no stop is pending.
    pub fn stopped(&self) -> Result {
        // SAFETY: `stopped` is covered (1.0), and `self` stands.
        Status(unsafe { (self.api().stopped)(self.as_raw()) }).check()
    }

    /// Finds an interface of the host by its id, such as `pintle.io/1`. The table lives as long as the instance. For interfaces
    /// of other plugins there is [`offers`](Host::offers). Any thread.
    ///
    /// # Errors
    /// `E_UNSUPPORTED`: the id begins with `pintle.`, and this host does not have the interface.
    /// `E_NOT_FOUND`: any other id.
    pub fn extension(&self, id: &str) -> Result<NonNull<c_void>> {
        let mut table = core::ptr::null();
        // SAFETY: `extension` is covered (1.0), `id` and `table` live until the call returns.
        let code =
            unsafe { (self.api().extension)(self.as_raw(), id.as_ptr().cast(), id.len(), &raw mut table) };
        Status(code).check()?;
        NonNull::new(table.cast_mut()).ok_or(Error::from(Status(status::E_NOT_FOUND)))
    }

    #[inline]
    pub(crate) fn api(&self) -> &abi::Api {
        // SAFETY: an instance's tables are readable for as long as `from_raw` promises.
        unsafe { &*(*self.as_raw()).api }
    }

    /// The instance's own pointer; NULL before `create` has returned and from `destroy` on.
    #[inline]
    pub(crate) fn data(&self) -> *mut c_void {
        // SAFETY: the instance is readable for as long as `from_raw` promises; the pointer is written by `create` and
        // `destroy` only, while nothing else of the instance runs.
        unsafe { (*self.as_raw()).data }
    }

    pub(crate) fn set_data(&self, data: *mut c_void) -> Result {
        call!(self, data.set(data))
    }
}

/// Whether every table of the host is there and reaches to the end of its 1.0 part.
///
/// # Safety
/// `plugin` came from a host: its `api` and the tables in it are NULL or begin with a readable `size`.
pub(crate) unsafe fn covers_1_0(plugin: *mut abi::Plugin) -> bool {
    macro_rules! table {
        ($table:expr, $type:ident, $last:ident) => {{
            let table: *const abi::$type = $table;
            // SAFETY: a table that is not NULL begins with a readable `size`.
            !table.is_null() && unsafe { abi::covers!(table, abi::$type, $last) }
        }};
    }
    // SAFETY: the caller gives a host's instance.
    let api = unsafe { (*plugin).api };
    if !table!(api, Api, stopped) {
        return false;
    }
    // SAFETY: `api` covers all of its 1.0 part.
    let api = unsafe { &*api };
    table!(api.data, DataApi, get)
        && table!(api.message, MessageApi, clone)
        && table!(api.socket, SocketApi, state)
        && table!(api.session, SessionApi, protocol)
        && table!(api.service, ServiceApi, drop_current)
        && table!(api.executor, ExecutorApi, cancel_timer)
        && table!(api.log, LogApi, write)
        && table!(api.error, ErrorApi, last)
}
