//! The threads that run slow requests and worker tasks.

use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use crate::engine::Engine;
use crate::error::Error;
use crate::signal_stack;
use crate::threads::OfHost;

/// The workers of one host.
pub(crate) struct Workers {
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    pub(crate) fn start(engine: &Arc<Engine>, count: u32) -> Result<Self, Error> {
        let mut this = Self { threads: Vec::new() };
        for index in 0..count {
            let own = engine.clone();
            let thread =
                Builder::new().name(format!("pintle-worker-{index}")).spawn(move || run(&own, index));
            match thread {
                Ok(thread) => this.threads.push(thread),
                Err(error) => {
                    engine.outside.work.end();
                    this.join();
                    return Err(error.into());
                }
            }
        }
        Ok(this)
    }

    /// Waits for all of them to end, after [`Work::end`](crate::platform::Work::end).
    pub(crate) fn join(&mut self) {
        for thread in self.threads.drain(..) {
            // A panic of a plugin is caught before it reaches this.
            let _ = thread.join();
        }
    }

    /// Does not wait for them, because one of them is inside a plugin that does not return.
    pub(crate) fn abandon(&mut self) {
        self.threads.clear();
    }
}

fn run(engine: &Engine, index: u32) {
    let _of_host = OfHost::begin();
    signal_stack::offer();
    while engine.outside.work.wait() {
        while engine.kernel().work(index) {}
    }
}
