//! The turns of a host in Node's loop.

use std::cell::Cell;
use std::ptr::null_mut;
use std::rc::{Rc, Weak};
use std::time::Duration;

use napi::sys;

use crate::environment::Environment;
use crate::failure::Failure;
use crate::host::Host;
use crate::uv::{Driven, Watch};
use crate::value::{self, Reference, Scope};

/// A host's place in the loop of its environment.
pub(crate) struct Turns {
    watch: Watch,
}

impl Turns {
    /// Lets the loop drive a host.
    pub(crate) fn begin(host: &Rc<Host>) -> Result<Self, Failure> {
        let environment = &host.desk.environment;
        let env = environment.env;
        let mut uv = null_mut();
        // SAFETY: the place is writable.
        let found = unsafe { sys::napi_get_uv_event_loop(env, &raw mut uv) };
        value::check(found, "the environment has no loop")?;
        let turn = Turn {
            host: Rc::downgrade(host),
            context: Context::new(env)?,
            armed: Cell::new(None),
            _counted: Counted::new(environment),
        };
        // SAFETY: the loop is the environment's own, which runs until the count of watches is back at zero; the host is
        // dropped after its turns.
        let watch = host.with(|inner| unsafe {
            Watch::start(uv, inner.pollable(), Box::new(turn))
                .map_err(|code| Failure::argument(format!("libuv refused to watch the host ({code})")))
        })?;
        Ok(Self { watch })
    }

    /// Whether the loop stays alive for the host.
    pub(crate) fn keep_alive(&self, keep: bool) {
        self.watch.keep_alive(keep);
    }
}

/// The function that the loop calls.
struct Turn {
    host: Weak<Host>,
    context: Context,
    /// The deadline that was last set at the host's fd.
    armed: Cell<Option<u64>>,
    _counted: Counted,
}

impl Driven for Turn {
    fn ready(&self) {
        let Some(host) = self.host.upgrade() else { return };
        let environment = &host.desk.environment;
        if !environment.is_live() {
            return;
        }
        let env = environment.env;
        let _scope = Scope::open(env);
        self.context.run(|| {
            // One turn, so that others in the loop have theirs.
            let turned = host.with(|inner| Ok(inner.poll(Some(Duration::ZERO))?));
            if let Err(failure) = turned {
                failure.throw(env);
                let mut thrown = null_mut();
                // SAFETY: the place is writable. Nobody in JavaScript caused this: it is an uncaught exception.
                unsafe {
                    sys::napi_get_and_clear_last_exception(env, &raw mut thrown);
                    sys::napi_fatal_exception(env, thrown);
                }
            }
        });
    }

    /// A call may have set a deadline, which the next turn makes known to the descriptor.
    fn about_to_wait(&self) {
        let Some(host) = self.host.upgrade() else { return };
        host.glance(|inner| {
            let deadline = inner.next_deadline().unwrap_or_default();
            if deadline == Some(0) || deadline != self.armed.replace(deadline) {
                inner.waker().wake();
            }
        });
    }
}

/// The context in which Node runs the microtasks of a callback that comes from the loop.
struct Context {
    env: sys::napi_env,
    resource: Reference,
    context: sys::napi_async_context,
}

impl Context {
    fn new(env: sys::napi_env) -> Result<Self, Failure> {
        let (resource, name) = (value::object(env)?, value::of(env, "pintle")?);
        let mut context = null_mut();
        // SAFETY: the place is writable.
        let begun = unsafe { sys::napi_async_init(env, resource, name, &raw mut context) };
        value::check(begun, "no memory for an asynchronous context")?;
        Ok(Self { env, resource: Reference::new(env, resource)?, context })
    }

    fn run(&self, run: impl FnOnce()) {
        let mut scope = null_mut();
        // SAFETY: the context lives, the place is writable, and a scope is open for the handles.
        unsafe {
            sys::napi_open_callback_scope(self.env, self.resource.value(), self.context, &raw mut scope);
        }
        run();
        // SAFETY: opened above.
        unsafe { sys::napi_close_callback_scope(self.env, scope) };
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: made once, destroyed once.
        unsafe { sys::napi_async_destroy(self.env, self.context) };
    }
}

/// A watch that the environment waits for when it ends.
struct Counted(Rc<Environment>);

impl Counted {
    fn new(environment: &Rc<Environment>) -> Self {
        environment.watch_began();
        Self(environment.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.watch_ended();
    }
}
