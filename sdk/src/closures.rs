//! Tasks and timers that are closures with state of their own. The instance owns them: one that never runs is dropped with it.

use core::any::Any;
use core::ffi::c_void;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pintle_abi_core as abi;

use crate::callbacks::enter_checked;
use crate::executor::word;
use crate::host::call;
use crate::instance::closures;
use crate::{Executor, Host, Plugin, Result, Timer};

type Once<T> = Box<dyn FnOnce(&T, &Host) -> Result + Send>;
type Repeated<T> = Box<dyn FnMut(&T, &Host) -> Result + Send>;

/// A closure whose type only the function that runs it knows.
type Closure = Box<dyn Any + Send>;

/// The closures of one instance that are to run.
#[derive(Default)]
pub struct Closures(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    last_key: usize,
    tasks: HashMap<usize, Closure>,
    /// By timer; `None` while it runs. It is put back unless its timer is cancelled meanwhile.
    timers: HashMap<u64, Option<Closure>>,
}

impl Closures {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a task, and returns the word by which it is found.
    fn keep(&self, task: Closure) -> usize {
        let mut waiting = self.lock();
        waiting.last_key += 1;
        let key = waiting.last_key;
        waiting.tasks.insert(key, task);
        key
    }

    fn take<T: 'static>(&self, key: usize) -> Option<Once<T>> {
        let closure = self.lock().tasks.remove(&key)?;
        closure.downcast().ok().map(|task| *task)
    }

    /// Drops the closure of a timer that was cancelled.
    pub(crate) fn forget(&self, timer: Timer) {
        let forgotten = self.lock().timers.remove(&timer.bits);
        // What it has captured may use other closures when it is dropped, so the lock is free by now.
        drop(forgotten);
    }
}

impl Executor<'_> {
    /// Runs a closure on the kernel thread in a later turn. Any thread. Needs `std`.
    ///
    /// ```
    /// # use pintle_sdk::{CreateArgs, Host, Plugin, Result, info};
    /// # struct Greeter;
    /// # #[pintle_sdk::plugin(name = "greeter", id = "org.example.greeter")]
    /// # impl Plugin for Greeter {
    /// fn create(host: &Host, args: CreateArgs<'_>) -> Result<Self> {
    ///     let name = args.instance.to_owned();
    ///     host.executor().run(move |_: &Greeter, host| {
    ///         info!(host, "{name} has begun");
    ///         Ok(())
    ///     })?;
    ///     Ok(Greeter)
    /// }
    /// # }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// As for [`submit`](Executor::submit). `E_STATE`: inside `destroy`.
    pub fn run<T, F>(self, run: F) -> Result
    where
        T: Plugin,
        F: FnOnce(&T, &Host) -> Result + Send + 'static,
    {
        self.hand_in::<T>(Box::new(run), |data| {
            call!(self.0, executor.submit(Some(task::<T>), data, abi::Message::default()))
        })
    }

    /// Runs a closure on a worker, at the same time as callbacks, so the plugin must be `Sync`. Any thread. Needs `std`.
    ///
    /// # Errors
    /// As for [`run`](Executor::run).
    pub fn run_on_worker<T, F>(self, run: F) -> Result
    where
        T: Plugin + Sync,
        F: FnOnce(&T, &Host) -> Result + Send + 'static,
    {
        self.hand_in::<T>(Box::new(run), |data| {
            call!(self.0, executor.submit_worker(Some(task::<T>), data, abi::Message::default()))
        })
    }

    fn hand_in<T: Plugin>(self, run: Once<T>, submit: impl FnOnce(*mut c_void) -> Result) -> Result {
        // SAFETY: the instance is the caller's, which is inside it.
        let closures = unsafe { closures::<T>(self.0) }?;
        let key = closures.keep(Box::new(run));
        let outcome = submit(word(key));
        if outcome.is_err() {
            drop(closures.take::<T>(key));
        }
        outcome
    }

    /// Runs a closure once on the kernel thread, after `delay`. Kernel thread. Needs `std`.
    ///
    /// # Errors
    /// As for [`start_timer`](Executor::start_timer). `E_STATE`: inside `destroy`.
    pub fn after<T, F>(self, delay: Duration, run: F) -> Result<Timer>
    where
        T: Plugin,
        F: FnOnce(&T, &Host) -> Result + Send + 'static,
    {
        let run: Once<T> = Box::new(run);
        self.start::<T>(delay, Duration::ZERO, tick_once::<T>, Box::new(run))
    }

    /// Runs a closure on the kernel thread every `period`, first after one period. Kernel thread. Needs `std`.
    ///
    /// # Errors
    /// As for [`after`](Executor::after).
    pub fn every<T, F>(self, period: Duration, run: F) -> Result<Timer>
    where
        T: Plugin,
        F: FnMut(&T, &Host) -> Result + Send + 'static,
    {
        let run: Repeated<T> = Box::new(run);
        self.start::<T>(period, period, tick::<T>, Box::new(run))
    }

    fn start<T: Plugin>(
        self,
        delay: Duration,
        period: Duration,
        tick: unsafe extern "C" fn(*mut abi::Plugin, *mut c_void, Timer) -> i32,
        run: Closure,
    ) -> Result<Timer> {
        // SAFETY: as in `hand_in`.
        let closures = unsafe { closures::<T>(self.0) }?;
        let timer = self.start_raw(delay, period, tick, 0)?;
        closures.lock().timers.insert(timer.bits, Some(run));
        Ok(timer)
    }
}

unsafe extern "C" fn task<T: Plugin>(plugin: *mut abi::Plugin, data: *mut c_void, _: abi::Message) -> i32 {
    // SAFETY: the host runs tasks of live instances only, of a type that is not `Sync` on the kernel thread only.
    unsafe {
        enter_checked::<T>(plugin, "task", |plugin, host| {
            let run = closures::<T>(host)?.take::<T>(data.addr());
            run.map_or(Ok(()), |run| run(plugin, host))
        })
    }
}

unsafe extern "C" fn tick_once<T: Plugin>(plugin: *mut abi::Plugin, _: *mut c_void, timer: Timer) -> i32 {
    // SAFETY: the host runs timers of live instances only, on the kernel thread.
    unsafe {
        enter_checked::<T>(plugin, "timer", |plugin, host| {
            let found = closures::<T>(host)?.lock().timers.remove(&timer.bits).flatten();
            let run = found.and_then(|run| run.downcast::<Once<T>>().ok());
            run.map_or(Ok(()), |run| run(plugin, host))
        })
    }
}

unsafe extern "C" fn tick<T: Plugin>(plugin: *mut abi::Plugin, _: *mut c_void, timer: Timer) -> i32 {
    // SAFETY: as in `tick_once`.
    unsafe {
        enter_checked::<T>(plugin, "timer", |plugin, host| {
            let closures = closures::<T>(host)?;
            let found = closures.lock().timers.get_mut(&timer.bits).and_then(Option::take);
            let Some(Ok(mut run)) = found.map(|run| run.downcast::<Repeated<T>>()) else { return Ok(()) };
            let outcome = run(plugin, host);
            if let Some(kept) = closures.lock().timers.get_mut(&timer.bits) {
                *kept = Some(run);
            }
            outcome
        })
    }
}
