//! The callbacks and the work of every plugin: all of them play the next script.

use std::{
    ffi::{c_char, c_void},
    slice,
};

use pintle_abi_core::{
    Create, Message, MessageInfo, OfferInfo, Plugin, Request, RequestInfo, ResultInfo, Session, Socket, Stop,
    Timer as TimerHandle, Watch as WatchHandle, status::OK,
};

use super::{
    call::{bytes_of, perform, set_error},
    side::{name, with},
};
use crate::{
    crossing::Crossing,
    event::{Kind, Value},
};

/// A task.
pub(super) type Task = unsafe extern "C" fn(*mut Plugin, *mut c_void, Message) -> i32;
/// A timer's function.
pub(super) type Timer = unsafe extern "C" fn(*mut Plugin, *mut c_void, TimerHandle) -> i32;
/// A watch's function.
pub(super) type Watch = unsafe extern "C" fn(*mut Plugin, *mut c_void, WatchHandle, u32) -> i32;

/// What a call through an offer runs.
pub(super) type OfferCall = unsafe extern "C" fn(*mut Plugin, *const c_void, *mut c_void) -> i32;

/// Plays the next script of this plugin for this crossing.
fn play(plugin: *mut Plugin, crossing: Crossing, arguments: Vec<Value>) -> i32 {
    let (instance, script) = with(|side| {
        let instance = side.instance(plugin);
        let definition = side.defined.get(instance).copied().unwrap_or(usize::MAX);
        (instance, side.stage.enter(instance, definition, crossing, arguments))
    });
    for step in &script.steps {
        perform(instance, step);
    }
    let status = script.answer.status();
    if status != OK {
        set_error(plugin, status);
    }
    with(|side| side.stage.leave(status));
    status
}

fn number(number: impl Into<i128>) -> Value {
    Value::Number(number.into())
}

fn data(data: *mut c_void) -> Value {
    number(data.addr() as u64)
}

fn message(plugin: *mut Plugin, message: Message) -> [Value; 2] {
    let bytes = bytes_of(plugin, message);
    [name(Kind::Message, message.bits), bytes]
}

/// Bytes that the kernel shows for the length of a call.
///
/// # Safety
/// `length` bytes at `data` are readable, or `length` is 0.
unsafe fn shown(data: *const u8, length: usize) -> Value {
    if length == 0 {
        return Value::Bytes(Vec::new());
    }
    // SAFETY: as this function's own.
    Value::Bytes(unsafe { slice::from_raw_parts(data, length) }.to_vec())
}

pub(super) unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
    with(|side| {
        side.plugins.push(plugin);
        side.defined.push(side.adding);
    });
    play(plugin, Crossing::Create, vec![])
}

pub(super) unsafe extern "C" fn request_stop(plugin: *mut Plugin, _: *const Stop) -> i32 {
    play(plugin, Crossing::RequestStop, vec![])
}

pub(super) unsafe extern "C" fn destroy(plugin: *mut Plugin) -> i32 {
    play(plugin, Crossing::Destroy, vec![])
}

macro_rules! about_a_socket {
    ($($name:ident $crossing:ident;)*) => {$(
        pub(super) unsafe extern "C" fn $name(plugin: *mut Plugin, socket: Socket) -> i32 {
            play(plugin, Crossing::$crossing, vec![name(Kind::Socket, socket.bits)])
        }
    )*};
}

about_a_socket! {
    socket_created SocketCreated;
    socket_stopped SocketStopped;
    socket_destroyed SocketDestroyed;
    socket_detached SocketDetached;
}

macro_rules! about_an_address {
    ($($name:ident $crossing:ident;)*) => {$(
        pub(super) unsafe extern "C" fn $name(
            plugin: *mut Plugin,
            socket: Socket,
            address: *const c_char,
            length: usize,
        ) -> i32 {
            // SAFETY: the kernel shows the address for the length of the call.
            let address = unsafe { shown(address.cast(), length) };
            play(plugin, Crossing::$crossing, vec![name(Kind::Socket, socket.bits), address])
        }
    )*};
}

about_an_address! {
    socket_listening SocketListening;
    socket_attached SocketAttached;
}

