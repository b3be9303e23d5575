//! The types of `host.h`: what a program that embeds a host passes to it and gets from it.

use core::ffi::{c_char, c_void};

use crate::{Instance, Message, Session, Text, Timer};

/// How many objects of each kind a host can have. It allocates them all at start; 0 stands for the default.
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
    /// Requests that are not done, of all sessions. Default 1024.
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
    /// Tasks that wait to be run. Default 1024.
    pub tasks: u32,
    /// Timers. Default 256.
    pub timers: u32,
    /// Watched fds. Default 1024.
    pub watches: u32,
    /// Messages that wait in the application's inbox; `NO_INBOX` for none. Default `NO_INBOX`.
    pub inbox: u32,
    /// Worker threads; with `NO_WORKERS`, slow requests run in `poll`. Default 2, at most 64.
    pub workers: u32,
    /// How deep callbacks may nest. Default 32, at most 250.
    pub depth: u32,
    /// Interfaces that plugins offer to each other. Default 32.
    pub offers: u32,
}

/// For [`Limits::workers`]: no worker threads; slow requests run in `poll`.
pub const NO_WORKERS: u32 = u32::MAX;
/// For [`Limits::inbox`]: no inbox; a message for which plugin zero has no callback is dropped.
pub const NO_INBOX: u32 = u32::MAX;

/// Options of a host. Zero in a member stands for its default.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HostOptions {
    /// `sizeof` this struct.
    pub size: u32,
    /// One of the `LOG_` constants: lines of later levels are dropped before they reach the sink. Default: none is.
    pub log_level: u32,
    /// Nanoseconds: a callback on the kernel thread that takes longer, and calls nothing meanwhile, is named in the log, once, by a
    /// thread of the host's own. Default: there is no such thread.
    pub watchdog: u64,
    /// The limits; NULL for the default of each. `[call]`
    pub limits: *const Limits,
    /// Memory for everything that the limits ask for, aligned to 64: pintle_host_region_size says how much. It belongs to the
    /// host until that is freed, and for ever if a receipt says `OUTCOME_ABANDONED`. Default: the host takes it from the system.
    pub memory: *mut c_void,
    /// How many bytes of memory there are.
    pub memory_size: usize,
    /// What the threads of the workers are called, in at most 12 bytes: the number of the worker follows. Default: `pintle-`. `[call]`
    pub worker_name: Text,
    /// Bytes of stack of each worker. Default: 2 MiB.
    pub worker_stack: usize,
}

/// Options of adding a plugin.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AddOptions {
    /// `sizeof` this struct.
    pub size: u32,
    /// Instances with a lower priority come first, equal ones in the order of adding.
    pub priority: i32,
    /// The name of the instance, at most 64 bytes. If empty, the id of the plugin, with a number if another instance has it. `[call]`
    pub instance: Text,
    /// The configuration that `create` is given. `[call]`
    pub config: Text,
}

/// State of an instance: it has ended; its receipt is final.
pub const INSTANCE_ENDED: u32 = 0;
/// State of an instance: it runs.
pub const INSTANCE_RUNNING: u32 = 1;
/// State of an instance: it was asked to stop, or is inside `destroy`.
pub const INSTANCE_STOPPING: u32 = 2;
/// State of an instance: it panicked or threw, and takes no more calls.
pub const INSTANCE_POISONED: u32 = 3;

/// What is known of an instance.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct InstanceInfo {
    /// The caller sets it to `sizeof` this struct, the host to the number of bytes that it filled.
    pub size: u32,
    /// One of the `INSTANCE_` constants. Of an instance that has ended nothing else is filled but its handle.
    pub state: u32,
    /// Its handle.
    pub instance: Instance,
    /// Its priority: instances with a lower one come first.
    pub priority: i32,
    /// The `FLAG_` bits of its descriptor.
    pub flags: u32,
    /// Its name, which is unique in the host. `[instance]`
    pub name: Text,
    /// The id of the plugin. `[instance]`
    pub id: Text,
    /// The version of the plugin. `[instance]`
    pub version: Text,
    /// The path that it was loaded from; empty if it is linked in. Any bytes. `[instance]`
    pub path: Text,
}

