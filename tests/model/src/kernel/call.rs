//! Calls, made through the tables that an instance was given.

use std::{ffi::c_void, ptr};

use pintle_abi_core::{
    Address, Api, Bytes, Error, FAMILY_NONE, IO_ID, IoApi, LOG_MAX, Message, Plugin, Request, Session,
    Socket, Text, Timer, Watch,
    status::{E_NOT_FOUND, OK},
};

use super::{
    side::{bits, limits, name, with},
    work,
};
use crate::{
    data::{overwritten, pattern},
    event::{Event, Kind, Value},
    op::{ExecutorOp, IoOp, MessageOp, Op, PluginOp, Ref, ServiceOp, SessionOp, SocketOp, Step, Words},
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
        Op::Message(op) | Op::MessageAgain(op) => on_message(caller, op),
        Op::Socket(op) => on_socket(caller, op),
        Op::Session(op) | Op::SessionAgain(op) => on_session(caller, op),
        Op::Service(op) | Op::ServiceAgain(op) => on_service(caller, op),
        Op::Executor(op) => on_executor(caller, op),
        Op::Io(op) => on_io(caller, op),
        Op::Plugin(op) => on_plugin(caller, op),
        Op::Host(op) => super::host::on_host(op),
    };
    with(|side| side.stage.tell(Event::Return { status, out }));
}

fn on_message(caller: Caller, op: &MessageOp) -> Answer {
    use MessageOp as O;
    let limits = limits();
    let given = |status, made: Message| when_ok(status, || vec![name(Kind::Message, made.bits)]);
    let mut made = Message::default();
    match *op {
        O::Acquire { capacity, null } => {
            let capacity = capacity.bytes(&limits);
            let status = slot!(caller, message.acquire(capacity, out(null.0, &mut made)));
            given(status, made)
        }
        O::Retain { message: it } => (slot!(caller, message.retain(message(it))), vec![]),
        O::Release { message: it } => (slot!(caller, message.release(message(it))), vec![]),
        O::Write { message: it, length, null } => {
            let length = length.bytes(&limits);
            let data: Vec<u8> = pattern(length.min(LONGEST)).collect();
            let data = if null.0 { ptr::null() } else { data.as_ptr() };
            (slot!(caller, message.write(message(it), data, length)), vec![])
        }
        O::Read { message: it, length, null } => {
            let length = length.bytes(&limits);
            let mut data = vec![0; length.min(LONGEST)];
            let to = if null.0 { ptr::null_mut() } else { data.as_mut_ptr() };
            let status = slot!(caller, message.read(message(it), to, length));
            when_ok(status, || vec![Value::Bytes(data)])
        }
        O::Rewind { message: it } => (slot!(caller, message.rewind(message(it))), vec![]),
        O::Length { message: it, null } => {
            let mut length = 0_usize;
            let status = slot!(caller, message.length(message(it), out(null.0, &mut length)));
            when_ok(status, || vec![number(length as u64)])
        }
        O::View { message: it, null } => {
            let mut view = Bytes { data: ptr::null(), length: 0 };
            let status = slot!(caller, message.view(message(it), out(null.0, &mut view)));
            when_ok(status, || vec![Value::Bytes(seen(view.data, view.length))])
        }
        O::Reserve { message: it, length, null } => {
            let length = length.bytes(&limits);
            let mut room = ptr::null_mut();
            let status = slot!(caller, message.reserve(message(it), length, out(null.0, &mut room)));
            if status == OK {
                let bytes: Vec<u8> = pattern(length).collect();
                // SAFETY: the kernel just gave room for so many bytes.
                unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), room, length) };
            }
            (status, vec![])
        }
        O::Commit { message: it, length } => {
            (slot!(caller, message.commit(message(it), length.bytes(&limits))), vec![])
        }
        O::Edit { message: it, null } => {
            let status = slot!(caller, message.edit(message(it), out(null.0, &mut made)));
            given(status, made)
        }
        O::ViewMut { message: it, null } => {
            let (mut data, mut length) = (ptr::null_mut(), 0);
            let status = slot!(
                caller,
                message.view_mut(message(it), out(null.0, &mut data), out(null.0, &mut length))
            );
            when_ok(status, || {
                let bytes = seen(data, length);
                let changed = overwritten(&bytes);
                // SAFETY: the kernel just gave these bytes for overwriting.
                unsafe { ptr::copy_nonoverlapping(changed.as_ptr(), data, length) };
                vec![Value::Bytes(bytes)]
            })
        }
        O::Clear { message: it } => (slot!(caller, message.clear(message(it))), vec![]),
        O::Clone { message: it, capacity, null } => {
            let capacity = capacity.bytes(&limits);
            let status = slot!(caller, message.clone(message(it), capacity, out(null.0, &mut made)));
            given(status, made)
        }
    }
}