pub(super) unsafe extern "C" fn socket_connecting(
    plugin: *mut Plugin,
    socket: Socket,
    address: *const c_char,
    length: usize,
    token: *const u8,
    token_length: usize,
) -> i32 {
    // SAFETY: the kernel shows address and token for the length of the call.
    let (address, token) = unsafe { (shown(address.cast(), length), shown(token, token_length)) };
    play(plugin, Crossing::SocketConnecting, vec![name(Kind::Socket, socket.bits), address, token])
}

macro_rules! about_a_session {
    ($($name:ident $crossing:ident;)*) => {$(
        pub(super) unsafe extern "C" fn $name(plugin: *mut Plugin, session: Session) -> i32 {
            play(plugin, Crossing::$crossing, vec![name(Kind::Session, session.bits)])
        }
    )*};
}

about_a_session! {
    session_created SessionCreated;
    session_writable SessionWritable;
    session_disconnect SessionDisconnect;
}

pub(super) unsafe extern "C" fn session_destroyed(
    plugin: *mut Plugin,
    session: Session,
    own: *mut c_void,
) -> i32 {
    play(plugin, Crossing::SessionDestroyed, vec![name(Kind::Session, session.bits), data(own)])
}

macro_rules! a_filter {
    ($($name:ident $crossing:ident;)*) => {$(
        pub(super) unsafe extern "C" fn $name(plugin: *mut Plugin, info: *const MessageInfo) -> i32 {
            // SAFETY: the kernel shows `info` for the length of the call.
            let told = unsafe { info.read() };
            assert_eq!(told.size as usize, size_of::<MessageInfo>());
            let [handle, bytes] = message(plugin, told.message);
            let session = name(Kind::Session, told.session.bits);
            let request = name(Kind::Request, told.request.bits);
            let mut arguments = vec![session, number(told.channel), number(told.kind)];
            arguments.extend([told.service, told.id, told.flags].map(number));
            arguments.extend([number(told.correlation), request, handle, bytes]);
            play(plugin, Crossing::$crossing, arguments)
        }
    )*};
}

a_filter! {
    message_in MessageIn;
    message_out MessageOut;
}

pub(super) unsafe extern "C" fn session_send(
    plugin: *mut Plugin,
    session: Session,
    channel: u32,
    passed: Message,
) -> i32 {
    let [handle, bytes] = message(plugin, passed);
    let session = name(Kind::Session, session.bits);
    play(plugin, Crossing::SessionSend, vec![session, number(channel), handle, bytes])
}

pub(super) unsafe extern "C" fn session_result(plugin: *mut Plugin, result: *const ResultInfo) -> i32 {
    // SAFETY: the kernel shows `result` for the length of the call.
    let told = unsafe { result.read() };
    assert_eq!(told.size as usize, size_of::<ResultInfo>());
    let [handle, bytes] = message(plugin, told.message);
    let session = name(Kind::Session, told.session.bits);
    let request = name(Kind::Request, told.request.bits);
    let mut arguments = vec![session, number(told.correlation), number(told.kind), number(told.code)];
    arguments.extend([number(told.flags), request, handle, bytes]);
    play(plugin, Crossing::SessionResult, arguments)
}

pub(super) unsafe extern "C" fn session_get_rtt(
    plugin: *mut Plugin,
    session: Session,
    mean_ns: *mut u64,
    deviation_ns: *mut u64,
) -> i32 {
    let status = play(plugin, Crossing::SessionGetRtt, vec![name(Kind::Session, session.bits)]);
    let [rtt, spread] = crate::data::RTT;
    // SAFETY: the kernel gives room for both.
    unsafe {
        mean_ns.write(rtt);
        deviation_ns.write(spread);
    }
    status
}

pub(super) unsafe extern "C" fn session_set_mode(
    plugin: *mut Plugin,
    session: Session,
    channel: u32,
    mode: u32,
) -> i32 {
    let arguments = vec![name(Kind::Session, session.bits), number(channel), number(mode)];
    play(plugin, Crossing::SessionSetMode, arguments)
}