/// What became of a file of a folder: it was loaded.
pub const FOUND_LOADED: u32 = 0;
/// What became of a file of a folder: it is an ordinary library, or what a debugger reads beside one.
pub const FOUND_PASSED_OVER: u32 = 1;
/// What became of a file of a folder: it was refused, or its plugin was.
pub const FOUND_REFUSED: u32 = 2;

/// A file that pintle_host_load_folder found.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// How many bytes of this struct the host filled.
    pub size: u32,
    /// One of the `FOUND_` constants.
    pub kind: u32,
    /// The instance, if it was loaded.
    pub instance: Instance,
    /// `OK`, or the status of the refusal.
    pub code: i32,
    /// Zero.
    pub reserved: u32,
    /// The path of the folder and the name of the file. Any bytes. `[call]`
    pub path: Text,
    /// Why it was not loaded, and what to do. `[call]`
    pub text: Text,
}

/// Outcome of an instance: it has not ended.
pub const OUTCOME_LIVE: u32 = 0;
/// Outcome of an instance: it was stopped and destroyed.
pub const OUTCOME_STOPPED: u32 = 1;
/// Outcome of an instance: it did not stop in time, and was destroyed.
pub const OUTCOME_FORCED: u32 = 2;
/// Outcome of an instance: one of its calls still runs on a worker; nothing was freed.
pub const OUTCOME_ABANDONED: u32 = 3;

/// Image of a plugin: it is linked in, so there is nothing to unmap.
pub const IMAGE_STATIC: u32 = 0;
/// Image of a plugin: it was unmapped, which the system confirms.
pub const IMAGE_UNMAPPED: u32 = 1;
/// Image of a plugin: it is still mapped; the text of the receipt says why.
pub const IMAGE_RESIDENT: u32 = 2;

/// Verdict on a file: it loads, and can be unmapped when its last instance has ended.
pub const VERDICT_LOADS: u32 = 0;
/// Verdict on a file: it loads, and stays mapped until the process ends.
pub const VERDICT_RESIDENT: u32 = 1;
/// Verdict on a file: it does not load.
pub const VERDICT_REFUSED: u32 = 2;

/// Form of an inspection: text for people.
pub const INSPECT_TEXT: u32 = 0;
/// Form of an inspection: one JSON object.
pub const INSPECT_JSON: u32 = 1;

/// Known of a file: its descriptor could be read.
pub const KNOWN_DESCRIPTOR: u32 = 1;
/// Known of a file: its headers could be read.
pub const KNOWN_HEADERS: u32 = 2;
/// Known of a file: the callbacks that it offers. They are not if they are only filled in when it runs.
pub const KNOWN_CALLBACKS: u32 = 4;

/// A reason why a file is refused or stays mapped, and its cure.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Finding {
    /// The reason.
    pub rule: Text,
    /// What a person can do about it.
    pub cure: Text,
}

/// A setting that a plugin declares, as texts: the grammar stands with the settings of the descriptor.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name, by which a configuration sets it.
    pub name: Text,
    /// The type of its values, with its range or words: `int 1..10`.
    pub kind: Text,
    /// The value if a configuration does not have the setting, as the grammar writes it; its `data` is NULL if there is none.
    pub default_value: Text,
    /// One sentence.
    pub description: Text,
    /// Whether a configuration must set it: 0 or 1.
    pub required: usize,
}

/// Several texts.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Texts {
    /// The first one.
    pub items: *const Text,
    /// How many.
    pub count: usize,
}

/// What can be read from a file without running it. Texts and lists are valid until pintle_inspected_free. What is not known
/// is 0 or empty.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Inspection {
    /// The caller sets it to `sizeof` this struct, the host to the number of bytes that it filled.
    pub size: u32,
    /// One of the `VERDICT_` constants.
    pub verdict: u32,
    /// The status that loading the file would return.
    pub code: i32,
    /// What is known: `KNOWN_` bits.
    pub known: u32,
    /// The `FLAG_` bits of the descriptor.
    pub flags: u32,
    /// The major version of the ABI that it was built for.
    pub abi_major: u32,
    /// The newest minor version of the ABI that it knows.
    pub abi_minor: u32,
    /// The least minor version of a host that it can do with.
    pub abi_minor_least: u32,
    /// Why the file is refused, or stays mapped.
    pub findings: *const Finding,
    /// How many findings.
    pub finding_count: usize,
    /// The path that was given. Any bytes.
    pub path: Text,
    /// The id of the plugin.
    pub id: Text,
    /// Its name for people.
    pub name: Text,
    /// Its own version.
    pub version: Text,
    /// Who made it.
    pub vendor: Text,
    /// One sentence.
    pub description: Text,
    /// An SPDX expression.
    pub licence: Text,
    /// The address of a page about it.
    pub url: Text,
    /// Interfaces that it cannot do without.
    pub needs: Texts,
    /// Interfaces that it offers.
    pub offers: Texts,
    /// Ids of the services that it may declare.
    pub services: *const u32,
    /// How many services.
    pub service_count: usize,
    /// The settings that a configuration may have.
    pub settings: *const Setting,
    /// How many settings.
    pub setting_count: usize,
    /// The processor that it was built for, from its headers, as is what follows.
    pub machine: Text,
    /// The callbacks that it offers.
    pub callbacks: Texts,
    /// The symbols that it exports.
    pub exports: Texts,
    /// The symbols that it needs from others.
    pub imports: Texts,
    /// The libraries that it needs.
    pub libraries: Texts,
}

