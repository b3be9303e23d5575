//! Tasks and timers.

use core::ffi::c_void;

use crate::{Message, Plugin, Timer};

/// Tasks and timers, which a plugin has run on the host's threads.
///
/// A task runs in a later turn, never inside the call that submits it. If it returns `E_PANIC`, the instance is poisoned.
#[repr(C)]
pub struct ExecutorApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Opens the instance's executor again after `shutdown`. It is open when the instance begins.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub startup: unsafe extern "C" fn(plugin: *mut Plugin) -> i32,
    /// Closes the instance's executor. Tasks that were submitted before still run; later calls return `E_CLOSED`.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub shutdown: unsafe extern "C" fn(plugin: *mut Plugin) -> i32,
    /// Runs `run` on the kernel thread. `message` is handed over to the task, unless it is zero.
    ///
    /// `E_ARGUMENT`: `run` is NULL. `E_CLOSED`: after `shutdown`. `E_AGAIN`: the queue is full.
    ///
    /// `[thread: any|isr] [state: live] [reentrant: yes] [blocking: no] [message: hand-over] [since: 1.0]`
    pub submit: unsafe extern "C" fn(
        plugin: *mut Plugin,
        run: Option<unsafe extern "C" fn(plugin: *mut Plugin, data: *mut c_void, message: Message) -> i32>,
        data: *mut c_void,
        message: Message,
    ) -> i32,
    /// Runs `run` on a worker (in a host without workers, from `poll` under a worker's rules). A task that `create`
    /// submits begins after `create` has returned.
    ///
    /// Errors as for `submit`.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [message: hand-over] [since: 1.0]`
    pub submit_worker: unsafe extern "C" fn(
        plugin: *mut Plugin,
        run: Option<unsafe extern "C" fn(plugin: *mut Plugin, data: *mut c_void, message: Message) -> i32>,
        data: *mut c_void,
        message: Message,
    ) -> i32,
    /// Runs `run` on the kernel thread after `delay` nanoseconds, and then every `period` nanoseconds; with a `period`
    /// of 0 it runs once. If a periodic timer is late, it runs once for all periods that it missed.
    ///
    /// `E_ARGUMENT`: `run` or `out` is NULL, or a time over 2^62. `E_CLOSED`: after `shutdown`. `E_CAPACITY`: too many
    /// timers.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub start_timer: unsafe extern "C" fn(
        plugin: *mut Plugin,
        delay: u64,
        period: u64,
        run: Option<unsafe extern "C" fn(plugin: *mut Plugin, data: *mut c_void, timer: Timer) -> i32>,
        data: *mut c_void,
        out: *mut Timer,
    ) -> i32,
    /// Cancels a timer. It is not called again, not even later in this turn. A one-shot timer is stale once it has run.
    ///
    /// `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`. `E_NOT_OWNER`: another plugin's timer.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub cancel_timer: unsafe extern "C" fn(plugin: *mut Plugin, timer: Timer) -> i32,
}
