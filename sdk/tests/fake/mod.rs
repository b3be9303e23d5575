//! A host made by hand: real tables whose functions keep what they are told. One instance, one thread.
#![allow(dead_code)]

use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_void};

use pintle_sdk::abi;
use pintle_sdk::status;

/// A message as the fake host keeps it.
#[derive(Clone, Default)]
pub struct Bytes {
    pub bytes: Vec<u8>,
    pub references: u32,
}

type Task = unsafe extern "C" fn(*mut abi::Plugin, *mut c_void, abi::Message) -> i32;
type Tick = unsafe extern "C" fn(*mut abi::Plugin, *mut c_void, abi::Timer) -> i32;
type Ready = unsafe extern "C" fn(*mut abi::Plugin, *mut c_void, abi::Watch, u32) -> i32;

/// What was given to run later.
#[derive(Clone, Copy)]
pub enum Later {
    Task(Task, *mut c_void, abi::Message),
    Timer(Tick, *mut c_void, u64, u64),
    Watch(Ready, *mut c_void, isize, u32),
}

/// The host. Its first members are those of `abi::Plugin`, so that the pointer to it is the instance.
#[repr(C)]
pub struct Fake {
    shown: *const abi::Api,
    pub data: Cell<*mut c_void>,
    size: u32,
    reserved: u32,
    pub error: RefCell<(i32, String)>,
    pub log: RefCell<Vec<(u32, String, String)>>,
    pub messages: RefCell<Vec<Bytes>>,
    /// What slots that pass a message answer with.
    pub answer: Cell<i32>,
    pub results: RefCell<Vec<u64>>,
    pub later: RefCell<Vec<Later>>,
    /// Whether there is no room for a task.
    pub refuses_tasks: Cell<bool>,
    /// What was asked of services.
    pub asked: RefCell<Vec<abi::RequestOptions>>,
    /// What was committed, of which message.
    pub commits: RefCell<Vec<(u64, usize)>>,
    api: abi::Api,
    tables: Tables,
}

struct Tables {
    data: abi::DataApi,
    message: abi::MessageApi,
    socket: abi::SocketApi,
    session: abi::SessionApi,
    service: abi::ServiceApi,
    executor: abi::ExecutorApi,
    log: abi::LogApi,
    error: abi::ErrorApi,
    io: abi::IoApi,
}

/// Slots that no test uses.
mod unused {
    macro_rules! unused {
        ($($name:ident($($argument:ident: $type:ident),*))*) => {
            $(pub unsafe extern "C" fn $name<$($type),*>($(_: $type),*) -> i32 { 17 })*
        };
    }
    unused! {
        one(a: A)
        two(a: A, b: B)
        three(a: A, b: B, c: C)
        four(a: A, b: B, c: C, d: D)
        five(a: A, b: B, c: C, d: D, e: E)
        six(a: A, b: B, c: C, d: D, e: E, f: F)
    }
}

/// # Safety
/// `plugin` is a `Fake`'s.
unsafe fn fake<'a>(plugin: *mut abi::Plugin) -> &'a Fake {
    // SAFETY: as the caller promises; its first members are those of an instance.
    unsafe { &*plugin.cast::<Fake>() }
}

/// # Safety
/// A readable view.
unsafe fn text(data: *const c_char, length: usize) -> String {
    // SAFETY: as the caller promises.
    let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) };
    String::from_utf8(bytes.to_vec()).expect("text is UTF-8")
}

/// Writes slots: functions of the fake host and their arguments.
macro_rules! slots {
    ($($name:ident($fake:ident $(, $argument:ident: $type:ty)*) $body:block)*) => {
        $(unsafe extern "C" fn $name(plugin: *mut abi::Plugin $(, $argument: $type)*) -> i32 {
            // SAFETY: the sdk passes the instance that it was given.
            let $fake = unsafe { fake(plugin) };
            $body
        })*
    };
}

