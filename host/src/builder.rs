//! The options of a host, and its start.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::time::Duration;

use pintle_abi_core::{LOG_TRACE, Limits};
use pintle_kernel::Kernel;

use crate::application::{Application, Seat};
use crate::dialect::Dialect;
use crate::dialects::Dialects;
use crate::engine::{Engine, Memory};
use crate::error::Error;
use crate::host::Host;
use crate::interfaces::Interfaces;
use crate::log::{self, Line, Log, Sink};
use crate::log_queue::LogQueue;
use crate::platform::Outside;
#[cfg(doc)]
use crate::receipt::Receipt;
use crate::watchdog::Watchdog;
use crate::workers::Workers;

/// The options of a new host.
pub struct Builder {
    limits: Limits,
    sink: Sink,
    log_level: u32,
    log_queue: Option<LogQueue>,
    memory: Option<Memory>,
    worker_name: String,
    worker_stack: usize,
    watchdog: Option<Duration>,
    watches_process: bool,
    application: Option<Box<dyn Application>>,
    interfaces: Interfaces,
    dialects: Dialects,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            limits: default_limits(),
            sink: log::tracing(),
            log_level: LOG_TRACE,
            log_queue: None,
            memory: None,
            worker_name: "pintle-".to_owned(),
            worker_stack: 2 << 20,
            watchdog: None,
            watches_process: false,
            application: None,
            interfaces: Interfaces::default(),
            dialects: Dialects::default(),
        }
    }

    /// Sets the limits. A member that is 0 stands for its default.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the destination of the log, which is called on the thread that writes a line. The default is `tracing`.
    #[must_use]
    pub fn log(mut self, sink: impl Fn(&Line<'_>) + Send + Sync + 'static) -> Self {
        self.sink = Box::new(sink);
        self
    }

    /// Drops log lines of a later level than this `LOG_` constant, before they reach their destination.
    #[must_use]
    pub fn log_level(mut self, level: u32) -> Self {
        self.log_level = level;
        self
    }

    /// Has the host live in the program's own memory. How much it needs is told by [`region_size`](crate::region_size).
    ///
    /// # Safety
    /// The memory is writable for `size` bytes, and nobody else uses it until the host has been dropped; if one of its plugins
    /// was [abandoned](pintle_abi_core::OUTCOME_ABANDONED), for ever.
    #[must_use]
    pub unsafe fn memory(mut self, start: NonNull<u8>, size: usize) -> Self {
        self.memory = Some(Memory { start, size });
        self
    }

    /// Sets what the threads of the workers are called: the number of the worker follows. At most 12 bytes. The default is
    /// `pintle-`.
    #[must_use]
    pub fn worker_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.worker_name);
        self
    }

    /// Sets the stack of each worker, in bytes. The default is 2 MiB.
    #[must_use]
    pub fn worker_stack(mut self, bytes: usize) -> Self {
        self.worker_stack = bytes;
        self
    }

    /// Has a thread of its own look at the kernel thread, and log an error that names the plugin and the callback when one takes
    /// longer than `budget` without calling anything. Workers are not looked at, because slow work is what they are for.
    #[must_use]
    pub fn watchdog(mut self, budget: Duration) -> Self {
        self.watchdog = Some(budget);
        self
    }

    /// Looks at what the process has in common when an instance is created and when it ends: the actions of signals, the locale and
    /// the working directory. A warning and the [reason](Receipt::reason) of the receipt tell what has changed; it may have been the
    /// program. A signal that is left with a handler of the plugin gets the one back that it had. This takes some 70 system calls
    /// each time.
    #[must_use]
    pub fn watch_process(mut self) -> Self {
        self.watches_process = true;
        self
    }

    /// Keeps log lines in a queue. The host wakes up when another thread writes a line.
    #[must_use]
    pub fn log_to(mut self, queue: &LogQueue) -> Self {
        self.log_queue = Some(queue.clone());
        let queue = queue.clone();
        self.log(move |line| queue.write(line))
    }

    /// Sets the callbacks of the application, which is plugin zero.
    #[must_use]
    pub fn application(mut self, application: impl Application) -> Self {
        self.application = Some(Box::new(application));
        self
    }

    /// Lets plugins find a table by an id, through `extension`, and ask for it in `needs`. A function of the table finds out
    /// which plugin calls it by [`caller`](crate::caller).
    ///
    /// # Safety
    /// The table stays valid as long as the host lives, is what the header of the interface says, and any thread may use
    /// it, unless that header says otherwise.
    #[must_use]
    pub unsafe fn interface(mut self, id: &str, table: *const c_void) -> Self {
        self.interfaces.add(id, table);
        self
    }

    /// Lets the host load the libraries of one more dialect. This contract's own comes first, and those that were added before.
    #[must_use]
    pub fn dialect(mut self, dialect: impl Dialect) -> Self {
        self.dialects = self.dialects.with(dialect);
        self
    }

    /// Starts the host. The calling thread becomes its kernel thread.
    ///
    /// # Errors
    /// `E_ARGUMENT`: a limit is out of range, the memory is not aligned to 64, the name of the workers is too long or has a NUL,
    /// an interface has no table or the id of another one, or a dialect has no name or that of another one. `E_CAPACITY`: the process has as many hosts as it can have, or the
    /// memory is too small for the limits. `E_IO`: the system has no memory, descriptor or thread for it.
    pub fn start(self) -> Result<Host, Error> {
        self.interfaces.check()?;
        self.dialects.check()?;
        Workers::check_name(&self.worker_name)?;
        let log = Log::new(self.sink, self.log_level);
        let mut outside = Outside::new(log, self.interfaces)?;
        outside.watches_process = self.watches_process;
        outside.dialects = self.dialects;
        let engine = Engine::start(&self.limits, outside, self.memory)?;
        if let Some(queue) = self.log_queue {
            queue.wakes(&engine);
        }
        let seat = self.application.map(|application| Box::new(Seat::new(application, engine.kernel())));
        if let Some(seat) = &seat {
            let with_inbox = engine.kernel().limits().inbox != 0;
            seat.take(engine.kernel(), with_inbox)?;
        }
        let workers = Workers::start(&engine, &self.worker_name, self.worker_stack)?;
        let watchdog = self.watchdog.map(|budget| Watchdog::start(&engine, budget)).transpose()?;
        let host = Host::new(engine, seat, workers, watchdog);
        host.settle();
        Ok(host)
    }
}

/// Bytes of memory that a host with these limits takes, for [`Builder::memory`].
///
/// # Errors
/// `E_ARGUMENT`: a limit is out of range.
pub fn region_size(limits: &Limits) -> Result<usize, Error> {
    Kernel::region_size(limits).map_err(Error::plain)
}

/// Limits that all stand for their defaults.
#[must_use]
pub fn default_limits() -> Limits {
    Limits {
        size: size_of::<Limits>() as u32,
        plugins: 0,
        sockets: 0,
        sessions: 0,
        channels: 0,
        services: 0,
        requests: 0,
        requests_per_session: 0,
        messages: 0,
        message_bytes: 0,
        large_messages: 0,
        large_message_bytes: 0,
        worker_messages: 0,
        worker_large_messages: 0,
        tasks: 0,
        timers: 0,
        watches: 0,
        inbox: 0,
        workers: 0,
        depth: 0,
        offers: 0,
    }
}
