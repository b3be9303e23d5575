//! What a program that embeds a host gives and gets; the types of `host.h`.

use core::ffi::{c_char, c_void};

use crate::{Instance, Message, Session, Text, Timer};

/// How much a host may hold. All of it is laid out at start; 0 stands for the default.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `sizeof` this struct.
    pub size: u32,
    /// Plugins, besides plugin zero. Default 32, at most 254.
    pub plugins: u32,
    /// Sockets. Default 16.
    pub sockets: u32,
    /// Sessions. Default 1024.
    pub sessions: u32,
    /// Channels of a socket. Default 8, at most 1024.
    pub channels: u32,
    /// Services. Default 32.
    pub services: u32,
    /// Requests that are not done. Default 1024.
    pub requests: u32,
    /// Requests of one session that wait. Default 64.
    pub requests_per_session: u32,
    /// Messages of the small class that the kernel thread can have. Default 1024.
    pub messages: u32,
    /// Bytes of a small message. Default 2048.
    pub message_bytes: u32,
    /// Messages of the large class that the kernel thread can have. Default 128.
    pub large_messages: u32,
    /// Bytes of a large message. Default 65,536.
    pub large_message_bytes: u32,
    /// Small messages set aside for workers and plugins' own threads. Default 128.
    pub worker_messages: u32,
    /// Large messages set aside for workers and plugins' own threads. Default 32.
    pub worker_large_messages: u32,
    /// Tasks that wait. Default 1024.
    pub tasks: u32,
    /// Timers. Default 256.
    pub timers: u32,
    /// Watched fds. Default 1024.
    pub watches: u32,
    /// Messages that wait in the application's inbox; `NO_INBOX` for none. Default `NO_INBOX`.
    pub inbox: u32,
    /// Worker threads; `NO_WORKERS` lets slow requests run from `poll`. Default 2, at most 64.
    pub workers: u32,
    /// How deep callbacks may nest. Default 32, at most 250.
    pub depth: u32,
    /// Interfaces that plugins offer to each other. Default 32.
    pub offers: u32,
}

/// For [`Limits::workers`]: none; slow requests run from `poll`.
pub const NO_WORKERS: u32 = u32::MAX;
/// For [`Limits::inbox`]: none; a message that plugin zero has no callback for is dropped.
pub const NO_INBOX: u32 = u32::MAX;

/// How one plugin is added.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AddOptions {
    /// `sizeof` this struct.
    pub size: u32,
    /// Lower comes first; equal ones in the order of adding.
    pub priority: i32,
    /// The instance's name; empty: the id of the plugin, with a number if it is taken. At most 64 bytes. `[call]`
    pub instance: Text,
    /// What `create` gets as its configuration. `[call]`
    pub config: Text,
}

/// Outcome of an instance: still there.
pub const OUTCOME_LIVE: u32 = 0;
/// Outcome of an instance: stopped and destroyed.
pub const OUTCOME_STOPPED: u32 = 1;
/// Outcome of an instance: it did not stop in its time, and was destroyed.
pub const OUTCOME_FORCED: u32 = 2;
/// Outcome of an instance: one of its calls still runs on a worker; nothing was freed.
pub const OUTCOME_ABANDONED: u32 = 3;

/// Image of a plugin: linked in, there is nothing to unmap.
pub const IMAGE_STATIC: u32 = 0;
/// Image of a plugin: unmapped, as read back from the system.
pub const IMAGE_UNMAPPED: u32 = 1;
/// Image of a plugin: still mapped; the reason is in the receipt's text.
pub const IMAGE_RESIDENT: u32 = 2;

/// Verdict on a file: it loads, and can be unmapped when its last instance is gone.
pub const VERDICT_LOADS: u32 = 0;
/// Verdict on a file: it loads, and stays mapped until the process ends.
pub const VERDICT_RESIDENT: u32 = 1;
/// Verdict on a file: it does not load.
pub const VERDICT_REFUSED: u32 = 2;

/// Form of an inspection: words for a person.
pub const INSPECT_TEXT: u32 = 0;
/// Form of an inspection: one JSON object.
pub const INSPECT_JSON: u32 = 1;

/// What an instance did in its life and left behind.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Receipt {
    /// `sizeof` this struct, set by the caller; afterwards how far it was filled.
    pub size: u32,
    /// One of the `OUTCOME_` constants.
    pub outcome: u32,
    /// 1 if the instance was poisoned.
    pub poisoned: u32,
    /// One of the `IMAGE_` constants.
    pub image: u32,
    /// Callbacks, tasks, timers and watches that were run.
    pub calls: u64,
    /// Messages that it still held and that were released for it.
    pub messages: u32,
    /// Sockets that it had opened and that were closed for it.
    pub sockets: u32,
    /// Sessions that it owned and that were ended for it.
    pub sessions: u32,
    /// Requests that it had not finished.
    pub requests: u32,
    /// Tasks that were dropped.
    pub tasks: u32,
    /// Timers that were cancelled for it.
    pub timers: u32,
    /// Watches that were ended for it.
    pub watches: u32,
    /// Warning: threads that the process has more than before the instance was added; -1 if unknown.
    pub threads: i32,
    /// Warning: fds that the process has more than before the instance was added; -1 if unknown.
    pub fds: i32,
    /// How many bytes of `reason` are used.
    pub reason_length: u32,
    /// Why the image stayed, or why the instance was abandoned. UTF-8, not NUL-terminated.
    pub reason: [u8; 240],
}

