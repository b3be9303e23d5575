//! The `session` table.

use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::rules::callback;
use pintle_abi_core::{Address, MODE_RELIABLE, RequestOptions, SessionApi, SessionOptions, Text, status};

use crate::base::answer::{Answer, check, needs};
use crate::base::domain::KERNEL;
use crate::base::features::SERVICES;
use crate::dispatch::caller::Caller;
use crate::dispatch::filter;
use crate::object::session::Waiting;
use crate::table::about::{self, address, client_id, protocol, user};
use crate::table::guard::{out, table};

table! {
    SessionApi, session:
    create(socket: abi::Socket, options: *const SessionOptions, to: *mut abi::Session) = CREATE;
    destroy(session: abi::Session) = DESTROY;
    receive(session: abi::Session, channel: u32, message: abi::Message) = RECEIVE;
    send(handle: abi::Session, channel: u32, message: abi::Message) = SEND;
    request(session: abi::Session, options: *const RequestOptions) = REQUEST;
    cancel(session: abi::Session, correlation: u64) = CANCEL;
    suspend(session: abi::Session) = SUSPEND;
    resume(session: abi::Session) = RESUME;
    disconnect(session: abi::Session) = DISCONNECT;
    set_data(session: abi::Session, data: *mut c_void) = SET_DATA;
    data(session: abi::Session, to: *mut *mut c_void) = DATA;
    client_id(session: abi::Session, to: *mut i64) = CLIENT_ID;
    address(session: abi::Session, to: *mut Address) = ADDRESS;
    socket(session: abi::Session, to: *mut abi::Socket) = SOCKET;
    rtt(session: abi::Session, mean_ns: *mut u64, deviation_ns: *mut u64) = RTT;
    channel_mode(session: abi::Session, channel: u32, to: *mut u32) = CHANNEL_MODE;
    set_channel_mode(session: abi::Session, channel: u32, mode: u32) = SET_CHANNEL_MODE;
    user(session: abi::Session, to: *mut Text) = USER;
    protocol(session: abi::Session, to: *mut Text) = PROTOCOL;
}

/// What a consumed message looks like to whoever passed it.
fn consumed(answer: Answer) -> Answer {
    if answer == Err(status::CONSUMED) { Ok(()) } else { answer }
}

fn create(
    caller: &Caller<'_>,
    socket: abi::Socket,
    options: *const SessionOptions,
    to: *mut abi::Session,
) -> Answer {
    let to = out(to)?;
    // SAFETY: NULL, or readable for its size, with texts that are readable.
    let (about, data) = unsafe { about::read(caller, options) }?;
    let kernel = caller.kernel;
    let socket = kernel.sockets.find(socket)?;
    if kernel.sockets.at(socket).is_stopped() {
        return Err(status::E_STATE);
    }
    let _dispatch = kernel.dispatch();
    let session = kernel.begin_session(caller.instance, socket, about, data)?;
    // Before anybody hears of the session: a callback may make the owner use it at once.
    to.write(session);
    kernel.tell_created(caller.instance, session);
    Ok(())
}

fn destroy(caller: &Caller<'_>, session: abi::Session) -> Answer {
    let index = caller.kernel.owned_session(caller, session)?;
    let _dispatch = caller.kernel.dispatch();
    caller.kernel.end_session(index);
    Ok(())
}

#[cfg_attr(not(target_os = "none"), inline(always))]
fn receive(caller: &Caller<'_>, session: abi::Session, channel: u32, message: abi::Message) -> Answer {
    let kernel = caller.kernel;
    let index = kernel.sessions.find(session)?;
    let found = kernel.find_message(KERNEL, message)?;
    kernel.sessions.at(index).check_channel(channel)?;
    kernel.acts_for(caller, index)?;
    let sessions = &kernel.sessions;
    // Refused before any filter runs: the owner passes the message again later, and filters would see it twice.
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
}

