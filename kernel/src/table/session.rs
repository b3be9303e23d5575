//! The `session` table.

use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::rules::{callback, session as rule};
use pintle_abi_core::{MODE_RELIABLE, Plugin, RequestOptions, SessionApi, SessionOptions, status};

use crate::base::answer::{Answer, check, needs};
use crate::base::domain::KERNEL;
use crate::base::features::SERVICES;
use crate::dispatch::caller::Caller;
use crate::dispatch::filter;
use crate::object::session::Waiting;
use crate::table::about::{self, address, client_id, protocol, user};
use crate::table::guard::{answer, enter, out};

pub(crate) static TABLE: SessionApi = SessionApi {
    size: size_of::<SessionApi>() as u32,
    reserved: 0,
    create,
    destroy,
    receive,
    send,
    request,
    cancel,
    suspend,
    resume,
    disconnect,
    set_data,
    data,
    client_id,
    address,
    socket,
    rtt,
    channel_mode,
    set_channel_mode,
    user,
    protocol,
};

/// What a consumed message looks like to whoever passed it.
fn consumed(answer: Answer) -> Answer {
    if answer == Err(status::CONSUMED) { Ok(()) } else { answer }
}

unsafe extern "C" fn create(
    plugin: *mut Plugin,
    socket: abi::Socket,
    options: *const SessionOptions,
    to: *mut abi::Session,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::CREATE) }?;
        let to = out(to)?;
        // SAFETY: NULL, or readable for its size, with texts that are readable.
        let (about, data) = unsafe { about::read(&caller, options) }?;
        let kernel = caller.kernel;
        let socket = kernel.sockets.find(socket)?;
        if kernel.sockets.at(socket).is_stopped() {
            return Err(status::E_STATE);
        }
        let _dispatch = kernel.dispatch();
        let session = kernel.begin_session(caller.instance, socket, about, data)?;
        // Before anybody hears of it and makes the owner send on it.
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(session) };
        kernel.tell_created(caller.instance, session);
        Ok(())
    })
}

unsafe extern "C" fn destroy(plugin: *mut Plugin, session: abi::Session) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::DESTROY) }?;
        let index = caller.kernel.owned_session(&caller, session)?;
        let _dispatch = caller.kernel.dispatch();
        caller.kernel.end_session(index);
        Ok(())
    })
}

unsafe extern "C" fn receive(
    plugin: *mut Plugin,
    session: abi::Session,
    channel: u32,
    message: abi::Message,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::RECEIVE) }?;
        let kernel = caller.kernel;
        let index = kernel.sessions.find(session)?;
        let found = kernel.find_message(KERNEL, message)?;
        kernel.sessions.at(index).check_channel(channel)?;
        kernel.acts_for(&caller, index)?;
        let sessions = &kernel.sessions;
        // Before any filter has seen it, lest they see it twice.
        let to_inbox = sessions.has_inbox() && kernel.zero_instance().callbacks().message_in.is_none();
        sessions.admit_message(index, to_inbox)?;
        consumed(kernel.borrow(found, |current| {
            kernel.filter_in(index, || filter::plain(session, channel), current)?;
            if to_inbox {
                sessions.put(index, Waiting { session, channel, message: *current })?;
                kernel.messages.at(*current).pin();
            }
            Ok(())
        }))
    })
}

unsafe extern "C" fn send(
    plugin: *mut Plugin,
    handle: abi::Session,
    channel: u32,
    message: abi::Message,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::SEND) }?;
        let kernel = caller.kernel;
        let index = kernel.sessions.find(handle)?;
        let found = kernel.find_message(KERNEL, message)?;
        kernel.sessions.at(index).check_channel(channel)?;
        let session = kernel.sessions.at(index);
        let owner = kernel.instance(session.owner());
        if !owner.is_live() {
            return Err(owner.why_closed());
        }
        let run = owner.callbacks().session_send.ok_or(status::E_UNSUPPORTED)?;
        session.admit_send()?;
        consumed(kernel.borrow(found, |current| {
            kernel.filter_out(index, || filter::plain(handle, channel), current)?;
            if !owner.is_live() {
                return Err(owner.why_closed());
            }
            kernel.messages.at(*current).rewind();
            let shown = kernel.messages.handle(*current);
            // SAFETY: the owner's own callback with its own pointer.
            let status = kernel.cross(owner, callback::SESSION_SEND, |plugin| unsafe {
                run(plugin, handle, channel, shown)
            });
            if status == status::E_AGAIN && kernel.sessions.find(handle).is_ok() {
                session.refuse_send();
            }
            check(status)
        }))
    })
}

unsafe extern "C" fn request(
    plugin: *mut Plugin,
    session: abi::Session,
    options: *const RequestOptions,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::REQUEST) }?;
        needs(SERVICES)?;
        if options.is_null() {
            return Err(status::E_ARGUMENT);
        }
        // SAFETY: not NULL, so readable for the size that it names.
        let options = unsafe { caller.read(options) }?;
        // No flag has a meaning yet.
        if options.flags != 0 {
            return Err(status::E_UNSUPPORTED);
        }
        caller.kernel.accept_request(&caller, session, &options)
    })
}

