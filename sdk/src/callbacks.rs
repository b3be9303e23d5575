//! The functions of the callback table. Each converts the contract's arguments to Rust's and runs the callback behind
//! the wall. [`plugin`](crate::plugin) names them by the members of [`abi::Callbacks`].

use core::ffi::{c_char, c_void};
use core::ptr::NonNull;
use core::time::Duration;

use abi::status;
use pintle_abi_core as abi;

use crate::host::covers_1_0;
use crate::instance::{Instance, Resident, checked, known};
use crate::wall::wall;
use crate::{
    Answer, CreateArgs, Error, Host, Message, MessageInfo, Mode, OfferInfo, Plugin, Request, RequestInfo,
    Result, ResultInfo, Session, SlowService, Socket, Status, StopArgs, StopReason, Text,
};

/// Makes a value of a zero-sized type again, of which the caller was given one.
///
/// # Safety
/// A value of `F` was passed in before, and `F` is `Copy`.
pub(crate) unsafe fn conjure<F: Copy>() -> F {
    const {
        assert!(
            size_of::<F>() == 0,
            "what runs later captures nothing: pass what it needs as `data`, or keep it in the plugin"
        );
    }
    // SAFETY: it has no bytes to read, and a value of it existed.
    unsafe { NonNull::<F>::dangling().read() }
}

fn finish(host: &Host, outcome: Result<i32>) -> i32 {
    match outcome {
        Ok(status) => status,
        Err(error) => error.report(host),
    }
}

/// Runs `body` with the instance, behind the wall.
///
/// # Safety
/// `plugin` is an instance of type `T`, live until this returns.
unsafe fn enter<T: Plugin>(
    plugin: *mut abi::Plugin,
    slot: &'static str,
    body: impl FnOnce(&T, &Host) -> Result<i32>,
) -> i32 {
    // SAFETY: the host passes its own instances, whose tables `create` has seen to be whole.
    let host = unsafe { Host::from_raw(plugin) };
    // SAFETY: as the caller promises; `destroy` is not re-entrant.
    wall(&host, slot, || finish(&host, unsafe { known::<T>(&host) }.and_then(|plugin| body(plugin, &host))))
}

/// Runs `body` with the instance, if it is a `T`, behind the wall.
///
/// # Safety
/// `plugin` is an instance of this crate's, live until this returns.
pub(crate) unsafe fn enter_checked<T: Plugin>(
    plugin: *mut abi::Plugin,
    slot: &'static str,
    body: impl FnOnce(&T, &Host) -> Result,
) -> i32 {
    // SAFETY: as for `enter`.
    let host = unsafe { Host::from_raw(plugin) };
    wall(&host, slot, || {
        // SAFETY: as the caller promises.
        let plugin = unsafe { checked::<T>(&host) };
        finish(&host, plugin.and_then(|plugin| body(plugin, &host)).map(|()| status::OK))
    })
}

/// # Safety
/// `data` and `length` are the host's view of text, valid for `'a`.
unsafe fn text<'a>(data: *const c_char, length: usize) -> Result<&'a str> {
    // SAFETY: as the caller promises.
    let bytes = unsafe { bytes(data.cast(), length) };
    str::from_utf8(bytes)
        .map_err(|_| Error::new(Status(status::E_ARGUMENT), "the host gave text that is not UTF-8"))
}

/// # Safety
/// `data` and `length` are the host's view of bytes, valid for `'a`.
unsafe fn bytes<'a>(data: *const u8, length: usize) -> &'a [u8] {
    if length == 0 {
        return &[];
    }
    // SAFETY: as the caller promises.
    unsafe { core::slice::from_raw_parts(data, length) }
}

/// # Safety
/// Called by a host, on the kernel thread, once for the instance.
pub unsafe extern "C" fn create<T: Resident>(plugin: *mut abi::Plugin, args: *const abi::Create) -> i32 {
    // SAFETY: the host passes an instance of its own.
    if !unsafe { covers_1_0(plugin) } {
        return status::E_LAYOUT;
    }
    // SAFETY: the tables were just seen to be whole.
    let host = unsafe { Host::from_raw(plugin) };
    wall(&host, "create", || finish(&host, begin::<T>(&host, args)))
}

