//! Lines of the log that wait until one thread fetches them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use crate::engine::Engine;
use crate::log::Line;

/// A line that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenLine {
    /// One of the `LOG_` constants.
    pub level: u32,
    /// The instance that wrote it; empty for the host itself.
    pub plugin: String,
    /// The part of the plugin that it named; may be empty.
    pub target: String,
    /// What it says.
    pub text: String,
}

/// A bounded queue of lines, for applications whose log may not be written on any thread. Lines are written into it on
/// whatever thread they arise, and [taken](Self::take) by one. A line that finds it full is lost, and counted.
#[derive(Clone)]
pub struct LogQueue(Arc<Shared>);

struct Shared {
    capacity: usize,
    filled: AtomicBool,
    lines: Mutex<Lines>,
    engine: OnceLock<Weak<Engine>>,
}

#[derive(Default)]
struct Lines {
    waiting: VecDeque<WrittenLine>,
    lost: u64,
}

impl LogQueue {
    /// A queue for at most `capacity` lines.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self(Arc::new(Shared {
            capacity,
            filled: AtomicBool::new(false),
            lines: Mutex::default(),
            engine: OnceLock::new(),
        }))
    }

    /// All lines that wait, oldest first, and how many were lost after them. Costs next to nothing when there are none.
    #[must_use]
    pub fn take(&self) -> (Vec<WrittenLine>, u64) {
        if !self.0.filled.swap(false, Ordering::Acquire) {
            return (Vec::new(), 0);
        }
        let mut lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        (lines.waiting.drain(..).collect(), std::mem::take(&mut lines.lost))
    }

    /// Whether lines wait.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.0.filled.load(Ordering::Relaxed)
    }

    pub(crate) fn write(&self, line: &Line<'_>) {
        {
            let mut lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
            if lines.waiting.len() < self.0.capacity {
                lines.waiting.push_back(WrittenLine {
                    level: line.level,
                    plugin: line.plugin.to_owned(),
                    target: line.target.to_owned(),
                    text: line.text.to_owned(),
                });
            } else {
                lines.lost += 1;
            }
        }
        let filled = self.0.filled.swap(true, Ordering::Release);
        if !filled && let Some(engine) = self.0.engine.get().and_then(Weak::upgrade) {
            engine.wake_unless_here();
        }
    }

    /// Names the host that is to be woken when another thread writes.
    pub(crate) fn wakes(&self, engine: &Arc<Engine>) {
        // A queue that several hosts write to wakes the first.
        let _ = self.0.engine.set(Arc::downgrade(engine));
    }
}