slots! {
    data_set(host, data: *mut c_void) { host.data.set(data); status::OK }
    data_get(host, out: *mut *mut c_void) {
        // SAFETY: the sdk's out-pointer.
        unsafe { out.write(host.data.get()) };
        status::OK
    }
    error_set(host, code: i32, data: *const c_char, length: usize) {
        // SAFETY: the sdk's view.
        *host.error.borrow_mut() = (code, unsafe { text(data, length) });
        status::OK
    }
    error_last(host, out: *mut abi::Error) {
        let (code, text) = host.error.borrow().clone();
        // SAFETY: the sdk's out-pointer.
        let out = unsafe { &mut *out };
        out.code = code;
        out.length = text.len() as u32;
        out.text[..text.len()].copy_from_slice(text.as_bytes());
        status::OK
    }
    log_write(host, level: u32, target: *const c_char, target_length: usize, line: *const c_char, length: usize) {
        // SAFETY: the sdk's views.
        let line = unsafe { (level, text(target, target_length), text(line, length)) };
        host.log.borrow_mut().push(line);
        status::OK
    }
    message_acquire(host, _capacity: usize, out: *mut abi::Message) {
        let message = host.message(b"");
        host.messages.borrow_mut()[message.bits as usize - 1].references = 1;
        // SAFETY: the sdk's out-pointer.
        unsafe { out.write(message) };
        status::OK
    }
    message_retain(host, message: abi::Message) {
        host.with(message, |message| message.references += 1)
    }
    message_release(host, message: abi::Message) {
        host.with(message, |message| message.references -= 1)
    }
    message_write(host, message: abi::Message, data: *const u8, length: usize) {
        // SAFETY: the sdk's view.
        let bytes = unsafe { std::slice::from_raw_parts(data, length) };
        host.with(message, |message| message.bytes.extend_from_slice(bytes))
    }
    message_view(host, message: abi::Message, out: *mut abi::Bytes) {
        host.with(message, |message| {
            let bytes = abi::Bytes { data: message.bytes.as_ptr(), length: message.bytes.len() };
            // SAFETY: the sdk's out-pointer.
            unsafe { out.write(bytes) }
        })
    }
    message_edit(host, message: abi::Message, out: *mut abi::Message) {
        let bytes = host.messages.borrow()[message.bits as usize - 1].bytes.clone();
        // SAFETY: the sdk's out-pointer.
        unsafe { out.write(host.message(&bytes)) };
        status::OK
    }
    message_view_mut(host, message: abi::Message, out: *mut *mut u8, length: *mut usize) {
        host.with(message, |message| {
            // SAFETY: the sdk's out-pointers.
            unsafe {
                out.write(message.bytes.as_mut_ptr());
                length.write(message.bytes.len());
            }
        })
    }
    message_commit(host, message: abi::Message, length: usize) {
        host.commits.borrow_mut().push((message.bits, length));
        status::OK
    }
    session_request(host, _session: abi::Session, request: *const abi::RequestOptions) {
        // SAFETY: the sdk's struct.
        let request = unsafe { *request };
        host.asked.borrow_mut().push(request);
        host.hand_over(request.message)
    }
    service_result(host, _request: abi::Request, message: abi::Message) {
        host.results.borrow_mut().push(message.bits);
        host.answer.get()
    }
    submit(host, run: Option<Task>, data: *mut c_void, message: abi::Message) {
        if host.refuses_tasks.get() {
            return status::E_AGAIN;
        }
        host.later.borrow_mut().push(Later::Task(run.unwrap(), data, message));
        if message.bits == 0 { status::OK } else { host.hand_over(message) }
    }
    start_timer(host, delay: u64, period: u64, run: Option<Tick>, data: *mut c_void, out: *mut abi::Timer) {
        host.later.borrow_mut().push(Later::Timer(run.unwrap(), data, delay, period));
        // SAFETY: the sdk's out-pointer.
        unsafe { out.write(abi::Timer { bits: 9 }) };
        status::OK
    }
    watch(
        host,
        fd: isize,
        interest: u32,
        run: Option<Ready>,
        data: *mut c_void,
        out: *mut abi::Watch
    ) {
        host.later.borrow_mut().push(Later::Watch(run.unwrap(), data, fd, interest));
        // SAFETY: the sdk's out-pointer.
        unsafe { out.write(abi::Watch { bits: 8 }) };
        status::OK
    }
    extension(host, id: *const c_char, length: usize, out: *mut *const c_void) {
        // SAFETY: the sdk's view.
        if unsafe { text(id, length) } != "pintle.io/1" {
            return status::E_NOT_FOUND;
        }
        // SAFETY: the sdk's out-pointer.
        unsafe { out.write((&raw const host.tables.io).cast()) };
        status::OK
    }
}

fn size<T>() -> u32 {
    size_of::<T>() as u32
}

