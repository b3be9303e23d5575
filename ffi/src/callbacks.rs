//! The callbacks of plugin zero: those that the program gave, and in place of all others those of the mailbox.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

use pintle_abi_core::status::{E_ARGUMENT, E_CLOSED, OK};
use pintle_abi_core::{
    Callbacks, EVENT_SESSION_CREATED, EVENT_SESSION_DISCONNECT, EVENT_SESSION_WRITABLE, Message, MessageInfo,
    Plugin, ResultInfo, Session, Timer,
};
use pintle_host::mailbox::EventQueue;
use pintle_host::{Calls, HOSTS_MAX, tag_of};

use crate::host::Host;

/// The hosts that have a mailbox, by the tag in their handles, because the data pointer of plugin zero belongs to the program.
static HOSTS: [AtomicPtr<Host>; HOSTS_MAX + 1] = [const { AtomicPtr::new(null_mut()) }; HOSTS_MAX + 1];

fn place(tag: u32) -> &'static AtomicPtr<Host> {
    &HOSTS[tag as usize & HOSTS_MAX]
}

fn place_of(handle: u64) -> &'static AtomicPtr<Host> {
    place(tag_of(handle).into())
}

/// Registers the mailbox of a host, so that its callbacks find it.
pub(crate) fn enter(host: *mut Host, tag: u32) {
    place(tag).store(host, Ordering::Release);
}

/// Undoes [`enter`].
pub(crate) fn leave(host: *mut Host) {
    for place in &HOSTS {
        // A host that was started meanwhile may have the tag by now.
        let _ = place.compare_exchange(host, null_mut(), Ordering::AcqRel, Ordering::Relaxed);
    }
}

/// The callbacks that a table has, as far as this library knows them.
///
/// # Safety
/// `table` is NULL or readable for the size that it names.
pub(crate) unsafe fn known(table: *const Callbacks) -> Result<Callbacks, i32> {
    // SAFETY: not NULL when it is read, so its size is readable.
    if table.is_null() || unsafe { (*table).size } < 8 {
        return Err(E_ARGUMENT);
    }
    let mut known = Callbacks::none();
    // SAFETY: as above; whole members that both have are copied, each of which may be NULL.
    unsafe {
        let covered = ((*table).size as usize).min(size_of::<Callbacks>());
        let whole = covered - covered % align_of::<Callbacks>();
        table.cast::<u8>().copy_to_nonoverlapping((&raw mut known).cast(), whole);
    }
    known.size = size_of::<Callbacks>() as u32;
    Ok(known)
}

/// The table of plugin zero in a host with a mailbox.
pub(crate) fn with_mailbox(program: &Callbacks) -> Callbacks {
    Callbacks {
        session_created: Some(session_created),
        session_destroyed: Some(session_destroyed),
        message_in: program.message_in.or(Some(message_in)),
        session_send: program.session_send.or(Some(session_send)),
        session_writable: program.session_writable.or(Some(session_writable)),
        session_disconnect: program.session_disconnect.or(Some(session_disconnect)),
        session_result: program.session_result.or(Some(session_result)),
        ..*program
    }
}

