//! The watchdog: a thread that says in which callback the kernel thread has been for too long.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use pintle_abi_core::LOG_ERROR;

use crate::engine::Engine;
use crate::error::Error;
use crate::threads::OfHost;
use crate::workers::Blocked;

/// How often the watchdog looks before the budget is over. A crossing that is the same at each look has begun no other: of their
/// count only one byte is there to compare.
const LOOKS: u32 = 8;

/// The watchdog of a host. It ends when this is dropped.
pub(crate) struct Watchdog {
    ended: Arc<Ended>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Ended {
    flag: Mutex<bool>,
    changed: Condvar,
}

impl Ended {
    /// Waits for `time`, or until the watchdog is to end, and says whether it is.
    fn wait(&self, time: Duration) -> bool {
        let flag = self.flag.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(flag, time, |ended| !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Watchdog {
    pub(crate) fn start(engine: &Arc<Engine>, budget: Duration) -> Result<Self, Error> {
        let ended = Arc::<Ended>::default();
        let (own, engine) = (ended.clone(), engine.clone());
        let builder = Builder::new().name("pintle-watchdog".to_owned());
        let thread = Blocked::signals(|| builder.spawn(move || watch(&engine, budget, &own)))?;
        Ok(Self { ended, thread: Some(thread) })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        *self.ended.flag.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.ended.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It runs no code of others but the log's, whose panics are caught.
            let _ = thread.join();
        }
    }
}

/// What the kernel thread is inside, and how many crossings have begun.
#[derive(PartialEq, Eq)]
struct Look {
    plugin: String,
    callback: String,
    crossings: u8,
}

fn watch(engine: &Engine, budget: Duration, ended: &Ended) {
    let _of_host = OfHost::begin();
    let mut since = None::<(Look, Instant, bool)>;
    while !ended.wait(budget / LOOKS) {
        let Some((plugin, callback)) = engine.running() else {
            since = None;
            continue;
        };
        let look = Look { plugin, callback, crossings: engine.kernel().crossings() };
        match &mut since {
            Some((before, at, has_told)) if *before == look => {
                if !*has_told && at.elapsed() >= budget {
                    *has_told = true;
                    let text = format!(
                        "it has been inside {} for {:.1} s, and has called nothing meanwhile: the host waits for it",
                        look.callback,
                        at.elapsed().as_secs_f64()
                    );
                    engine.outside.log(LOG_ERROR, &look.plugin, &text);
                }
            }
            _ => since = Some((look, Instant::now(), false)),
        }
    }
}