fn on_socket(caller: Caller, op: &SocketOp) -> Answer {
    use SocketOp as O;
    match *op {
        O::Open { modes, count, null } => {
            let modes: Vec<u32> = modes.iter().cycle().take(LONGEST).map(|mode| mode.0).collect();
            let mut made = Socket::default();
            let count = count.0 as usize;
            let status = slot!(caller, socket.open(modes.as_ptr(), count, out(null.0, &mut made)));
            when_ok(status, || vec![name(Kind::Socket, made.bits)])
        }
        O::Listen { socket: it, address } => {
            let text = Passed::new(address);
            (slot!(caller, socket.listen(socket(it), text.pointer(), text.bytes.len())), vec![])
        }
        O::Connect { socket: it, address, token } => {
            let text = Passed::new(address);
            let length = token.bytes(&limits());
            let token: Vec<u8> = pattern(length.min(LONGEST)).collect();
            let status = slot!(
                caller,
                socket.connect(socket(it), text.pointer(), text.bytes.len(), token.as_ptr(), length)
            );
            (status, vec![])
        }
        O::Stop { socket: it } => (slot!(caller, socket.stop(socket(it))), vec![]),
        O::Close { socket: it } => (slot!(caller, socket.close(socket(it))), vec![]),
        O::ChannelCount { socket: it, null } => {
            let mut count = 0_usize;
            let status = slot!(caller, socket.channel_count(socket(it), out(null.0, &mut count)));
            when_ok(status, || vec![number(count as u64)])
        }
        O::ChannelMode { socket: it, channel, null } => {
            let mut mode = 0;
            let status = slot!(caller, socket.channel_mode(socket(it), channel.0, out(null.0, &mut mode)));
            when_ok(status, || vec![number(mode)])
        }
        O::Attach { socket: it, address } => {
            let text = Passed::new(address);
            (slot!(caller, socket.attach(socket(it), text.pointer(), text.bytes.len())), vec![])
        }
        O::Detach { socket: it } => (slot!(caller, socket.detach(socket(it))), vec![]),
        O::Time { socket: it, null } => {
            let mut time = 0_u64;
            let status = slot!(caller, socket.time(socket(it), out(null.0, &mut time)));
            when_ok(status, || vec![number(time)])
        }
        O::Address { socket: it, null } => {
            let mut text = Text { data: ptr::null(), length: 0 };
            let status = slot!(caller, socket.address(socket(it), out(null.0, &mut text)));
            when_ok(status, || vec![Value::Bytes(seen(text.data.cast(), text.length))])
        }
        O::State { socket: it, null } => {
            let mut state = 0;
            let status = slot!(caller, socket.state(socket(it), out(null.0, &mut state)));
            when_ok(status, || vec![number(state)])
        }
    }
}