unsafe extern "C" fn cancel(plugin: *mut Plugin, session: abi::Session, correlation: u64) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::CANCEL) }?;
        needs(SERVICES)?;
        let index = caller.kernel.owned_session(&caller, session)?;
        let _dispatch = caller.kernel.dispatch();
        caller.kernel.cancel_request(index, correlation)
    })
}

unsafe extern "C" fn suspend(plugin: *mut Plugin, session: abi::Session) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::SUSPEND) }?;
        let index = caller.kernel.owned_session(&caller, session)?;
        caller.kernel.sessions.at(index).suspend();
        Ok(())
    })
}

unsafe extern "C" fn resume(plugin: *mut Plugin, session: abi::Session) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::RESUME) }?;
        let index = caller.kernel.owned_session(&caller, session)?;
        let _dispatch = caller.kernel.dispatch();
        caller.kernel.resume_session(index);
        Ok(())
    })
}

unsafe extern "C" fn disconnect(plugin: *mut Plugin, session: abi::Session) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::DISCONNECT) }?;
        let (_, owner) = owner_of(&caller, session)?;
        let run = owner.callbacks().session_disconnect.ok_or(status::E_UNSUPPORTED)?;
        let _dispatch = caller.kernel.dispatch();
        // SAFETY: the owner's own callback with its own pointer.
        let call = |plugin| unsafe { run(plugin, session) };
        check(caller.kernel.cross(owner, callback::SESSION_DISCONNECT, call))
    })
}

/// The session and its owner, if that can be called.
fn owner_of<'k>(
    caller: &Caller<'k>,
    session: abi::Session,
) -> Answer<(u32, &'k crate::object::instance::Instance)> {
    let index = caller.kernel.sessions.find(session)?;
    let owner = caller.kernel.instance(caller.kernel.sessions.at(index).owner());
    if !owner.is_live() {
        return Err(owner.why_closed());
    }
    Ok((index, owner))
}

unsafe extern "C" fn set_data(plugin: *mut Plugin, session: abi::Session, data: *mut c_void) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::SET_DATA) }?;
        let index = caller.kernel.sessions.find(session)?;
        caller.kernel.sessions.set_data(index, caller.instance, data)
    })
}

unsafe extern "C" fn data(plugin: *mut Plugin, session: abi::Session, to: *mut *mut c_void) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::DATA) }?;
        let to = out(to)?;
        let sessions = &caller.kernel.sessions;
        let index = sessions.find(session)?;
        let data = sessions.data(index, caller.instance);
        // Off the kernel thread the session may have ended, and another begun in its slot, while it was read.
        sessions.find_still(session)?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(data?) };
        Ok(())
    })
}

unsafe extern "C" fn socket(plugin: *mut Plugin, session: abi::Session, to: *mut abi::Socket) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::SOCKET) }?;
        let to = out(to)?;
        let index = caller.kernel.sessions.find(session)?;
        let socket = caller.kernel.sockets.handle(caller.kernel.sessions.at(index).socket());
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(socket) };
        Ok(())
    })
}

unsafe extern "C" fn rtt(
    plugin: *mut Plugin,
    session: abi::Session,
    mean_ns: *mut u64,
    deviation_ns: *mut u64,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::RTT) }?;
        let (mean_ns, deviation_ns) = (out(mean_ns)?, out(deviation_ns)?);
        let (_, owner) = owner_of(&caller, session)?;
        let run = owner.callbacks().session_get_rtt.ok_or(status::E_UNSUPPORTED)?;
        let _dispatch = caller.kernel.dispatch();
        let call = |plugin| {
            // SAFETY: the owner's own callback with its own pointer; both places are writable.
            unsafe { run(plugin, session, mean_ns, deviation_ns) }
        };
        check(caller.kernel.cross(owner, callback::SESSION_GET_RTT, call))
    })
}

unsafe extern "C" fn channel_mode(
    plugin: *mut Plugin,
    session: abi::Session,
    channel: u32,
    to: *mut u32,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::CHANNEL_MODE) }?;
        let to = out(to)?;
        let index = caller.kernel.sessions.find(session)?;
        caller.kernel.sessions.at(index).check_channel(channel)?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(u32::from(caller.kernel.sessions.mode(index, channel))) };
        Ok(())
    })
}

unsafe extern "C" fn set_channel_mode(
    plugin: *mut Plugin,
    session: abi::Session,
    channel: u32,
    mode: u32,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::SET_CHANNEL_MODE) }?;
        if mode > MODE_RELIABLE {
            return Err(status::E_ARGUMENT);
        }
        let (index, owner) = owner_of(&caller, session)?;
        caller.kernel.sessions.at(index).check_channel(channel)?;
        let _dispatch = caller.kernel.dispatch();
        if let Some(run) = owner.callbacks().session_set_mode {
            // SAFETY: the owner's own callback with its own pointer.
            let call = |plugin| unsafe { run(plugin, session, channel, mode) };
            check(caller.kernel.cross(owner, callback::SESSION_SET_MODE, call))?;
        }
        if caller.kernel.sessions.find(session).is_ok() {
            caller.kernel.sessions.set_mode(index, channel, mode as u8);
        }
        Ok(())
    })
}
