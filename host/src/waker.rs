//! What any thread may do to a host.

use std::collections::VecDeque;
use std::ptr::without_provenance_mut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pintle_abi_core::{Message, Session, Socket, status};

use crate::application;
use crate::engine::Engine;
use crate::error::Error;

/// What other threads, and signal handlers, may do to a host. It may outlive the host.
#[derive(Clone)]
pub struct Waker {
    engine: Arc<Engine>,
    stopping: Arc<AtomicBool>,
    with_application: bool,
}

/// Something that is to be closed by its host when that gets to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// A socket is closed.
    Socket(Socket),
    /// A session ends.
    Session(Session),
    /// One of plugin zero's references is given back.
    Message(Message),
}

impl Waker {
    pub(crate) fn new(engine: &Arc<Engine>, stopping: &Arc<AtomicBool>, with_application: bool) -> Self {
        Self { engine: engine.clone(), stopping: stopping.clone(), with_application }
    }

    /// Ends the wait of [`Host::poll`](crate::Host::poll), or the next one. Also in a signal handler.
    pub fn wake(&self) {
        self.engine.outside.reactor.wake();
    }

    /// Ends [`Host::run`](crate::Host::run) after its present turn; if none runs, the next one ends before its first.
    /// Also in a signal handler.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.wake();
    }

    /// Has something closed in the next [`Host::poll`](crate::Host::poll): for finalizers, which must not call anything
    /// that calls back. What is gone already is left alone.
    pub fn post(&self, closing: Closing) {
        if self.engine.posted.add(closing) {
            self.wake();
        }
    }

    /// Has [`Application::task`](crate::Application::task) called with `task`, in a later turn on the kernel thread.
    ///
    /// # Errors
    /// `E_STATE`: the host has no application. `E_CLOSED`: it has ended. `E_AGAIN`: too many tasks wait.
    pub fn submit(&self, task: usize) -> Result<(), Error> {
        if !self.with_application {
            return Err(Error::plain(status::E_STATE));
        }
        if self.engine.posted.queue().ended {
            return Err(Error::plain(status::E_CLOSED));
        }
        let (plugin, task) = (self.engine.kernel().zero(), without_provenance_mut(task));
        // SAFETY: plugin zero and its tables live as long as the engine, and any thread may submit.
        let submitted = unsafe {
            ((*(*(*plugin).api).executor).submit)(plugin, Some(application::task), task, Message::default())
        };
        if submitted == status::OK { Ok(()) } else { Err(Error::plain(submitted)) }
    }
}

/// What was posted and is not closed yet.
#[derive(Default)]
pub(crate) struct Posted {
    queue: Mutex<Queue>,
    filled: AtomicBool,
}

#[derive(Default)]
struct Queue {
    closings: VecDeque<Closing>,
    ended: bool,
}

impl Posted {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the host has to hear of it.
    fn add(&self, closing: Closing) -> bool {
        let mut queue = self.queue();
        if queue.ended {
            return false;
        }
        queue.closings.push_back(closing);
        !self.filled.swap(true, Ordering::Relaxed)
    }

    /// The oldest; cheap when there is none.
    pub(crate) fn take(&self) -> Option<Closing> {
        if !self.filled.load(Ordering::Relaxed) {
            return None;
        }
        let mut queue = self.queue();
        let closing = queue.closings.pop_front();
        self.filled.store(!queue.closings.is_empty(), Ordering::Relaxed);
        closing
    }

    /// The host ends, and closes everything by that.
    pub(crate) fn end(&self) {
        let mut queue = self.queue();
        queue.ended = true;
        queue.closings.clear();
        self.filled.store(false, Ordering::Relaxed);
    }
}
