//! The stop of an instance step by step: what it is asked, what of it goes in which order, and whose its place is then.

mod common;

use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_void};
use std::ptr::null_mut;
use std::sync::Barrier;

use common::*;
use pintle_abi_core::*;

thread_local! {
    static POINTERS: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    static ZERO: Cell<Instance> = const { Cell::new(Instance { bits: 0 }) };
}

unsafe extern "C" fn create(plugin: *mut Plugin, _: *const Create) -> i32 {
    POINTERS.with_borrow_mut(|pointers| pointers.push(plugin as usize));
    status::OK
}

/// The pointer of the instance that was added last.
fn newest() -> Me {
    Me(POINTERS.with_borrow(|pointers| *pointers.last().unwrap()) as *mut Plugin)
}

unsafe extern "C" fn later(_: *mut Plugin, stop: *const Stop) -> i32 {
    // SAFETY: the kernel's arguments.
    let Stop { reason, deadline, .. } = unsafe { *stop };
    say(format!("asked {reason} {deadline}"));
    status::PENDING
}

unsafe extern "C" fn destroy(_: *mut Plugin) -> i32 {
    say("destroyed");
    status::OK
}

/// A plugin that takes its time to stop.
fn lazy() -> &'static Plug {
    plug("org.test.lazy", 0, "", |callbacks| {
        callbacks.create = Some(create);
        callbacks.request_stop = Some(later);
        callbacks.destroy = Some(destroy);
    })
}

/// docs/flow.md 5.4
#[test]
fn it_is_asked_inside_the_callback_that_unloads_it_and_ends_behind_that() {
    let host = Host::new(limits());
    let session = owner(&host);
    let kernel = host.kernel;
    let instance = host.add(plug("org.test.quick", 0, "", |callbacks| {
        callbacks.request_stop = Some(later);
        callbacks.destroy = Some(destroy);
    }));
    hook("send", move |_, _, _| {
        assert_eq!(kernel.unload(instance, 0), Ok(status::PENDING));
        say("returns");
        status::OK
    });
    host.zero().send(session, 0, host.zero().message(b"x")).unwrap();
    assert_eq!(said(), ["asked 0 1000", "returns", "destroyed"]);
}

/// docs/flow.md 5.5
#[test]
fn it_drains_when_it_says_that_it_has_stopped_or_when_its_time_is_up() {
    let host = Host::new(limits());
    for says_so in [true, false] {
        let instance = host.add(lazy());
        assert_eq!(host.kernel.unload(instance, 50), Ok(status::PENDING));
        host.settle();
        if says_so {
            let api = newest();
            // SAFETY: a live plugin pointer.
            assert_eq!(unsafe { ((*(*api.0).api).stopped)(api.0) }, status::OK);
        } else {
            host.advance(49);
            host.kernel.turn().unwrap();
            assert_eq!(host.kernel.receipt(instance).unwrap().outcome, OUTCOME_LIVE);
            host.advance(1);
            host.kernel.turn().unwrap();
        }
        host.settle();
        let outcome = if says_so { OUTCOME_STOPPED } else { OUTCOME_FORCED };
        assert_eq!(host.kernel.receipt(instance).unwrap().outcome, outcome);
        assert_eq!(said(), ["asked 0 1050", "destroyed"]);
    }
}

/// docs/flow.md 5.6
#[test]
fn a_later_unload_may_leave_it_less_time_and_not_more() {
    let host = Host::new(limits());
    let instance = host.add(lazy());
    for timeout in [50, 20, 90] {
        assert_eq!(host.kernel.unload(instance, timeout), Ok(status::PENDING));
    }
    assert_eq!(said(), ["asked 0 1050"], "it is asked once");
    assert_eq!(host.kernel.next_deadline(), Some(1020));
    host.advance(20);
    host.kernel.turn().unwrap();
    assert_eq!(said(), ["destroyed"]);
    assert_eq!(host.kernel.receipt(instance).unwrap().outcome, OUTCOME_FORCED);
}