fn on_session(caller: Caller, op: &SessionOp) -> Answer {
    use SessionOp as O;
    match *op {
        O::Create { socket: on, client_id, family, null } => {
            let family = u16::try_from(family.0).ok();
            let address = Address { family: family.unwrap_or(FAMILY_NONE), port: 5, scope: 0, ip: [9; 16] };
            let address = if family.is_some() { &raw const address } else { ptr::null() };
            let mut made = Session::default();
            let status =
                slot!(caller, session.create(socket(on), client_id, address, out(null.0, &mut made)));
            when_ok(status, || vec![name(Kind::Session, made.bits)])
        }
        O::Destroy { session: it } => (slot!(caller, session.destroy(session(it))), vec![]),
        O::Receive { session: it, channel, message: sent } => {
            (slot!(caller, session.receive(session(it), channel.0, message(sent))), vec![])
        }
        O::Send { session: it, channel, message: sent } => {
            (slot!(caller, session.send(session(it), channel.0, message(sent))), vec![])
        }
        O::Request { session: it, service, id, correlation, message: sent } => {
            let correlation = u64::from(correlation.0);
            let status =
                slot!(caller, session.request(session(it), service.0, id.0, correlation, message(sent)));
            (status, vec![])
        }
        O::Cancel { session: it, correlation } => {
            (slot!(caller, session.cancel(session(it), u64::from(correlation.0))), vec![])
        }
        O::Suspend { session: it } => (slot!(caller, session.suspend(session(it))), vec![]),
        O::Resume { session: it } => (slot!(caller, session.resume(session(it))), vec![]),
        O::Disconnect { session: it } => (slot!(caller, session.disconnect(session(it))), vec![]),
        O::SetPrivate { session: it, data } => {
            (slot!(caller, session.set_private(session(it), pointer(data))), vec![])
        }
        O::GetPrivate { session: it, null } => {
            let mut data = ptr::null_mut::<c_void>();
            let status = slot!(caller, session.get_private(session(it), out(null.0, &mut data)));
            when_ok(status, || vec![number(data.addr() as u64)])
        }
        O::ClientId { session: it, null } => {
            let mut id = 0_i64;
            let status = slot!(caller, session.client_id(session(it), out(null.0, &mut id)));
            when_ok(status, || vec![number(id)])
        }
        O::Address { session: it, null } => {
            let mut address = Address::default();
            let status = slot!(caller, session.address(session(it), out(null.0, &mut address)));
            when_ok(status, || vec![number(address.family)])
        }
        O::Socket { session: it, null } => {
            let mut on = Socket::default();
            let status = slot!(caller, session.socket(session(it), out(null.0, &mut on)));
            when_ok(status, || vec![name(Kind::Socket, on.bits)])
        }
        O::Rtt { session: it, null } => {
            let (mut mean, mut variance) = (0_u64, 0_u64);
            let status =
                slot!(caller, session.rtt(session(it), out(null.0, &mut mean), out(null.0, &mut variance)));
            when_ok(status, || vec![number(mean), number(variance)])
        }
        O::ChannelMode { session: it, channel, null } => {
            let mut mode = 0;
            let status = slot!(caller, session.channel_mode(session(it), channel.0, out(null.0, &mut mode)));
            when_ok(status, || vec![number(mode)])
        }
        O::SetChannelMode { session: it, channel, mode } => {
            (slot!(caller, session.set_channel_mode(session(it), channel.0, mode.0)), vec![])
        }
    }
}

fn on_service(caller: Caller, op: &ServiceOp) -> Answer {
    use ServiceOp as O;
    match *op {
        O::Declare { service, slow, count, null } => {
            let slow = slow.map(|id| id.0);
            let ids = if null.0 { ptr::null() } else { slow.as_ptr() };
            let count = count.0.min(2) as usize;
            (slot!(caller, service.declare(service.0, ids, count)), vec![])
        }
        O::Result { request: it, message: sent } => {
            (slot!(caller, service.result(request(it), message(sent))), vec![])
        }
        O::Exception { request: it, code, text } => {
            let text = Passed::new(text);
            let status =
                slot!(caller, service.exception(request(it), code.0, text.pointer(), text.bytes.len()));
            (status, vec![])
        }
        O::Done { request: it } => (slot!(caller, service.done(request(it))), vec![]),
        O::IsCancelled { request: it } => (slot!(caller, service.is_cancelled(request(it))), vec![]),
        O::DropCurrent { request: it } => (slot!(caller, service.drop_current(request(it))), vec![]),
    }
}

/// A small number as a pointer that nobody follows.
fn pointer(data: u8) -> *mut c_void {
    ptr::without_provenance_mut(usize::from(data))
}

fn on_executor(caller: Caller, op: &ExecutorOp) -> Answer {
    use ExecutorOp as O;
    match *op {
        O::Startup => (slot!(caller, executor.startup()), vec![]),
        O::Shutdown => (slot!(caller, executor.shutdown()), vec![]),
        O::Submit { message: sent, with, data, null } => {
            let run: Option<work::Task> = if null.0 { None } else { Some(work::task) };
            let sent = if with { message(sent) } else { Message::default() };
            (slot!(caller, executor.submit(run, pointer(data), sent)), vec![])
        }
        O::SubmitWorker { message: sent, with, data, null } => {
            let run: Option<work::Task> = if null.0 { None } else { Some(work::worker_task) };
            let sent = if with { message(sent) } else { Message::default() };
            (slot!(caller, executor.submit_worker(run, pointer(data), sent)), vec![])
        }
        O::StartTimer { delay, period, data, null_run, null_out } => {
            let run: Option<work::Timer> = if null_run.0 { None } else { Some(work::timer) };
            let mut made = Timer::default();
            let status = slot!(
                caller,
                executor.start_timer(delay.0, period.0, run, pointer(data), out(null_out.0, &mut made))
            );
            when_ok(status, || vec![name(Kind::Timer, made.bits)])
        }
        O::CancelTimer { timer } => {
            let timer = Timer { bits: bits(Kind::Timer, timer) };
            (slot!(caller, executor.cancel_timer(timer)), vec![])
        }
    }
}

