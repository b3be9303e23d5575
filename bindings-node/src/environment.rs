//! One JavaScript environment, that of the main thread or of a worker, with the hosts that live in it.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr::null_mut;
use std::rc::{Rc, Weak};
use std::time::Duration;

use napi::sys;
use pintle_host::{Error, status_name, status_text};

use crate::class::Class;
use crate::failure::Failure;
use crate::function;
use crate::host::Host;
use crate::inspection;
use crate::value::{self, Reference};

/// How long each plugin may take to stop when its environment ends: an exit must not look like a hang.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// The state of the addon in one environment.
pub(crate) struct Environment {
    pub(crate) env: sys::napi_env,
    pub(crate) class: Class<Host>,
    /// The hosts that are not closed.
    hosts: RefCell<Vec<Weak<Host>>>,
    /// Makes an error of a code, a text and the name of an instance.
    failure: RefCell<Option<Reference>>,
    /// Watches that the loop has not let go of.
    watches: Cell<usize>,
    /// Set while the environment ends, when no JavaScript can run any more.
    ending: Cell<Option<sys::napi_async_cleanup_hook_handle>>,
}

impl Environment {
    /// Sets up an environment that loads the addon.
    pub(crate) fn begin(env: sys::napi_env, exports: sys::napi_value) -> Result<(), Failure> {
        let this = Rc::new(Self {
            env,
            class: Class::define(env, c"NativeHost", Host::add_methods)?,
            hosts: RefCell::default(),
            failure: RefCell::default(),
            watches: Cell::new(0),
            ending: Cell::new(None),
        });
        function::add(env, exports, "setFailure", &this, |this, call| {
            *this.failure.borrow_mut() = Some(Reference::new(call.env, call.value(0))?);
            Ok(())
        })?;
        function::add(env, exports, "start", &this, Host::start)?;
        function::add(env, exports, "inspect", &this, |_, call| inspection::inspect(call))?;
        function::add(env, exports, "statusName", &this, |_, call| {
            Ok(status_name(call.get(0)?).unwrap_or_default())
        })?;
        function::add(env, exports, "statusText", &this, |_, call| Ok(status_text(call.get(0)?)))?;
        function::add(env, exports, "detach", &this, |_, call| {
            // SAFETY: the value is of this call; what is not a buffer is refused.
            let detached = unsafe { sys::napi_detach_arraybuffer(call.env, call.value(0)) };
            value::check(detached, "a buffer that can be detached is wanted")
        })?;
        let data = Rc::into_raw(this.clone()).cast_mut().cast();
        // SAFETY: the data lives until its finalizer, and a share in it until the hook has been removed.
        unsafe {
            let kept = sys::napi_set_instance_data(env, data, Some(finalize), null_mut());
            value::check(kept, "no memory for the environment")?;
            let share = Rc::into_raw(this).cast_mut().cast();
            let hooked = sys::napi_add_async_cleanup_hook(env, Some(end), share, null_mut());
            value::check(hooked, "no memory for the environment")
        }
    }

    /// The environment that `env` stands for.
    pub(crate) fn of(env: sys::napi_env) -> Rc<Self> {
        let mut data = null_mut();
        // SAFETY: `begin` set the instance data before any function of the addon could be called.
        unsafe {
            sys::napi_get_instance_data(env, &raw mut data);
            let data = data.cast_const().cast::<Self>();
            Rc::increment_strong_count(data);
            Rc::from_raw(data)
        }
    }

    /// Whether JavaScript can run.
    pub(crate) fn is_live(&self) -> bool {
        self.ending.get().is_none()
    }

    /// Makes an error JavaScript's exception.
    pub(crate) fn throw(&self, error: &Error) {
        // If something fails here, an exception is pending already.
        let _ = self.try_throw(error);
    }

    fn try_throw(&self, error: &Error) -> Result<(), Failure> {
        let env = self.env;
        let arguments = [
            value::of(env, error.code)?,
            value::of(env, error.text.as_str())?,
            value::of(env, error.plugin.as_deref())?,
        ];
        let make = self.failure.borrow().as_ref().map(Reference::value);
        let made = value::call(env, make.ok_or(Failure::Pending)?, &arguments)?;
        // SAFETY: the environment is live, and nothing is pending in it.
        value::check(unsafe { sys::napi_throw(env, made) }, "nothing can be thrown")
    }

    /// Notes a host that began.
    pub(crate) fn add(&self, host: &Rc<Host>) {
        let mut hosts = self.hosts.borrow_mut();
        hosts.retain(|host| host.upgrade().is_some_and(|host| !host.is_closed()));
        hosts.push(Rc::downgrade(host));
    }

    /// Ends every host, and waits no longer than an exit may take.
    fn end_hosts(&self) {
        let hosts: Vec<_> = self.hosts.take().iter().filter_map(Weak::upgrade).collect();
        for host in hosts {
            // The environment ends, so the receipts of the plugins are dropped.
            let _ = host.stop(LAST_WAIT);
            let _ = host.free();
        }
    }

    /// Counts a watch that begins.
    pub(crate) fn watch_began(&self) {
        self.watches.set(self.watches.get() + 1);
    }

    /// Counts a watch that the loop has let go of.
    pub(crate) fn watch_ended(&self) {
        self.watches.set(self.watches.get() - 1);
        self.leave();
    }

    /// Lets the environment go on to end, once nothing of it is left in its loop.
    fn leave(&self) {
        if self.watches.get() == 0
            && let Some(hook) = self.ending.get()
        {
            // SAFETY: the handle of the hook that runs, which is removed once: no watch begins any more.
            unsafe { sys::napi_remove_async_cleanup_hook(hook) };
        }
    }
}

/// The environment ends: a worker was terminated, or the main thread is done.
unsafe extern "C" fn end(hook: sys::napi_async_cleanup_hook_handle, data: *mut c_void) {
    // SAFETY: the share that `begin` gave.
    let this = unsafe { Rc::from_raw(data.cast_const().cast::<Environment>()) };
    this.ending.set(Some(hook));
    this.end_hosts();
    this.leave();
}

unsafe extern "C" fn finalize(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: the share that `begin` gave.
    drop(unsafe { Rc::from_raw(data.cast_const().cast::<Environment>()) });
}
