//! Whom filters and broadcasts reach, and in which order: by priority, plugin zero before or behind all others.

mod common;

use std::cell::{Cell, RefCell};
use std::ffi::c_void;

use common::*;
use pintle_abi_core::*;
use pintle_kernel::Kernel;

thread_local! {
    static NAMES: RefCell<Vec<(usize, String)>> = const { RefCell::new(Vec::new()) };
    /// What plugin zero does when it hears of a session.
    static AT_BEGIN: Cell<Option<fn(Session)>> = const { Cell::new(None) };
    static KERNEL: Cell<Option<&'static Kernel>> = const { Cell::new(None) };
    static PLUGIN: Cell<Option<&'static Plug>> = const { Cell::new(None) };
}

fn pointer(name: &str) -> Me {
    NAMES.with_borrow(|names| Me(names.iter().find(|(_, other)| other == name).unwrap().0 as *mut Plugin))
}

/// Says who was called, and what with.
fn called(plugin: *mut Plugin, what: &str) -> i32 {
    NAMES.with_borrow(|names| {
        let name = names.iter().rev().find(|(pointer, _)| *pointer == plugin as usize);
        say(format!("{} {what}", name.map_or("zero", |(_, name)| name)));
    });
    status::OK
}

unsafe extern "C" fn create(plugin: *mut Plugin, args: *const Create) -> i32 {
    // SAFETY: the kernel's arguments.
    let name = unsafe { (*args).instance };
    // SAFETY: as above.
    let name = unsafe { std::slice::from_raw_parts(name.data.cast::<u8>(), name.length) };
    NAMES.with_borrow_mut(|names| names.push((plugin as usize, String::from_utf8_lossy(name).into())));
    status::OK
}

unsafe extern "C" fn message_in(plugin: *mut Plugin, _: *const MessageInfo) -> i32 {
    called(plugin, "in")
}

unsafe extern "C" fn message_out(plugin: *mut Plugin, _: *const MessageInfo) -> i32 {
    called(plugin, "out")
}

unsafe extern "C" fn send(plugin: *mut Plugin, _: Session, _: u32, _: Message) -> i32 {
    called(plugin, "send")
}

unsafe extern "C" fn created(plugin: *mut Plugin, session: Session) -> i32 {
    if plugin == KERNEL.get().unwrap().zero()
        && let Some(run) = AT_BEGIN.get()
    {
        run(session);
    }
    called(plugin, "created")
}

unsafe extern "C" fn destroyed(plugin: *mut Plugin, _: Session, _: *mut c_void) -> i32 {
    called(plugin, "destroyed")
}

/// Adds an instance that hears everything.
fn add(name: &'static str, priority: i32) -> Instance {
    let text = |text: &'static str| Text { data: text.as_ptr().cast(), length: text.len() };
    let size = size_of::<AddOptions>() as u32;
    let options = AddOptions { size, priority, instance: text(name), config: text("") };
    // SAFETY: a `Plug` is what its types say; so are the options.
    unsafe { KERNEL.get().unwrap().add(&PLUGIN.get().unwrap().entry, Some(&options)) }.unwrap()
}

/// Plugin zero, three instances that were not added in the order of their priorities, and a socket.
fn host() -> (Host, Socket) {
    let host = Host::new(limits());
    let set = |callbacks: &mut Callbacks| {
        callbacks.create = Some(create);
        callbacks.message_in = Some(message_in);
        callbacks.message_out = Some(message_out);
        callbacks.session_send = Some(send);
        callbacks.session_created = Some(created);
        callbacks.session_destroyed = Some(destroyed);
    };
    let mut callbacks = Callbacks::none();
    set(&mut callbacks);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    KERNEL.set(Some(host.kernel));
    AT_BEGIN.set(None);
    NAMES.take();
    PLUGIN.set(Some(plug("org.test.heard", FLAG_MULTI_INSTANCE, "", set)));
    add("late", 5);
    add("early", -5);
    add("middle", 0);
    let socket = host.zero().open(&[MODE_RELIABLE]).unwrap();
    (host, socket)
}

/// docs/flow.md 3.1
#[test]
fn filters_but_the_owner_by_priority_and_backwards() {
    let (host, socket) = host();
    let owner = pointer("middle");
    let session = owner.create(socket).unwrap();
    said();
    owner.receive(session, 0, owner.message(b"x")).unwrap();
    assert_eq!(said(), ["early in", "late in", "zero in"]);
    host.zero().send(session, 0, host.zero().message(b"x")).unwrap();
    assert_eq!(said(), ["zero out", "late out", "early out", "middle send"]);
}

/// docs/flow.md 3.1, 3.4, 3.5
#[test]
fn plugin_zero_hears_what_comes_in_on_its_own_session_and_is_skipped_as_it_goes_out() {
    let (host, socket) = host();
    let zero = host.zero();
    let session = zero.create(socket).unwrap();
    said();
    zero.receive(session, 0, zero.message(b"x")).unwrap();
    assert_eq!(said(), ["early in", "middle in", "late in", "zero in"]);
    zero.send(session, 0, zero.message(b"x")).unwrap();
    assert_eq!(said(), ["late out", "middle out", "early out", "zero send"]);
}

/// docs/flow.md 3.17, 5.1
#[test]
fn broadcasts_by_priority_and_plugin_zero_first() {
    let (_host, socket) = host();
    let owner = pointer("middle");
    let session = owner.create(socket).unwrap();
    assert_eq!(said(), ["zero created", "early created", "late created"], "the owner knows");
    owner.destroy(session).unwrap();
    assert_eq!(said(), ["zero destroyed", "early destroyed", "middle destroyed", "late destroyed"]);
}

/// docs/flow.md 3.17
#[test]
fn who_is_added_during_a_broadcast_does_not_hear_it() {
    let (_host, socket) = host();
    AT_BEGIN.set(Some(|_| {
        AT_BEGIN.set(None);
        add("later", 9);
    }));
    let owner = pointer("middle");
    owner.create(socket).unwrap();
    assert_eq!(said(), ["zero created", "early created", "late created"]);
    owner.create(socket).unwrap();
    assert_eq!(said(), ["zero created", "early created", "late created", "later created"]);
}

/// docs/flow.md 3.18
#[test]
fn who_stops_during_a_broadcast_is_skipped() {
    let (_host, socket) = host();
    thread_local!(static EARLY: Cell<Instance> = const { Cell::new(Instance { bits: 0 }) });
    let owner = pointer("middle");
    let session = owner.create(socket).unwrap();
    EARLY.set(add("earliest", -9));
    said();
    AT_BEGIN.set(Some(|_| {
        AT_BEGIN.set(None);
        assert_eq!(KERNEL.get().unwrap().unload(EARLY.get(), 0), Ok(status::PENDING));
    }));
    owner.create(socket).unwrap();
    assert_eq!(said(), ["zero created", "early created", "late created"], "it was asked to stop");
    owner.destroy(session).unwrap();
}