/// docs/flow.md 5.7
#[test]
fn plugin_zero_stays() {
    unsafe extern "C" fn published(_: *mut Plugin, info: *const OfferInfo) -> i32 {
        // SAFETY: the kernel's arguments.
        ZERO.set(unsafe { (*info).publisher });
        status::OK
    }
    let host = Host::new(limits());
    host.add(plug("org.test.finder", 0, "", |callbacks| callbacks.offer_published = Some(published)));
    let table = [8_u32, 0];
    host.zero().publish("org.test.table/1", &table).unwrap();
    assert_ne!(ZERO.get(), Instance::default());
    assert_eq!(host.kernel.unload(ZERO.get(), 0), Err(status::E_STATE));
    host.zero().find("org.test.table/1").unwrap();
}

/// docs/flow.md 5.14
#[test]
fn a_poisoned_one_is_not_asked() {
    unsafe extern "C" fn panics(_: *mut Plugin, _: Socket) -> i32 {
        status::E_PANIC
    }
    let host = Host::new(limits());
    let instance = host.add(plug("org.test.bad", 0, "", |callbacks| {
        callbacks.socket_created = Some(panics);
        callbacks.request_stop = Some(later);
        callbacks.destroy = Some(destroy);
    }));
    host.zero().open(&[MODE_RELIABLE]).unwrap();
    assert_eq!(host.kernel.unload(instance, NEVER), Ok(status::OK));
    assert_eq!(said(), ["destroyed"]);
}

unsafe extern "C" fn pends(_: *mut Plugin, _: Request, _: *const RequestInfo) -> i32 {
    status::PENDING
}

unsafe extern "C" fn watch(_: *mut c_void, _: isize, _: u32, _: u64) -> i32 {
    status::OK
}

unsafe extern "C" fn unwatch(_: *mut c_void, _: isize) {
    say("unwatched");
}

/// Takes one of everything.
unsafe extern "C" fn takes(plugin: *mut Plugin, _: *const Create) -> i32 {
    unsafe extern "C" fn ready(_: *mut Plugin, _: *mut c_void, _: Watch, _: u32) -> i32 {
        status::OK
    }
    static TABLE: [u32; 2] = [8, 0];
    let api = Me(plugin);
    api.publish("org.test.table/1", &TABLE).unwrap();
    api.declare(77, &[]).unwrap();
    api.create(api.open(&[MODE_RELIABLE]).unwrap()).unwrap();
    let mut watch = Watch::default();
    let io = api.extension("pintle.io/1").unwrap().cast::<IoApi>();
    // SAFETY: the table of this id, a live plugin pointer, a plain function, a writable place.
    unsafe { ((*io).watch)(plugin, 3, IO_READABLE, Some(ready), null_mut(), &mut watch) }
}

unsafe extern "C" fn serves(plugin: *mut Plugin, socket: Socket, _: *const c_char, _: usize) -> i32 {
    Me(plugin).attach(socket, "").err().unwrap_or(status::OK)
}

thread_local!(static SESSION: Cell<Session> = const { Cell::new(Session { bits: 0 }) });

unsafe extern "C" fn offer_ended(plugin: *mut Plugin, _: *const OfferInfo) -> i32 {
    let asked = Me(plugin).request(SESSION.get(), 77, 1, 2, "");
    say(format!("offer ended, service {asked:?}"));
    status::OK
}

unsafe extern "C" fn detached(_: *mut Plugin, _: Socket) -> i32 {
    say("detached");
    status::OK
}

unsafe extern "C" fn session_destroyed(_: *mut Plugin, _: Session, _: *mut c_void) -> i32 {
    say("session destroyed");
    status::OK
}

unsafe extern "C" fn socket_destroyed(_: *mut Plugin, _: Socket) -> i32 {
    say("socket destroyed");
    status::OK
}