impl Fake {
    /// A host that lives until the test ends.
    pub fn new() -> &'static mut Fake {
        use unused::{five, four, one, six, three, two};
        let tables = Tables {
            data: abi::DataApi { size: size::<abi::DataApi>(), reserved: 0, set: data_set, get: data_get },
            message: abi::MessageApi {
                size: size::<abi::MessageApi>(),
                reserved: 0,
                acquire: message_acquire,
                retain: message_retain,
                release: message_release,
                write: message_write,
                read: four,
                rewind: two,
                length: three,
                view: message_view,
                reserve: four,
                commit: message_commit,
                edit: message_edit,
                view_mut: message_view_mut,
                clear: two,
                clone: four,
            },
            socket: abi::SocketApi {
                size: size::<abi::SocketApi>(),
                reserved: 0,
                open: four,
                listen: four,
                connect: six,
                stop: two,
                close: two,
                channel_count: three,
                channel_mode: four,
                attach: four,
                detach: two,
                time: three,
                address: three,
                state: three,
            },
            session: abi::SessionApi {
                size: size::<abi::SessionApi>(),
                reserved: 0,
                create: four,
                destroy: two,
                receive: four,
                send: four,
                request: session_request,
                cancel: three,
                suspend: two,
                resume: two,
                disconnect: two,
                set_data: three,
                data: three,
                client_id: three,
                address: three,
                socket: three,
                rtt: four,
                channel_mode: four,
                set_channel_mode: four,
                user: three,
                protocol: three,
            },
            service: abi::ServiceApi {
                size: size::<abi::ServiceApi>(),
                reserved: 0,
                declare: four,
                result: service_result,
                exception: five,
                done: two,
                is_cancelled: two,
                drop_current: two,
            },
            executor: abi::ExecutorApi {
                size: size::<abi::ExecutorApi>(),
                reserved: 0,
                startup: one,
                shutdown: one,
                submit,
                submit_worker: submit,
                start_timer,
                cancel_timer: two,
            },
            log: abi::LogApi { size: size::<abi::LogApi>(), reserved: 0, write: log_write },
            error: abi::ErrorApi {
                size: size::<abi::ErrorApi>(),
                reserved: 0,
                set: error_set,
                last: error_last,
            },
            io: abi::IoApi { size: size::<abi::IoApi>(), reserved: 0, watch, change: three, unwatch: two },
        };
        let fake = Box::leak(Box::new(Fake {
            shown: std::ptr::null(),
            data: Cell::new(std::ptr::null_mut()),
            size: size::<abi::Plugin>(),
            reserved: 0,
            error: RefCell::default(),
            log: RefCell::default(),
            messages: RefCell::default(),
            answer: Cell::new(status::OK),
            results: RefCell::default(),
            later: RefCell::default(),
            refuses_tasks: Cell::default(),
            asked: RefCell::default(),
            commits: RefCell::default(),
            api: abi::Api {
                size: size::<abi::Api>(),
                abi_minor: 0,
                data: std::ptr::null(),
                message: std::ptr::null(),
                socket: std::ptr::null(),
                session: std::ptr::null(),
                service: std::ptr::null(),
                executor: std::ptr::null(),
                log: std::ptr::null(),
                error: std::ptr::null(),
                extension,
                stopped: one,
            },
            tables,
        }));
        fake.api.data = &raw const fake.tables.data;
        fake.api.message = &raw const fake.tables.message;
        fake.api.socket = &raw const fake.tables.socket;
        fake.api.session = &raw const fake.tables.session;
        fake.api.service = &raw const fake.tables.service;
        fake.api.executor = &raw const fake.tables.executor;
        fake.api.log = &raw const fake.tables.log;
        fake.api.error = &raw const fake.tables.error;
        fake.shown = &raw const fake.api;
        fake
    }

    /// The instance.
    pub fn plugin(&self) -> *mut abi::Plugin {
        std::ptr::from_ref(self).cast_mut().cast()
    }

    /// Makes the host's message table one member shorter than 1.0, as an older or damaged host would.
    pub fn shorten_messages(&mut self) {
        self.tables.message.size -= size::<usize>();
    }

    /// A message of the host's own, without references of the plugin.
    pub fn message(&self, bytes: &[u8]) -> abi::Message {
        let mut messages = self.messages.borrow_mut();
        messages.push(Bytes { bytes: bytes.to_vec(), references: 0 });
        abi::Message { bits: messages.len() as u64 }
    }

    /// How many references the plugin has to all messages.
    pub fn references(&self) -> u32 {
        self.messages.borrow().iter().map(|message| message.references).sum()
    }

    /// Calls `create` with this configuration.
    pub fn create(&self, entry: &abi::Entry, config: &str) -> i32 {
        let view = |text: &str| abi::Text { data: text.as_ptr().cast(), length: text.len() };
        let args = abi::Create {
            size: size::<abi::Create>(),
            abi_minor: 0,
            host_minor: 3,
            reserved: 0,
            instance: view("one"),
            config: view(config),
        };
        // SAFETY: an entry's callbacks, called as a host does.
        unsafe { callbacks(entry).create.unwrap()(self.plugin(), &raw const args) }
    }

    /// Calls `destroy`.
    pub fn destroy(&self, entry: &abi::Entry) -> i32 {
        // SAFETY: as for `create`.
        unsafe { callbacks(entry).destroy.unwrap()(self.plugin()) }
    }

    /// Runs what was submitted last.
    pub fn run_last(&self) -> i32 {
        let later = *self.later.borrow().last().unwrap();
        // SAFETY: as the host would in a later turn.
        unsafe {
            match later {
                Later::Task(run, data, message) => run(self.plugin(), data, message),
                Later::Timer(run, data, ..) => run(self.plugin(), data, abi::Timer { bits: 9 }),
                Later::Watch(run, data, ..) => {
                    run(self.plugin(), data, abi::Watch { bits: 8 }, abi::IO_READABLE)
                }
            }
        }
    }

    fn with(&self, message: abi::Message, body: impl FnOnce(&mut Bytes)) -> i32 {
        match (message.bits as usize)
            .checked_sub(1)
            .and_then(|i| self.messages.borrow_mut().get_mut(i).map(body))
        {
            Some(()) => status::OK,
            None => status::E_HANDLE,
        }
    }

    fn hand_over(&self, message: abi::Message) -> i32 {
        if self.answer.get() == status::OK {
            return self.with(message, |message| message.references -= 1);
        }
        self.answer.get()
    }
}

/// The callback table of an entry.
pub fn callbacks(entry: &abi::Entry) -> &abi::Callbacks {
    // SAFETY: an entry points to static tables.
    unsafe { &*entry.callbacks }
}