fn send(caller: &Caller<'_>, handle: abi::Session, channel: u32, message: abi::Message) -> Answer {
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
        let (message, shown) = (kernel.messages.at(*current), kernel.messages.handle(*current));
        let status = kernel.cross(owner, callback::SESSION_SEND, |plugin| {
            message.rewind();
            // SAFETY: the owner's own callback with its own pointer.
            unsafe { run(plugin, handle, channel, shown) }
        });
        if status == status::E_AGAIN && kernel.sessions.find(handle).is_ok() {
            session.refuse_send();
            kernel.update_ready(index);
        }
        check(status)
    }))
}

fn request(caller: &Caller<'_>, session: abi::Session, options: *const RequestOptions) -> Answer {
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
    caller.kernel.accept_request(caller, session, &options)
}

fn cancel(caller: &Caller<'_>, session: abi::Session, correlation: u64) -> Answer {
    needs(SERVICES)?;
    let index = caller.kernel.owned_session(caller, session)?;
    let _dispatch = caller.kernel.dispatch();
    caller.kernel.cancel_request(index, correlation)
}

fn suspend(caller: &Caller<'_>, session: abi::Session) -> Answer {
    let index = caller.kernel.owned_session(caller, session)?;
    caller.kernel.sessions.at(index).suspend();
    caller.kernel.update_ready(index);
    Ok(())
}

fn resume(caller: &Caller<'_>, session: abi::Session) -> Answer {
    let index = caller.kernel.owned_session(caller, session)?;
    let _dispatch = caller.kernel.dispatch();
    caller.kernel.resume_session(index);
    Ok(())
}

fn disconnect(caller: &Caller<'_>, session: abi::Session) -> Answer {
    let (_, owner) = owner_of(caller, session)?;
    let run = owner.callbacks().session_disconnect.ok_or(status::E_UNSUPPORTED)?;
    let _dispatch = caller.kernel.dispatch();
    // SAFETY: the owner's own callback with its own pointer.
    let call = |plugin| unsafe { run(plugin, session) };
    check(caller.kernel.cross(owner, callback::SESSION_DISCONNECT, call))
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

fn set_data(caller: &Caller<'_>, session: abi::Session, data: *mut c_void) -> Answer {
    let index = caller.kernel.sessions.find(session)?;
    caller.kernel.sessions.set_data(index, caller.instance, data)
}

fn data(caller: &Caller<'_>, session: abi::Session, to: *mut *mut c_void) -> Answer {
    let to = out(to)?;
    let sessions = &caller.kernel.sessions;
    let index = sessions.find(session)?;
    let data = sessions.data(index, caller.instance);
    // Off the kernel thread the session may have ended, and another begun in its slot, while it was read.
    sessions.find_still(session)?;
    to.write(data?);
    Ok(())
}

fn socket(caller: &Caller<'_>, session: abi::Session, to: *mut abi::Socket) -> Answer {
    let to = out(to)?;
    let socket = caller.kernel.sessions.get(session)?.socket();
    to.write(caller.kernel.sockets.handle(socket));
    Ok(())
}

fn rtt(caller: &Caller<'_>, session: abi::Session, mean_ns: *mut u64, deviation_ns: *mut u64) -> Answer {
    if mean_ns.is_null() || deviation_ns.is_null() {
        return Err(status::E_ARGUMENT);
    }
    let (_, owner) = owner_of(caller, session)?;
    let run = owner.callbacks().session_get_rtt.ok_or(status::E_UNSUPPORTED)?;
    let _dispatch = caller.kernel.dispatch();
    let call = |plugin| {
        // SAFETY: the owner's own callback with its own pointer; both places are writable.
        unsafe { run(plugin, session, mean_ns, deviation_ns) }
    };
    check(caller.kernel.cross(owner, callback::SESSION_GET_RTT, call))
}

fn channel_mode(caller: &Caller<'_>, session: abi::Session, channel: u32, to: *mut u32) -> Answer {
    let to = out(to)?;
    let index = caller.kernel.sessions.find(session)?;
    caller.kernel.sessions.at(index).check_channel(channel)?;
    to.write(u32::from(caller.kernel.sessions.mode(index, channel)));
    Ok(())
}

fn set_channel_mode(caller: &Caller<'_>, session: abi::Session, channel: u32, mode: u32) -> Answer {
    if mode > MODE_RELIABLE {
        return Err(status::E_ARGUMENT);
    }
    let (index, owner) = owner_of(caller, session)?;
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
}