/// Runs `run` with the mailbox that a handle belongs to. While the host is being freed nothing is kept.
///
/// # Safety
/// Called by the kernel for plugin zero of a host with a mailbox, on the kernel thread.
unsafe fn with(handle: u64, run: impl FnOnce(&EventQueue, &Calls<'_>) -> i32) -> i32 {
    let host = place_of(handle).load(Ordering::Acquire);
    // SAFETY: the host was entered before it got these callbacks, and outlives its kernel. Only shared borrows of it are
    // alive while it is not being freed.
    unsafe {
        if host.is_null() || (*host).closing.load(Ordering::Acquire) {
            return E_CLOSED;
        }
        match ((*host).mailbox.get(), (*host).host.calls()) {
            (Some(mailbox), Ok(calls)) => run(mailbox, &calls),
            (_, Err(error)) => error.code,
            (None, _) => E_CLOSED,
        }
    }
}

/// One of the program's own callbacks.
///
/// # Safety
/// As for [`with`].
unsafe fn program<T>(handle: u64, callback: impl FnOnce(&Callbacks) -> Option<T>) -> Option<T> {
    let host = place_of(handle).load(Ordering::Acquire);
    // SAFETY: as in `with`; the table is not among what freeing ends first.
    unsafe { if host.is_null() { None } else { callback(&(*host).callbacks.borrow()) } }
}

fn answered(answer: Result<(), i32>) -> i32 {
    answer.err().unwrap_or(OK)
}

unsafe extern "C" fn session_created(plugin: *mut Plugin, session: Session) -> i32 {
    // SAFETY: only the kernel calls this, for plugin zero of a host with a mailbox.
    let run = unsafe { program(session.bits, |table| table.session_created) };
    let keep = |mailbox: &EventQueue, calls: &Calls<'_>| {
        mailbox.begin(calls, session);
        if run.is_none() {
            mailbox.tell(calls, EVENT_SESSION_CREATED, session);
        }
        OK
    };
    // SAFETY: as above; the program's callback is what the program says it is.
    unsafe {
        with(session.bits, keep);
        run.map_or(OK, |run| run(plugin, session))
    }
}

unsafe extern "C" fn session_destroyed(plugin: *mut Plugin, session: Session, data: *mut c_void) -> i32 {
    // SAFETY: as for `session_created`.
    let run = unsafe { program(session.bits, |table| table.session_destroyed) };
    let keep = |mailbox: &EventQueue, calls: &Calls<'_>| {
        mailbox.end(calls, session, run.is_none());
        OK
    };
    // SAFETY: as for `session_created`.
    unsafe {
        with(session.bits, keep);
        run.map_or(OK, |run| run(plugin, session, data))
    }
}

unsafe extern "C" fn message_in(_plugin: *mut Plugin, info: *const MessageInfo) -> i32 {
    // SAFETY: as for `session_created`; the struct is good until this returns.
    unsafe {
        let info = &*info;
        with(info.session.bits, |mailbox, calls| answered(mailbox.keep_incoming(calls, info)))
    }
}

unsafe extern "C" fn session_send(
    _plugin: *mut Plugin,
    session: Session,
    channel: u32,
    message: Message,
) -> i32 {
    let keep = |mailbox: &EventQueue, calls: &Calls<'_>| {
        answered(mailbox.keep_outgoing(calls, session, channel, message))
    };
    // SAFETY: as for `session_created`.
    unsafe { with(session.bits, keep) }
}

unsafe extern "C" fn session_result(_plugin: *mut Plugin, info: *const ResultInfo) -> i32 {
    // SAFETY: as for `message_in`.
    unsafe {
        let info = &*info;
        with(info.session.bits, |mailbox, calls| answered(mailbox.answer(calls, info)))
    }
}

unsafe extern "C" fn session_writable(_plugin: *mut Plugin, session: Session) -> i32 {
    // SAFETY: as for `session_created`.
    unsafe { tell(EVENT_SESSION_WRITABLE, session) }
}

unsafe extern "C" fn session_disconnect(_plugin: *mut Plugin, session: Session) -> i32 {
    // SAFETY: as for `session_created`.
    unsafe { tell(EVENT_SESSION_DISCONNECT, session) }
}

/// # Safety
/// As for [`with`].
unsafe fn tell(kind: u32, session: Session) -> i32 {
    let tell = |mailbox: &EventQueue, calls: &Calls<'_>| {
        mailbox.tell(calls, kind, session);
        OK
    };
    // SAFETY: the caller's.
    unsafe { with(session.bits, tell) }
}

/// A timer that was started with pintle_mailbox_start_timer: `data` is its token.
///
/// # Safety
/// Only the kernel calls this, for plugin zero of a host with a mailbox.
pub(crate) unsafe extern "C" fn timer(_plugin: *mut Plugin, data: *mut c_void, timer: Timer) -> i32 {
    let tell = |mailbox: &EventQueue, _: &Calls<'_>| {
        mailbox.timer(timer, data.addr() as u64);
        OK
    };
    // SAFETY: the caller's.
    unsafe { with(timer.bits, tell) }
}