/// What a kernel needs from outside. All of it is called with `context`; a NULL function is absent.
///
/// The functions belong to whoever starts the kernel and live as long as it does.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Platform {
    /// `sizeof` this struct.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Passed to every function.
    pub context: *mut c_void,
    /// Monotonic nanoseconds. Required. Any thread.
    pub now: Option<unsafe extern "C" fn(context: *mut c_void) -> u64>,
    /// Enters the one short critical section (a mutex, or interrupts off). Required if there is more than one thread
    /// or an interrupt that posts; never nested. No payload is copied in it, and it ends after at most a look at every task
    /// and request that waits, or at every instance. Absent: there is one thread on one core, and no interrupt calls.
    pub lock: Option<unsafe extern "C" fn(context: *mut c_void)>,
    /// Leaves it.
    pub unlock: Option<unsafe extern "C" fn(context: *mut c_void)>,
    /// A number that differs for every live thread, never 0. Absent: a single thread. On Linux for x86-64 and AArch64 it is
    /// not asked: the thread pointer tells, which a program without a C library must set. On Cortex-M an interrupt handler
    /// is told from every thread by the processor, and may only call slots tagged `isr`. Elsewhere a handler is whatever this
    /// function says: give a number of its own inside handlers. Without that a handler passes as the thread that it
    /// interrupts, the kernel cannot refuse its calls, and it must not make any.
    pub thread: Option<unsafe extern "C" fn(context: *mut c_void) -> usize>,
    /// The kernel thread has something to do: end its wait. Any thread, and any interrupt whose handler calls a slot. Like
    /// every function here but `unlock`, it is never called between `lock` and `unlock`, so it may take the same mutex.
    pub wake: Option<unsafe extern "C" fn(context: *mut c_void)>,
    /// There is work for a worker. Any thread.
    pub work: Option<unsafe extern "C" fn(context: *mut c_void)>,
    /// A line for the log: level, instance (empty: the kernel itself), target, text. Any thread.
    pub log: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            level: u32,
            instance: *const c_char,
            instance_length: usize,
            target: *const c_char,
            target_length: usize,
            text: *const c_char,
            text_length: usize,
        ),
    >,
    /// Watches `fd`, a descriptor, handle or socket of the operating system, for `interest`, reporting `watch`. Absent: no `pintle.io/1`.
    pub watch:
        Option<unsafe extern "C" fn(context: *mut c_void, fd: isize, interest: u32, watch: u64) -> i32>,
    /// Changes the interest; 0 rests it.
    pub change:
        Option<unsafe extern "C" fn(context: *mut c_void, fd: isize, interest: u32, watch: u64) -> i32>,
    /// Ends a watch.
    pub unwatch: Option<unsafe extern "C" fn(context: *mut c_void, fd: isize)>,
    /// A freestanding kernel, or a plugin in Rust that is linked to it, has panicked: nothing of it may be called any
    /// more. Best does not return: stops, or starts the machine over. Absent, or when it returns: an instruction that is
    /// never valid, so that a debugger or the fault handler takes over. Of several kernels, the one that was started last
    /// tells. Any thread, and any interrupt.
    pub fatal: Option<unsafe extern "C" fn(context: *mut c_void)>,
}

/// What a mailbox is opened with.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct MailboxOptions {
    /// `sizeof` this struct.
    pub size: u32,
    /// Messages that wait for each session, each way, with its results; then whoever sends them is made to wait until half of
    /// them are fetched. 0 stands for 64.
    pub capacity: u32,
}

/// Kind of an event: a message came in from the peer of `session`, through all filters, on `channel`.
pub const EVENT_MESSAGE_IN: u32 = 1;
/// Kind of an event: a message is to go to the peer of `session`, which the application created, on `channel`.
pub const EVENT_SESSION_SEND: u32 = 2;
/// Kind of an event: a result of the request that `token` names. More may follow.
pub const EVENT_RESULT: u32 = 3;
/// Kind of an event: the request that `token` names failed with `code`. The message, if there is one, is its text in UTF-8.
pub const EVENT_EXCEPTION: u32 = 4;
/// Kind of an event: the request that `token` names is over, with `code`: `OK`, `E_CANCELLED`, or what the handler
/// answered.
pub const EVENT_DONE: u32 = 5;
/// Kind of an event: a plugin created `session`. One that ended before anybody fetched this, with nothing waiting, is
/// passed over.
pub const EVENT_SESSION_CREATED: u32 = 6;
/// Kind of an event: `session` is gone, with the requests of the application on it, for which no `EVENT_DONE` follows. Its
/// handle serves as a key only. Nothing comes for it after this.
pub const EVENT_SESSION_DESTROYED: u32 = 7;
/// Kind of an event: what was refused with `E_AGAIN` on `session` can be tried again.
pub const EVENT_SESSION_WRITABLE: u32 = 8;
/// Kind of an event: `session`, which the application created, is to end, now or later: pintle_session_destroy.
pub const EVENT_SESSION_DISCONNECT: u32 = 9;
/// Kind of an event: `timer` is due, which was started with `token`. A periodic one waits once, however often it was due.
pub const EVENT_TIMER: u32 = 10;
/// Kind of an event: `instance` has ended after pintle_host_begin_unload; pintle_host_receipt says how.
pub const EVENT_UNLOADED: u32 = 11;

/// Something that waited in a mailbox. What its kind does not name is 0.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Event {
    /// How many bytes of this struct the host filled.
    pub size: u32,
    /// One of the `EVENT_` constants. Pass over one that you do not know, and release its message.
    pub kind: u32,
    /// The session that it is about.
    pub session: Session,
    /// The payload, with a reference that is the application's to release; sealed, to be read from its beginning.
    pub message: Message,
    /// The application's own number: the `correlation` of a request, or what a timer was started with.
    pub token: u64,
    /// The channel of a message.
    pub channel: u32,
    /// The code of an exception, or what a request ended with.
    pub code: i32,
    /// The timer that is due.
    pub timer: Timer,
    /// The instance that has ended.
    pub instance: Instance,
}
