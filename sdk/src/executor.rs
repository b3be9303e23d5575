//! Tasks and timers.

use core::ffi::c_void;
use core::time::Duration;

use pintle_abi_core as abi;

use crate::callbacks::{conjure, enter_checked};
use crate::host::call;
use crate::{Host, Message, Plugin, Result, Timer};

/// Tasks and timers: `host.executor()`.
///
/// With `std` there are [`run`](Executor::run), [`run_on_worker`](Executor::run_on_worker), [`after`](Executor::after) and
/// [`every`](Executor::every), which take closures with state of their own. The others allocate nothing: there, a task is a
/// function, or a closure that captures nothing. It is called with the instance, the host and one word of
/// `data` (an index, a key), so the host allocates no memory for it and has nothing to drop if the instance ends first. The
/// type of its first argument is the plugin's: `|echo: &Echo, host, data, message| …`. If that is the type of another
/// plugin, the task fails when it is run. Its result is treated as that of a callback.
///
/// ```
/// # use pintle_sdk::{CreateArgs, Host, Plugin, Result, info};
/// # use std::time::Duration;
/// # struct Clock;
/// # #[pintle_sdk::plugin(name = "clock", id = "org.example.clock")]
/// # impl Plugin for Clock {
/// #     fn create(host: &Host, _: CreateArgs<'_>) -> Result<Self> { Ok(Clock) }
/// # }
/// fn begin(host: &Host) -> Result {
///     let second = Duration::from_secs(1);
///     let tick = |_: &Clock, host: &Host, _, data| {
///         info!(host, "timer {data}");
///         Ok(())
///     };
///     host.executor().start_timer(second, second, tick, 7)?;
///     Ok(())
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Executor<'h>(pub(crate) &'h Host);

impl Host {
    /// Tasks and timers.
    #[must_use]
    pub const fn executor(&self) -> Executor<'_> {
        Executor(self)
    }
}

impl Executor<'_> {
    /// Opens the executor again after [`shutdown`](Executor::shutdown). It is open when the instance begins. Kernel thread.
    ///
    /// # Errors
    /// `E_CLOSED`: the instance is being stopped.
    pub fn startup(self) -> Result {
        call!(self.0, executor.startup())
    }

    /// Closes the executor: tasks that were submitted still run, later calls return `E_CLOSED`. Kernel thread.
    ///
    /// # Errors
    /// Those common to all calls.
    pub fn shutdown(self) -> Result {
        call!(self.0, executor.shutdown())
    }

    /// Runs `run` on the kernel thread in a later turn. The message is handed over: on success the caller's reference is
    /// spent. Any thread.
    ///
    /// # Errors
    /// `E_CLOSED`: after `shutdown`. `E_AGAIN`: the queue is full.
    pub fn submit<T, F>(self, run: F, data: usize, message: Option<&mut Message<'_>>) -> Result
    where
        T: Plugin,
        F: Fn(&T, &Host, usize, Option<&mut Message<'_>>) -> Result + Copy + Send + 'static,
    {
        let _ = run;
        let submit = |message| call!(self.0, executor.submit(Some(task::<T, F>), word(data), message));
        pass(message, submit)
    }

    /// Runs `run` on a worker, at the same time as callbacks, so the plugin must be `Sync`. Any thread. Tasks that `create`
    /// submits run once `create` has returned.
    ///
    /// # Errors
    /// As for [`submit`](Executor::submit).
    pub fn submit_worker<T, F>(self, run: F, data: usize, message: Option<&mut Message<'_>>) -> Result
    where
        T: Plugin + Sync,
        F: Fn(&T, &Host, usize, Option<&mut Message<'_>>) -> Result + Copy + Send + 'static,
    {
        let _ = run;
        let submit = |message| call!(self.0, executor.submit_worker(Some(task::<T, F>), word(data), message));
        pass(message, submit)
    }

    /// Runs `run` on the kernel thread after `delay`, then every `period`; with a period of zero it runs once. A timer that
    /// has missed several periods runs once for all of them. Kernel thread.
    ///
    /// # Errors
    /// `E_ARGUMENT`: a time over 2^62 ns. `E_CAPACITY`: too many timers. `E_CLOSED`: after `shutdown`.
    pub fn start_timer<T, F>(self, delay: Duration, period: Duration, run: F, data: usize) -> Result<Timer>
    where
        T: Plugin,
        F: Fn(&T, &Host, Timer, usize) -> Result + Copy + Send + 'static,
    {
        let _ = run;
        self.start_raw(delay, period, tick::<T, F>, data)
    }

    pub(crate) fn start_raw(
        self,
        delay: Duration,
        period: Duration,
        run: unsafe extern "C" fn(*mut abi::Plugin, *mut c_void, Timer) -> i32,
        data: usize,
    ) -> Result<Timer> {
        let (delay, period) = (nanoseconds(delay), nanoseconds(period));
        let mut timer = Timer::default();
        call!(self.0, executor.start_timer(delay, period, Some(run), word(data), &raw mut timer))?;
        Ok(timer)
    }

    /// Cancels a timer: its function is not called again, not even later in this turn. Kernel thread.
    ///
    /// # Errors
    /// `E_STALE`: the timer has run for the last time, or was cancelled. `E_NOT_OWNER`: the timer is another plugin's.
    pub fn cancel_timer(self, timer: Timer) -> Result {
        call!(self.0, executor.cancel_timer(timer))?;
        // SAFETY: the instance is the caller's, which is inside it.
        #[cfg(feature = "std")]
        if let Some(closures) = unsafe { crate::instance::any_closures(self.0) } {
            closures.forget(timer);
        }
        Ok(())
    }
}

/// The word `data` as the contract carries it; never a pointer that is read.
pub(crate) const fn word(data: usize) -> *mut c_void {
    core::ptr::without_provenance_mut(data)
}

fn pass(message: Option<&mut Message<'_>>, submit: impl FnOnce(abi::Message) -> Result) -> Result {
    match message {
        Some(message) => message.hand_over(submit),
        None => submit(abi::Message::default()),
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

unsafe extern "C" fn task<T, F>(plugin: *mut abi::Plugin, data: *mut c_void, message: abi::Message) -> i32
where
    T: Plugin,
    F: Fn(&T, &Host, usize, Option<&mut Message<'_>>) -> Result + Copy + 'static,
{
    // SAFETY: only `submit` and `submit_worker` pass this function on, and both were given an `F`.
    let run: F = unsafe { conjure() };
    // SAFETY: the host runs tasks of live instances only, of a type that is not `Sync` on the kernel thread only.
    unsafe {
        enter_checked::<T>(plugin, "task", |plugin, host| {
            let mut borrowed = Message::borrowed(host, message);
            let message = if message.bits == 0 { None } else { Some(&mut borrowed) };
            run(plugin, host, data.addr(), message)
        })
    }
}

unsafe extern "C" fn tick<T, F>(plugin: *mut abi::Plugin, data: *mut c_void, timer: Timer) -> i32
where
    T: Plugin,
    F: Fn(&T, &Host, Timer, usize) -> Result + Copy + 'static,
{
    // SAFETY: only `start_timer` passes this function on, and it was given an `F`.
    let run: F = unsafe { conjure() };
    // SAFETY: the host runs timers of live instances only, on the kernel thread.
    unsafe { enter_checked::<T>(plugin, "timer", |plugin, host| run(plugin, host, timer, data.addr())) }
}
