//! Calls, made through the tables that an instance was given.

mod executor;
mod io;
mod message;
mod offer;
mod plugin;
mod service;
mod session;
mod socket;

use std::{
    collections::BTreeSet,
    ffi::{CStr, c_void},
    ptr,
    sync::{Mutex, PoisonError},
};

use pintle_abi_core::{Api, Bytes, Message, Plugin, Request, Session, Socket, status::OK};

use super::{
    host::on_host,
    side::{bits, with},
};
use crate::{
    argument::{Ref, Words},
    event::{Event, Kind, Value},
    op::{Op, Step},
};

/// A status, and what came back.
pub(super) type Answer = (i32, Vec<Value>);

/// The longest array or buffer that a call points to.
const LONGEST: usize = 4096;

/// Calls a slot of one of the tables.
macro_rules! slot {
    ($caller:ident, $table:ident.$slot:ident($($argument:expr),*)) => {{
        let (api, plugin) = ($caller.api, $caller.plugin);
        // SAFETY: the tables live as long as the kernel; the pointers among the arguments are NULL or point to
        // variables of this function, as long as the length beside them says or more than the kernel may touch.
        unsafe { ((*(*api).$table).$slot)(plugin, $($argument),*) }
    }};
}

use slot;

/// Who calls.
#[derive(Clone, Copy)]
struct Caller {
    plugin: *mut Plugin,
    api: *const Api,
}

/// NULL, or the variable.
fn out<T>(null: bool, to: &mut T) -> *mut T {
    if null { ptr::null_mut() } else { ptr::from_mut(to) }
}

/// The handle, in the struct of its kind.
fn message(reference: Ref) -> Message {
    Message { bits: bits(Kind::Message, reference) }
}

fn socket(reference: Ref) -> Socket {
    Socket { bits: bits(Kind::Socket, reference) }
}

fn session(reference: Ref) -> Session {
    Session { bits: bits(Kind::Session, reference) }
}

fn request(reference: Ref) -> Request {
    Request { bits: bits(Kind::Request, reference) }
}

/// Values only where the call went well.
fn when_ok(status: i32, values: impl FnOnce() -> Vec<Value>) -> Answer {
    (status, if status == OK { values() } else { Vec::new() })
}

fn number(number: impl Into<i128>) -> Value {
    Value::Number(number.into())
}

/// A pointer and a length for a text.
struct Passed {
    bytes: Vec<u8>,
    null: bool,
}

impl Passed {
    fn new(words: Words) -> Self {
        Self { bytes: words.bytes(), null: words == Words::Null }
    }

    fn pointer(&self) -> *const std::ffi::c_char {
        if self.null { ptr::null() } else { self.bytes.as_ptr().cast() }
    }
}

/// Bytes that live as long as the process. There are few different ones.
fn lasting(bytes: Vec<u8>) -> &'static [u8] {
    static KEPT: Mutex<BTreeSet<&'static [u8]>> = Mutex::new(BTreeSet::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(bytes) = kept.get(&*bytes) {
        return bytes;
    }
    let bytes = bytes.leak();
    kept.insert(bytes);
    bytes
}

/// A table of the host that plugin zero finds by its id.
fn extension<T>(id: &CStr) -> *const T {
    let mut table = ptr::null();
    let zero = with(|side| side.plugins[0]);
    // SAFETY: plugin zero's pointer and tables live as long as the kernel.
    let status = unsafe { ((*(*zero).api).extension)(zero, id.as_ptr(), id.count_bytes(), &mut table) };
    assert_eq!(status, OK, "the kernel has {id:?}");
    table.cast()
}

/// The bytes behind a view.
fn seen(data: *const u8, length: usize) -> Vec<u8> {
    if length == 0 {
        return Vec::new();
    }
    // SAFETY: the kernel just gave this view, and nothing was called since.
    unsafe { std::slice::from_raw_parts(data, length) }.to_vec()
}

/// The bytes of a message, for the trace; nothing if the kernel does not show them.
pub(super) fn bytes_of(plugin: *mut Plugin, message: Message) -> Value {
    if message.bits == 0 {
        return Value::Nothing;
    }
    // SAFETY: a crossing's plugin pointer is valid.
    let caller = Caller { plugin, api: unsafe { (*plugin).api } };
    let mut view = Bytes { data: ptr::null(), length: 0 };
    let status = slot!(caller, message.view(message, &mut view));
    if status == OK { Value::Bytes(seen(view.data, view.length)) } else { number(status) }
}

/// Sets the error text that belongs to the status which a script is about to return.
pub(super) fn set_error(plugin: *mut Plugin, status: i32) {
    let text = crate::data::error_text(status);
    // SAFETY: a crossing's plugin pointer is valid.
    let caller = Caller { plugin, api: unsafe { (*plugin).api } };
    slot!(caller, error.set(status, text.as_ptr().cast(), text.len()));
}

/// Does one step and writes it down.
pub(super) fn perform(instance: usize, step: &Step) {
    let nobody = step.nobody.0;
    let plugin = with(|side| {
        let objects = side.stage.objects(&step.op);
        let actor = (!nobody).then_some(instance);
        side.stage.tell(Event::Call { actor, op: step.op.clone(), objects });
        side.plugins.get(instance).copied()
    });
    let Some(plugin) = plugin else {
        // The kernel did not create what the model created; the traces differ already.
        return with(|side| side.stage.tell(Event::Return { status: -1, out: vec![] }));
    };
    // SAFETY: the kernel keeps the memory of every instance readable as long as it lives.
    let api = unsafe { (*plugin).api };
    let caller = Caller { plugin: if nobody { ptr::null_mut() } else { plugin }, api };
    let (status, out) = match &step.op {
        Op::Message(op) | Op::MessageAgain(op) => message::call(caller, op),
        Op::Socket(op) => socket::call(caller, op),
        Op::Session(op) | Op::SessionAgain(op) => session::call(caller, op),
        Op::Service(op) | Op::ServiceAgain(op) => service::call(caller, op),
        Op::Executor(op) => executor::call(caller, op),
        Op::Io(op) => io::call(caller, op),
        Op::Offer(op) => offer::call(caller, op),
        Op::Plugin(op) => plugin::call(caller, op),
        Op::Host(op) => on_host(op),
    };
    with(|side| side.stage.tell(Event::Return { status, out }));
}

/// A small number as a pointer that nobody follows.
fn pointer(data: u8) -> *mut c_void {
    ptr::without_provenance_mut(usize::from(data))
}
