//! The `socket` table.

use core::ffi::c_char;

use pintle_abi_core as abi;
use pintle_abi_core::rules::callback;
use pintle_abi_core::{ADDRESS_MAX, MODE_RELIABLE, SocketApi, TOKEN_MAX, Text, status};

use crate::base::answer::Answer;
use crate::base::text;
use crate::dispatch::caller::Caller;
use crate::table::guard::{out, table};

table! {
    SocketApi, socket:
    open(modes: *const u32, channel_count: u32, to: *mut abi::Socket) = OPEN;
    listen(socket: abi::Socket, address: *const c_char, address_length: usize) = LISTEN;
    connect(
        socket: abi::Socket,
        address: *const c_char,
        address_length: usize,
        token: *const u8,
        token_length: usize,
    ) = CONNECT;
    stop(socket: abi::Socket) = STOP;
    close(socket: abi::Socket) = CLOSE;
    channel_count(socket: abi::Socket, to: *mut u32) = CHANNEL_COUNT;
    channel_mode(socket: abi::Socket, channel: u32, to: *mut u32) = CHANNEL_MODE;
    attach(handle: abi::Socket, address: *const c_char, address_length: usize) = ATTACH;
    detach(socket: abi::Socket) = DETACH;
    time(socket: abi::Socket, to: *mut u64) = TIME;
    address(socket: abi::Socket, to: *mut Text) = ADDRESS;
    state(socket: abi::Socket, to: *mut u32) = STATE;
}

fn open(caller: &Caller<'_>, modes: *const u32, channel_count: u32, to: *mut abi::Socket) -> Answer {
    let to = out(to)?;
    let kernel = caller.kernel;
    if modes.is_null() || channel_count == 0 {
        return Err(status::E_ARGUMENT);
    }
    if channel_count > kernel.limits.channels {
        return Err(status::E_CAPACITY);
    }
    // SAFETY: `modes` is readable for `channel_count` numbers.
    let modes = unsafe { core::slice::from_raw_parts(modes, channel_count as usize) };
    if modes.iter().any(|mode| *mode > MODE_RELIABLE) {
        return Err(status::E_ARGUMENT);
    }
    if !caller.instance.may_open_sockets() {
        return Err(status::E_PERMISSION);
    }
    let index = kernel.sockets.open(caller.instance.index(), modes)?;
    let handle = kernel.sockets.handle(index);
    to.write(handle);
    let _dispatch = kernel.dispatch();
    kernel.broadcast(callback::SOCKET_CREATED, handle, |callbacks| callbacks.socket_created);
    Ok(())
}

/// An address that can be started with.
///
/// # Safety
/// As [`text::utf8`].
unsafe fn checked_address<'a>(data: *const c_char, length: usize) -> Answer<&'a str> {
    if length > ADDRESS_MAX {
        return Err(if data.is_null() { status::E_ARGUMENT } else { status::E_CAPACITY });
    }
    // SAFETY: as the caller says.
    unsafe { text::utf8(data, length) }
}

fn listen(caller: &Caller<'_>, socket: abi::Socket, address: *const c_char, address_length: usize) -> Answer {
    // SAFETY: the plugin's text is readable.
    let given = unsafe { checked_address(address, address_length) }?;
    if given.is_empty() {
        return Err(status::E_ARGUMENT);
    }
    caller.kernel.start_socket(caller, socket, given, None)
}

fn connect(
    caller: &Caller<'_>,
    socket: abi::Socket,
    address: *const c_char,
    address_length: usize,
    token: *const u8,
    token_length: usize,
) -> Answer {
    // SAFETY: the plugin's text is readable.
    let given = unsafe { checked_address(address, address_length) }?;
    if given.is_empty() || (token.is_null() && token_length != 0) {
        return Err(status::E_ARGUMENT);
    }
    if token_length > TOKEN_MAX {
        return Err(status::E_CAPACITY);
    }
    caller.kernel.start_socket(caller, socket, given, Some((token, token_length)))
}

fn stop(caller: &Caller<'_>, socket: abi::Socket) -> Answer {
    let index = caller.kernel.opened_socket(caller, socket)?;
    if !caller.kernel.sockets.at(index).is_started() {
        return Err(status::E_STATE);
    }
    let _dispatch = caller.kernel.dispatch();
    caller.kernel.stop_socket(index);
    Ok(())
}

fn close(caller: &Caller<'_>, socket: abi::Socket) -> Answer {
    let index = caller.kernel.opened_socket(caller, socket)?;
    let _dispatch = caller.kernel.dispatch();
    caller.kernel.close_socket(index);
    Ok(())
}

fn channel_count(caller: &Caller<'_>, socket: abi::Socket, to: *mut u32) -> Answer {
    let to = out(to)?;
    to.write(caller.kernel.sockets.get(socket)?.channels());
    Ok(())
}

fn channel_mode(caller: &Caller<'_>, socket: abi::Socket, channel: u32, to: *mut u32) -> Answer {
    let to = out(to)?;
    let index = caller.kernel.sockets.find(socket)?;
    if channel >= caller.kernel.sockets.at(index).channels() {
        return Err(status::E_NOT_FOUND);
    }
    to.write(u32::from(caller.kernel.sockets.mode(index, channel)));
    Ok(())
}

fn attach(caller: &Caller<'_>, handle: abi::Socket, address: *const c_char, address_length: usize) -> Answer {
    // SAFETY: the plugin's text is readable.
    let given = unsafe { checked_address(address, address_length) }?;
    let kernel = caller.kernel;
    let index = kernel.sockets.find(handle)?;
    let socket = kernel.sockets.at(index);
    socket.attach(caller.instance.index())?;
    if !given.is_empty() {
        socket.set_address(given);
    }
    // A copy: a callback may attach too, and change the address while the others still read it.
    let (served, length) = socket.copy_address();
    let _dispatch = kernel.dispatch();
    for instance in kernel.instances.hearers(callback::SOCKET_ATTACHED) {
        if let Some(run) = instance.callbacks().socket_attached {
            // SAFETY: the instance's own callback with its own pointer; the address outlives the call.
            let call = |plugin| unsafe { run(plugin, handle, served.as_ptr().cast(), length) };
            kernel.tell(instance, callback::SOCKET_ATTACHED, call);
        }
    }
    Ok(())
}

fn detach(caller: &Caller<'_>, socket: abi::Socket) -> Answer {
    let index = caller.kernel.sockets.find(socket)?;
    let _dispatch = caller.kernel.dispatch();
    if caller.kernel.detach(index, socket, caller.instance.index()) { Ok(()) } else { Err(status::E_STATE) }
}

fn time(caller: &Caller<'_>, socket: abi::Socket, to: *mut u64) -> Answer {
    let to = out(to)?;
    let is_started = caller.kernel.sockets.get(socket)?.is_started();
    let time = if is_started { caller.kernel.shared.now() } else { 0 };
    to.write(time);
    Ok(())
}

fn address(caller: &Caller<'_>, socket: abi::Socket, to: *mut Text) -> Answer {
    let to = out(to)?;
    to.write(caller.kernel.sockets.get(socket)?.address());
    Ok(())
}

fn state(caller: &Caller<'_>, socket: abi::Socket, to: *mut u32) -> Answer {
    let to = out(to)?;
    to.write(caller.kernel.sockets.get(socket)?.state());
    Ok(())
}