fn begin<T: Resident>(host: &Host, args: *const abi::Create) -> Result<i32> {
    // SAFETY: the host's arguments are valid until `create` returns.
    let args = unsafe { &*args };
    let view = |view: Text| {
        // SAFETY: as above.
        unsafe { text(view.data, view.length) }
    };
    let args = CreateArgs {
        instance: view(args.instance)?,
        config: view(args.config)?,
        abi_minor: args.abi_minor,
        host_minor: args.host_minor,
    };
    for (service, slow) in T::SERVICES {
        host.service().declare(*service, slow)?;
    }
    let begun = Begun::<T> { host, instance: T::place().put()? };
    host.set_data(begun.instance.cast())?;
    let state = T::create(host, args)?;
    // SAFETY: `place` gave it, and only now it gets its state.
    unsafe { Instance::complete(begun.instance, host, state) }?;
    core::mem::forget(begun);
    Ok(status::OK)
}

/// An instance without its state. If `create` fails or panics, it goes.
struct Begun<'h, T: Resident> {
    host: &'h Host,
    instance: *mut Instance<T>,
}

impl<T: Resident> Drop for Begun<'_, T> {
    fn drop(&mut self) {
        // The host forgets the instance anyway.
        let _ = self.host.set_data(core::ptr::null_mut());
        // SAFETY: `place` gave it, and nobody has it but this.
        let _ = unsafe { T::place().take(self.instance) };
    }
}

/// # Safety
/// Called by a host, on the kernel thread, as the last call to the instance; no other call is inside it.
pub unsafe extern "C" fn destroy<T: Resident>(plugin: *mut abi::Plugin) -> i32 {
    // SAFETY: the host passes an instance of its own.
    let host = unsafe { Host::from_raw(plugin) };
    wall(&host, "destroy", || {
        let Some(instance) = Instance::<T>::of(&host) else { return status::OK };
        // What a callback that nests in `destroy` would find is gone already.
        if let Err(error) = host.set_data(core::ptr::null_mut()) {
            return error.report(&host);
        }
        // SAFETY: `create` stored it with its state, this is the last call, and nobody is inside.
        let state = unsafe { T::place().take(instance).into_state() };
        finish(&host, state.destroy(&host).map(|()| status::OK))
    })
}

/// Writes a callback: its Rust arguments, made from the contract's, and its status, made from the result.
macro_rules! callback {
    ($name:ident: $bound:ident ($($argument:ident: $type:ty),*) |$plugin:ident, $host:ident| $body:expr) => {
        /// # Safety
        /// Called by a host, as the callback's tags say, with a live instance of type `T`.
        pub unsafe extern "C" fn $name<T: $bound>(plugin: *mut abi::Plugin $(, $argument: $type)*) -> i32 {
            let body = |$plugin: &T, $host: &Host| -> Result<i32> { $body };
            // SAFETY: as for this function.
            unsafe { enter::<T>(plugin, stringify!($name), body) }
        }
    };
}

macro_rules! notice {
    ($($name:ident($($argument:ident: $type:ty),*))*) => {
        $(callback! { $name: Plugin ($($argument: $type),*) |plugin, host| {
            plugin.$name(host $(, $argument)*).map(|()| status::OK)
        } })*
    };
}

notice! {
    socket_created(socket: Socket)
    socket_stopped(socket: Socket)
    socket_destroyed(socket: Socket)
    socket_detached(socket: Socket)
    session_created(session: Session)
    session_writable(session: Session)
    session_disconnect(session: Session)
}

callback! { request_stop: Plugin (stop: *const abi::Stop) |plugin, host| {
    // SAFETY: the host's struct is valid until the callback returns.
    let stop = unsafe { &*stop };
    let deadline = (stop.deadline != abi::NEVER).then(|| Duration::from_nanos(stop.deadline));
    let args = StopArgs { reason: StopReason(stop.reason), deadline };
    plugin.request_stop(host, args).map(|progress| progress.code())
} }

callback! { socket_listening: Plugin (socket: Socket, address: *const c_char, address_length: usize) |plugin, host| {
    // SAFETY: the host's view is valid until the callback returns.
    let address = unsafe { text(address, address_length) }?;
    plugin.socket_listening(host, socket, address).map(|()| status::OK)
} }

callback! { socket_connecting: Plugin (
    socket: Socket,
    address: *const c_char,
    address_length: usize,
    token: *const u8,
    token_length: usize
) |plugin, host| {
    // SAFETY: the host's views are valid until the callback returns.
    let (address, token) = unsafe { (text(address, address_length)?, bytes(token, token_length)) };
    plugin.socket_connecting(host, socket, address, token).map(|()| status::OK)
} }

callback! { socket_attached: Plugin (socket: Socket, address: *const c_char, address_length: usize) |plugin, host| {
    // SAFETY: the host's view is valid until the callback returns.
    let address = unsafe { text(address, address_length) }?;
    plugin.socket_attached(host, socket, address).map(|()| status::OK)
} }