/// docs/flow.md 5.9
#[test]
fn what_it_has_goes_in_order() {
    let host = Host::on(limits(), |platform| {
        platform.watch = Some(watch);
        platform.change = Some(watch);
        platform.unwatch = Some(unwatch);
    });
    let mut callbacks = Callbacks::none();
    callbacks.session_result = Some(result);
    callbacks.offer_ended = Some(offer_ended);
    callbacks.socket_detached = Some(detached);
    callbacks.session_destroyed = Some(session_destroyed);
    callbacks.socket_destroyed = Some(socket_destroyed);
    // SAFETY: a table of plain functions.
    unsafe { host.kernel.set_callbacks(&callbacks) }.unwrap();
    let texts = ["org.test.all", "77", "", "org.test.table/1"];
    let everything = described(0, FLAG_OPENS_SOCKETS, texts, |callbacks| {
        callbacks.create = Some(takes);
        callbacks.destroy = Some(destroy);
        callbacks.socket_listening = Some(serves);
        callbacks.request = Some(pends);
    });
    let instance = host.add(everything);
    let zero = host.zero();
    let socket = zero.open(&[MODE_RELIABLE]).unwrap();
    zero.listen(socket, "test:x").unwrap();
    SESSION.set(zero.create(socket).unwrap());
    zero.request(SESSION.get(), 77, 1, 1, "").unwrap();
    assert_eq!(said(), [""; 0]);
    assert_eq!(host.kernel.unload(instance, 0), Ok(status::OK));
    let expected = [
        "offer ended, service Err(113)",
        "1 exception 111 -",
        "1 done 111 -",
        "detached",
        "unwatched",
        "session destroyed",
        "socket destroyed",
        "destroyed",
    ];
    assert_eq!(said(), expected, "the ends of sessions and sockets are told behind it all");
}

/// A host with two places for plugins.
fn narrow(workers: u32) -> Host {
    POINTERS.take();
    Host::new(Limits { plugins: 2, workers, ..limits() })
}

fn ids() -> [&'static Plug; 4] {
    ["a", "b", "c", "d"].map(|id| plug(id, 0, "", |callbacks| callbacks.create = Some(create)))
}

/// docs/flow.md 5.11
#[test]
fn the_place_that_has_been_closed_longest_is_taken_first() {
    let host = narrow(NO_WORKERS);
    let [a, b, c, d] = ids();
    let instances = [a, b].map(|plug| host.add(plug));
    let pointers = POINTERS.take().into_iter().map(|plugin| Me(plugin as *mut Plugin)).collect::<Vec<_>>();
    for at in [1, 0] {
        assert_eq!(host.kernel.unload(instances[at], 0), Ok(status::OK));
        assert_eq!(pointers[at].acquire(1), Err(status::E_CLOSED));
    }
    host.add(c);
    assert_eq!(newest().0, pointers[1].0, "it was closed first");
    pointers[1].acquire(1).unwrap();
    assert_eq!(pointers[0].acquire(1), Err(status::E_CLOSED));
    host.add(d);
    assert_eq!(newest().0, pointers[0].0);
    pointers[0].acquire(1).unwrap();
}

/// docs/flow.md 5.13
#[test]
fn the_place_of_an_abandoned_one_is_nobodys() {
    static INSIDE: Barrier = Barrier::new(2);
    static LEAVE: Barrier = Barrier::new(2);
    unsafe extern "C" fn job(_: *mut Plugin, _: *mut c_void, _: Message) -> i32 {
        INSIDE.wait();
        LEAVE.wait();
        status::OK
    }
    unsafe extern "C" fn submits(plugin: *mut Plugin, args: *const Create) -> i32 {
        Me(plugin).submit_worker(job).unwrap();
        // SAFETY: the kernel's arguments.
        unsafe { create(plugin, args) }
    }
    let host = narrow(2);
    let kernel = host.kernel;
    let stuck = host.add(plug("org.test.stuck", 0, "", |callbacks| {
        callbacks.create = Some(submits);
        callbacks.destroy = Some(destroy);
    }));
    let abandoned = newest();
    let worker = std::thread::spawn(|| assert!(kernel.work(0)));
    INSIDE.wait();
    assert_eq!(kernel.unload(stuck, 0), Ok(status::OK));
    assert_eq!(kernel.receipt(stuck).unwrap().outcome, OUTCOME_ABANDONED);
    LEAVE.wait();
    worker.join().unwrap();
    host.settle();
    let [a, b, ..] = ids();
    for _ in 0..3 {
        let instance = host.add(a);
        assert_ne!(newest().0, abandoned.0);
        // SAFETY: a `Plug` is what its types say.
        assert_eq!(unsafe { kernel.add(&b.entry, None) }, Err(status::E_CAPACITY));
        assert_eq!(kernel.unload(instance, 0), Ok(status::OK));
        assert_eq!(abandoned.acquire(1), Err(status::E_CLOSED));
    }
    assert_eq!(said(), [""; 0], "it is not destroyed");
}
