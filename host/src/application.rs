//! The program that embeds the host, as plugin zero.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::NonNull;

use pintle_abi_core::{
    Callbacks, Message, MessageInfo, Offer, OfferInfo, Plugin, RESULT_EXCEPTION, RESULT_RESULT, ResultInfo,
    Session, Socket, Timer, status,
};
use pintle_kernel::Kernel;

use crate::calls::texts::Texts;
use crate::calls::{Calls, text};
use crate::error::Error;

/// The result of a callback: success, or a status.
pub type Answer = Result<(), i32>;

/// One answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A result.
    Result(Message),
    /// The request failed, with a code and a text, if there is one (a handle of no message stands for none).
    Exception(i32, Message),
    /// The request is over, with `OK`, `E_CANCELLED`, or the status that the handler returned.
    Done(i32),
}

/// The callbacks of the application. All of them are optional.
///
/// A callback runs on the kernel thread, inside the call to the host that caused it, and may be entered again while it
/// runs. A panic of a callback continues in that call. A message is released when the callback returns, unless it was
/// [retained](Calls::retain).
#[allow(unused_variables, reason = "the names of what a callback is given are its documentation")]
pub trait Application: Send + 'static {
    /// A plugin begins to serve a socket, at this address.
    fn socket_attached(&self, calls: &Calls<'_>, socket: Socket, address: &str) {}

    /// A plugin no longer serves a socket.
    fn socket_detached(&self, calls: &Calls<'_>, socket: Socket) {}

    /// A plugin created a session.
    fn session_created(&self, calls: &Calls<'_>, session: Session) {}

    /// A session has ended; its handle serves as a key only.
    fn session_destroyed(&self, calls: &Calls<'_>, session: Session) {}

    /// A call on this session that returned `E_AGAIN` can be tried again.
    fn session_writable(&self, calls: &Calls<'_>, session: Session) {}

    /// A message or a request came in, through all filters; also on a session that the application created. Not called if
    /// the host has an inbox.
    ///
    /// # Errors
    /// A status, which the call that handed the message in returns.
    fn message_in(&self, calls: &Calls<'_>, info: &MessageInfo) -> Answer {
        Ok(())
    }

    /// Whether [`message_out`](Self::message_out) is to be called. Called once, when the host starts. If it returns `false`,
    /// messages that go out do not pass the application.
    fn filters(&self) -> bool {
        true
    }

    /// A message or a result goes out on a session of a plugin. This is the first filter that it passes.
    ///
    /// # Errors
    /// `CONSUMED` to take it, a status to refuse it.
    fn message_out(&self, calls: &Calls<'_>, info: &MessageInfo) -> Answer {
        Ok(())
    }

    /// A message for the peer of a session that the application created.
    ///
    /// # Errors
    /// `E_AGAIN`: not now; [`Calls::resume`] says when.
    fn session_send(&self, calls: &Calls<'_>, session: Session, channel: u32, message: Message) -> Answer {
        Err(status::E_UNSUPPORTED)
    }

    /// An answer to a request on a session that the application created.
    ///
    /// # Errors
    /// `E_AGAIN`: not now; [`Calls::resume`] says when.
    fn session_result(&self, calls: &Calls<'_>, info: &ResultInfo, outcome: Outcome) -> Answer {
        Ok(())
    }

    /// A session that the application created is to end, now or later.
    ///
    /// # Errors
    /// A status to refuse it.
    fn session_disconnect(&self, calls: &Calls<'_>, session: Session) -> Answer {
        Err(status::E_UNSUPPORTED)
    }

    /// A plugin published an interface under an id.
    fn offer_published(&self, calls: &Calls<'_>, offer: Offer, id: &str) {}

    /// A plugin's offer has ended; its handle serves as a key only.
    fn offer_ended(&self, calls: &Calls<'_>, offer: Offer, id: &str) {}

    /// A timer that the application [started](Calls::start_timer) is due.
    fn timer(&self, calls: &Calls<'_>, timer: Timer) {}

    /// A task that the application [submitted](crate::Waker::submit) is to be done.
    fn task(&self, calls: &Calls<'_>, task: usize) {}
}

/// An application and its state, to which the data pointer of plugin zero points.
pub(crate) struct Seat {
    application: Box<dyn Application>,
    kernel: NonNull<Kernel>,
    pub(crate) texts: Texts,
    panicked: Cell<bool>,
    panic: RefCell<Option<Box<dyn Any + Send>>>,
}

impl Seat {
    pub(crate) fn new(application: Box<dyn Application>, kernel: &Kernel) -> Self {
        Self {
            application,
            kernel: NonNull::from(kernel),
            texts: Texts::default(),
            panicked: Cell::default(),
            panic: RefCell::default(),
        }
    }

    /// Makes the application plugin zero of `kernel`, which is the one that the seat was made for. `self` stays where it
    /// is for as long as the kernel lives.
    pub(crate) fn take(&self, kernel: &Kernel, with_inbox: bool) -> Result<(), Error> {
        let plugin = kernel.zero();
        let data = std::ptr::from_ref(self).cast_mut().cast::<c_void>();
        // SAFETY: plugin zero and its tables live as long as the kernel.
        let kept = unsafe { ((*(*(*plugin).api).data).set)(plugin, data) };
        if kept != status::OK {
            return Err(Error::plain(kept));
        }
        let mut table = CALLBACKS;
        if with_inbox {
            table.message_in = None;
        }
        if !self.application.filters() {
            table.message_out = None;
        }
        // SAFETY: the table is copied by the call, and its functions find their seat through plugin zero's data.
        unsafe { kernel.set_callbacks(&raw const table) }.map_err(Error::plain)
    }

    /// Goes on with a panic that a callback was left with.
    #[inline]
    pub(crate) fn resume_panic(&self) {
        if self.panicked.get() {
            self.resume();
        }
    }

    #[cold]
    fn resume(&self) {
        self.panicked.set(false);
        if let Some(panic) = self.panic.take() {
            resume_unwind(panic);
        }
    }
}

/// Runs a callback of the application. Its panic waits for the call that caused it to return.
///
/// # Safety
/// Called by the kernel for plugin zero, on the kernel thread, while its host lives.
unsafe fn enter(plugin: *mut Plugin, run: impl FnOnce(&dyn Application, &Calls<'_>) -> Answer) -> i32 {
    let mut data = std::ptr::null_mut();
    // SAFETY: plugin zero and its tables live; its data is what `Seat::take` stored, and the seat lives as long.
    let seat = unsafe {
        ((*(*(*plugin).api).data).get)(plugin, &raw mut data);
        &*data.cast::<Seat>()
    };
    // SAFETY: the kernel lives during its call.
    let calls = Calls::new(unsafe { seat.kernel.as_ref() }, Some(seat));
    match catch_unwind(AssertUnwindSafe(|| run(&*seat.application, &calls))) {
        Ok(Ok(())) => status::OK,
        Ok(Err(code)) => code,
        Err(panic) => {
            seat.panic.replace(Some(panic));
            seat.panicked.set(true);
            // Not E_PANIC: a plugin that passes its callee's status on would be taken for the one that panicked.
            status::E_POISONED
        }
    }
}

/// Callbacks that pass their arguments to the method of the same name.
macro_rules! callbacks {
    ($($name:ident($($argument:ident: $type:ty),*) => $answer:expr;)*) => {
        $(
            unsafe extern "C" fn $name(plugin: *mut Plugin $(, $argument: $type)*) -> i32 {
                let run = to_be_run($answer);
                // SAFETY: only the kernel calls this, for plugin zero.
                unsafe { enter(plugin, run) }
            }
        )*
    };
}

/// Tells the compiler that a closure takes any lifetime.
fn to_be_run<F: FnOnce(&dyn Application, &Calls<'_>) -> Answer>(run: F) -> F {
    run
}

/// What runs when a timer of the application is due.
///
/// # Safety
/// Only the kernel calls this, for plugin zero with a [`Seat`], on the kernel thread.
pub(crate) unsafe extern "C" fn timer(plugin: *mut Plugin, _data: *mut c_void, timer: Timer) -> i32 {
    let run = to_be_run(|application, calls| {
        application.timer(calls, timer);
        told()
    });
    // SAFETY: the caller's.
    unsafe { enter(plugin, run) }
}

/// What runs a task of the application.
///
/// # Safety
/// As for [`timer`].
pub(crate) unsafe extern "C" fn task(plugin: *mut Plugin, data: *mut c_void, _message: Message) -> i32 {
    let run = to_be_run(|application, calls| {
        application.task(calls, data.addr());
        told()
    });
    // SAFETY: the caller's.
    unsafe { enter(plugin, run) }
}

fn told() -> Answer {
    Ok(())
}

callbacks! {
    socket_attached(socket: Socket, address: *const c_char, length: usize) => |application, calls| {
        // SAFETY: the view is good until the callback returns.
        application.socket_attached(calls, socket, unsafe { text(address, length) });
        told()
    };
    socket_detached(socket: Socket) => |application, calls| {
        application.socket_detached(calls, socket);
        told()
    };
    session_created(session: Session) => |application, calls| {
        application.session_created(calls, session);
        told()
    };
    session_destroyed(session: Session, data: *mut c_void) => |application, calls| {
        // It is dropped last, also if the application panics, so the texts stay valid until the callback is over.
        let _texts = calls.take_peer(data);
        application.session_destroyed(calls, session);
        told()
    };
    session_writable(session: Session) => |application, calls| {
        application.session_writable(calls, session);
        told()
    };
    message_in(info: *const MessageInfo) => |application, calls| {
        // SAFETY: the struct is good until the callback returns.
        application.message_in(calls, unsafe { &*info })
    };
    message_out(info: *const MessageInfo) => |application, calls| {
        // SAFETY: as above.
        application.message_out(calls, unsafe { &*info })
    };
    session_send(session: Session, channel: u32, message: Message) => |application, calls| {
        application.session_send(calls, session, channel, message)
    };
    session_result(result: *const ResultInfo) => |application, calls| {
        // SAFETY: the struct is good until the callback returns.
        let info = unsafe { &*result };
        let outcome = match info.kind {
            RESULT_RESULT => Outcome::Result(info.message),
            RESULT_EXCEPTION => Outcome::Exception(info.code, info.message),
            _ => Outcome::Done(info.code),
        };
        application.session_result(calls, info, outcome)
    };
    session_disconnect(session: Session) => |application, calls| {
        application.session_disconnect(calls, session)
    };
    offer_published(info: *const OfferInfo) => |application, calls| {
        // SAFETY: the struct, and the text in it, are good until the callback returns.
        let (offer, id) = unsafe { ((*info).offer, text((*info).id.data, (*info).id.length)) };
        application.offer_published(calls, offer, id);
        told()
    };
    offer_ended(info: *const OfferInfo) => |application, calls| {
        // SAFETY: as above.
        let (offer, id) = unsafe { ((*info).offer, text((*info).id.data, (*info).id.length)) };
        application.offer_ended(calls, offer, id);
        told()
    };
}

/// Plugin zero's callbacks.
const CALLBACKS: Callbacks = Callbacks {
    socket_attached: Some(socket_attached),
    socket_detached: Some(socket_detached),
    session_created: Some(session_created),
    session_destroyed: Some(session_destroyed),
    message_in: Some(message_in),
    message_out: Some(message_out),
    session_send: Some(session_send),
    session_writable: Some(session_writable),
    session_disconnect: Some(session_disconnect),
    offer_published: Some(offer_published),
    offer_ended: Some(offer_ended),
    session_result: Some(session_result),
    ..Callbacks::none()
};
