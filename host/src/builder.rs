//! The options of a host, and its start.

use std::ffi::c_void;

use pintle_abi_core::Limits;

use crate::application::{Application, Seat};
use crate::engine::Engine;
use crate::error::Error;
use crate::host::Host;
use crate::interfaces::Interfaces;
use crate::log::{self, Line, Sink};
use crate::log_queue::LogQueue;
use crate::platform::Outside;
use crate::workers::Workers;

/// The options of a new host.
pub struct Builder {
    limits: Limits,
    sink: Sink,
    log_queue: Option<LogQueue>,
    application: Option<Box<dyn Application>>,
    interfaces: Interfaces,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            limits: default_limits(),
            sink: log::tracing(),
            log_queue: None,
            application: None,
            interfaces: Interfaces::default(),
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

    /// Starts the host. The calling thread becomes its kernel thread.
    ///
    /// # Errors
    /// `E_ARGUMENT`: a limit is out of range, or an interface has no table or the id of another one. `E_CAPACITY`: the process
    /// has as many hosts as it can have. `E_IO`: the system has no memory, descriptor or thread for it.
    pub fn start(self) -> Result<Host, Error> {
        self.interfaces.check()?;
        let engine = Engine::start(&self.limits, Outside::new(self.sink, self.interfaces)?)?;
        if let Some(queue) = self.log_queue {
            queue.wakes(&engine);
        }
        let seat = self.application.map(|application| Box::new(Seat::new(application, engine.kernel())));
        if let Some(seat) = &seat {
            let with_inbox = engine.kernel().limits().inbox != 0;
            seat.take(engine.kernel(), with_inbox)?;
        }
        let workers = Workers::start(&engine, engine.kernel().limits().workers)?;
        let host = Host::new(engine, seat, workers);
        host.settle();
        Ok(host)
    }
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
