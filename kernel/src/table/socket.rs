//! The `socket` table.

use core::ffi::c_char;

use pintle_abi_core as abi;
use pintle_abi_core::rules::{callback, socket as rule};
use pintle_abi_core::{ADDRESS_MAX, MODE_RELIABLE, Plugin, SocketApi, TOKEN_MAX, Text, status};

use crate::base::answer::Answer;
use crate::base::text;
use crate::table::guard::{answer, enter, out};

pub(crate) static TABLE: SocketApi = SocketApi {
    size: size_of::<SocketApi>() as u32,
    reserved: 0,
    open,
    listen,
    connect,
    stop,
    close,
    channel_count,
    channel_mode,
    attach,
    detach,
    time,
    address,
    state,
};

unsafe extern "C" fn open(
    plugin: *mut Plugin,
    modes: *const u32,
    channel_count: u32,
    to: *mut abi::Socket,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::OPEN) }?;
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
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(handle) };
        let _dispatch = kernel.dispatch();
        kernel.broadcast(callback::SOCKET_CREATED, handle, |callbacks| callbacks.socket_created);
        Ok(())
    })
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

unsafe extern "C" fn listen(
    plugin: *mut Plugin,
    socket: abi::Socket,
    address: *const c_char,
    address_length: usize,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::LISTEN) }?;
        // SAFETY: the plugin's text is readable.
        let given = unsafe { checked_address(address, address_length) }?;
        if given.is_empty() {
            return Err(status::E_ARGUMENT);
        }
        caller.kernel.start_socket(&caller, socket, given, None)
    })
}

unsafe extern "C" fn connect(
    plugin: *mut Plugin,
    socket: abi::Socket,
    address: *const c_char,
    address_length: usize,
    token: *const u8,
    token_length: usize,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::CONNECT) }?;
        // SAFETY: the plugin's text is readable.
        let given = unsafe { checked_address(address, address_length) }?;
        if given.is_empty() || (token.is_null() && token_length != 0) {
            return Err(status::E_ARGUMENT);
        }
        if token_length > TOKEN_MAX {
            return Err(status::E_CAPACITY);
        }
        caller.kernel.start_socket(&caller, socket, given, Some((token, token_length)))
    })
}

unsafe extern "C" fn stop(plugin: *mut Plugin, socket: abi::Socket) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::STOP) }?;
        let index = caller.kernel.opened_socket(&caller, socket)?;
        if !caller.kernel.sockets.at(index).is_started() {
            return Err(status::E_STATE);
        }
        let _dispatch = caller.kernel.dispatch();
        caller.kernel.stop_socket(index);
        Ok(())
    })
}

unsafe extern "C" fn close(plugin: *mut Plugin, socket: abi::Socket) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::CLOSE) }?;
        let index = caller.kernel.opened_socket(&caller, socket)?;
        let _dispatch = caller.kernel.dispatch();
        caller.kernel.close_socket(index);
        Ok(())
    })
}

unsafe extern "C" fn channel_count(plugin: *mut Plugin, socket: abi::Socket, to: *mut u32) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::CHANNEL_COUNT) }?;
        let to = out(to)?;
        let index = caller.kernel.sockets.find(socket)?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(caller.kernel.sockets.at(index).channels()) };
        Ok(())
    })
}

unsafe extern "C" fn channel_mode(
    plugin: *mut Plugin,
    socket: abi::Socket,
    channel: u32,
    to: *mut u32,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::CHANNEL_MODE) }?;
        let to = out(to)?;
        let index = caller.kernel.sockets.find(socket)?;
        if channel >= caller.kernel.sockets.at(index).channels() {
            return Err(status::E_NOT_FOUND);
        }
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(u32::from(caller.kernel.sockets.mode(index, channel))) };
        Ok(())
    })
}

unsafe extern "C" fn attach(
    plugin: *mut Plugin,
    handle: abi::Socket,
    address: *const c_char,
    address_length: usize,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::ATTACH) }?;
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
    })
}

unsafe extern "C" fn detach(plugin: *mut Plugin, socket: abi::Socket) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::DETACH) }?;
        let index = caller.kernel.sockets.find(socket)?;
        let _dispatch = caller.kernel.dispatch();
        if caller.kernel.detach(index, socket, caller.instance.index()) {
            Ok(())
        } else {
            Err(status::E_STATE)
        }
    })
}

unsafe extern "C" fn time(plugin: *mut Plugin, handle: abi::Socket, to: *mut u64) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::TIME) }?;
        let to = out(to)?;
        let socket = caller.kernel.sockets.at(caller.kernel.sockets.find(handle)?);
        let time = if socket.is_started() { caller.kernel.shared.now() } else { 0 };
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(time) };
        Ok(())
    })
}

unsafe extern "C" fn address(plugin: *mut Plugin, socket: abi::Socket, to: *mut Text) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::ADDRESS) }?;
        let to = out(to)?;
        let index = caller.kernel.sockets.find(socket)?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(caller.kernel.sockets.at(index).address()) };
        Ok(())
    })
}

unsafe extern "C" fn state(plugin: *mut Plugin, socket: abi::Socket, to: *mut u32) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::STATE) }?;
        let to = out(to)?;
        let index = caller.kernel.sockets.find(socket)?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(caller.kernel.sockets.at(index).state()) };
        Ok(())
    })
}