/// What an instance did and left behind.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Receipt {
    /// The caller sets it to `sizeof` this struct, the host to the number of bytes that it filled.
    pub size: u32,
    /// One of the `OUTCOME_` constants.
    pub outcome: u32,
    /// 1 if the instance was poisoned.
    pub poisoned: u32,
    /// One of the `IMAGE_` constants.
    pub image: u32,
    /// How many callbacks, tasks, timers and watches of it were run.
    pub calls: u64,
    /// Messages of which it had references, which the host released.
    pub messages: u32,
    /// Sockets that it had opened, which the host closed.
    pub sockets: u32,
    /// Sessions that it owned, which the host ended.
    pub sessions: u32,
    /// Requests that it had not finished.
    pub requests: u32,
    /// Tasks of it that waited, which the host dropped.
    pub tasks: u32,
    /// Timers of it, which the host cancelled.
    pub timers: u32,
    /// Watches of it, which the host ended.
    pub watches: u32,
    /// Warning: threads that began since the instance was added and still run code of its image; if it is linked in, those that
    /// the process has more than before. -1 if unknown.
    pub threads: i32,
    /// Warning: fds that the process has more than before the instance was added; -1 if unknown.
    pub fds: i32,
    /// How many bytes of `reason` are used.
    pub reason_length: u32,
    /// Why the image stayed, or why the instance was abandoned. UTF-8, not NUL-terminated.
    pub reason: [u8; 240],
}

/// The functions that a kernel needs from outside. Each is called with `context`; one that is NULL is absent.
///
/// They must remain valid as long as the kernel is used.
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
    /// or an interrupt that posts; never nested. It is held for a bounded number of
    /// instructions, whatever the limits are: no loop over a limit, no copy of a payload, no callback and no other function of
    /// the platform runs in it. Absent: there is one thread on one core, and no interrupt calls.
    pub lock: Option<unsafe extern "C" fn(context: *mut c_void)>,
    /// Leaves the critical section.
    pub unlock: Option<unsafe extern "C" fn(context: *mut c_void)>,
    /// A number that differs for every live thread, never 0. Absent: there is a single thread. On Linux for x86-64 and AArch64
    /// it is not called, because the thread pointer identifies the thread; a program without a C library must set that. On
    /// Cortex-M the kernel reads from the processor whether an interrupt handler runs, which may only call slots tagged `isr`.
    /// Elsewhere this function must return a number of its own inside interrupt handlers. If it does not, the kernel takes a
    /// handler for the thread that it interrupts and cannot refuse its calls, so the handler must not make any.
    pub thread: Option<unsafe extern "C" fn(context: *mut c_void) -> usize>,
    /// Ends the wait of the kernel thread, which has something to do. Any thread, and any interrupt whose handler calls a slot.
    /// Like every function here but `unlock`, it is never called between `lock` and `unlock`, so it may take the same mutex.
    pub wake: Option<unsafe extern "C" fn(context: *mut c_void)>,
    /// Calls a worker, because something waits for one. Any thread.
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
    /// Watches `fd`, a descriptor, handle or socket of the operating system, for `interest`; the program then passes `watch` to pintle_core_ready when `fd` is ready. Absent: there is no `pintle.io/1`.
    pub watch:
        Option<unsafe extern "C" fn(context: *mut c_void, fd: isize, interest: u32, watch: u64) -> i32>,
    /// Changes the interest of a watch; 0 reports nothing.
    pub change:
        Option<unsafe extern "C" fn(context: *mut c_void, fd: isize, interest: u32, watch: u64) -> i32>,
    /// Ends a watch.
    pub unwatch: Option<unsafe extern "C" fn(context: *mut c_void, fd: isize)>,
    /// A freestanding kernel, or a plugin in Rust that is linked to it, has panicked: none of their functions may be called any
    /// more. This function should stop or restart the machine. If it is absent or returns, the program executes an invalid
    /// instruction, so that a debugger or the fault handler takes over. If there are several kernels, that of the one started
    /// last is called. Any thread, and any interrupt.
    pub fatal: Option<unsafe extern "C" fn(context: *mut c_void)>,
    /// An instance has ended, also one whose `create` failed: its last callback is over, everything it had is given back, and
    /// pintle_core_receipt says how it ended until another instance takes its place. Kernel thread, outside of every callback.
    pub ended: Option<unsafe extern "C" fn(context: *mut c_void, instance: Instance)>,
    /// The table of an interface that the program has, for `extension` and `needs`; NULL if it has none of this id. It is asked
    /// after the interfaces that the kernel has itself. A table must remain as long as the kernel is used. Any thread.
    pub extension: Option<
        unsafe extern "C" fn(context: *mut c_void, id: *const c_char, id_length: usize) -> *const c_void,
    >,
}