/// The request and what its handler is told.
///
/// # Safety
/// `info` is readable.
unsafe fn told(plugin: *mut Plugin, request: Request, info: *const RequestInfo) -> Vec<Value> {
    // SAFETY: as this function's own.
    let info = unsafe { info.read() };
    let mut told = vec![
        name(Kind::Request, request.bits),
        name(Kind::Session, info.session.bits),
        number(info.service),
        number(info.id),
        number(info.flags),
        number(info.correlation),
    ];
    told.extend(message(plugin, info.message));
    told
}

macro_rules! about_a_request {
    ($($name:ident $crossing:ident;)*) => {$(
        pub(super) unsafe extern "C" fn $name(
            plugin: *mut Plugin,
            request: Request,
            info: *const RequestInfo,
        ) -> i32 {
            // SAFETY: the kernel shows `info` for the length of the call.
            let told = unsafe { told(plugin, request, info) };
            play(plugin, Crossing::$crossing, told)
        }
    )*};
}

about_a_request! {
    request Request;
    slow_arrive SlowArrive;
    slow_request SlowRequest;
}

pub(super) unsafe extern "C" fn request_done(
    plugin: *mut Plugin,
    request: Request,
    info: *const RequestInfo,
    status: i32,
) -> i32 {
    // SAFETY: the kernel shows `info` for the length of the call.
    let mut told = unsafe { told(plugin, request, info) };
    told.push(number(status));
    play(plugin, Crossing::RequestDone, told)
}

/// What is told of an offer.
///
/// # Safety
/// `info` is readable, and so is the id in it.
unsafe fn told_of_offer(info: *const OfferInfo) -> Vec<Value> {
    // SAFETY: as this function's own.
    let told = unsafe { info.read() };
    assert_eq!(told.size as usize, size_of::<OfferInfo>());
    // SAFETY: as this function's own.
    let id = unsafe { shown(told.id.data.cast(), told.id.length) };
    vec![name(Kind::Offer, told.offer.bits), name(Kind::Instance, told.publisher.bits), id]
}

macro_rules! about_an_offer {
    ($($name:ident $crossing:ident;)*) => {$(
        pub(super) unsafe extern "C" fn $name(plugin: *mut Plugin, info: *const OfferInfo) -> i32 {
            // SAFETY: the kernel shows `info` for the length of the call.
            let told = unsafe { told_of_offer(info) };
            play(plugin, Crossing::$crossing, told)
        }
    )*};
}

about_an_offer! {
    offer_published OfferPublished;
    offer_ended OfferEnded;
}

/// A table as plugins publish it: its size, and a number that tells it from others.
#[repr(C)]
pub(super) struct Published {
    pub(super) size: u32,
    pub(super) number: u32,
}

pub(super) unsafe extern "C" fn offer_call(
    publisher: *mut Plugin,
    table: *const c_void,
    with: *mut c_void,
) -> i32 {
    // SAFETY: every table that plans publish is one of these.
    let table = unsafe { table.cast::<Published>().read() };
    play(publisher, Crossing::OfferCall, vec![data(with), number(table.number)])
}

pub(super) unsafe extern "C" fn task(plugin: *mut Plugin, with: *mut c_void, passed: Message) -> i32 {
    let [handle, bytes] = message(plugin, passed);
    play(plugin, Crossing::Task, vec![data(with), handle, bytes])
}

pub(super) unsafe extern "C" fn worker_task(plugin: *mut Plugin, with: *mut c_void, passed: Message) -> i32 {
    let [handle, bytes] = message(plugin, passed);
    play(plugin, Crossing::WorkerTask, vec![data(with), handle, bytes])
}

pub(super) unsafe extern "C" fn timer(plugin: *mut Plugin, with: *mut c_void, timer: TimerHandle) -> i32 {
    play(plugin, Crossing::Timer, vec![data(with), name(Kind::Timer, timer.bits)])
}

pub(super) unsafe extern "C" fn watch(
    plugin: *mut Plugin,
    with: *mut c_void,
    watch: WatchHandle,
    ready: u32,
) -> i32 {
    play(plugin, Crossing::Watch, vec![data(with), name(Kind::Watch, watch.bits), number(ready)])
}
