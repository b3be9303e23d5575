//! The calls that any thread may make to a host.

use std::collections::VecDeque;
use std::ptr::without_provenance_mut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pintle_abi_core::{Message, Session, Socket, status};

use crate::application;
use crate::engine::Engine;
use crate::error::Error;

/// The calls that other threads and signal handlers may make to a host. It may outlive the host.
#[derive(Clone)]
pub struct Waker {
    engine: Arc<Engine>,
    stopping: Arc<AtomicBool>,
    with_application: bool,
}

/// An object that its host is to close in a later turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// Closes a socket.
    Socket(Socket),
    /// Ends a session.
    Session(Session),
    /// Releases one reference of plugin zero to a message.
    Message(Message),
}

impl Waker {
    pub(crate) fn new(engine: &Arc<Engine>, stopping: &Arc<AtomicBool>, with_application: bool) -> Self {
        Self { engine: engine.clone(), stopping: stopping.clone(), with_application }
    }

    /// Ends the wait of [`Host::poll`](crate::Host::poll). If it does not wait, its next wait ends at once. A signal handler may
    /// call this.
    pub fn wake(&self) {
        if self.is_of_this_process() {
            self.engine.outside.reactor.wake();
        }
    }

    /// The plugin and the callback that the host is inside, innermost, as far as another thread can tell.
    #[must_use]
    pub fn running(&self) -> Option<(String, String)> {
        self.engine.running()
    }

    /// Whether the host belongs to this process, and not to the parent of a forked child. A signal handler may call this.
    #[must_use]
    pub fn is_of_this_process(&self) -> bool {
        self.engine.outside.process.is_this()
    }

    /// Refuses calls in a forked child.
    ///
    /// # Errors
    /// `E_CLOSED`: the host belongs to the parent.
    pub fn check_process(&self) -> Result<(), Error> {
        self.engine.check_process()
    }

    /// Ends [`Host::run`](crate::Host::run) after its present turn. If it does not run, the next call of it ends before its first
    /// turn. A signal handler may call this.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.wake();
    }

    /// Has an object closed in the next [`Host::poll`](crate::Host::poll). This is for finalizers, which must not make calls
    /// that run callbacks. An object that has ended already is ignored.
    pub fn post(&self, closing: Closing) {
        if self.is_of_this_process() && self.engine.posted.add(closing) {
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
        self.check_process()?;
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

/// The objects that were posted and are not closed yet.
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

    /// Whether the host has to be woken.
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

    /// The host ends, which closes everything.
    pub(crate) fn end(&self) {
        let mut queue = self.queue();
        queue.ended = true;
        queue.closings.clear();
        self.filled.store(false, Ordering::Relaxed);
    }
}