callback! { session_destroyed: Plugin (session: Session, data: *mut c_void) |plugin, host| {
    plugin.session_destroyed(host, session, data.addr()).map(|()| status::OK)
} }

callback! { message_in: Plugin (info: *const MessageInfo) |plugin, host| {
    // SAFETY: the host's struct is valid until the callback returns.
    let info = unsafe { &*info };
    let mut message = Message::borrowed(host, info.message);
    plugin.message_in(host, info, &mut message).map(|pass| pass.code())
} }

callback! { message_out: Plugin (info: *const MessageInfo) |plugin, host| {
    // SAFETY: the host's struct is valid until the callback returns.
    let info = unsafe { &*info };
    let mut message = Message::borrowed(host, info.message);
    plugin.message_out(host, info, &mut message).map(|pass| pass.code())
} }

callback! { session_send: Plugin (session: Session, channel: u32, message: abi::Message) |plugin, host| {
    let mut message = Message::borrowed(host, message);
    plugin.session_send(host, session, channel, &mut message).map(|()| status::OK)
} }

callback! { session_result: Plugin (result: *const ResultInfo) |plugin, host| {
    // SAFETY: the host's struct is valid until the callback returns.
    let info = unsafe { &*result };
    let mut borrowed = Message::borrowed(host, info.message);
    let code = Status(info.code);
    let answer = match info.kind {
        abi::RESULT_RESULT => Answer::Result(&mut borrowed),
        abi::RESULT_EXCEPTION if info.message.bits == 0 => Answer::Exception(code, None),
        abi::RESULT_EXCEPTION => Answer::Exception(code, Some(&mut borrowed)),
        abi::RESULT_DONE => Answer::Done(code),
        _ => return Err(Error::new(Status(status::E_UNSUPPORTED), "an unknown kind of result")),
    };
    plugin.session_result(host, info, answer).map(|()| status::OK)
} }

callback! { session_get_rtt: Plugin (session: Session, mean_ns: *mut u64, deviation_ns: *mut u64) |plugin, host| {
    let rtt = plugin.session_get_rtt(host, session)?;
    let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    // SAFETY: the host's out-pointers are writable until the callback returns.
    unsafe {
        mean_ns.write(nanoseconds(rtt.mean));
        deviation_ns.write(nanoseconds(rtt.deviation));
    }
    Ok(status::OK)
} }

callback! { session_set_mode: Plugin (session: Session, channel: u32, mode: u32) |plugin, host| {
    plugin.session_set_mode(host, session, channel, Mode(mode)).map(|()| status::OK)
} }

callback! { request: Plugin (request: Request, info: *const RequestInfo) |plugin, host| {
    // SAFETY: the host's struct is valid until the callback returns.
    let info = unsafe { &*info };
    let mut payload = Message::payload(host, info.message);
    plugin.request(host, request, info, &mut payload).map(|progress| progress.code())
} }

callback! { slow_arrive: Plugin (request: Request, info: *const RequestInfo) |plugin, host| {
    // SAFETY: the host's struct is valid until the callback returns.
    let info = unsafe { &*info };
    let mut payload = Message::payload(host, info.message);
    plugin.slow_arrive(host, request, info, &mut payload).map(|()| status::OK)
} }

callback! { slow_request: SlowService (request: Request, info: *const RequestInfo) |plugin, host| {
    // SAFETY: the host's struct is valid until the callback returns.
    let info = unsafe { &*info };
    let mut payload = Message::payload(host, info.message);
    plugin.slow_request(host, request, info, &mut payload).map(|progress| progress.code())
} }

callback! { request_done: Plugin (request: Request, info: *const RequestInfo, status: i32) |plugin, host| {
    // SAFETY: the host's struct is valid until the callback returns.
    let info = unsafe { &*info };
    plugin.request_done(host, request, info, Status(status)).map(|()| status::OK)
} }

callback! { offer_published: Plugin (info: *const OfferInfo) |plugin, host| {
    // SAFETY: the host's struct, and the text in it, are valid until the callback returns.
    let (info, id) = unsafe { (&*info, text((*info).id.data, (*info).id.length)?) };
    plugin.offer_published(host, info, id).map(|()| status::OK)
} }

callback! { offer_ended: Plugin (info: *const OfferInfo) |plugin, host| {
    // SAFETY: as for `offer_published`.
    let (info, id) = unsafe { (&*info, text((*info).id.data, (*info).id.length)?) };
    plugin.offer_ended(host, info, id).map(|()| status::OK)
} }
