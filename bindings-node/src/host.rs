//! A host, as JavaScript has it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use pintle_host::abi::status;
use pintle_host::{Calls, Error, LogQueue};

use crate::application::{Desk, Zero};
use crate::class::Methods;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::function::Call;
use crate::news::News;
use crate::slip::Slip;
use crate::turn::Turns;
use crate::value::Raw;
use crate::{limits, message, offer, plugin, request, session, socket, timer};

/// How many lines of the log wait until the kernel thread gets to them.
const LOG_LINES: usize = 1024;

/// A host, and what its environment has for it.
pub(crate) struct Host {
    pub(crate) desk: Rc<Desk>,
    pub(crate) news: News,
    pub(crate) slip: Slip,
    inner: RefCell<Option<pintle_host::Host>>,
    turns: RefCell<Option<Turns>>,
    /// How many calls are on the stack.
    depth: Cell<u32>,
}

impl Host {
    /// Starts a host with its limits, the functions to tell, and the capacity of its queues. Gives an object with the
    /// functions of the host.
    pub(crate) fn start(environment: &Rc<Environment>, call: &Call) -> Result<Raw, Failure> {
        let env = call.env;
        let limits = limits::read(env, call.value(0))?;
        let desk = Rc::new(Desk::new(environment, call.value(1), call.u32(2)? as usize)?);
        let log = LogQueue::new(LOG_LINES);
        let inner = pintle_host::Host::builder()
            .limits(limits)
            .log_to(&log)
            .application(Zero(desk.clone()))
            .start()?;
        let this = Rc::new(Self {
            desk,
            news: News::new(log),
            slip: Slip::new(env)?,
            inner: RefCell::new(Some(inner)),
            turns: RefCell::new(None),
            depth: Cell::new(0),
        });
        *this.turns.borrow_mut() = Some(Turns::begin(&this)?);
        environment.add(&this);
        let object = environment.class.object(env, this.clone())?;
        message::add_functions(env, object, &this)?;
        request::add_functions(env, object, &this)?;
        Ok(Raw(object))
    }

    /// All that JavaScript does with a host.
    pub(crate) fn add_methods(methods: &mut Methods<Self>) {
        methods.add(c"limits", |this, call| this.with(|host| limits::write(call.env, host.limits())));
        methods.add(c"expect", |this, call| {
            this.news.expect(call.get(0)?);
            Ok(())
        });
        methods.add(c"keepAlive", |this, call| {
            if let Some(turns) = &*this.turns.borrow() {
                turns.keep_alive(call.get(0)?);
            }
            Ok(())
        });
        methods.add(c"stop", |this, call| this.stop(milliseconds(call.get(0)?)?));
        methods.add(c"free", |this, _| this.free());
        plugin::add_methods(methods);
        socket::add_methods(methods);
        session::add_methods(methods);
        request::add_methods(methods);
        message::add_methods(methods);
        timer::add_methods(methods);
        offer::add_methods(methods);
    }

    /// Runs `run` on the host, then tells JavaScript what came of it.
    ///
    /// An exception that a callback of the application threw meanwhile replaces the result of `run`.
    #[inline(always)]
    pub(crate) fn with<R>(
        &self,
        run: impl FnOnce(&pintle_host::Host) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let answer = {
            let inner = self.inner.borrow();
            let Some(host) = &*inner else { return Err(closed()) };
            self.depth.set(self.depth.get() + 1);
            let answer = run(host);
            if self.depth.get() == 1 {
                self.news.tell(&self.desk, host);
            }
            self.depth.set(self.depth.get() - 1);
            answer
        };
        match self.desk.take_thrown() {
            Some(thrown) => Err(Failure::Thrown(Box::new(thrown))),
            None => answer,
        }
    }

    /// Looks at the host, if it is not closed, without calling anything that calls back.
    pub(crate) fn glance(&self, look: impl FnOnce(&pintle_host::Host)) {
        if let Some(host) = &*self.inner.borrow() {
            look(host);
        }
    }

    /// Makes calls of plugin zero.
    #[inline(always)]
    pub(crate) fn calls<R>(&self, run: impl FnOnce(&Calls<'_>) -> Result<R, Error>) -> Result<R, Failure> {
        self.with(|host| Ok(run(&host.calls()?)?))
    }

    /// Ends all plugins, the last one first. Together they have `patience` to stop.
    pub(crate) fn stop(&self, patience: Duration) -> Result<(), Failure> {
        self.outermost()?;
        self.with(|host| {
            plugin::unload_all(host, &self.news, patience);
            Ok(())
        })
    }

    /// Frees everything that the host has. The caller must detach all views before JavaScript runs again.
    pub(crate) fn free(&self) -> Result<(), Failure> {
        self.outermost()?;
        *self.turns.borrow_mut() = None;
        if let Some(host) = self.inner.take() {
            // A plugin that was loaded while the others stopped has no time left.
            let _ = host.close(Duration::ZERO);
        }
        self.desk.leave();
        Ok(())
    }

    /// Refuses to end what is on the stack.
    fn outermost(&self) -> Result<(), Failure> {
        if self.depth.get() == 0 {
            return Ok(());
        }
        let text = "called from inside one of the host's own callbacks; let close() end it afterwards";
        Err(Error { code: status::E_REENTRANT, plugin: None, text: text.to_owned() }.into())
    }

    /// Whether it has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.inner.borrow().is_none()
    }
}

#[cold]
fn closed() -> Failure {
    Error { code: status::E_CLOSED, plugin: None, text: "the host is closed".to_owned() }.into()
}

/// A time, as JavaScript gives it.
pub(crate) fn milliseconds(time: f64) -> Result<Duration, Failure> {
    Duration::try_from_secs_f64(time / 1e3)
        .map_err(|_| Failure::argument(format!("{time} is not a time in milliseconds")))
}