/// Options of a mailbox.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct MailboxOptions {
    /// `sizeof` this struct.
    pub size: u32,
    /// How many messages may wait for each session in each direction, its results included. When as many wait, the sender has to
    /// wait until half of them are fetched. 0 stands for 64.
    pub capacity: u32,
}

/// Kind of an event: a message came in from the peer of `session`, through all filters, on `channel`.
pub const EVENT_MESSAGE_IN: u32 = 1;
/// Kind of an event: a message is sent to the peer of `session`, which the application created, on `channel`.
pub const EVENT_SESSION_SEND: u32 = 2;
/// Kind of an event: a result of the request that `token` names. More may follow.
pub const EVENT_RESULT: u32 = 3;
/// Kind of an event: the request that `token` names failed with `code`. The message, if there is one, is its text in UTF-8.
pub const EVENT_EXCEPTION: u32 = 4;
/// Kind of an event: the request that `token` names is over, with `code`: `OK`, `E_CANCELLED`, or what the handler
/// answered.
pub const EVENT_DONE: u32 = 5;
/// Kind of an event: a plugin created `session`. If the session ended before
/// this was fetched and no message waits, this event is dropped.
pub const EVENT_SESSION_CREATED: u32 = 6;
/// Kind of an event: `session` has ended, and with it the requests of the application on it, for which no `EVENT_DONE`
/// follows. Its handle serves as a key only. This is the last event of the session.
pub const EVENT_SESSION_DESTROYED: u32 = 7;
/// Kind of an event: a call on `session` that returned `E_AGAIN` can be tried again.
pub const EVENT_SESSION_WRITABLE: u32 = 8;
/// Kind of an event: the end of `session`, which the application created, was asked for. The application ends it with
/// pintle_session_destroy, now or later.
pub const EVENT_SESSION_DISCONNECT: u32 = 9;
/// Kind of an event: `timer` is due, which was started with `token`. A periodic timer has at most one
/// event in the mailbox, however often it was due.
pub const EVENT_TIMER: u32 = 10;
/// Kind of an event: `instance` has ended after pintle_host_begin_unload; pintle_host_receipt says how.
pub const EVENT_UNLOADED: u32 = 11;

/// An event of a mailbox. Members that its kind does not name are 0.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Event {
    /// How many bytes of this struct the host filled.
    pub size: u32,
    /// One of the `EVENT_` constants. Ignore an event of an unknown kind, but release its message.
    pub kind: u32,
    /// The session that the event is about.
    pub session: Session,
    /// The payload, with a reference that the application must release. It is sealed; its reading position is 0.
    pub message: Message,
    /// The application's own number: the `correlation` of a request, or the token of a timer.
    pub token: u64,
    /// The channel of a message.
    pub channel: u32,
    /// The code of an exception, or the status that a request ended with.
    pub code: i32,
    /// The timer that is due.
    pub timer: Timer,
    /// The instance that has ended.
    pub instance: Instance,
}
