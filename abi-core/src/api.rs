//! A plugin's view of its host.

use core::ffi::{c_char, c_void};

use crate::{DataApi, ErrorApi, ExecutorApi, LogApi, MessageApi, ServiceApi, SessionApi, SocketApi};

/// The major version of the ABI: another one is refused.
pub const ABI_MAJOR: u16 = 1;
/// The minor version of the ABI: the lower of the two sides is agreed on.
pub const ABI_MINOR: u16 = 0;

/// The instance that is called. The plugin reads these members in place and writes none; the memory after them belongs to
/// the host.
///
/// The pointer that `create` receives is valid on every thread until `destroy` returns. After that a late call returns
/// `E_CLOSED`, until the host adds another instance in the same place; from then on the pointer belongs to the new
/// instance. A new instance gets the place that has been empty the longest. So a plugin has to end its threads before
/// `destroy` returns. The place of an abandoned instance is never used again.
#[repr(C)]
pub struct Plugin {
    /// The tables that this instance calls. \[instance\]
    pub api: *const Api,
    /// The instance's own pointer, as `data->set` stored it; NULL until then. A thread may read it if it was started, or
    /// notified, after the pointer was set.
    pub data: *mut c_void,
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
}

/// All that a plugin can call.
///
/// A table grows at its end only. Before using a member that is newer than 1.0, check with [`covers!`](crate::covers)
/// that `size` covers it.
#[repr(C)]
pub struct Api {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// The ABI minor version that was agreed on with this instance.
    pub abi_minor: u32,
    /// The plugin's own data.
    pub data: *const DataApi,
    /// Messages.
    pub message: *const MessageApi,
    /// Sockets.
    pub socket: *const SocketApi,
    /// Sessions.
    pub session: *const SessionApi,
    /// Services.
    pub service: *const ServiceApi,
    /// Tasks and timers.
    pub executor: *const ExecutorApi,
    /// The log.
    pub log: *const LogApi,
    /// Error texts.
    pub error: *const ErrorApi,
    /// Finds an interface of the host by its id, such as `pintle.io/1` ([`IoApi`](crate::IoApi)). `out` receives the
    /// table `[instance]`, or NULL. Offers of other plugins are found through `pintle.offer/1`
    /// ([`OfferApi`](crate::OfferApi)).
    ///
    /// `E_ARGUMENT`: NULL. `E_UNSUPPORTED`: the id begins with `pintle.`, as those of the contract do, and this host
    /// does not have the interface: it is newer than the host, or was left out. `E_NOT_FOUND`: any other id.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub extension: unsafe extern "C" fn(
        plugin: *mut Plugin,
        id: *const c_char,
        id_length: usize,
        out: *mut *const c_void,
    ) -> i32,
    /// Completes the stop for which `request_stop` returned `PENDING`.
    ///
    /// `E_STATE`: no stop is pending.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub stopped: unsafe extern "C" fn(plugin: *mut Plugin) -> i32,
}

/// Whether the table at `$table` (a `*const` to a struct whose first member is `size`) is long enough to hold
/// `$member`. Use it to find out whether a later member exists.
///
/// ```
/// use pintle_abi_core::{LogApi, covers};
/// let short = 8_u32;
/// let table = (&raw const short).cast::<LogApi>();
/// // SAFETY: `size` is the first member, and the only one that is read.
/// assert!(!unsafe { covers!(table, LogApi, write) });
/// ```
#[macro_export]
macro_rules! covers {
    ($table:expr, $type:ty, $member:ident) => {
        $crate::covers_end($table.cast::<u32>(), $crate::end_of!($type, $member))
    };
}

/// The offset of the first byte behind `$member` in `$type`.
#[macro_export]
macro_rules! end_of {
    ($type:ty, $member:ident) => {
        ::core::mem::offset_of!($type, $member) + {
            const fn width<T, M>(_: fn(&T) -> &M) -> usize {
                ::core::mem::size_of::<M>()
            }
            width::<$type, _>(|table| &table.$member)
        }
    };
}

/// Whether a table's `size` reaches `end`; the reading half of [`covers!`](crate::covers).
///
/// # Safety
/// `size` points to the readable first member of a table.
#[must_use]
pub unsafe fn covers_end(size: *const u32, end: usize) -> bool {
    // SAFETY: the caller gives a readable `size`.
    (unsafe { size.read() }) as usize >= end
}