fn on_io(caller: Caller, op: &IoOp) -> Answer {
    let mut table = ptr::null();
    // SAFETY: plugin zero's pointer and tables live as long as the kernel.
    let status = unsafe {
        let zero = with(|side| side.plugins[0]);
        ((*(*zero).api).extension)(zero, IO_ID.as_ptr(), IO_ID.count_bytes(), &mut table)
    };
    if status != OK {
        return (E_NOT_FOUND, vec![number(status)]);
    }
    let io = table.cast::<IoApi>();
    let plugin = caller.plugin;
    match *op {
        IoOp::Watch { descriptor, interest, data, null_run, null_out } => {
            let run: Option<work::Watch> = if null_run.0 { None } else { Some(work::watch) };
            let mut made = Watch::default();
            let (descriptor, to) = (descriptor.0.cast_signed(), out(null_out.0, &mut made));
            // SAFETY: the table is `[instance]`; `to` is NULL or points to a variable of this function.
            let status = unsafe { ((*io).watch)(plugin, descriptor, interest.0, run, pointer(data), to) };
            when_ok(status, || vec![name(Kind::Watch, made.bits)])
        }
        IoOp::Change { watch, interest } => {
            let watch = Watch { bits: bits(Kind::Watch, watch) };
            // SAFETY: the table is `[instance]`; no pointer is passed.
            (unsafe { ((*io).change)(plugin, watch, interest.0) }, vec![])
        }
        IoOp::Unwatch { watch } => {
            let watch = Watch { bits: bits(Kind::Watch, watch) };
            // SAFETY: the table is `[instance]`; no pointer is passed.
            (unsafe { ((*io).unwatch)(plugin, watch) }, vec![])
        }
    }
}

fn on_plugin(caller: Caller, op: &PluginOp) -> Answer {
    use PluginOp as O;
    let (api, plugin) = (caller.api, caller.plugin);
    match *op {
        O::Extension { known, null_id, null_out } => {
            let id = if known { IO_ID } else { c"org.example.none/1" };
            let mut table = ptr::null();
            let pointer = if null_id.0 { ptr::null() } else { id.as_ptr() };
            let to = out(null_out.0, &mut table);
            // SAFETY: the pointers are NULL or point to live text and a variable of this function.
            (unsafe { ((*api).extension)(plugin, pointer, id.count_bytes(), to) }, vec![])
        }
        // SAFETY: no pointer is passed but the plugin's.
        O::Stopped => (unsafe { ((*api).stopped)(plugin) }, vec![]),
        O::DataSet { data: to } => (slot!(caller, data.set(pointer(to))), vec![]),
        O::DataGet { null } => {
            let mut data = ptr::null_mut::<c_void>();
            let status = slot!(caller, data.get(out(null.0, &mut data)));
            when_ok(status, || vec![number(data.addr() as u64)])
        }
        O::LogWrite { level, text } => {
            let (target, text) = (super::host::TARGET, Passed::new(text));
            debug_assert!(text.bytes.len() < LOG_MAX, "longer texts would be cut");
            let status = slot!(
                caller,
                log.write(level.0, target.as_ptr().cast(), target.len(), text.pointer(), text.bytes.len())
            );
            (status, vec![])
        }
        O::ErrorSet { code, text } => {
            let text = Passed::new(text);
            let status = slot!(caller, error.set(code.0.cast_signed(), text.pointer(), text.bytes.len()));
            (status, vec![])
        }
        O::ErrorLast { null, short } => {
            let size = if short.0 { 8 } else { u32::try_from(size_of::<Error>()).expect("a small struct") };
            let mut error = Error { size, code: 0, length: 0, reserved: 0, text: [0; 240] };
            let status = slot!(caller, error.last(out(null.0, &mut error)));
            when_ok(status, || {
                let text = error.text[..error.length as usize].to_vec();
                vec![number(error.code), Value::Bytes(text)]
            })
        }
    }
}
